/**
 * The ports of the hub: listening, accepting, TLS.
 *
 * May import: `admission`, `tls`.
 *
 * - `acceptor`: the ports on which a hub accepts connections
 * - `listen_address`: the addresses on which a hub listens, as text and as JSON
 * - `native_tls_acceptor`: a TLS port by Deno's own TLS, the fastest where the system allows it
 * - `read_buffer`: the size of the buffer that a connection reads into
 * - `system_sockets`: what Deno cannot do with a socket, by functions of the C library
 * - `tls_listeners`: the listening sockets of a TLS port, one for each certificate in use
 * - `tls_socket`: the server side of TLS on any system, over an accepted connection
 *
 * @module
 */
export {
  type AcceptedSocket,
  type Acceptor,
  type AcceptorAddress,
  HTTP_ALPN,
  PortAcceptor,
  type PortOptions,
  type Secured,
  type SecureSocket,
  type TlsModule,
} from "./acceptor.ts";
export { addressesJson, describeAddresses, type TlsListenAddress } from "./listen_address.ts";
export type { Agreed } from "./tls_socket.ts";
import type { TlsModule } from "./acceptor.ts";
import { canUseNativeTls } from "./native_tls_acceptor.ts";
export { openTlsPort } from "./native_tls_acceptor.ts";
export { maxReadBytes, nextReadBytes } from "./read_buffer.ts";

/**
 * Loads the code for TLS, where Deno's own cannot be used.
 *
 * @param hasProxies whether connections may begin with a PROXY header
 * @returns the code; `undefined` where it is not needed
 */
export async function loadTlsModule(hasProxies: boolean): Promise<TlsModule | undefined> {
  return canUseNativeTls(hasProxies) ? undefined : await import("./tls_socket.ts");
}
