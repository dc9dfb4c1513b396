/**
 * What keeps a hub in order: bans, mutes, slow mode, lockdown, moderators of rooms, operators, and the audit of it all,
 * in a database of the data folder.
 *
 * Rules:
 * - Each change is stored together with its entry in the audit before it counts: it survives a `kill -9`.
 * - A ban or mute of a name holds for the person: for all keys of the name, those that it gets later, and all other
 *   names that share keys with it. One of a key holds for whoever has it in the same way.
 * - Nothing holds for a client that has proved the key of an operator.
 * - Who may do what is decided elsewhere: see `rules`.
 *
 * The file is long because it holds one method for each thing that can be asked or done, and half of it is
 * documentation.
 *
 * @module
 */
import { createHash } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import { fromBase64 } from "../../identity/mod.ts";
import { MAX_REASON_CHARS } from "../limits.ts";
import type { AuditInfo } from "../control/mod.ts";
import type { OwnedNames, Owner } from "../registry/mod.ts";
import { type AfterCommit, change, type ReplicatedDatabase } from "../sqlite/mod.ts";
import { Audit, type AuditEntry, type AuditQuery } from "./audit.ts";
import { Moderators } from "./moderators.ts";
import { type OperatorEntry, Operators } from "./operators.ts";
import type { OperatorKey } from "./operators_file.ts";
import { personOf } from "./person.ts";
import { replicatedModeration } from "./replicated_moderation.ts";
import type { Actor, LockdownMode, ModerationChange, Sanction, Subject } from "./sanction.ts";
import { type NewSanction, Sanctions } from "./sanctions.ts";
import { readTarget, type Target } from "./target.ts";

/** A ban or mute that somebody wants. */
export interface SanctionRequest {
  /** For whom: a name, a public key, `SHA256:` and a fingerprint, an address, or a network in CIDR notation. */
  target: string;
  /** The room, without `#`; `undefined` for the whole hub. */
  room?: string | undefined;
  /** For how long, in milliseconds; `undefined` until somebody ends it. */
  durationMs?: number | undefined;
  /** Why. */
  reason?: string | undefined;
  /** Addresses that it is to hold for as well, such as those of the connections of a name. */
  addresses?: readonly string[] | undefined;
  /**
   * Keys that it is to hold for as well, as the base64 of OpenSSH blobs, such as those of clients under a name that
   * belongs to nobody.
   */
  keys?: readonly string[] | undefined;
  /** Who wants it. */
  by: Actor;
  /** The time of day, in milliseconds since 1970. */
  now: number;
}

/** Something about the whole hub or one room, and who does it. */
export interface ScopeRequest {
  /** The room, without `#`; `undefined` for the whole hub. */
  room?: string | undefined;
  /** Who does it. */
  by: Actor;
  /** The time of day, in milliseconds since 1970. */
  now: number;
}

/** A change of the moderators of a room. */
export interface ModeratorRequest {
  /** The room, without `#`. */
  room: string;
  /** The owner of the name that becomes a moderator, or is one no longer. */
  owner: Owner;
  /** Who does it. */
  by: Actor;
  /** The time of day, in milliseconds since 1970. */
  now: number;
}

/** Options of {@linkcode Moderation}. */
export interface ModerationOptions {
  /** The owned names of the hub, if there are any. */
  names: OwnedNames | undefined;
  /** Whom users may ask, such as an email address; `undefined` for nobody. */
  contact?: string | undefined;
  /**
   * Reports something that the operator should know.
   *
   * @param text a sentence
   */
  report: (text: string) => void;
}

/** How many bans and mutes are in force. */
export interface SanctionCounts {
  /** Bans, of the hub and of rooms. */
  bans: number;
  /** Mutes, of the hub and of rooms. */
  mutes: number;
}

/** The moderation of a hub. */
export class Moderation {
  /** Whom users may ask; `undefined` for nobody. */
  readonly contact: string | undefined;
  readonly #db: DatabaseSync;
  readonly #names: OwnedNames | undefined;
  readonly #sanctions: Sanctions;
  readonly #moderators: Moderators;
  readonly #operators: Operators;
  readonly #audit: Audit;
  readonly #fingerprint = fingerprints();
  readonly #listeners = new Set<(change: ModerationChange) => void>();
  #version = 0;

