/**
 * The invites of a hub, and who has used them.
 *
 * Rules:
 * - Each change is one transaction, and counts only when it is committed: it survives a `kill -9`.
 * - Of a token only a hash of its public key is stored.
 * - Whoever has used an invite is let in by it again, without another use: the same key, or the same run of a client.
 *   Revoking an invite ends that, too.
 * - In a cluster each use of an invite has a number, the same at all hubs, and a use counts for the hub that has
 *   written it first: so an invite is used as often as it may be, also if several hubs take it at once.
 *
 * The file is long because each method keeps the database and the indexes alike, and half of it is documentation.
 *
 * The database, the time and randomness are handed in.
 *
 * @module
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import {
  type ClaimOutcome,
  Claims,
  type ReplicatedChange,
  type ReplicatedDatabase,
  shortId,
  type SqlRow,
  transaction,
} from "../sqlite/mod.ts";
import { FORGET_INVITE_MS, MAX_INVITES } from "../limits.ts";

/** An invite. */
export interface Invite {
  /** Its name for people. */
  readonly id: string;
  /** The SHA-256 of the public key of its token, in hexadecimal digits. */
  readonly keyHash: string;
  /** When it was made, in milliseconds since 1970. */
  readonly made: number;
  /** Who made it: the name of a user, or empty for the operator on the machine of the hub. */
  readonly by: string;
  /** Until when it can be used, in milliseconds since 1970. */
  readonly expires: number;
  /** How often it could be used. */
  readonly uses: number;
  /** How often it can still be used. */
  readonly usesLeft: number;
  /** The room into which it leads, without `#`. */
  readonly room: string | undefined;
  /** The number of the owner of the room, if the owner made it; the invite ends when the room is passed on. */
  readonly roomOwner: number | undefined;
  /** The name that its user gets. */
  readonly name: string | undefined;
  /** When it was revoked, in milliseconds since 1970. */
  readonly revoked: number | undefined;
}

/** A use of an invite. */
export interface InviteUse {
  /** When, in milliseconds since 1970. */
  readonly at: number;
  /** The name of the user then. */
  readonly name: string;
}

/** Somebody who uses an invite. */
export interface Invitee {
  /** The key that the client has proved, as the base64 of an OpenSSH blob. */
  readonly identity: string | undefined;
  /** The result of `sessionAuthor`, if the client gave the secret of its session. */
  readonly person: string | undefined;
}

/** What an invite is made for. */
export type InviteContent = Pick<Invite, "by" | "expires" | "uses" | "room" | "roomOwner" | "name">;

/** Why an invite cannot be used. */
export type InviteProblem = "expired" | "used_up" | "revoked";

type MutableInvite = { -readonly [Field in keyof Invite]: Invite[Field] } & {
  usesLeft: number;
  /** Who has used it. */
  readonly identities: Set<string>;
  readonly persons: Set<string>;
  /** The keys that have used it, and have not got its name and its room. */
  readonly waiting: Set<string>;
};

/** How many numbers of uses each invite has: more than an invite has uses. */
const USES_OF_INVITE = 16_384;

/** The invites of a hub. */
export class Invites {
  readonly #db: DatabaseSync;
  readonly #random: (count: number) => Uint8Array;
  readonly #statements: ReturnType<typeof prepare>;
  readonly #byId = new Map<string, MutableInvite>();
  readonly #byHash = new Map<string, MutableInvite>();
  /** How many invites that are not revoked each key and each session has used. */
  readonly #invited = new Map<string, number>();
  /** In a cluster: the uses that do not count yet, by their numbers. */
  #claims: Claims<{ readonly invite: string; readonly user: Invitee }> | undefined;

