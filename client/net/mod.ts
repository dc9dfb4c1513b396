/**
 * The network side of the client: addresses, TCP, TLS, and messages over a connection.
 *
 * May import: nothing.
 *
 * - `address`: parses and formats the address of a hub
 * - `client_hello`: the TLS messages that tell whether a server speaks TLS
 * - `connection`: the types of a connection, and whether its other side is on this machine
 * - `hub_list`: the hubs of one chat, in the order in which a link tries them
 * - `link_error`: why a link cannot be opened or has ended
 * - `named_hubs`: the hubs that a hub names in its welcome
 * - `peeked`: a connection that reports its first bytes before they are read
 * - `resolve`: the IP addresses of a host
 * - `tcp`: opens TCP connections
 * - `timed_connect`: opens a connection within a time limit
 * - `tls`: encrypts connections, and asks servers whether they speak TLS
 * - `tls_connection`: an encrypted connection that tells its certificate
 * - `wire`: messages over a connection
 *
 * @module
 */
export {
  type Address,
  AddressError,
  chooseAddress,
  chooseAddresses,
  DEFAULT_HOST,
  DEFAULT_PORT,
  describeAddress,
  environmentNamesHub,
  formatAddress,
  formatAddresses,
  type HubSettings,
  parseAddress,
  parseAddresses,
} from "./address.ts";
import type { Connection, Encrypt } from "./connection.ts";
export { isLocal } from "./connection.ts";
export type { Connect, Connection, Encrypt, IdentityCheck, Security, TlsParameters } from "./connection.ts";
export { HubList, type HubListOptions } from "./hub_list.ts";
export { LinkError, type LinkErrorKind, type LinkErrorOptions } from "./link_error.ts";
export { namedHubs, type NamedHubsOptions, WEB_SCHEMES } from "./named_hubs.ts";
export { PeekedConnection } from "./peeked.ts";
export { resolveHost } from "./resolve.ts";
export { connectTcp } from "./tcp.ts";
export { connectWithTimeout } from "./timed_connect.ts";
export type { TlsError } from "./tls.ts";
export { type Close, type Receive, type Received, Wire } from "./wire.ts";

/** Loads TLS, which only connections that use it need. */
export const loadTls = (): Promise<typeof import("./tls.ts")> => import("./tls.ts");

/** Encrypts an open connection. Loads TLS, which only connections that use it need. */
export const encryptTcp: Encrypt = async (connection, parameters, signal): Promise<Connection> =>
  (await loadTls()).encryptTcp(connection, parameters, signal);
