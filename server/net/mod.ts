/**
 * server/net
 *
 * @module
 */
export { type Acceptor, openAcceptor, TlsAcceptor } from "./acceptor.ts";
export { FdReserve } from "./fd_reserve.ts";
export { addressesJson, describeAddresses, type TlsListenAddress } from "./listen_address.ts";
export { Listener } from "./listener.ts";
export { SelfPipe } from "./self_pipe.ts";
