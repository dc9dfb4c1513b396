/**
 * Tokens: secrets with which scripts use a hub over HTTP, each under a name that belongs to it.
 *
 * From the secret follows an Ed25519 key, which owns the name as the key of a person does. So the hub needs no second
 * kind of owner: nobody else gets the name, and the messages are verified. Only a hash of the secret is stored, and the
 * public key.
 *
 * May import: `control`, `moderation`, `offline`, `registry`, `sqlite`.
 *
 * - `open_tokens`: opens the database
 * - `token_audit`: records in the audit what happens to tokens
 * - `token_commands`: the commands on the machine of the hub
 * - `token_key`: what follows from the secret of a token: its hash and its key
 * - `token_manager`: makes and revokes tokens, together with their names
 * - `token_schema`: the tables of the database, and migrations
 * - `tokens`: the tokens of a hub
 *
 * @module
 */
export type { HubTokens } from "./open_tokens.ts";
export type { TokenManager } from "./token_manager.ts";
export type { TokenUse } from "./tokens.ts";

/** Loads what opens the tokens of a hub, only where it uses them. */
export const loadOpenTokens = (): Promise<typeof import("./open_tokens.ts")> => import("./open_tokens.ts");

/** Loads the commands. */
export const loadTokenCommands = (): Promise<typeof import("./token_commands.ts")> =>
  import("./token_commands.ts");
