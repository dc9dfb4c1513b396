/**
 * client/trust
 *
 * @module
 */
export { askTrust } from "./ask_trust.ts";
export { Credentials } from "./credentials.ts";
export { KnownHubs } from "./known_hubs.ts";
export { PasswordFileError, readPasswordFile } from "./password_file.ts";
export { describeSecurity, SecureConnector, type TrustOptions } from "./secure_connector.ts";
export { systemConnector } from "./system_connector.ts";
