/**
 * What clients may do with names: proving a key, taking a name, giving it up, and its keys.
 *
 * Rules: everything that a client can cause is a `ProtocolError`; a change that the disk refuses is one, too, and is
 * reported to the operator.
 *
 * The file is long because it holds one method for each thing that a client may do, and half of it is documentation.
 *
 * PURE: the clock, the check of signatures and the registry are handed in.
 *
 * @module
 */
import { type AddKey, type Hello, type Keys, ProtocolError } from "../../protocol/mod.ts";
import {
  CERTIFICATE_NAMESPACE,
  certificateStatement,
  helloStatement,
  hubStatement,
  KeyError,
} from "../../identity/mod.ts";
import type { Clock } from "../../runtime/mod.ts";
import type { GuessGate } from "../admission/mod.ts";
import { MAX_KEY_CODES, MAX_KEYS_OF_NAME, MAX_NAMES_OF_KEY, MAX_NEW_NAMES } from "../limits.ts";
import type { KeyRefusal } from "./owned_names.ts";
import { hasKey, type Owner } from "./owner.ts";
import type { Freeing, Registry } from "./registry.ts";
import { RoomOwnership } from "./room_ownership.ts";
import { cutOffRefusal, storeChange } from "./store_change.ts";
import { isCutOff } from "../sqlite/mod.ts";

/** The keys of a hub and of its clients. Keys are the base64 of OpenSSH blobs, signatures that of SSHSIG blobs. */
export interface HubIdentity {
  /** The public key of the hub. */
  readonly key: string;
  /**
   * Signs a statement.
   *
   * @param statement the result of `hubStatement`
   * @param namespace the purpose; by default that of hubs
   * @returns the signature
   */
  sign(statement: string, namespace?: string): string;
  /**
   * Checks that a text is a key that can own names.
   *
   * @param key the key of a client
   * @throws {KeyError} if it is none; the message says why
   */
  checkKey(key: string): void;
  /**
   * Computes the fingerprint of a key.
   *
   * @param key a key that {@linkcode HubIdentity.checkKey} accepts
   * @returns the fingerprint, as `ssh-keygen -l` prints it
   */
  fingerprint(key: string): string;
  /**
   * Checks a signature.
   *
   * @param signature the signature of a client
   * @param statement the result of `helloStatement`
   * @param namespace the purpose; by default that of hellos
   * @returns the key that signed it
   * @throws {KeyError} if it is no signature of this statement
   */
  verify(signature: string, statement: string, namespace?: string): string;
}

/** Someone who uses a name: a session of the hub. */
export interface NameUser {
  /** The name. */
  readonly name: string;
  /** Whether its client asked for this name; otherwise the hub chose it, or the name was given up. */
  readonly choseName: boolean;
  /** The key that its client has proved to have. */
  readonly identity: string | undefined;
  /** The owner of the name, if the name belongs to this key. */
  owner: Owner | undefined;
  /** The name for which the user was told why it is not owned. */
  toldNotOwned: string | undefined;
}

/** Dependencies of {@linkcode NameOwnership}. */
export interface NameOwnershipDependencies {
  /** Who owns what. */
  registry: Registry;
  /** The key of the hub, and the check of signatures. */
  identity: HubIdentity;
  /** The time of day and the elapsed time. */
  clock: Clock;
  /** Makes a code for another device, which nobody can guess. */
  newCode: () => string;
  /** Computes the hash of a code, which takes so long that nobody finds the code by it. */
  hashCode: (code: string) => string;
  /** Limits how fast codes are guessed, if it is given. */
  codeGate?: GuessGate | undefined;
  /** Called when a change could not be stored. */
  failed: (error: unknown) => void;
}

/** A code that a user has given, and that is valid. */
export interface CheckedCode {
  /** Its hash. */
  readonly hash: string;
  /** In a cluster: resolves when no other hub can have taken it, rejects with a `ProtocolError` if one has. */
  readonly claimed: Promise<void> | undefined;
}

/** The length above which a text is no code, so that its hash is not computed. */
const MAX_CODE_CHARS = 200;