  /**
   * Reads the invites of a database.
   *
   * @param db the database, of the newest version
   * @param random returns that many unpredictable random bytes, for ids
   */
  constructor(db: DatabaseSync, random: (count: number) => Uint8Array) {
    this.#db = db;
    this.#random = random;
    this.#statements = prepare(db);
    for (const row of this.#statements.invites.all() as SqlRow[]) this.#index(inviteOf(row));
    for (const row of this.#statements.uses.all() as SqlRow[]) {
      const invite = this.#byId.get(String(row.invite));
      // In a cluster the invite may come after its uses.
      if (invite !== undefined) this.#addUse(invite, row);
    }
  }

  /** All invites, in the order in which they were made. */
  get all(): readonly Invite[] {
    return [...this.#byId.values()].sort((one, other) => one.made - other.made);
  }

  /**
   * Finds an invite.
   *
   * @param id its id
   * @returns the invite, if there is one
   */
  find(id: string): Invite | undefined {
    return this.#byId.get(id);
  }

  /**
   * Finds the invite of a token.
   *
   * @param keyHash the SHA-256 of its public key, in hexadecimal digits
   * @returns the invite, if there is one
   */
  withHash(keyHash: string): Invite | undefined {
    return this.#byHash.get(keyHash);
  }

  /**
   * Lists who has used an invite.
   *
   * @param invite the invite
   * @returns the uses, the first one first
   */
  usesOf({ id }: Invite): InviteUse[] {
    return this.#statements.usesOf.all(id).map(({ at, name }) => ({ at: Number(at), name: String(name) }));
  }

  /**
   * Makes an invite. Removes old ones that nobody has used.
   *
   * @param keyHash the SHA-256 of the public key of its token, in hexadecimal digits
   * @param content what it is for
   * @param now the time of day, in milliseconds since 1970
   * @returns the invite; `undefined` if there are too many
   * @throws the error of SQLite if it cannot be stored
   */
  make(keyHash: string, content: InviteContent, now: number): Invite | undefined {
    this.#forgetOld(now);
    if (this.#byId.size >= MAX_INVITES) return undefined;
    const invite: MutableInvite = {
      ...content,
      id: shortId(this.#random, (id) => this.#byId.has(id)),
      keyHash,
      made: now,
      usesLeft: content.uses,
      revoked: undefined,
      identities: new Set(),
      persons: new Set(),
      waiting: new Set(),
    };
    const { id, by, expires, uses, room = null, roomOwner = null, name = null } = invite;
    this.#statements.make.run(id, keyHash, now, by, expires, uses, uses, room, roomOwner, name);
    this.#index(invite);
    return invite;
  }

  /**
   * Tells why an invite cannot be used by somebody who has not used it.
   *
   * @param invite the invite
   * @param now the time of day, in milliseconds since 1970
   * @returns the reason; `undefined` if it can be used
   */
  problemOf({ revoked, expires, usesLeft }: Invite, now: number): InviteProblem | undefined {
    if (revoked !== undefined) return "revoked";
    if (usesLeft === 0) return "used_up";
    return expires <= now ? "expired" : undefined;
  }

  /**
   * Tells whether somebody has used an invite that is not revoked.
   *
   * @param invite the invite
   * @param invitee who
   * @returns whether the invite lets them in again
   */
  hasUsed({ id }: Invite, { identity, person }: Invitee): boolean {
    const { revoked, identities, persons } = this.#byId.get(id)!;
    return revoked === undefined &&
      (identity !== undefined && identities.has(identity) || person !== undefined && persons.has(person));
  }

  /**
   * Tells whether somebody has used any invite that is not revoked.
   *
   * @param invitee who
   * @returns whether an invite lets them in
   */
  isInvited({ identity, person }: Invitee): boolean {
    return identity !== undefined && this.#invited.has(identity) ||
      person !== undefined && this.#invited.has(person);
  }

  /**
   * Records a use, if the invite can be used.
   *
   * @param invite the invite
   * @param user who uses it, and under which name
   * @param now the time of day, in milliseconds since 1970
   * @returns why it cannot be used; `undefined` if the use is recorded
   * @throws the error of SQLite if it cannot be stored; then it is not used
   */
  use(invite: Invite, user: Invitee & { name: string }, now: number): InviteProblem | undefined {
    const problem = this.problemOf(invite, now);
    if (problem !== undefined) return problem;
    this.#write(invite, user, now, null);
    this.#counts(invite.id, user);
    return undefined;
  }

  /** Whether the hub is in a cluster, so that an invite is used by {@linkcode Invites.claim}. */
  get isShared(): boolean {
    return this.#claims !== undefined;
  }

  /**
   * Records a use in a cluster, if the invite can be used. It counts once no other hub can have been first.
   *
   * @param invite the invite
   * @param user who uses it, and under which name
   * @param now the time of day, in milliseconds since 1970
   * @returns why it cannot be used; otherwise resolves with how the claim ends. If it is lost, somebody else has used
   * the invite instead, which may have uses left
   * @throws the error of SQLite if it cannot be stored; then it is not used
   */
  claim(
    invite: Invite,
    user: Invitee & { name: string },
    now: number,
  ): InviteProblem | Promise<ClaimOutcome> {
    const claims = this.#claims!;
    const earlier = claims.find((claim) => claim.invite === invite.id && isSame(claim.user, user));
    if (earlier !== undefined) return claims.outcome(earlier);
    const problem = this.problemOf(invite, now);
    if (problem !== undefined) return problem;
    const number = this.#freeNumber(invite);
    this.#write(invite, user, now, number);
    const id = JSON.stringify([number]);
    claims.add(id, { invite: invite.id, user });
    return claims.outcome(id);
  }

  #write(
    { id }: Invite,
    user: Invitee & { name: string },
    now: number,
    number: number | null,
  ): void {
    const { identity = null, person = null, name } = user;
    transaction(this.#db, () => {
      this.#statements.takeUse.run(id);
      this.#statements.addUse.run(number, id, now, name, identity, person);
    });
    this.#byId.get(id)!.usesLeft--;
  }

  /** Lets somebody in whose use counts. */
  #counts(id: string, user: Invitee): void {
    const invite = this.#byId.get(id);
    if (invite === undefined) return;
    this.#remember(invite, user);
    if (user.identity !== undefined) invite.waiting.add(user.identity);
  }

  /** Finds the number of a use that no use of an invite has here. */
  #freeNumber({ id, uses, usesLeft }: Pick<Invite, "id" | "uses" | "usesLeft">): number {
    const first = parseInt(id, 36) * USES_OF_INVITE;
    for (let use = uses - usesLeft;; use++) {
      const number = first + use % uses + 1;
      if (this.#statements.isUse.get(number) === undefined) return number;
    }
  }

  /** Gives the uses of each invite, in a database that was not in a cluster, the numbers that they have in one. */
  #numberUses(): void {
    const change = this.#db.prepare("UPDATE uses SET rowid = ? WHERE rowid = ?");
    for (const id of this.#byId.keys()) {
      const first = parseInt(id, 36) * USES_OF_INVITE;
      // Several hubs may have used it more often than it says, when they did not number uses.
      let free = first + 1;
      for (const { number } of this.#statements.numbersOf.all(id)) {
        if (Number(number) > first && Number(number) < first + USES_OF_INVITE) continue;
        while (this.#statements.isUse.get(free) !== undefined) free++;
        change.run(free, Number(number));
      }
    }
  }

  /**
   * Tells whether somebody has used an invite, and has not got its name and its room.
   *
   * @param invite the invite
   * @param invitee who
   * @returns whether they wait for that
   */
  isWaiting({ id }: Invite, { identity }: Invitee): boolean {
    return identity !== undefined && this.#byId.get(id)!.waiting.has(identity);
  }

  /**
   * Records that somebody who has used an invite has got its name and its room.
   *
   * @param invite the invite
   * @param invitee who
   * @throws the error of SQLite if it cannot be stored
   */
  arrived(invite: Invite, { identity }: Invitee): void {
    if (identity === undefined || !this.#byId.get(invite.id)!.waiting.has(identity)) return;
    this.#statements.arrived.run(invite.id, identity);
    this.#byId.get(invite.id)!.waiting.delete(identity);
  }

  /**
   * Revokes an invite: nobody can use it, and those who have are not let in by it again.
   *
   * @param invite the invite
   * @param now the time of day, in milliseconds since 1970
   * @throws the error of SQLite if it cannot be stored
   */
  revoke(invite: Invite, now: number): void {
    const found = this.#byId.get(invite.id)!;
    if (found.revoked !== undefined) return;
    this.#statements.revoke.run(now, found.id);
    this.#uninvite(found);
    found.revoked = now;
  }

  /**
   * Reads a fact that was stored with the invites, such as the address for links.
   *
   * @param name its name
   * @returns its value; `undefined` if there is none
   */
  fact(name: string): string | undefined {
    const row = this.#statements.fact.get(name);
    return row === undefined ? undefined : String(row.value);
  }

  /**
   * Stores a fact.
   *
   * @param name its name
   * @param value its value
   * @throws the error of SQLite if it cannot be stored
   */
  setFact(name: string, value: string): void {
    if (this.fact(name) !== value) this.#statements.setFact.run(name, value);
  }

  /** The database, for a cluster, in which invites and their uses are the same at all hubs. */
  get replicated(): ReplicatedDatabase {
    const db = this.#db;
    return {
      name: "invites",
      db,
      tables: [
        { name: "invites", key: ["id"], computed: ["uses_left"] },
        { name: "uses", key: ["rowid"] },
      ],
      useIds: () => {
        this.#claims = new Claims();
        transaction(db, () => this.#numberUses());
      },
      taken: (changes) => this.#taken(changes),
      confirmed: (table, id) => {
        const claim = table === "uses" ? this.#claims?.end(id, "won") : undefined;
        if (claim !== undefined) this.#counts(claim.invite, claim.user);
      },
      cutOff: (isCutOff) => this.#claims?.cutOff(isCutOff),
      renumber(owners) {
        const owner = db.prepare("UPDATE invites SET room_owner = ? WHERE room_owner = ?");
        for (const [old, id] of owners) owner.run(id, old);
      },
      moveOwner(from, to) {
        if (to !== undefined) {
          db.prepare("UPDATE invites SET room_owner = ? WHERE room_owner = ?").run(to, from);
        }
      },
    };
  }

  /** Closes the database. */
  close(): void {
    this.#db.close();
  }

  /** Reads the invites anew that another hub has changed or that were used there. */
  #taken(changes: readonly ReplicatedChange[]): void {
    const others = changes.filter(({ table }) => table === "uses")
      .flatMap(({ before }) => before.map(({ row }) => JSON.stringify([Number(row.rowid)])));
    const ids = changes.flatMap(({ table, before, after }) =>
      [...before, ...after === undefined ? [] : [after]]
        .map(({ row }) => String(table === "uses" ? row.invite : row.id))
    );
    for (const id of new Set(ids)) {
      const known = this.#byId.get(id);
      if (known !== undefined) {
        this.#uninvite(known);
        this.#byId.delete(id);
        this.#byHash.delete(known.keyHash);
      }
      const row = this.#statements.invite.get(id) as SqlRow | undefined;
      if (row === undefined) continue;
      const invite = inviteOf(row);
      this.#index(invite);
      for (const use of this.#statements.whoUsed.all(id) as SqlRow[]) {
        const claim = JSON.stringify([Number(use.number)]);
        if (others.includes(claim) || this.#claims?.get(claim) === undefined) this.#addUse(invite, use);
      }
    }
    for (const claim of others) this.#claims?.end(claim, "lost");
  }

  #addUse(invite: MutableInvite, { identity, person, waiting }: SqlRow): void {
    this.#remember(invite, {
      identity: identity === null ? undefined : String(identity),
      person: person === null ? undefined : String(person),
    });
    if (Number(waiting) === 1 && identity !== null) invite.waiting.add(String(identity));
  }

