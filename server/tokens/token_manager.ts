/**
 * Makes and revokes tokens, together with their names: a name belongs to the keys of its tokens, and is free when the
 * last of them is revoked.
 *
 * @module
 */
import { checkName, nameKey, ProtocolError } from "../../protocol/mod.ts";
import type { Clock } from "../../runtime/mod.ts";
import {
  type OperatorAnswer,
  OperatorError,
  type OperatorRequest,
  type TokenInfo,
  type WantedToken,
} from "../control/mod.ts";
import { MAX_KEYS_OF_NAME, MAX_ROOMS_OF_TOKEN, MAX_TOKENS } from "../limits.ts";
import { hasKey, type Owner, type Registry } from "../registry/mod.ts";
import type { Moderation } from "../moderation/mod.ts";
import { type TokenRecord, tokenRecorder } from "./token_audit.ts";
import type { TokenKeys, TokenProof } from "./token_key.ts";
import type { Token, Tokens, TokenUse } from "./tokens.ts";

/** Dependencies of {@linkcode TokenManager}. */
export interface TokenManagerDependencies {
  /** The tokens. */
  tokens: Tokens;
  /** Computes hashes and keys of secrets. */
  keys: TokenKeys;
  /** Who owns what. */
  registry: Registry;
  /** The time of day. */
  clock: Pick<Clock, "wall">;
  /** Called after the keys of a name have changed. */
  keysChanged: (owner: Owner) => void;
  /** Frees a name, after what belongs to it was kept from others. */
  free: (owner: Owner) => void;
  /** Has the audit, in which it is recorded what happens to tokens. */
  moderation?: Moderation | undefined;
  /** Called when something could not be stored that does not keep the request from its effect. */
  failed: (error: unknown) => void;
}

/** The tokens of one hub. */
export class TokenManager {
  /** Called when a token was revoked, so that what it was used for ends. */
  revoked: ((token: TokenUse) => void) | undefined;
  readonly #dependencies: TokenManagerDependencies;
  readonly #writeAudit: ((record: TokenRecord) => void) | undefined;

  /**
   * Takes the tokens.
   *
   * @param dependencies see {@linkcode TokenManagerDependencies}
   */
  constructor(dependencies: TokenManagerDependencies) {
    this.#dependencies = dependencies;
    const { moderation, clock, tokens } = dependencies;
    tokens.revokedElsewhere = (token) => this.revoked?.(token);
    this.#writeAudit = moderation && tokenRecorder(moderation, () => clock.wall());
  }

  /**
   * Finds a token, and records that it is used.
   *
   * @param secret what a script gave as its token
   * @returns what it allows; `undefined` if there is no such token
   */
  find(secret: string): TokenUse | undefined {
    const { tokens, keys, clock, failed } = this.#dependencies;
    // Compared by its hash, so the time tells nothing about other secrets.
    const token = tokens.withHash(keys.hash(secret));
    if (token === undefined) return undefined;
    try {
      tokens.used(token, clock.wall());
    } catch (error) {
      failed(error);
    }
    return token;
  }

  /**
   * Proves the key of a token, as a client does in its hello.
   *
   * @param secret the secret of the token
   * @param offer the identity and the nonce in the 202 of the connection, and the name in the hello
   * @returns the fields for the hello
   */
  prove(secret: string, offer: { identity: string; nonce: string; username: string }): TokenProof {
    return this.#dependencies.keys.prove(secret, offer);
  }

  /** Keeps the names of all tokens from being freed for not being used. To be called about once a minute. */
  keepNames(): void {
    const { tokens, registry: { names }, clock, failed } = this.#dependencies;
    try {
      for (const { name, key } of tokens.all) {
        const owner = names.ownerOf(name);
        if (owner !== undefined && hasKey(owner, key)) names.touch(owner, owner.name, clock.wall());
      }
    } catch (error) {
      failed(error);
    }
  }

