/**
 * Connections of the hub: accepting them, reading requests, writing replies.
 *
 * May import: `admission`, `fanout`, `hub`, `ports`, `sessions`.
 *
 * - `connection`: one client connection
 * - `connection_limit`: the limit of connections, lower while file descriptors are scarce
 * - `fd_reserve`: a reserve of file descriptors
 * - `http_answers`: answers in HTTP to clients on a port for the chat, and to those that are refused
 * - `listener`: accepts connections, counts them, and refuses those beyond a limit
 * - `proxies`: the proxies in front of a hub
 * - `proxy_header`: reads the header of the PROXY protocol
 * - `refusals`: refuses connections with a reason
 * - `rewound_socket`: a socket that is read again from its beginning
 * - `request`: requests on their way from the socket to the hub
 * - `self_pipe`: a connection of this process to itself, to poll sockets between parts of a long task
 * - `socket_error`: what an error of a socket means
 * - `web_server`: what a listener needs of a server for HTTP
 *
 * @module
 */
export { Connection, type ConnectionDependencies, type Socket } from "./connection.ts";
export type { PageAddress } from "./http_answers.ts";
export { FdReserve } from "./fd_reserve.ts";
export { Listener } from "./listener.ts";
export { SelfPipe } from "./self_pipe.ts";
export type { WebClient, WebServer } from "./web_server.ts";