  #forgetOld(now: number): void {
    for (const invite of this.#byId.values()) {
      const { id, keyHash, revoked, expires, identities } = invite;
      const isOld = Math.min(revoked ?? Infinity, expires) < now - FORGET_INVITE_MS;
      // A key that has used it is still let in.
      if (!isOld || (revoked === undefined && identities.size > 0)) continue;
      this.#statements.forget.run(id);
      this.#uninvite(invite);
      this.#byId.delete(id);
      this.#byHash.delete(keyHash);
    }
  }

  /** Forgets who is let in by an invite. */
  #uninvite({ identities, persons, revoked }: MutableInvite): void {
    if (revoked !== undefined) return;
    for (const who of [...identities, ...persons]) {
      const count = this.#invited.get(who)! - 1;
      if (count === 0) this.#invited.delete(who);
      else this.#invited.set(who, count);
    }
  }

  #index(invite: MutableInvite): void {
    this.#byId.set(invite.id, invite);
    this.#byHash.set(invite.keyHash, invite);
  }

  #remember(invite: MutableInvite, { identity, person }: Invitee): void {
    const add = (set: Set<string>, who: string | undefined) => {
      if (who === undefined || set.has(who)) return;
      set.add(who);
      if (invite.revoked === undefined) this.#invited.set(who, (this.#invited.get(who) ?? 0) + 1);
    };
    add(invite.identities, identity);
    add(invite.persons, person);
  }
}

