/**
 * The bans, mutes, slow modes and the lockdown of a hub: stored in the database, and indexed in memory.
 *
 * Rules: each change is one transaction, and counts only when it is committed. There is one ban and one mute of a
 * target in a room and on the whole hub: a second one replaces the first, and keeps the keys and networks that it holds
 * for.
 *
 * The file is long because the tables, their rows and the indexes must stay alike, and half of it is documentation.
 *
 * @module
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { nameKey } from "../../protocol/mod.ts";
import { MAX_SANCTIONS_OF_ROOM } from "../limits.ts";
import type { OwnedNames, Owner } from "../registry/mod.ts";
import type { AfterCommit, ReplicaIds } from "../sqlite/mod.ts";
import { networkOf } from "./networks.ts";
import { personOf } from "./person.ts";
import {
  type Actor,
  type LockdownMode,
  ModerationError,
  type Sanction,
  type SanctionKind,
  type Subject,
} from "./sanction.ts";
import { type IndexedSanction, SanctionIndex } from "./sanction_index.ts";
import type { Target } from "./target.ts";

/** How many sanctions that are over are deleted at once. */
const EXPIRE_AT_ONCE = 1000;

/** A new sanction. */
export interface NewSanction {
  /** Its kind. */
  kind: SanctionKind;
  /** For whom; `undefined` for slow mode and lockdown. */
  target: Target | undefined;
  /** The room, without `#`; `undefined` for the whole hub. */
  room: string | undefined;
  /** Who does it. */
  by: Actor;
  /** When, in milliseconds since 1970. */
  at: number;
  /** Until when, in milliseconds since 1970. */
  until?: number | undefined;
  /** Why. */
  reason?: string | undefined;
  /** Keys that it holds for as well, as base64 of OpenSSH blobs. */
  keys?: readonly string[] | undefined;
  /** Addresses that it holds for as well. */
  addresses?: readonly string[] | undefined;
  /** Of slow mode, in milliseconds. */
  everyMs?: number | undefined;
  /** Of a lockdown. */
  mode?: LockdownMode | undefined;
}

/** A sanction as it is stored. */
export interface StoredSanction extends IndexedSanction {
  /** The key of the room; empty for the whole hub. */
  readonly roomKey: string;
  /** The key of the target; empty for slow mode and lockdown. */
  readonly targetKey: string;
}

/** The sanctions of a hub. */
export class Sanctions {
  /** Makes the numbers of sanctions in a cluster; without it the database does. */
  ids: ReplicaIds | undefined;
  readonly #names: OwnedNames | undefined;
  readonly #fingerprint: (key: string) => string;
  readonly #statements: ReturnType<typeof prepare>;
  readonly #byId = new Map<number, StoredSanction>();
  /** By kind, room and target. */
  readonly #byTarget = new Map<string, StoredSanction>();
  /** By kind and room: bans and mutes. */
  readonly #indexes = new Map<string, SanctionIndex>();
  /** How many bans and mutes each room has, by its key. */
  readonly #counts = new Map<string, number>();
  #bans = 0;
  #mutes = 0;
  #slows = 0;