/** Decides over owned names. */
export class NameOwnership {
  /** What clients may do with rooms. */
  readonly rooms: RoomOwnership;
  readonly #dependencies: NameOwnershipDependencies;
  /** The last signature about a certificate: there is a new one only when the certificate is renewed. */
  #certificate: { fingerprint: string; signature: string } | undefined;

  /**
   * Uses a registry.
   *
   * @param dependencies see {@linkcode NameOwnershipDependencies}
   */
  constructor(dependencies: NameOwnershipDependencies) {
    this.#dependencies = dependencies;
    this.rooms = new RoomOwnership(dependencies);
  }

  /** The public key of the hub. */
  get hubKey(): string {
    return this.#dependencies.identity.key;
  }

  /**
   * Checks the key in a hello.
   *
   * @param hello the hello
   * @param nonce the nonce that this connection was given
   * @returns the key that the client has; `undefined` if it names none
   * @throws {ProtocolError} `bad_key` or `bad_signature`
   */
  prove({ key, signature, username = "" }: Hello, nonce: string): string | undefined {
    if (key === undefined && signature === undefined) return undefined;
    if (key === undefined || signature === undefined) {
      const [given, missing] = key === undefined ? ["signature", "key"] : ["key", "signature"];
      throw new ProtocolError(
        "bad_signature",
        `Cannot check your key: there is a ${given} and no ${missing}`,
      );
    }
    const { identity } = this.#dependencies;
    checked("bad_key", "Cannot use your key", () => identity.checkKey(key));
    const signer = checked(
      "bad_signature",
      "Cannot check your key",
      () => identity.verify(signature, helloStatement(identity.key, nonce, username)),
    );
    if (signer !== key) {
      throw new ProtocolError("bad_signature", "Cannot check your key: the signature is of another key");
    }
    return key;
  }

  /**
   * Proves the identity of the hub.
   *
   * @param clientNonce the nonce of the client
   * @param nonce the nonce that this connection was given
   * @returns the signature for the welcome
   */
  proveHub(clientNonce: string, nonce: string): string {
    const { identity } = this.#dependencies;
    return identity.sign(hubStatement(clientNonce, nonce, identity.key));
  }

  /**
   * Proves that a certificate is that of the hub.
   *
   * @param fingerprint the SHA-256 fingerprint of the certificate
   * @returns the signature for the first 202
   */
  proveCertificate(fingerprint: string): string {
    if (this.#certificate?.fingerprint !== fingerprint) {
      const { identity } = this.#dependencies;
      const statement = certificateStatement(identity.key, fingerprint);
      this.#certificate = { fingerprint, signature: identity.sign(statement, CERTIFICATE_NAMESPACE) };
    }
    return this.#certificate.signature;
  }

  /**
   * Checks that a client may use a name: nobody else owns it, nor one that looks like it.
   *
   * @param name a valid name
   * @param key the key of the client, if it has proved one
   * @param suggest finds a similar name that is free, among those that this function admits
   * @returns the owner of the name, if the client owns it
   * @throws {ProtocolError} `name_owned`
   */
  check(
    name: string,
    key: string | undefined,
    suggest: (isFree: (name: string) => boolean) => string | undefined,
  ): Owner | undefined {
    const { names } = this.#dependencies.registry;
    const other = names.blockedBy(name, key);
    if (other === undefined) return names.ownerOf(name);
    const free = suggest((candidate) => this.isFree(candidate, key));
    const since = new Date(other.since).toISOString().slice(0, 10);
    const whose = names.ownerOf(name) === other
      ? `it belongs to somebody since ${since}`
      : `it looks like ${other.name}, which belongs to somebody since ${since}`;
    const advice = free === undefined ? "another name" : `another name, such as ${free}`;
    throw new ProtocolError(
      "name_owned",
      `Cannot use the name ${name}: ${whose}; use the key that owns it, or ${advice}`,
      { free },
    );
  }

  /**
   * Tells whether nobody else owns a name, nor one that looks like it.
   *
   * @param name a valid name
   * @param key the key of a client, if it has proved one
   * @returns whether the client may have it
   */
  isFree(name: string, key: string | undefined): boolean {
    return this.#dependencies.registry.names.blockedBy(name, key) === undefined;
  }

