/**
 * client/trust
 *
 * @module
 */
export { isTheOne } from "./ask_trust.ts";
export { Access } from "./credentials.ts";
export { KnownHubs } from "./known_hubs.ts";
export { PasswordFileError, readPasswordFile } from "./password_file.ts";
export { describeSecurity, Guard, type Wishes } from "./secure_connector.ts";
export { guardOf } from "./system_connector.ts";