  /**
   * Reads a database.
   *
   * @param db the moderation database, of the newest version
   * @param names the owned names of the hub, if there are any
   * @param fingerprint computes the fingerprint of a key
   */
  constructor(db: DatabaseSync, names: OwnedNames | undefined, fingerprint: (key: string) => string) {
    this.#names = names;
    this.#fingerprint = fingerprint;
    this.#statements = prepare(db);
    const matches = new Map<number, string[]>();
    for (const [id, what] of rowsOf(this.#statements.matches) as [number, string][]) {
      const list = matches.get(id);
      if (list === undefined) matches.set(id, [what]);
      else list.push(what);
    }
    for (const row of rowsOf(this.#statements.all) as Row[]) {
      this.#index(stored(row, matches.get(row[0]) ?? []));
    }
  }

  /** How many bans there are. */
  get bans(): number {
    return this.#bans;
  }

  /** How many mutes there are. */
  get mutes(): number {
    return this.#mutes;
  }

  /** Whether anybody is muted or slowed down. */
  get restrictsSpeech(): boolean {
    return this.#mutes + this.#slows > 0;
  }

  /**
   * Finds the sanction that hits somebody longest.
   *
   * @param kind `ban` or `mute`
   * @param subject whom; see {@linkcode Subject}
   * @param now the time of day, in milliseconds since 1970
   * @returns the sanction, if there is one
   */
  hitting(kind: "ban" | "mute", subject: Subject, now: number): Sanction | undefined {
    const hub = this.#indexes.get(`${kind} `);
    const room = subject.room === undefined
      ? undefined
      : this.#indexes.get(`${kind} ${nameKey(subject.room)}`);
    if (hub === undefined && room === undefined) return undefined;
    const person = personOf(subject, this.#names);
    let longest: Sanction | undefined;
    for (const index of [hub, room]) {
      for (const sanction of index?.matching(person, this.#fingerprint, subject.address) ?? []) {
        if (isOver(sanction, now) || (subject.moderates && !sanction.byOperator)) continue;
        if (longest === undefined || endOf(sanction) > endOf(longest)) longest = sanction;
      }
    }
    return longest;
  }

  /**
   * Counts the bans and mutes in force.
   *
   * @param now the time of day, in milliseconds since 1970
   * @returns how many there are
   */
  countsAt(now: number): { bans: number; mutes: number } {
    const counts = { bans: 0, mutes: 0 };
    for (const sanction of this.#byId.values()) {
      if (isOver(sanction, now)) continue;
      if (sanction.kind === "ban") counts.bans++;
      else if (sanction.kind === "mute") counts.mutes++;
    }
    return counts;
  }

  /**
   * Finds the sanction of a target.
   *
   * @param kind its kind
   * @param target for whom; `undefined` for slow mode and lockdown
   * @param room the room, without `#`; `undefined` for the whole hub
   * @param now the time of day, in milliseconds since 1970
   * @returns the sanction, if there is one in force
   */
  find(
    kind: SanctionKind,
    target: Target | undefined,
    room: string | undefined,
    now: number,
  ): Sanction | undefined {
    const found = this.#byTarget.get(targetIn(kind, roomKeyOf(room), target?.key ?? ""));
    return found === undefined || isOver(found, now) ? undefined : found;
  }

  /**
   * Lists sanctions in force.
   *
   * @param room the room, without `#`; `undefined` for those of the whole hub
   * @param now the time of day, in milliseconds since 1970
   * @returns the sanctions, the newest first
   */
  list(room: string | undefined, now: number): Sanction[] {
    const key = roomKeyOf(room);
    if (key !== "" && !this.#isUsed(key)) return [];
    return this.listAll(now).filter((sanction) => sanction.roomKey === key);
  }

  /**
   * Lists all sanctions in force, of the hub and of rooms.
   *
   * @param now the time of day, in milliseconds since 1970
   * @returns the sanctions, the newest first
   */
  listAll(now: number): StoredSanction[] {
    return [...this.#byId.values()].filter((sanction) => !isOver(sanction, now))
      .sort((a, b) => b.at - a.at || b.id - a.id);
  }

  /**
   * Makes what a sanction would be, without doing it.
   *
   * @param wanted see {@linkcode NewSanction}
   * @returns an index with this sanction alone
   */
  preview(wanted: NewSanction): SanctionIndex {
    const index = new SanctionIndex(this.#ownerExists);
    index.add({ ...this.#make(wanted), id: 0 });
    return index;
  }

  /**
   * Adds a sanction, which replaces that of the same target.
   *
   * @param wanted see {@linkcode NewSanction}
   * @param after puts it in force once the transaction is committed
   * @returns the sanction
   * @throws {ModerationError} if the room has too many
   * @throws the error of SQLite if it cannot be stored
   */
  add(wanted: NewSanction, after: AfterCommit): Sanction {
    const made = this.#make(wanted);
    const { roomKey, targetKey } = made;
    const old = this.#byTarget.get(targetIn(made.kind, roomKey, targetKey));
    if (old === undefined && made.kind !== "slow" && this.#isFull(roomKey, made.at)) {
      throw new ModerationError(
        `#${made.room} has ${MAX_SANCTIONS_OF_ROOM} bans and mutes already, which is the limit: end some first`,
      );
    }
    if (old !== undefined) this.#statements.remove.run(old.id);
    const { lastInsertRowid } = this.#statements.add.run(
      this.ids?.random() ?? null,
      made.kind,
      roomKey,
      made.room ?? "",
      targetKey,
      made.target,
      made.owner ?? null,
      made.by,
      Number(made.byOperator),
      made.at,
      made.until ?? null,
      made.reason ?? null,
      made.everyMs ?? null,
      made.mode ?? null,
    );
    const sanction = { ...made, id: Number(lastInsertRowid) };
    for (const what of matchesOf(sanction)) this.#statements.addMatch.run(sanction.id, what);
    after(() => {
      if (old !== undefined) this.#unindex(old);
      this.#index(sanction);
    });
    return sanction;
  }

  /**
   * Ends a sanction.
   *
   * @param sanction a sanction of this hub
   * @param after ends it once the transaction is committed
   * @throws the error of SQLite if that cannot be stored
   */
  remove({ id }: Sanction, after: AfterCommit): void {
    const sanction = this.#byId.get(id);
    if (sanction === undefined) return;
    this.#statements.remove.run(id);
    after(() => this.#unindex(sanction));
  }

  /**
   * Finds the sanctions of a room that were not made by operators of the hub.
   *
   * @param room the room, without `#`
   * @returns the sanctions
   */
  ownOf(room: string): Sanction[] {
    const key = nameKey(room);
    if (!this.#isUsed(key)) return [];
    return [...this.#byId.values()].filter(({ roomKey, byOperator }) => roomKey === key && !byOperator);
  }

  /**
   * Deletes sanctions that are over, up to a limit.
   *
   * @param now the time of day, in milliseconds since 1970
   * @param after forgets them once the transaction is committed
   * @throws the error of SQLite if that cannot be stored
   */
  expire(now: number, after: AfterCommit): void {
    for (const { id } of this.#statements.over.all(now, EXPIRE_AT_ONCE)) {
      this.remove(this.#byId.get(Number(id))!, after);
    }
  }

  /**
   * Makes all bans and mutes that hold for an owner hold for a key, too, also after the name has lost it.
   *
   * @param owner the owner
   * @param key a key that the owner has from now on, as the base64 of an OpenSSH blob
   * @param after puts that in force once the transaction is committed
   * @throws the error of SQLite if that cannot be stored
   */
  learn(owner: Owner, key: string, after: AfterCommit): void {
    const person = personOf({ name: owner.name, owner, identity: key }, this.#names);
    const fingerprint = this.#fingerprint(key);
    const found = new Set<number>();
    for (const index of this.#indexes.values()) {
      for (const { id, keys } of index.matching(person, this.#fingerprint, undefined)) {
        if (!keys.includes(fingerprint)) found.add(id);
      }
    }
    for (const id of found) {
      const sanction = this.#byId.get(id)!;
      this.#statements.addMatch.run(id, `key ${fingerprint}`);
      after(() => {
        this.#unindex(sanction);
        this.#index({ ...sanction, keys: [...sanction.keys, fingerprint] });
      });
    }
  }

  /**
   * Takes a sanction as another hub of a cluster has stored it.
   *
   * @param kind its kind
   * @param roomKey the key of the room; empty for the whole hub
   * @param targetKey the key of the target; empty for slow mode and lockdown
   * @returns the sanction of that target as it was and as it is
   */
  refresh(
    kind: SanctionKind,
    roomKey: string,
    targetKey: string,
  ): { before: StoredSanction | undefined; after: StoredSanction | undefined } {
    const before = this.#byTarget.get(targetIn(kind, roomKey, targetKey));
    if (before !== undefined) this.#unindex(before);
    const row = rowsOf(this.#statements.one, kind, roomKey, targetKey)[0] as Row | undefined;
    if (row === undefined) return { before, after: undefined };
    const after = stored(row, rowsOf(this.#statements.matchesOf, row[0]) as string[]);
    this.#index(after);
    return { before, after };
  }

  /** Tells whether a room has any ban, mute or slow mode. */
  #isUsed(roomKey: string): boolean {
    return this.#counts.has(roomKey) || this.#byTarget.has(targetIn("slow", roomKey, ""));
  }

  readonly #ownerExists = (id: number): boolean => this.#names?.owner(id) !== undefined;

  /** Makes a sanction without a number. It keeps the keys and networks of the one that it replaces, if that holds. */
  #make(wanted: NewSanction): Omit<StoredSanction, "id"> {
    const { kind, target, room, by, at, until, reason, addresses = [], everyMs, mode } = wanted;
    const roomKey = roomKeyOf(room), targetKey = target?.key ?? "";
    const before = this.#byTarget.get(targetIn(kind, roomKey, targetKey));
    const old = before === undefined || isOver(before, at) ? undefined : before;
    const keys = new Set(old?.keys), networks = new Set(old?.networks);
    let owner: Owner | undefined;
    if (target?.kind === "name") {
      owner = this.#names?.ownerOf(target.shown);
      if (owner !== undefined) {
        for (const key of personOf({ owner }, this.#names).keys) keys.add(this.#fingerprint(key));
      }
    } else if (target?.kind === "key") {
      keys.add(target.fingerprint);
    } else if (target?.kind === "network") {
      networks.add(target.network.text);
    }
    for (const key of wanted.keys ?? []) keys.add(this.#fingerprint(key));
    for (const address of addresses) {
      const network = networkOf(address);
      if (network !== undefined) networks.add(network.text);
    }
    return {
      kind,
      target: target?.shown ?? "",
      room,
      by: by.name,
      byOperator: by.operator,
      at,
      until,
      reason,
      everyMs,
      mode,
      keys: [...keys],
      networks: [...networks],
      nameKey: target?.kind === "name" ? nameKey(target.shown) : undefined,
      owner: owner?.id ?? old?.owner,
      roomKey,
      targetKey,
    };
  }

  /** Tells whether a room has as many bans and mutes in force as it may have. */
  #isFull(roomKey: string, now: number): boolean {
    if (roomKey === "" || (this.#counts.get(roomKey) ?? 0) < MAX_SANCTIONS_OF_ROOM) return false;
    let count = 0;
    for (const sanction of this.#byId.values()) {
      if (sanction.roomKey === roomKey && sanction.kind !== "slow" && !isOver(sanction, now)) count++;
    }
    return count >= MAX_SANCTIONS_OF_ROOM;
  }

  #index(sanction: StoredSanction): void {
    const { id, kind, roomKey, targetKey } = sanction;
    this.#byId.set(id, sanction);
    this.#byTarget.set(targetIn(kind, roomKey, targetKey), sanction);
    this.#count(sanction, 1);
    if (kind !== "ban" && kind !== "mute") return;
    const scope = `${kind} ${roomKey}`;
    const index = this.#indexes.get(scope) ?? new SanctionIndex(this.#ownerExists);
    index.add(sanction);
    this.#indexes.set(scope, index);
  }

  #unindex(sanction: StoredSanction): void {
    const { id, kind, roomKey, targetKey } = sanction;
    this.#byId.delete(id);
    this.#byTarget.delete(targetIn(kind, roomKey, targetKey));
    this.#count(sanction, -1);
    const scope = `${kind} ${roomKey}`;
    const index = this.#indexes.get(scope);
    index?.delete(sanction);
    if (index?.size === 0) this.#indexes.delete(scope);
  }

  #count({ kind, roomKey }: StoredSanction, change: 1 | -1): void {
    if (kind === "ban") this.#bans += change;
    else if (kind === "mute") this.#mutes += change;
    else if (kind === "slow") this.#slows += change;
    if (roomKey === "" || kind === "slow") return;
    const count = (this.#counts.get(roomKey) ?? 0) + change;
    if (count === 0) this.#counts.delete(roomKey);
    else this.#counts.set(roomKey, count);
  }
}

/** Returns what a sanction holds for, as it is stored. */
function matchesOf({ keys, networks }: Sanction): string[] {
  return [...keys.map((key) => `key ${key}`), ...networks.map((network) => `network ${network}`)];
}

function roomKeyOf(room: string | undefined): string {
  return room === undefined ? "" : nameKey(room);
}

function targetIn(kind: SanctionKind, roomKey: string, targetKey: string): string {
  return `${kind} ${roomKey} ${targetKey}`;
}

function isOver({ until }: Sanction, now: number): boolean {
  return until !== undefined && until <= now;
}

function endOf({ until }: Sanction): number {
  return until ?? Infinity;
}

/** Returns the rows of a statement that makes one JSON text of them. */
function rowsOf(statement: StatementSync, ...values: (string | number)[]): unknown[] {
  return JSON.parse(String(statement.get(...values)!.rows));
}

/** A row of the statement `all`. */
type Row = [
  id: number,
  kind: SanctionKind,
  target: string,
  room: string,
  by: string,
  byOperator: number,
  at: number,
  until: number | null,
  reason: string | null,
  everyMs: number | null,
  mode: LockdownMode | null,
  owner: number | null,
  roomKey: string,
  targetKey: string,
];

/** Makes a sanction from its row. */
function stored(row: Row, matches: readonly string[]): StoredSanction {
  const [id, kind, target, room, by, byOperator, at, until, reason, everyMs, mode, owner] = row;
  const [roomKey, targetKey] = [row[12], row[13]];
  const texts = (prefix: string) =>
    matches.filter((what) => what.startsWith(prefix)).map((what) => what.slice(prefix.length));
  return {
    id,
    kind,
    target,
    room: room === "" ? undefined : room,
    by,
    byOperator: byOperator === 1,
    at,
    until: until ?? undefined,
    reason: reason ?? undefined,
    everyMs: everyMs ?? undefined,
    mode: mode ?? undefined,
    keys: texts("key "),
    networks: texts("network "),
    nameKey: targetKey.startsWith("name ") ? targetKey.slice(5) : undefined,
    owner: owner ?? undefined,
    roomKey,
    targetKey,
  };
}

function prepare(
  db: DatabaseSync,
): Record<"all" | "one" | "matches" | "matchesOf" | "add" | "addMatch" | "remove" | "over", StatementSync> {
  // As one JSON text: that takes a fifth of the time of rows and columns.
  const all =
    "SELECT json_group_array(json_array(id, kind, target_name, room_name, by_name, by_operator, at, until, reason, " +
    "every_ms, mode, owner, room, target)) AS rows FROM sanctions";
  return {
    all: db.prepare(all),
    one: db.prepare(`${all} WHERE kind = ? AND room = ? AND target = ?`),
    matches: db.prepare("SELECT json_group_array(json_array(sanction, what)) AS rows FROM matches"),
    matchesOf: db.prepare("SELECT json_group_array(what) AS rows FROM matches WHERE sanction = ?"),
    add: db.prepare(
      "INSERT INTO sanctions (id, kind, room, room_name, target, target_name, owner, by_name, by_operator, at, " +
        "until, reason, every_ms, mode) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    ),
    addMatch: db.prepare("INSERT OR IGNORE INTO matches (sanction, what) VALUES (?, ?)"),
    remove: db.prepare("DELETE FROM sanctions WHERE id = ?"),
    over: db.prepare("SELECT id FROM sanctions WHERE until <= ? LIMIT ?"),
  };
}