  /**
   * Gives a user the name that it uses, as it says something, if nobody owns it.
   *
   * @param user the user; its `owner` is set
   * @param address the address of the user
   * @returns why the name is not owned, for the user to read, once for each name; otherwise `undefined`
   */
  claim(user: NameUser, address: string): string | undefined {
    if (user.owner !== undefined) {
      this.use(user);
      return undefined;
    }
    const { identity, name, choseName } = user;
    if (identity === undefined || !choseName) return undefined;
    const { registry: { names }, clock } = this.#dependencies;
    let result: ReturnType<typeof names.claim> | "unavailable";
    try {
      result = names.claim(name, identity, address, clock.wall(), clock.elapsed());
    } catch (error) {
      if (!isCutOff(error)) this.#dependencies.failed(error);
      result = "unavailable";
    }
    if (typeof result === "object") {
      user.owner = result;
      return undefined;
    }
    if (user.toldNotOwned === name || result === "taken") return undefined;
    user.toldNotOwned = name;
    return `You do not own the name ${name}: ${WHY_NOT_OWNED[result]}`;
  }

  /**
   * Records that a user uses its name.
   *
   * @param user the user
   */
  use({ owner, name }: NameUser): void {
    if (owner === undefined) return;
    try {
      this.#dependencies.registry.names.touch(owner, name, this.#dependencies.clock.wall());
    } catch (error) {
      this.#dependencies.failed(error);
    }
  }

  /**
   * Tells whether a key owns a name.
   *
   * @param key a key that a client has proved to have
   * @returns whether any name belongs to it
   */
  ownsName(key: string): boolean {
    for (const _ of this.#dependencies.registry.names.ownersOf(key)) return true;
    return false;
  }

  /**
   * Finds the owner of a name.
   *
   * @param name a name in any spelling
   * @returns the owner, if there is one
   */
  ownerOf(name: string): Owner | undefined {
    return this.#dependencies.registry.names.ownerOf(name);
  }

  /**
   * Lists the keys by which the users of a name are known.
   *
   * @param name a name in any spelling
   * @param users the users who have it
   * @returns the fingerprints of the owner's keys; if nobody owns the name, those that the users have proved
   */
  fingerprintsOf(name: string, users: readonly { identity?: string | undefined }[]): string[] {
    const { identity, registry } = this.#dependencies;
    const keys = registry.names.ownerOf(name)?.keys.map(({ key }) => key) ??
      users.flatMap((user) => user.identity ?? []);
    return [...new Set(keys)].map((key) => identity.fingerprint(key));
  }

  /**
   * Frees the name of a user.
   *
   * @param user the user
   * @param freeing see {@linkcode Freeing}
   * @returns the former owner
   * @throws {ProtocolError} `not_allowed` if the user does not own the name, `unavailable` if that cannot be stored
   */
  release(user: NameUser, freeing: Freeing): Owner {
    const owner = ownerOf(user);
    this.#change(() => this.free(owner, freeing));
    return owner;
  }

  /**
   * Checks the code in a request to add a key. In a cluster this uses it, so that no other hub takes it.
   *
   * @param user the user
   * @param message the request
   * @param address the address of the user
   * @returns the code for {@linkcode NameOwnership.addKey}; `undefined` if the request has none
   * @throws {ProtocolError} `bad_message`, `not_allowed`; `too_fast` if it is not checked now; `unavailable` if it
   * cannot be stored
   */
  checkCode(user: NameUser, { key, key_code: code }: AddKey, address: string): CheckedCode | undefined {
    if ((key === undefined) === (code === undefined)) {
      throw new ProtocolError(
        "bad_message",
        "Cannot add a key: give either the key or a code, and only one of them",
      );
    }
    if (code === undefined) return undefined;
    const { identity: own } = user;
    if (own === undefined) {
      throw new ProtocolError("not_allowed", "Cannot add your key: you are here without one");
    }
    const { registry: { codes, names }, clock } = this.#dependencies;
    const { owner, hash } = this.#findCode(code, address);
    const refusal = names.refusalOfKey(owner, own);
    if (refusal !== undefined) throw noKey(refusal);
    if (!codes.isShared) return { hash, claimed: undefined };
    const claim = this.#change(() => codes.claim(hash, own, clock.wall()));
    if (claim === undefined) throw noKey("no_such_code");
    const claimed = claim.then((outcome) => {
      if (outcome === "unknown") throw cutOffRefusal();
      if (outcome === "lost") throw noKey("no_such_code");
    });
    return { hash, claimed };
  }

  /** Finds the owner for whom a code was made, and limits how fast codes are guessed. */
  #findCode(code: string, address: string): { owner: Owner; hash: string } {
    const { registry: { codes }, clock, codeGate, hashCode } = this.#dependencies;
    const found = () => {
      if (code.length > MAX_CODE_CHARS) return undefined;
      const hash = hashCode(code);
      const owner = codes.find(hash, { wall: clock.wall(), elapsed: clock.elapsed() });
      return owner && { owner, hash };
    };
    let right: ReturnType<typeof found>;
    const result = codeGate?.check(address, () => (right = found()) !== undefined, clock.elapsed());
    if (result === undefined) right = found();
    if (result?.admitted === false && !result.compared) {
      const { retryAfterMs } = result;
      throw new ProtocolError(
        "too_fast",
        "Cannot check your code now, as too many wrong ones came in; try again in " +
          `${Math.ceil(retryAfterMs / 1000)} s`,
        { retryAfterMs },
      );
    }
    if (right === undefined) throw noKey("no_such_code");
    return right;
  }

