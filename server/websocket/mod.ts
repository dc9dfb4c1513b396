/**
 * WebSockets (RFC 6455) as sockets of the hub.
 *
 * May import: nothing.
 *
 * - `frame`: headers of frames, control frames, close codes
 * - `framed_copies`: slices of a log as frames, one copy for all readers
 * - `handshake`: checks the request for a WebSocket, and answers it
 * - `reader`: takes binary messages out of the bytes of a client
 * - `web_socket`: a WebSocket as a socket
 *
 * @module
 */
export { FramedCopies } from "./framed_copies.ts";
export { acceptKey, checkUpgrade, upgradeHeaders, type UpgradeRefusal } from "./handshake.ts";
export { type WebSocketDependencies, WebSocketError, WebSocketSocket } from "./web_socket.ts";
