/**
 * Sockets: listening, accepting, reading requests, writing what waits.
 *
 * May import: `admission`, `hub`, `tls`.
 *
 * - `acceptor`: the ports at which a hub takes connections
 * - `connection`: one socket
 * - `fd_reserve`: some file descriptors that are held for bad times
 * - `listen_address`: where a hub listens, for people and for programs
 * - `listener`: accepts connections at its doors, counts them, and refuses those beyond a limit with a word of why
 * - `self_pipe`: a doorbell
 *
 * @module
 */
export { type Acceptor, openAcceptor, TlsAcceptor } from "./acceptor.ts";
export { FdReserve } from "./fd_reserve.ts";
export { addressesJson, describeAddresses, type TlsListenAddress } from "./listen_address.ts";
export { Listener } from "./listener.ts";
export { SelfPipe } from "./self_pipe.ts";
