/**
 * Answers in HTTP that need no server for it: to a client that speaks HTTP on a port for chat clients, where the page
 * is; to a client that is refused, why.
 *
 * On a port for chat clients the hub speaks first, so the answer comes after the 202. A browser cannot show it; `nc`,
 * `telnet` and `curl --http0.9` do.
 *
 * PURE.
 *
 * @module
 */
import type { ErrorWord } from "../../protocol/mod.ts";

/** Where the page of a hub is. */
export interface PageAddress {
  /** Whether it is reached by HTTPS. */
  secure: boolean;
  /** The host, if only that one reaches it, such as `127.0.0.1`; `undefined` if each address of the hub does. */
  host?: string | undefined;
  /** The port. */
  port: number;
}

/** With its space, each method fits into the header of a frame. */
const METHODS = /^(?:GET|HEAD|POST|PUT|DELETE|OPTIONS|PATCH|TRACE|CONNECT|PRI) /;

/** A host without a port, as a link can contain it. */
const HOST = /^host:[ \t]*(\[[0-9a-f:.]{2,45}\]|[a-z0-9.-]{1,253})(?::\d{1,5})?[ \t]*\r?$/im;

/**
 * Tells whether a frame is the beginning of an HTTP request.
 *
 * @param length the length in the header of the frame, which was refused
 * @returns whether its 8 bytes begin with a method of HTTP
 */
export function isHttp(length: bigint | undefined): boolean {
  if (length === undefined) return false;
  const header = new DataView(new ArrayBuffer(8));
  header.setBigUint64(0, length);
  return METHODS.test(String.fromCharCode(...new Uint8Array(header.buffer)));
}

/**
 * Makes the answer.
 *
 * @param request what is there of the request: its `Host` is taken for the link, if there is one
 * @param page where the page is, if the hub has one
 * @param encrypted whether the request came with TLS
 * @returns the whole answer
 */
export function httpHint(request: Uint8Array, page: PageAddress | undefined, encrypted: boolean): Uint8Array {
  const text = "This port of the hub is for chat clients, such as riftchat join: it does not speak HTTP" +
    (encrypted ? " with a program that does not ask for http/1.1 by ALPN.\n" : ".\n") +
    pageLine(request, page);
  return answer("400 Bad Request", "text/plain; charset=utf-8", text);
}

/**
 * Makes the answer for a client of HTTP that is refused, before its request is read.
 *
 * @param reason why, as a text for its user
 * @param word the same as an error word of the protocol
 * @param retryAfterMs when to try again, in milliseconds
 * @returns the whole answer
 */
export function httpRefusal(reason: string, word: ErrorWord, retryAfterMs: number): Uint8Array {
  const [status, title] = word === "server_full" ? [503, "Service Unavailable"] : [429, "Too Many Requests"];
  const content = { type: "about:blank", title, status, detail: `Cannot serve you: ${reason}`, word };
  const retryAfter = `retry-after: ${Math.ceil(retryAfterMs / 1000)}`;
  return answer(`${status} ${title}`, "application/problem+json", JSON.stringify(content) + "\n", retryAfter);
}

/** A whole answer, after which the connection ends. The text is ASCII. */
function answer(status: string, type: string, text: string, ...headers: string[]): Uint8Array {
  const head = [
    `HTTP/1.1 ${status}`,
    `content-type: ${type}`,
    `content-length: ${text.length}`,
    ...headers,
    "x-content-type-options: nosniff",
    "cache-control: no-store",
    "connection: close",
  ];
  return new TextEncoder().encode(`${head.join("\r\n")}\r\n\r\n${text}`);
}

function pageLine(request: Uint8Array, page: PageAddress | undefined): string {
  if (page === undefined) {
    return "The hub has no page for browsers: it has one if it is started with --tls, --tls-port or --web.\n";
  }
  const { secure, port } = page;
  const host = page.host ?? HOST.exec(String.fromCharCode(...request))?.[1];
  if (host === undefined) return `The page is on port ${port}, by ${secure ? "https" : "http"}.\n`;
  const literal = host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
  const isDefault = port === (secure ? 443 : 80);
  return `The page is at ${secure ? "https" : "http"}://${literal}${isDefault ? "" : `:${port}`}/\n`;
}