  /**
   * Adds a key: another one to the name of a user, or the user's own to the name for which a code was made.
   *
   * @param user the user
   * @param message the request
   * @param code what {@linkcode NameOwnership.checkCode} has returned, whose `claimed` has resolved
   * @returns the owner that has one more key
   * @throws {ProtocolError} `bad_key`, `not_allowed`; `unavailable` if it cannot be stored
   */
  addKey(user: NameUser, { key }: AddKey, code: CheckedCode | undefined): Owner {
    const { registry: { names, codes }, identity, clock } = this.#dependencies;
    if (key !== undefined) {
      const owner = ownerOf(user);
      checked("bad_key", "Cannot add that key", () => identity.checkKey(key));
      const refusal = this.#change(() => names.addKey(owner, key, clock.wall()));
      if (refusal !== undefined) {
        throw new ProtocolError("not_allowed", `Cannot add that key: ${WHY_NO_KEY[refusal]}`);
      }
      return owner;
    }
    const times = { wall: clock.wall(), elapsed: clock.elapsed() };
    const result = this.#change(() => codes.redeem(code!.hash, user.identity!, times));
    if (typeof result === "object") return result;
    throw noKey(result);
  }

  /**
   * Removes a key from the name of a user.
   *
   * @param user the user
   * @param key the key
   * @returns the owner that has one key less
   * @throws {ProtocolError} `not_allowed` if the name is not the user's, or has no such key or no other; `unavailable`
   */
  removeKey(user: NameUser, key: string): Owner {
    const owner = ownerOf(user);
    if (!hasKey(owner, key)) {
      throw new ProtocolError("not_allowed", `Cannot remove that key: ${owner.name} has no such key`);
    }
    const { names } = this.#dependencies.registry;
    if (!this.#change(() => names.removeKey(owner, key))) {
      throw new ProtocolError(
        "not_allowed",
        `Cannot remove that key: it is the only one of ${owner.name}; to give up the name, release it`,
      );
    }
    return owner;
  }

  /**
   * Lists the keys of the name of a user.
   *
   * @param user the user
   * @returns the content of a 218
   */
  keysOf({ owner, name }: NameUser): Omit<Keys, "code" | "ref"> {
    if (owner === undefined) return { username: name, keys: [] };
    return {
      username: owner.name,
      since: owner.since,
      keys: owner.keys.map(({ key, added }) => ({ key, added })),
    };
  }