/** Tells whether two are the same person, as far as their clients show that. */
function isSame(one: Invitee, other: Invitee): boolean {
  return one.identity !== undefined && one.identity === other.identity ||
    one.person !== undefined && one.person === other.person;
}

function inviteOf(row: SqlRow): MutableInvite {
  return {
    id: String(row.id),
    keyHash: String(row.key_hash),
    made: Number(row.made),
    by: String(row.by),
    expires: Number(row.expires),
    uses: Number(row.uses),
    usesLeft: Math.max(0, Number(row.uses) - Number(row.used)),
    room: row.room === null ? undefined : String(row.room),
    roomOwner: row.room_owner === null ? undefined : Number(row.room_owner),
    name: row.name === null ? undefined : String(row.name),
    revoked: row.revoked === null ? undefined : Number(row.revoked),
    identities: new Set(),
    persons: new Set(),
    waiting: new Set(),
  };
}

function prepare(db: DatabaseSync) {
  const statement = (sql: string): StatementSync => db.prepare(sql);
  // Counted: in a cluster it may be used at several hubs at the same time.
  const invites = "SELECT *, (SELECT count(*) FROM uses WHERE invite = invites.id) AS used FROM invites";
  return {
    invites: statement(invites),
    invite: statement(`${invites} WHERE id = ?`),
    uses: statement("SELECT invite, identity, person, waiting FROM uses"),
    whoUsed: statement("SELECT rowid AS number, identity, person, waiting FROM uses WHERE invite = ?"),
    isUse: statement("SELECT 1 FROM uses WHERE rowid = ?"),
    numbersOf: statement("SELECT rowid AS number FROM uses WHERE invite = ? ORDER BY at, rowid"),
    usesOf: statement("SELECT at, name FROM uses WHERE invite = ? ORDER BY at, rowid"),
    make: statement(
      "INSERT INTO invites (id, key_hash, made, by, expires, uses, uses_left, room, room_owner, name) " +
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    ),
    takeUse: statement("UPDATE invites SET uses_left = uses_left - 1 WHERE id = ?"),
    addUse: statement(
      "INSERT INTO uses (rowid, invite, at, name, identity, person, waiting) VALUES (?, ?, ?, ?, ?, ?, 1)",
    ),
    arrived: statement("UPDATE uses SET waiting = 0 WHERE invite = ? AND identity = ?"),
    revoke: statement("UPDATE invites SET revoked = ? WHERE id = ?"),
    forget: statement("DELETE FROM invites WHERE id = ?"),
    fact: statement("SELECT value FROM facts WHERE name = ?"),
    setFact: statement("INSERT OR REPLACE INTO facts (name, value) VALUES (?, ?)"),
  };
}
