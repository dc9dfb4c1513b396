/**
 * The moderation in a cluster: which of its tables are the same at all hubs, and what changes in memory when another
 * hub has changed them.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import type { ReplicatedChange, ReplicatedDatabase, SqlRow } from "../sqlite/mod.ts";
import type { Audit } from "./audit.ts";
import type { Moderators } from "./moderators.ts";
import type { Operators } from "./operators.ts";
import type { ModerationChange, SanctionKind } from "./sanction.ts";
import type { Sanctions } from "./sanctions.ts";

/** The parts of a moderation. */
export interface ModerationParts {
  /** The database. */
  db: DatabaseSync;
  /** Its bans, mutes, slow modes and lockdown. */
  sanctions: Sanctions;
  /** Its moderators. */
  moderators: Moderators;
  /** Its operators. */
  operators: Operators;
  /** Its audit. */
  audit: Audit;
  /**
   * Called with what another hub has changed.
   *
   * @param change the change
   */
  changed: (change: ModerationChange) => void;
}

/**
 * Describes the database of a moderation for replication.
 *
 * @param parts see {@linkcode ModerationParts}
 * @returns the database
 */
export function replicatedModeration(parts: ModerationParts): ReplicatedDatabase {
  const { db, sanctions, audit, changed } = parts;
  return {
    name: "moderation",
    db,
    tables: [
      {
        name: "sanctions",
        key: ["id"],
        identity: ({ kind, room, target }) => JSON.stringify([kind, room, target]),
        parts: { matches: "sanction" },
      },
      { name: "moderators", key: ["room", "owner"] },
      { name: "operators", key: ["who"] },
      { name: "audit", key: ["id"], always: true, traceless: true },
    ],
    useIds(ids) {
      sanctions.ids = audit.ids = ids;
    },
    taken(changes) {
      // All of them first: one may decide about what another one means.
      const found = changes.flatMap((change) => changeOf(change, parts) ?? []);
      for (const change of found) changed(change);
    },
    renumber(owners, ids) {
      const update = (table: string, column: string, pairs: Iterable<[string | number, string | number]>) => {
        const statement = db.prepare(`UPDATE ${table} SET ${column} = ? WHERE ${column} = ?`);
        for (const [old, id] of pairs) statement.run(id, old);
      };
      update("sanctions", "owner", owners);
      update("moderators", "owner", owners);
      update("operators", "who", [...owners].map(([old, id]) => [`owner ${old}`, `owner ${id}`]));
      const numbers = db.prepare("SELECT id FROM sanctions").all()
        .map(({ id }): [number, number] => [Number(id), ids.random()]);
      update("sanctions", "id", numbers);
      update("matches", "sanction", numbers);
      const entries = db.prepare("SELECT id, at FROM audit ORDER BY id").all();
      update("audit", "id", entries.map(({ id, at }) => [Number(id), ids.ordered(Number(at))]));
    },
    moveOwner(from, to) {
      if (to === undefined) {
        db.prepare("DELETE FROM moderators WHERE owner = ?").run(from);
        db.prepare("DELETE FROM operators WHERE who = ?").run(`owner ${from}`);
        return;
      }
      for (const table of ["sanctions", "moderators"]) {
        db.prepare(`UPDATE OR REPLACE ${table} SET owner = ? WHERE owner = ?`).run(to, from);
      }
      db.prepare("UPDATE OR REPLACE operators SET who = ? WHERE who = ?").run(`owner ${to}`, `owner ${from}`);
    },
  };
}

function changeOf(
  { table, before, after }: ReplicatedChange,
  { sanctions, moderators, operators }: ModerationParts,
): ModerationChange | undefined {
  const row: SqlRow | undefined = after?.row ?? before[0]?.row;
  if (row === undefined) return undefined;
  switch (table) {
    case "sanctions": {
      const kind = row.kind as SanctionKind;
      const found = sanctions.refresh(kind, String(row.room), String(row.target));
      const room = row.room === "" ? undefined : String(row.room_name);
      return { what: "sanctions", room, elsewhere: { kind, ...found } };
    }
    case "moderators":
      moderators.refresh(String(row.room), Number(row.owner));
      return { what: "moderators", room: String(row.room_name), elsewhere: Number(row.owner) };
    case "operators":
      operators.refresh(String(row.who));
      return { what: "operators" };
    case "audit":
      return after === undefined || before.length > 0 || row.action !== "kick" ? undefined : {
        what: "kick",
        target: String(row.target),
        room: row.room === null ? undefined : String(row.room),
        by: String(row.by_name),
        reason: row.reason === null ? undefined : String(row.reason),
        at: Number(row.at),
      };
    default:
      return undefined;
  }
}
