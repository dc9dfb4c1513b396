/**
 * Finds the key with which the client joins: the one that the user names, or the own one.
 *
 * Rules:
 * - A key that the user names must be usable. An own key that is not does not keep the user from joining, as a guest.
 * - The own key is made when a person joins on a terminal. A program uses it if it is there, and makes none: on a
 *   machine that is set up anew for each run it would have another key each time, and lose its name to the one before.
 *
 * @module
 */
import { KeyError, type PrivateKey, type Signer, signerOf } from "../../identity/mod.ts";
import { ConfigError, findConfigFolder } from "../config/mod.ts";
import type { AgentMachine } from "./agent.ts";
import { chooseIdentity } from "./choose_identity.ts";
import { IdentityError } from "./identity_error.ts";
import { cannotUse } from "./key_file.ts";
import { ensureOwnKey, IDENTITY_FILE, readOwnKey } from "./own_key.ts";

/** What the user wants. */
export interface IdentityWishes {
  /** `--identity`, see `chooseIdentity`; `false` for `--no-identity`. */
  readonly identity?: string | boolean | undefined;
  /** Whether the config folder may be used. */
  readonly config: boolean;
  /** Whether to make the own key if there is none. */
  readonly make: boolean;
}

/** The key that was found. */
export interface FoundIdentity {
  /** Signs with the key; `undefined` for a guest. */
  readonly signer?: Signer | undefined;
  /** Whether it is the own key, and was made just now. */
  readonly isNew: boolean;
  /** Why the own key is not used, for the user. */
  readonly problem?: string;
}

/**
 * Finds the key with which the client joins.
 *
 * @param wishes see {@linkcode IdentityWishes}
 * @param machine the environment, and a clock for the agent
 * @returns the key
 * @throws {IdentityError} if the key that the user names cannot be used
 */
export async function findIdentity(
  { identity, config, make }: IdentityWishes,
  machine: AgentMachine,
): Promise<FoundIdentity> {
  if (typeof identity === "string") return { signer: await chooseIdentity(identity, machine), isNew: false };
  if (identity === false || !config) return { isNew: false };
  try {
    return await ownIdentity(make);
  } catch (error) {
    if (!(error instanceof IdentityError || error instanceof ConfigError)) throw error;
    return { isNew: false, problem: `${error.message}; you join as a guest` };
  }
}

async function ownIdentity(make: boolean): Promise<FoundIdentity> {
  const folder = await findConfigFolder().catch((error) => {
    // Without a home folder there is no own key.
    if (error instanceof ConfigError) return undefined;
    throw error;
  });
  if (folder === undefined) return { isNew: false };
  if (!make) {
    const privateKey = await readOwnKey(folder);
    return { signer: privateKey && await signerFor(folder.pathOf(IDENTITY_FILE), privateKey), isNew: false };
  }
  const { privateKey, path, isNew } = await ensureOwnKey(folder);
  return { signer: await signerFor(path, privateKey), isNew };
}

async function signerFor(path: string, privateKey: PrivateKey): Promise<Signer> {
  try {
    return await signerOf(privateKey);
  } catch (error) {
    throw error instanceof KeyError ? cannotUse(path, error) : error;
  }
}
