/**
 * HTTP for scripts: sends messages to rooms, reads earlier ones, and streams new ones. `docs/http.md` describes it,
 * `docs/openapi.json` defines it.
 *
 * Each request is an ordinary client of the hub in this process, over a socket in memory. So who may do what, what a
 * message may be, and the words of errors are those of the protocol. It is quiet: nobody sees it come or go.
 *
 * May import: `admission`, `net`, `sessions`, `tokens`.
 *
 * - `alertmanager`: the message for a notification of Prometheus Alertmanager
 * - `hub_client`: a client of the hub in its own process
 * - `memory_socket`: a socket in memory
 * - `message_body`: the message in the body of a request
 * - `openapi`: the description of the API
 * - `problem`: errors, as problem details (RFC 9457)
 * - `request_checks`: checks of what a request says, and simple answers
 * - `requests`: what can be requested of a room
 * - `rest_api`: routes, tokens, rate limits
 * - `stream`: the messages of a room and their changes as they come
 * - `stream_format`: server-sent events and lines of JSON
 *
 * @module
 */
export type { HttpAnswerParts } from "./request_checks.ts";
export type { HttpRequestParts, RestApi, RestApiDependencies } from "./rest_api.ts";

/** The code of the API, as {@linkcode loadRest} loads it. */
export type RestModule = Pick<typeof import("./rest_api.ts"), "RestApi">;

/** Loads the API, which only a hub that serves HTTP needs. */
export const loadRest = (): Promise<RestModule> => import("./rest_api.ts");
