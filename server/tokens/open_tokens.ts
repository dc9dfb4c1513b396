/**
 * Opens the tokens in a data folder, and sets a damaged database aside.
 *
 * @module
 */
import { openReplaceable, type ReplicatedDatabase } from "../sqlite/mod.ts";
import { loadTokenKeys } from "./token_key.ts";
import { TokenManager, type TokenManagerDependencies } from "./token_manager.ts";
import { SCHEMA } from "./token_schema.ts";
import { Tokens } from "./tokens.ts";

/** The name of the database file. */
export const TOKENS_FILE = "tokens.db";

export { TokensError } from "./token_schema.ts";

/** The tokens of a hub. */
export interface HubTokens {
  /**
   * Connects them with a hub, or with a command on its machine.
   *
   * @param dependencies see {@linkcode TokenManagerDependencies}
   * @returns what makes, finds and revokes tokens
   */
  manage(dependencies: Omit<TokenManagerDependencies, "tokens" | "keys">): TokenManager;
  /** The database, for a cluster, in which it is the same at all hubs. */
  readonly replicated: ReplicatedDatabase;
  /** Closes the database; {@linkcode TokenManager.close} does that, too. */
  close(): void;
}

/** Options of {@linkcode openTokens}. */
export interface OpenTokensOptions {
  /** The path of the data folder, which exists and only this process uses; `undefined` to keep all in memory. */
  folder: string | undefined;
  /** The time of day, in milliseconds since 1970. */
  now: number;
  /**
   * Reports something that the operator should know.
   *
   * @param text a sentence
   */
  report: (text: string) => void;
}

/**
 * Opens the tokens in a data folder. A damaged database is renamed, and a new one started: then there is no token.
 *
 * @param options see {@linkcode OpenTokensOptions}
 * @returns the tokens
 * @throws {TokensError} if the file has a newer version, belongs to another program or another user, or cannot be
 * opened for another reason than damage
 */
export async function openTokens({ folder, now, report }: OpenTokensOptions): Promise<HubTokens> {
  const keys = await loadTokenKeys();
  const random = (count: number) => crypto.getRandomValues(new Uint8Array(count));
  const tokens = openReplaceable(
    {
      folder,
      file: TOKENS_FILE,
      schema: SCHEMA,
      content: "the tokens",
      loss: "make new ones where needed, and free their names with riftchat name free",
      now,
      report,
    },
    (db) => new Tokens(db, random),
  );
  return {
    manage: (dependencies) => new TokenManager({ ...dependencies, tokens, keys }),
    get replicated() {
      return tokens.replicated;
    },
    close: () => tokens.close(),
  };
}