  /**
   * Carries out a request of an operator.
   *
   * @param request the request
   * @returns the answer; `undefined` if the request is not about tokens
   * @throws {OperatorError} if it cannot be carried out
   */
  handle(request: OperatorRequest): OperatorAnswer | undefined {
    switch (request.do) {
      case "add token": {
        const { secret, token } = this.#add(request);
        return { secret, token: infoOf(token) };
      }
      case "list tokens":
        return { tokens: this.#dependencies.tokens.all.map(infoOf) };
      case "revoke token":
        return { tokens: [infoOf(this.#revoke(request.id))] };
      default:
        return undefined;
    }
  }

  /** Closes the database. */
  close(): void {
    this.#dependencies.tokens.close();
  }

  #add(wanted: WantedToken): { secret: string; token: Token } {
    const { tokens, keys, clock, registry: { names }, keysChanged } = this.#dependencies;
    const { name, read, write } = wanted;
    const rooms = checked(wanted);
    const owner = this.#ownerFor(name);
    if (tokens.all.length >= MAX_TOKENS) {
      throw new OperatorError(`Cannot add a token: there are ${MAX_TOKENS} already; revoke one`);
    }
    const secret = keys.newSecret();
    const key = keys.keyOf(secret);
    const now = clock.wall();
    const given = owner ?? names.grant(name, key, now);
    const refusal = owner === undefined ? undefined : names.addKey(owner, key, now);
    if (refusal !== undefined) {
      throw new OperatorError(
        `Cannot add a token for ${name}: there are ${MAX_KEYS_OF_NAME} for it already; revoke one`,
      );
    }
    let token: Token;
    try {
      token = tokens.add({ name: given.name, rooms, read, write, hash: keys.hash(secret), key }, now)!;
    } catch (error) {
      if (owner === undefined) names.release(given);
      else names.removeKey(owner, key);
      throw error;
    }
    keysChanged(given);
    this.#record({ action: "token add", token });
    return { secret, token };
  }

  /** Checks that a token may have a name; returns its owner if it belongs to other tokens. */
  #ownerFor(name: string): Owner | undefined {
    const { tokens, registry: { names } } = this.#dependencies;
    const blocking = names.blockedBy(name, undefined);
    if (blocking === undefined) return undefined;
    if (names.ownerOf(name) !== blocking) {
      throw new OperatorError(
        `Cannot add a token for ${name}: it looks like ${blocking.name}, which belongs to somebody; ` +
          "choose another name",
      );
    }
    if (!blocking.keys.every(({ key }) => tokens.hasKey(key, name))) {
      throw new OperatorError(
        `Cannot add a token for ${name}: the name belongs to somebody; choose another name, or free it first: ` +
          `riftchat name free ${name}`,
      );
    }
    return blocking;
  }

  #revoke(id: string): Token {
    const { tokens, registry: { names }, keysChanged, free, failed } = this.#dependencies;
    const token = tokens.find(id);
    if (token === undefined) {
      throw new OperatorError(
        `Cannot revoke the token ${id}: there is none with this id; list them: riftchat token list`,
      );
    }
    // First, so that nothing that fails afterwards keeps it in use.
    tokens.remove(token);
    this.revoked?.(token);
    const owner = names.ownerOf(token.name);
    try {
      if (owner !== undefined && hasKey(owner, token.key)) {
        if (names.removeKey(owner, token.key)) keysChanged(owner);
        else free(owner);
      }
    } catch (error) {
      failed(error);
    }
    this.#record({ action: "token revoke", token });
    return token;
  }

  #record(record: TokenRecord): void {
    try {
      this.#writeAudit?.(record);
    } catch (error) {
      this.#dependencies.failed(error);
    }
  }
}

/** Checks the name and the rooms of a token; returns the rooms, each once. */
function checked({ name, rooms, read, write }: WantedToken): string[] | undefined {
  try {
    checkName(name);
    for (const room of rooms ?? []) if (nameKey(room) !== "main") checkName(room);
  } catch (error) {
    if (error instanceof ProtocolError) throw new OperatorError(error.message);
    throw error;
  }
  if (!read && !write) throw new OperatorError("Cannot add a token that may neither read nor write");
  if (rooms === undefined) return undefined;
  const unique = [...new Map(rooms.map((room) => [nameKey(room), room])).values()];
  if (unique.length > 0 && unique.length <= MAX_ROOMS_OF_TOKEN) return unique;
  throw new OperatorError(
    `Cannot add a token for ${unique.length} rooms: it can be for 1 to ${MAX_ROOMS_OF_TOKEN}, or for all`,
  );
}

function infoOf({ id, name, rooms, read, write, made, lastUsed }: Token): TokenInfo {
  return {
    id,
    name,
    ...rooms === undefined ? {} : { rooms: [...rooms] },
    read,
    write,
    made,
    ...lastUsed === undefined ? {} : { lastUsed },
  };
}
