/**
 * The record of what was done by whom, when and why. It holds no text of messages.
 *
 * Rules: what operators do and what owners and moderators of rooms do have limits of their own, so that nobody can
 * push the actions of operators out of the record.
 *
 * @module
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { MAX_AUDIT_ENTRIES } from "../limits.ts";
import type { ReplicaIds } from "../sqlite/mod.ts";
import type { Actor } from "./sanction.ts";
import type { AuditInfo } from "../control/mod.ts";

/** What was done. */
export interface AuditEntry {
  /** Who did it. */
  by: Actor;
  /** When, in milliseconds since 1970. */
  at: number;
  /** What, in a word, such as `ban`, `kick`, `delete` or `invite`. */
  action: string;
  /** To whom or to what. */
  target?: string | undefined;
  /** In which room, without `#`; `undefined` for the whole hub. */
  room?: string | undefined;
  /** Until when it holds, in milliseconds since 1970. */
  until?: number | undefined;
  /** Why, if a reason was given. */
  reason?: string | undefined;
  /** What else is to know, such as the number of a deleted message. */
  detail?: string | undefined;
}

/** Which entries are wanted. */
export interface AuditQuery {
  /** Only those at or after this time, in milliseconds since 1970. */
  since?: number | undefined;
  /** Only those before the entry of this number. */
  before?: number | undefined;
  /** How many at most. */
  count: number;
}

/** The audit of a hub. */
export class Audit {
  /** Makes the numbers of entries in a cluster; without it the database does. */
  ids: ReplicaIds | undefined;
  readonly #statements: Record<"add" | "prune" | "newest", StatementSync>;
  readonly #fingerprint: (key: string) => string;

  /**
   * Uses a database.
   *
   * @param db the moderation database, of the newest version
   * @param fingerprint computes the fingerprint of a key
   */
  constructor(db: DatabaseSync, fingerprint: (key: string) => string) {
    this.#fingerprint = fingerprint;
    this.#statements = {
      add: db.prepare(
        "INSERT INTO audit (id, at, by_name, by_key, by_operator, action, target, room, until, reason, detail) " +
          "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      ),
      prune: db.prepare(
        "DELETE FROM audit WHERE by_operator = ? AND id <= " +
          "(SELECT id FROM audit WHERE by_operator = ? ORDER BY id DESC LIMIT 1 OFFSET ?)",
      ),
      newest: db.prepare("SELECT * FROM audit WHERE id < ? AND at >= ? ORDER BY id DESC LIMIT ?"),
    };
  }

  /**
   * Adds an entry.
   *
   * @param entry the entry
   * @throws the error of SQLite if it cannot be stored
   */
  add(entry: AuditEntry): void {
    const { by, at, action, target, room, until, reason, detail } = entry;
    const key = by.identity === undefined ? null : this.#fingerprint(by.identity);
    const operator = Number(by.operator);
    const optional = [target, room, until, reason, detail].map((value) => value ?? null);
    const id = this.ids?.ordered(at) ?? null;
    const { lastInsertRowid } = this.#statements.add.run(id, at, by.name, key, operator, action, ...optional);
    // Not each time: to find the oldest one takes as many steps as there are entries.
    if (Number(lastInsertRowid) % PRUNE_EVERY === 0) {
      this.#statements.prune.run(operator, operator, MAX_AUDIT_ENTRIES);
    }
  }

  /**
   * Reads entries.
   *
   * @param query see {@linkcode AuditQuery}
   * @returns the newest ones, the newest first
   */
  read({ since = 0, before = Number.MAX_SAFE_INTEGER, count }: AuditQuery): AuditInfo[] {
    return this.#statements.newest.all(before, since, count).map((row) => ({
      id: Number(row.id),
      at: Number(row.at),
      by: String(row.by_name),
      byOperator: row.by_operator === 1,
      action: String(row.action),
      ...row.by_key === null ? {} : { byKey: String(row.by_key) },
      ...row.target === null ? {} : { target: String(row.target) },
      ...row.room === null ? {} : { room: String(row.room) },
      ...row.until === null ? {} : { until: Number(row.until) },
      ...row.reason === null ? {} : { reason: String(row.reason) },
      ...row.detail === null ? {} : { detail: String(row.detail) },
    }));
  }
}

/** After how many entries those beyond the limit are deleted. */
const PRUNE_EVERY = 100;
