/**
 * Sockets of the hub: listening, accepting, reading requests, writing replies.
 *
 * May import: `admission`, `fanout`, `hub`, `sessions`, `tls`.
 *
 * - `acceptor`: the ports on which a hub accepts connections
 * - `connection`: one client connection
 * - `connection_limit`: the limit of connections, lower while file descriptors are scarce
 * - `fd_reserve`: a reserve of file descriptors
 * - `listen_address`: the addresses on which a hub listens, as text and as JSON
 * - `listener`: accepts connections, counts them, and refuses those beyond a limit
 * - `old_tls_acceptor`: a TLS port on a runtime before Deno 2.9
 * - `proxies`: the proxies in front of a hub
 * - `proxy_header`: reads the header of the PROXY protocol
 * - `read_buffer`: the size of the buffer that a connection reads into
 * - `refusals`: refuses connections with a reason
 * - `request`: requests on their way from the socket to the hub
 * - `self_pipe`: a connection of this process to itself, to poll sockets between parts of a long task
 * - `socket_error`: what an error of a socket means
 * - `tls_socket`: the server side of TLS
 *
 * @module
 */
export { type Acceptor, PortAcceptor, type TlsModule } from "./acceptor.ts";
export { FdReserve } from "./fd_reserve.ts";
export { addressesJson, describeAddresses, type TlsListenAddress } from "./listen_address.ts";
export { Listener } from "./listener.ts";
export { openTlsPort } from "./old_tls_acceptor.ts";
export { SelfPipe } from "./self_pipe.ts";

/** Loads the code for TLS, which only a hub with TLS needs. */
export const loadTlsSocket = (): Promise<typeof import("./tls_socket.ts")> => import("./tls_socket.ts");
