/**
 * Who the user is: the default name, the own key, keys in other files and in ssh-agent.
 *
 * May import: `commands`, `config`.
 *
 * - `agent`: keys in ssh-agent
 * - `agent_messages`: the messages between a client and ssh-agent
 * - `ask_name`: asks for another name if the hub has refused one
 * - `choose_identity`: finds the key that the user wants to use
 * - `default_name`: the name of a user who gives none
 * - `find_identity`: finds the key with which the client joins
 * - `identity_error`: the error for an identity that cannot be used
 * - `key_file`: reads files with keys
 * - `own_key`: the user's own key in the config folder
 *
 * @module
 */
export { askName } from "./ask_name.ts";
export { chooseIdentity } from "./choose_identity.ts";
export { defaultName } from "./default_name.ts";
export { findIdentity } from "./find_identity.ts";
export { IdentityError } from "./identity_error.ts";
export { privateKeyIn, readKeyFile } from "./key_file.ts";
export {
  ensureOwnKey,
  fileOf,
  type Imported,
  importOwnKey,
  type OwnKey,
  readOwnKey,
  writePublicKey,
} from "./own_key.ts";
