/**
 * A socket to messages: addresses, TCP, TLS, and the wire format over them.
 *
 * May import: nothing.
 *
 * - `address`: where a hub is, from what a person typed
 * - `client_hello`: what it takes to see a certificate before it is trusted
 * - `connection`: a connection to a hub
 * - `link_error`: why there is no link to a hub, or none any more
 * - `peeked`: a connection whose first bytes were awaited before anybody read them
 * - `tcp`: the only door to the network
 * - `tls`: tLS over an open connection, as the runtime speaks it, and what went wrong with it
 * - `wire`: socket ↔ messages
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
export type { Connect, Connection, Encrypt, Security, TlsParameters } from "./connection.ts";
export { LinkError, type LinkErrorKind, type LinkErrorOptions } from "./link_error.ts";
export { PeekedConnection } from "./peeked.ts";
export { connectTcp, connectWithTimeout } from "./tcp.ts";
export type { HelloAnswer } from "./client_hello.ts";
export type { TlsError } from "./tls.ts";
export { type Close, type Receive, type Received, Wire } from "./wire.ts";

/** Loads TLS, which only connections that use it need. */
export const loadTls = (): Promise<typeof import("./tls.ts")> => import("./tls.ts");

/** Encrypts an open connection. Loads TLS, which only connections that use it need. */
export const encryptTcp: Encrypt = async (connection, route, signal) =>
  (await loadTls()).encryptTcp(connection, route, signal);
