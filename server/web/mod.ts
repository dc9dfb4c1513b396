/**
 * What the hub serves over HTTP: the page, WebSockets, and the API for scripts.
 *
 * May import: `http`, `net`, `page`, `websocket`.
 *
 * - `certificate_names`: what a certificate says of the names of the hub
 * - `forwarded`: the client that a proxy names
 * - `known_hosts`: the names that the hub is known by
 * - `page_files`: serves the files of the page
 * - `request_counts`: counts requests by route and class of status
 * - `security_headers`: the headers that protect the page and its users
 * - `web_door`: the routes, and one connection after the other
 *
 * @module
 */
export type { RequestCount } from "./request_counts.ts";
export type { WebDoor, WebDoorDependencies } from "./web_door.ts";

/** The code of the server, as {@linkcode loadWeb} loads it. */
export type WebModule = Pick<typeof import("./web_door.ts"), "WebDoor">;

/** Loads the server, which only a hub that serves HTTP needs. */
export const loadWeb = (): Promise<WebModule> => import("./web_door.ts");