  /**
   * Makes a code with which another device adds its key to the name of a user.
   *
   * @param user the user
   * @returns the code, and how long it is valid in milliseconds
   * @throws {ProtocolError} `not_allowed` if the user does not own the name, `too_fast` if it got too many codes,
   * `unavailable` if it cannot be stored
   */
  makeCode(user: NameUser): { code: string; validMs: number } {
    const { registry: { codes }, clock, hashCode, newCode } = this.#dependencies;
    const owner = ownerOf(user);
    const retryAfterMs = codes.waitMs(owner, clock.elapsed());
    if (retryAfterMs > 0) {
      throw new ProtocolError(
        "too_fast",
        `Cannot make a code: ${owner.name} got ${MAX_KEY_CODES} within an hour; try again in ` +
          `${Math.ceil(retryAfterMs / 60_000)} min`,
        { retryAfterMs },
      );
    }
    const code = newCode();
    const times = { wall: clock.wall(), elapsed: clock.elapsed() };
    return { code, validMs: this.#change(() => codes.add(owner, hashCode(code), times)) };
  }

  /**
   * Frees the names that were not used for too long, and passes on the rooms of their owners. To be called about once a
   * minute.
   *
   * @param isOnline tells whether an owner is online, who then uses the name
   * @param freeing see {@linkcode Freeing}
   */
  expire(isOnline: (owner: Owner) => boolean, freeing: Freeing): void {
    const { registry: { names, codes }, clock, failed } = this.#dependencies;
    try {
      codes.forgetOld({ wall: clock.wall(), elapsed: clock.elapsed() });
      for (const owner of names.expired(clock.wall(), clock.elapsed())) {
        if (isOnline(owner)) names.touch(owner, owner.name, clock.wall());
        else this.free(owner, freeing);
      }
    } catch (error) {
      // Otherwise it is tried again a minute later.
      if (!isCutOff(error)) failed(error);
    }
  }

  /**
   * Frees a name. What belongs to it is kept from others first: if that fails, the name stays with its owner.
   *
   * @param owner the owner
   * @param freeing see {@linkcode Freeing}
   * @throws what `freeing` throws, or the error of SQLite
   */
  free(owner: Owner, freeing: Freeing): void {
    this.#dependencies.registry.free(owner, freeing);
  }

  #change<T>(change: () => T): T {
    return storeChange(change, (error) => this.#dependencies.failed(error));
  }
}

const WHY_NOT_OWNED: Record<"too_many_names" | "too_many_new" | "unavailable", string> = {
  too_many_names: `your key owns ${MAX_NAMES_OF_KEY} names already; to give one up, use it and release it`,
  too_many_new:
    `your address has taken ${MAX_NEW_NAMES} names within an hour; it is tried again when you say something`,
  unavailable: "the hub cannot store it now; it is tried again when you say something",
};

const WHY_NO_KEY: Record<KeyRefusal | "no_such_code", string> = {
  too_many_keys: `the name has ${MAX_KEYS_OF_NAME} keys already; remove one first`,
  too_many_names: `that key owns ${MAX_NAMES_OF_KEY} names already`,
  no_such_code:
    "there is no such code, or it is too old or used up; ask for another one on the device that has the name",
};

/** Returns why a user's own key is not added to a name. */
function noKey(refusal: keyof typeof WHY_NO_KEY): ProtocolError {
  return new ProtocolError("not_allowed", `Cannot add your key: ${WHY_NO_KEY[refusal]}`);
}

/** Returns the owner of a user's name. */
function ownerOf({ owner, name, identity }: NameUser): Owner {
  if (owner !== undefined) return owner;
  const why = identity === undefined
    ? "you are here without a key"
    : "it is not yours; it becomes yours when you say something";
  throw new ProtocolError("not_allowed", `Cannot change the name ${name}: ${why}`);
}

/** Runs a check of a key; its error becomes one for the client. */
function checked<T>(word: "bad_key" | "bad_signature", what: string, check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof KeyError)) throw error;
    throw new ProtocolError(word, `${what}: ${error.message}`, { cause: error });
  }
}
