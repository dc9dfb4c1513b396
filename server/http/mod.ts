/**
 * HTTP/1.1 over the sockets of the hub (RFC 9110, RFC 9112): reads requests, writes answers.
 *
 * May import: nothing.
 *
 * - `byte_reader`: reads parts of known and unknown length from a socket
 * - `http_connection`: serves one connection: one request after the other
 * - `message`: the types of requests and answers
 * - `problem`: errors, as problem details (RFC 9457)
 * - `request_body`: the body of a request
 * - `request_head`: parses the head of a request
 * - `response`: formats the head of an answer
 *
 * @module
 */
export { ByteReader, type ReadableSocket } from "./byte_reader.ts";
export { HttpConnection, type HttpConnectionOptions, type Socket } from "./http_connection.ts";
export type { HttpAnswer, HttpHandler, HttpRequest, TakeOver } from "./message.ts";
export { HttpProblem, type HttpProblemOptions } from "./problem.ts";
export { parseHead, pathOf, type RequestHead } from "./request_head.ts";
export { answerHead } from "./response.ts";
