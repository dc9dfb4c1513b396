/**
 * Which hub to trust: TLS or not, known hubs, certificates, the password.
 *
 * May import: `config`, `net`.
 *
 * - `ask_trust`: asks a person whether a hub is the one that was meant
 * - `certificate`: a certificate that no authority vouches for, and by which name it can be held to
 * - `credentials`: the password of a hub, as far as it is known here, and when it may be told
 * - `known_hubs`: the hubs that are known to speak TLS, and how each is known
 * - `password_file`: the password of a hub, from the file that `--password-file` names
 * - `secure_connector`: connects to hubs, encrypted where they speak TLS, and to the right one
 * - `system_connector`: the guard of this machine
 *
 * @module
 */
export { askTrust } from "./ask_trust.ts";
export { Credentials } from "./credentials.ts";
export { KnownHubs } from "./known_hubs.ts";
export { PasswordFileError, readPasswordFile } from "./password_file.ts";
export { describeSecurity, SecureConnector, type TrustOptions } from "./secure_connector.ts";
export { systemConnector } from "./system_connector.ts";
