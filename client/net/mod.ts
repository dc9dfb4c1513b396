/**
 * client/net
 *
 * @module
 */
export {
  type Address,
  AddressError,
  chooseAddress,
  DEFAULT_HOST,
  DEFAULT_PORT,
  formatAddress,
  parseAddress,
} from "./address.ts";
import type { Encrypt } from "./connection.ts";
export type { Connect, Connection, Encrypt, Security, TlsRoute } from "./connection.ts";
export { LinkError, type LinkErrorKind, type LinkErrorOptions } from "./link_error.ts";
export { PeekedConnection } from "./peeked.ts";
export { connectTcp, reach } from "./tcp.ts";
export type { TlsError } from "./tls.ts";
export { type Close, type Receive, type Received, Wire } from "./wire.ts";

/** Loads TLS, which only connections that use it need. */
export const loadTls = (): Promise<typeof import("./tls.ts")> => import("./tls.ts");

/** Encrypts an open connection. Loads TLS, which only connections that use it need. */
export const encryptTcp: Encrypt = async (connection, route, signal) =>
  (await loadTls()).encryptTcp(connection, route, signal);
