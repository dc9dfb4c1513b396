/**
 * server/net
 *
 * @module
 */
export { type Door, openDoor, TlsDoor } from "./acceptor.ts";
export { Reserve } from "./fd_reserve.ts";
export { describePlaces, placesJson, type TlsPlace } from "./listen_address.ts";
export { Listener } from "./listener.ts";
export { Doorbell } from "./self_pipe.ts";
