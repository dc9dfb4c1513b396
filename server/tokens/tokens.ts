/**
 * The tokens of a hub, in an SQLite database and in memory.
 *
 * The database and randomness are handed in.
 *
 * @module
 */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { nameKey } from "../../protocol/mod.ts";
import { MAX_TOKENS } from "../limits.ts";
import { type ReplicatedDatabase, shortId, type SqlRow } from "../sqlite/mod.ts";

/** How exactly the last use is recorded, in milliseconds: a write for each request would cost too much. */
const USE_MS = 3_600_000;

/** What a token allows. */
export interface TokenUse {
  /** Its name for people, such as `x7k2mq`. */
  readonly id: string;
  /** The name under which its messages appear, and which belongs to it. */
  readonly name: string;
  /** The rooms that it is for, without `#`; `undefined` for all. */
  readonly rooms: readonly string[] | undefined;
  /** Whether it may read. */
  readonly read: boolean;
  /** Whether it may write. */
  readonly write: boolean;
}

/** A token. */
export interface Token extends TokenUse {
  /** The public key that follows from its secret, as the base64 of an OpenSSH blob. */
  readonly key: string;
  /** When it was made, in milliseconds since 1970. */
  readonly made: number;
  /** When it was last used, in milliseconds since 1970, to the hour; `undefined` if it was not. */
  readonly lastUsed: number | undefined;
}

type StoredToken = { -readonly [Field in keyof Token]: Token[Field] } & { readonly hash: string };

/** The tokens of a hub. */
export class Tokens {
  /** Called when another hub of a cluster has revoked a token. */
  revokedElsewhere: ((token: TokenUse) => void) | undefined;
  readonly #db: DatabaseSync;
  readonly #random: (count: number) => Uint8Array;
  readonly #statements: Record<"add" | "remove" | "use" | "one", StatementSync>;
  readonly #byId = new Map<string, StoredToken>();
  readonly #byHash = new Map<string, StoredToken>();

  /**
   * Reads the tokens of a database.
   *
   * @param db the database, of the newest version
   * @param random returns that many unpredictable random bytes, for ids
   */
  constructor(db: DatabaseSync, random: (count: number) => Uint8Array) {
    this.#db = db;
    this.#random = random;
    this.#statements = {
      add: db.prepare(
        "INSERT INTO tokens (id, hash, key, name, rooms, may_read, may_write, made) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
      ),
      remove: db.prepare("DELETE FROM tokens WHERE id = ?"),
      use: db.prepare("UPDATE tokens SET last_used = ? WHERE id = ?"),
      one: db.prepare("SELECT * FROM tokens WHERE id = ?"),
    };
    for (const row of db.prepare("SELECT * FROM tokens").all() as SqlRow[]) this.#index(tokenOf(row));
  }

  /** All tokens, in the order in which they were made; those of the same moment in the same order at all hubs. */
  get all(): readonly Token[] {
    return [...this.#byId.values()].sort((one, other) =>
      one.made - other.made || (one.id < other.id ? -1 : 1)
    );
  }

  /**
   * Finds the token of a hash.
   *
   * @param hash the SHA-256 of the secret, in hexadecimal digits
   * @returns the token, if there is one
   */
  withHash(hash: string): Token | undefined {
    return this.#byHash.get(hash);
  }

  /**
   * Finds a token.
   *
   * @param id its id
   * @returns the token, if there is one
   */
  find(id: string): Token | undefined {
    return this.#byId.get(id);
  }

  /**
   * Tells whether a key is that of a token for a name.
   *
   * @param key a key, as the base64 of an OpenSSH blob
   * @param name the name
   * @returns whether there is one
   */
  hasKey(key: string, name: string): boolean {
    const wanted = nameKey(name);
    return this.#byId.values().some((token) => token.key === key && nameKey(token.name) === wanted);
  }

  /**
   * Adds a token.
   *
   * @param content what it allows, its hash and its key
   * @param now the time of day, in milliseconds since 1970
   * @returns the token; `undefined` if there are too many
   * @throws the error of SQLite if it cannot be stored
   */
  add(
    content: Omit<TokenUse, "id"> & { hash: string; key: string },
    now: number,
  ): Token | undefined {
    if (this.#byId.size >= MAX_TOKENS) return undefined;
    const token: StoredToken = {
      ...content,
      id: shortId(this.#random, (id) => this.#byId.has(id)),
      made: now,
      lastUsed: undefined,
    };
    const { id, hash, key, name, rooms, read, write } = token;
    const list = rooms === undefined ? null : JSON.stringify(rooms);
    this.#statements.add.run(id, hash, key, name, list, Number(read), Number(write), now);
    this.#index(token);
    return token;
  }

  /**
   * Removes a token.
   *
   * @param token the token
   * @throws the error of SQLite if that cannot be stored
   */
  remove({ id }: Token): void {
    this.#statements.remove.run(id);
    this.#unindex(this.#byId.get(id)!);
  }

  /**
   * Records that a token is used. Writes at most once an hour.
   *
   * @param token the token
   * @param now the time of day, in milliseconds since 1970
   * @throws the error of SQLite if that cannot be stored
   */
  used({ id }: Token, now: number): void {
    const token = this.#byId.get(id)!;
    if (token.lastUsed !== undefined && now - token.lastUsed < USE_MS) return;
    // Also if it cannot be stored: otherwise each request would try it again.
    token.lastUsed = now;
    this.#statements.use.run(now, id);
  }

  /** The database, for a cluster, in which it is the same at all hubs. */
  get replicated(): ReplicatedDatabase {
    return {
      name: "tokens",
      db: this.#db,
      tables: [{ name: "tokens", key: ["id"], lazy: ["last_used"] }],
      // Ids are random anyhow.
      useIds() {},
      taken: (changes) => {
        for (const { before, after } of changes) {
          const id = String((after ?? before[0])?.row.id);
          const known = this.#byId.get(id);
          const row = this.#statements.one.get(id) as SqlRow | undefined;
          if (known !== undefined) this.#unindex(known);
          if (row !== undefined) this.#index(tokenOf(row));
          else if (known !== undefined) this.revokedElsewhere?.(known);
        }
      },
    };
  }

  /** Closes the database. */
  close(): void {
    this.#db.close();
  }

  #unindex({ id, hash }: StoredToken): void {
    this.#byHash.delete(hash);
    this.#byId.delete(id);
  }

  #index(token: StoredToken): void {
    this.#byId.set(token.id, token);
    this.#byHash.set(token.hash, token);
  }
}

function tokenOf(row: SqlRow): StoredToken {
  return {
    id: String(row.id),
    hash: String(row.hash),
    key: String(row.key),
    name: String(row.name),
    rooms: row.rooms === null ? undefined : JSON.parse(String(row.rooms)),
    read: Number(row.may_read) === 1,
    write: Number(row.may_write) === 1,
    made: Number(row.made),
    lastUsed: row.last_used === null ? undefined : Number(row.last_used),
  };
}