  /**
   * Reads a database.
   *
   * @param db the moderation database, of the newest version
   * @param options see {@linkcode ModerationOptions}
   */
  constructor(db: DatabaseSync, { names, contact, report }: ModerationOptions) {
    this.#db = db;
    this.#names = names;
    this.contact = contact;
    this.#sanctions = new Sanctions(db, names, this.#fingerprint);
    this.#moderators = new Moderators(db);
    this.#operators = new Operators(db, names);
    this.#audit = new Audit(db, this.#fingerprint);
    if (names === undefined) return;
    names.changedElsewhere = () => this.#version++;
    names.keyAdded = (owner, key) => {
      this.#version++;
      try {
        change(db, (after) => this.#sanctions.learn(owner, key, after));
      } catch (error) {
        report(`cannot store that a ban holds for another key of ${owner.name}: ${(error as Error).message}`);
      }
    };
  }

  /**
   * Finds the ban that keeps somebody out longest.
   *
   * A look-up takes some 10 µs on a busy core with 100,000 bans and 10,000 names in force, and the same steps as with
   * ten.
   *
   * @param subject whom; with a room, its bans count beside those of the whole hub
   * @param now the time of day, in milliseconds since 1970
   * @returns the ban, if there is one
   */
  banOf(subject: Subject, now: number): Sanction | undefined {
    return this.isOperator(subject.identity) ? undefined : this.#sanctions.hitting("ban", subject, now);
  }

  /**
   * Finds the mute that silences somebody longest.
   *
   * @param subject whom; with a room, its mutes count beside those of the whole hub
   * @param now the time of day, in milliseconds since 1970
   * @returns the mute, if there is one
   */
  muteOf(subject: Subject, now: number): Sanction | undefined {
    return this.isOperator(subject.identity) ? undefined : this.#sanctions.hitting("mute", subject, now);
  }

  /**
   * Returns the slow mode of a room: the slower one of the room and the whole hub.
   *
   * @param room the room, without `#`; `undefined` for that of the whole hub alone
   * @param now the time of day, in milliseconds since 1970
   * @returns the slow mode, if there is one; its `everyMs` is the time between two messages
   */
  slowOf(room: string | undefined, now: number): Sanction | undefined {
    const hub = this.#sanctions.find("slow", undefined, undefined, now);
    const own = room === undefined ? undefined : this.#sanctions.find("slow", undefined, room, now);
    return (own?.everyMs ?? 0) >= (hub?.everyMs ?? 0) ? own ?? hub : hub;
  }

  /** Who may come in. */
  get lockdown(): LockdownMode {
    return this.lockdownBy?.mode ?? "off";
  }

  /** The lockdown with who did it, if there is one. */
  get lockdownBy(): Sanction | undefined {
    return this.#sanctions.find("lockdown", undefined, undefined, 0);
  }

  /** Whether anybody is muted or slowed down: otherwise a message need not be checked. */
  get restrictsSpeech(): boolean {
    return this.#sanctions.restrictsSpeech;
  }

  /** Grows with each change, so that answers can be remembered until the next one, or until they are over. */
  get version(): number {
    return this.#version;
  }

  /** How many bans and mutes are stored; those that are over count until {@linkcode Moderation.expire}. */
  get counts(): SanctionCounts {
    const { bans, mutes } = this.#sanctions;
    return { bans, mutes };
  }

  /**
   * Counts the bans and mutes in force.
   *
   * @param now the time of day, in milliseconds since 1970
   * @returns how many there are
   */
  countsAt(now: number): SanctionCounts {
    return this.#sanctions.countsAt(now);
  }

  /**
   * Tells whether a key is that of an operator.
   *
   * @param identity a key that a client has proved to have, as the base64 of an OpenSSH blob
   * @returns whether it is
   */
  isOperator(identity: string | undefined): boolean {
    return this.#operators.has(identity);
  }

  /**
   * Tells whether somebody is an operator: by the key in use, or by another one of the same person.
   *
   * @param subject whom; see {@linkcode Subject}
   * @returns whether it is
   */
  isOperatorPerson(subject: Subject): boolean {
    if (!this.#operators.any) return false;
    for (const key of personOf(subject, this.#names).keys) if (this.#operators.has(key)) return true;
    return false;
  }

  /**
   * Tells whether somebody is a moderator of a room. Its owner need not be one.
   *
   * @param room the room, without `#`
   * @param owner the person
   * @returns whether it is
   */
  isModerator(room: string, owner: Owner | undefined): boolean {
    return owner !== undefined && this.#moderators.has(room, owner);
  }

  /**
   * Returns the moderators of a room.
   *
   * @param room the room, without `#`
   * @returns the owners, in the order in which they became moderators
   */
  moderatorsOf(room: string): Owner[] {
    return [...this.#moderators.of(room)].flatMap((id) => this.#names?.owner(id) ?? []);
  }

  /**
   * Returns the rooms that somebody is a moderator of.
   *
   * @param owner the person
   * @returns the names of the rooms, without `#`
   */
  moderatedBy(owner: Owner | undefined): string[] {
    return owner === undefined ? [] : this.#moderators.roomsOf(owner);
  }

  /**
   * Reads for whom a ban or mute would be.
   *
   * @param text as {@linkcode SanctionRequest.target}
   * @returns the target
   * @throws {ModerationError} if the text is none
   */
  targetOf(text: string): Target {
    return readTarget(text, this.#fingerprint);
  }

  /**
   * Finds out whom a ban or mute would hit, without doing it.
   *
   * @param request see {@linkcode SanctionRequest}
   * @returns tells whether it would hit somebody; operators never
   * @throws {ModerationError} if the target is none
   */
  preview(request: SanctionRequest): (subject: Subject) => boolean {
    const index = this.#sanctions.preview(this.#sanctionOf("ban", request));
    return (subject) => {
      if (this.isOperator(subject.identity)) return false;
      const person = personOf(subject, this.#names);
      return index.matching(person, this.#fingerprint, subject.address).length > 0;
    };
  }

  /**
   * Bans somebody. A ban of the same target is replaced; what it holds for is kept.
   *
   * @param request see {@linkcode SanctionRequest}
   * @returns the ban
   * @throws {ModerationError} if the target is none, or the room has too many bans
   * @throws the error of SQLite if it cannot be stored; then nothing has changed
   */
  ban(request: SanctionRequest): Sanction {
    return this.#sanction(this.#sanctionOf("ban", request), "ban");
  }

  /**
   * Mutes somebody. A mute of the same target is replaced; what it holds for is kept.
   *
   * @param request see {@linkcode SanctionRequest}
   * @returns the mute
   * @throws {ModerationError} if the target is none, or the room has too many mutes
   * @throws the error of SQLite if it cannot be stored; then nothing has changed
   */
  mute(request: SanctionRequest): Sanction {
    return this.#sanction(this.#sanctionOf("mute", request), "mute");
  }

  /**
   * Ends a ban.
   *
   * @param target as {@linkcode SanctionRequest.target}, as it was given or as it is listed
   * @param request the room, and who does it
   * @returns the ban that was ended; `undefined` if there was none of this target
   * @throws {ModerationError} if the target is none
   * @throws the error of SQLite if that cannot be stored; then nothing has changed
   */
  unban(target: string, request: ScopeRequest): Sanction | undefined {
    return this.#end("ban", this.targetOf(target), request, "unban");
  }

  /**
   * Ends a mute.
   *
   * @param target as {@linkcode SanctionRequest.target}, as it was given or as it is listed
   * @param request the room, and who does it
   * @returns the mute that was ended; `undefined` if there was none of this target
   * @throws {ModerationError} if the target is none
   * @throws the error of SQLite if that cannot be stored; then nothing has changed
   */
  unmute(target: string, request: ScopeRequest): Sanction | undefined {
    return this.#end("mute", this.targetOf(target), request, "unmute");
  }

  /**
   * Starts, changes or ends slow mode.
   *
   * @param everyMs the shortest time between two messages of one person, in milliseconds; 0 to end it
   * @param request the room, and who does it
   * @throws the error of SQLite if that cannot be stored; then nothing has changed
   */
  slow(everyMs: number, request: ScopeRequest): void {
    if (everyMs === 0) return void this.#end("slow", undefined, request, "slow off");
    const { room, by, now: at } = request;
    this.#sanction({ kind: "slow", target: undefined, room, by, at, everyMs }, "slow", `${everyMs} ms`);
  }

  /**
   * Decides who may come in.
   *
   * @param mode who
   * @param request who does it; the room does not count
   * @throws the error of SQLite if that cannot be stored; then nothing has changed
   */
  lockDown(mode: LockdownMode, { by, now }: ScopeRequest): void {
    if (mode === "off") return void this.#end("lockdown", undefined, { by, now }, "lockdown off");
    this.#sanction(
      { kind: "lockdown", target: undefined, room: undefined, by, at: now, mode },
      "lockdown",
      mode,
    );
  }

  /**
   * Makes somebody a moderator of a room.
   *
   * @param request see {@linkcode ModeratorRequest}
   * @returns whether it was none before
   * @throws {ModerationError} if the room has too many
   * @throws the error of SQLite if that cannot be stored; then nothing has changed
   */
  mod({ room, owner, by, now }: ModeratorRequest): boolean {
    return this.#change({ what: "moderators", room }, (after) => {
      const added = this.#moderators.add(room, owner, { by, now }, after);
      if (added) this.#audit.add({ by, at: now, action: "mod", target: owner.name, room });
      return added;
    });
  }

  /**
   * Ends that somebody is a moderator of a room.
   *
   * @param request see {@linkcode ModeratorRequest}
   * @returns whether it was one
   * @throws the error of SQLite if that cannot be stored; then nothing has changed
   */
  unmod({ room, owner, by, now }: ModeratorRequest): boolean {
    return this.#change({ what: "moderators", room }, (after) => {
      const removed = this.#moderators.remove(room, owner, after);
      if (removed) this.#audit.add({ by, at: now, action: "unmod", target: owner.name, room });
      return removed;
    });
  }

  /**
   * Removes the moderators of a room and what they and its owner have done there, as it belongs to nobody, or to
   * somebody else who has taken it new. What operators of the hub have done stays.
   *
   * @param room the room, without `#`
   * @throws the error of SQLite if that cannot be stored; then nothing has changed
   */
  forgetRoom(room: string): void {
    // Most rooms have neither, and a room that is left may be made again and again.
    if (this.moderatorsOf(room).length === 0 && this.#sanctions.ownOf(room).length === 0) return;
    this.#change({ what: "moderators", room }, (after) => {
      this.#moderators.removeRoom(room, after);
      for (const sanction of this.#sanctions.ownOf(room)) this.#sanctions.remove(sanction, after);
    });
  }

  /**
   * Finds the ban or mute of a target.
   *
   * @param kind which
   * @param target as {@linkcode SanctionRequest.target}
   * @param room the room, without `#`; `undefined` for the whole hub
   * @param now the time of day, in milliseconds since 1970
   * @returns the ban or mute, if there is one in force
   * @throws {ModerationError} if the target is none
   */
  find(kind: "ban" | "mute", target: string, room: string | undefined, now: number): Sanction | undefined {
    return this.#sanctions.find(kind, this.targetOf(target), room, now);
  }

  /**
   * Lists what is in force.
   *
   * @param room the room, without `#`; `undefined` for what holds on the whole hub
   * @param now the time of day, in milliseconds since 1970
   * @returns bans, mutes, slow mode and lockdown, the newest first
   */
  list(room: string | undefined, now: number): Sanction[] {
    return this.#sanctions.list(room, now);
  }

  /**
   * Lists what is in force everywhere.
   *
   * @param now the time of day, in milliseconds since 1970
   * @returns bans, mutes, slow modes and the lockdown of the hub and of all rooms, the newest first
   */
  listAll(now: number): Sanction[] {
    return this.#sanctions.listAll(now);
  }

  /**
   * Records something that was done and is stored nowhere else, such as a kick or a deleted message.
   *
   * @param entry see {@linkcode AuditEntry}; it must hold no text of a message
   * @throws the error of SQLite if it cannot be stored
   */
  audit(entry: AuditEntry): void {
    this.#audit.add({ ...entry, reason: shortened(entry.reason) });
  }

  /**
   * Reads the audit.
   *
   * @param query see {@linkcode AuditQuery}
   * @returns the newest entries, the newest first
   */
  auditEntries(query: AuditQuery): AuditInfo[] {
    return this.#audit.read(query);
  }

  /**
   * Deletes what is over, a limited number at once. To be called about once a minute; what is over is not in force
   * before that, either.
   *
   * @param now the time of day, in milliseconds since 1970
   * @throws the error of SQLite if that cannot be stored
   */
  expire(now: number): void {
    change(this.#db, (after) => this.#sanctions.expire(now, after));
  }

  /**
   * Computes the fingerprint of a key.
   *
   * @param key a key, as the base64 of an OpenSSH blob
   * @returns `SHA256:` and 43 characters of base64
   */
  fingerprint(key: string): string {
    return this.#fingerprint(key);
  }

  /** All operators. */
  get operators(): OperatorEntry[] {
    return this.#operators.list();
  }

  /**
   * Tells whether a key stands in the file of operators.
   *
   * @param key a key, as the base64 of an OpenSSH blob
   * @returns whether it does
   */
  isInOperatorsFile(key: string): boolean {
    return this.#operators.inFile(key);
  }

  /**
   * Replaces the operators of the file.
   *
   * @param keys the keys in the file
   */
  setOperatorsFile(keys: readonly OperatorKey[]): void {
    this.#operators.setFile(keys);
    this.#tell({ what: "operators" });
  }

  /**
   * Adds an operator.
   *
   * @param who a key, as the base64 of an OpenSSH blob, or the owner of a name, all of whose keys count
   * @param comment what to show beside a key; empty for nothing
   * @param now the time of day, in milliseconds since 1970
   * @returns whether it had not been added before
   * @throws the error of SQLite if that cannot be stored; then nothing has changed
   */
  addOperator(who: string | Owner, comment: string, now: number): boolean {
    return this.#change({ what: "operators" }, (after) => {
      const added = this.#operators.add(who, comment, now, after);
      if (added) this.#audit.add({ by: MACHINE, at: now, action: "op add", target: this.#shown(who) });
      return added;
    });
  }

  /**
   * Removes an operator that was added.
   *
   * @param who a key, as the base64 of an OpenSSH blob, or the owner of a name
   * @param now the time of day, in milliseconds since 1970
   * @returns whether it had been added
   * @throws the error of SQLite if that cannot be stored; then nothing has changed
   */
  removeOperator(who: string | Owner, now: number): boolean {
    return this.#change({ what: "operators" }, (after) => {
      const removed = this.#operators.remove(who, after);
      if (removed) this.#audit.add({ by: MACHINE, at: now, action: "op remove", target: this.#shown(who) });
      return removed;
    });
  }

