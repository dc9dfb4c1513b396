/**
 * Which hub to trust: TLS or not, known hubs, certificates and the password.
 *
 * May import: `config`, `net`.
 *
 * - `ask_trust`: asks the user whether a certificate is that of the hub
 * - `attempt`: one attempt to connect to a hub: opens connections and collects what the hub shows
 * - `credentials`: the hub's password, and to which hub it may be sent
 * - `invite_proof`: checks that a hub is the one of an invite
 * - `known_hubs`: the file of hubs that are known to speak TLS or by their identity
 * - `password_file`: reads the file of `--password-file`
 * - `refusal_text`: the words for the user about a hub that is refused
 * - `secure_connector`: connects to trusted hubs, as the verdicts say
 * - `system_connector`: a connector with the config folder of this machine
 * - `tls_probe`: finds out whether a hub speaks TLS
 * - `verdict`: decides which hub to trust
 *
 * @module
 */
export { askTrust } from "./ask_trust.ts";
export { Credentials } from "./credentials.ts";
export { KnownHubs } from "./known_hubs.ts";
export { PasswordFileError, readPasswordFile } from "./password_file.ts";
export { describeSecurity, SecureConnector } from "./secure_connector.ts";
export { systemConnector } from "./system_connector.ts";
export type { TrustOptions } from "./verdict.ts";