  /**
   * Calls a function at each change, after it is stored.
   *
   * @param listener the function
   */
  changed(listener: (change: ModerationChange) => void): void {
    this.#listeners.add(listener);
  }

  /** The database, for a cluster, in which it is the same at all hubs. */
  get replicated(): ReplicatedDatabase {
    return replicatedModeration({
      db: this.#db,
      sanctions: this.#sanctions,
      moderators: this.#moderators,
      operators: this.#operators,
      audit: this.#audit,
      changed: (change) => this.#tell(change),
    });
  }

  /** Closes the database. */
  close(): void {
    if (this.#names !== undefined) this.#names.keyAdded = this.#names.changedElsewhere = undefined;
    this.#db.close();
  }

  #shown(who: string | Owner): string {
    return typeof who === "string" ? this.#fingerprint(who) : who.name;
  }

  #sanctionOf(kind: "ban" | "mute", request: SanctionRequest): NewSanction {
    const { target, room, durationMs, reason, addresses, keys, by, now } = request;
    const until = durationMs === undefined ? undefined : now + durationMs;
    return {
      kind,
      target: this.targetOf(target),
      room,
      by,
      at: now,
      until,
      reason: shortened(reason),
      addresses,
      keys,
    };
  }

  #sanction(wanted: NewSanction, action: string, detail?: string): Sanction {
    const { by, at, room, until, reason } = wanted;
    return this.#change({ what: "sanctions", room }, (after) => {
      const sanction = this.#sanctions.add(wanted, after);
      const target = wanted.target?.shown;
      const held = sanction.networks.filter((network) => network !== target).join(" ");
      this.#audit.add({ by, at, action, target, room, until, reason, detail: detail ?? (held || undefined) });
      return sanction;
    });
  }

  #end(
    kind: Sanction["kind"],
    target: Target | undefined,
    { room, by, now }: ScopeRequest,
    action: string,
  ): Sanction | undefined {
    const sanction = this.#sanctions.find(kind, target, room, now);
    if (sanction === undefined) return undefined;
    return this.#change({ what: "sanctions", room }, (after) => {
      this.#sanctions.remove(sanction, after);
      this.#audit.add({ by, at: now, action, target: sanction.target || undefined, room });
      return sanction;
    });
  }

  #change<T>(what: ModerationChange, run: (after: AfterCommit) => T): T {
    const result = change(this.#db, run);
    this.#tell(what);
    return result;
  }

  #tell(what: ModerationChange): void {
    this.#version++;
    for (const listener of this.#listeners) listener(what);
  }
}

/** Who acts on the machine of the hub. */
const MACHINE: Actor = { name: "riftchat op", operator: true };

function shortened(reason: string | undefined): string | undefined {
  const text = reason?.trim();
  return text === undefined || text === "" ? undefined : [...text].slice(0, MAX_REASON_CHARS).join("");
}

/** How many fingerprints are remembered, some 200 bytes each. */
const MAX_KNOWN = 20_000;

/** Makes a function that computes fingerprints of keys, each once. */
function fingerprints(): (key: string) => string {
  const known = new Map<string, string>();
  return (key) => {
    let fingerprint = known.get(key);
    if (fingerprint === undefined) {
      const hash = createHash("sha256").update(fromBase64(key) ?? new Uint8Array()).digest("base64");
      fingerprint = `SHA256:${hash.replace(/=+$/, "")}`;
      if (known.size >= MAX_KNOWN) known.clear();
      known.set(key, fingerprint);
    }
    return fingerprint;
  };
}
