/**
 * Parses the head of a request (RFC 9112), strictly: what two programs could read in two ways is refused, as a proxy in
 * front of the hub may be the other one (request smuggling).
 *
 * PURE.
 *
 * @module
 */
import { HttpProblem } from "./problem.ts";

/** The head of a request. */
export interface RequestHead {
  /** The method, such as `GET`. */
  method: string;
  /** The path with the query, such as `/rooms/ci?limit=5`. */
  target: string;
  /** The headers. */
  headers: Headers;
  /** Whether the client speaks HTTP/1.1, not 1.0. */
  isVersion11: boolean;
  /** Whether another request may follow on this connection. */
  keepAlive: boolean;
  /** The length of the body in bytes; `undefined` if it comes in chunks. */
  length: number | undefined;
}

/** The largest number of header lines. */
const MAX_HEADERS = 100;

/** The longest target, in bytes. */
const MAX_TARGET_BYTES = 4096;

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** What a value may have: visible characters of Latin-1, blanks and tabs. */
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** A host with an optional port: a name, an IPv4 address, or an IPv6 address in brackets. */
const HOST = /^(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i;

/**
 * Parses a head.
 *
 * @param head its text, in Latin-1, up to the empty line and without it
 * @returns the head
 * @throws {HttpProblem} if it is not valid
 */
export function parseHead(head: string): RequestHead {
  const [first = "", ...lines] = head.split("\r\n");
  if (/[\r\n\0]/.test(first + lines.join(""))) {
    throw new HttpProblem(400, "Cannot read the request: each line of its head must end with CR LF");
  }
  const [, method, target, major, minor] = /^([A-Z]{1,20}) (\S+) HTTP\/(\d)\.(\d)$/.exec(first) ?? [];
  if (method === undefined) {
    throw new HttpProblem(400, "Cannot read the request: its first line must be METHOD /PATH HTTP/1.1");
  }
  if (major !== "1" || minor! > "1") {
    throw new HttpProblem(505, `Cannot speak HTTP/${major}.${minor}: use HTTP/1.1`);
  }
  if (target!.length > MAX_TARGET_BYTES) {
    throw new HttpProblem(414, `Cannot read the request: its path has over ${MAX_TARGET_BYTES} bytes`);
  }
  if (lines.length > MAX_HEADERS) {
    throw new HttpProblem(431, `Cannot read the request: it has over ${MAX_HEADERS} headers`);
  }
  const headers = new Headers();
  const hosts: string[] = [], lengths: string[] = [], codings: string[] = [];
  for (const line of lines) {
    const colon = line.indexOf(":");
    const name = line.slice(0, Math.max(0, colon)).toLowerCase();
    const value = line.slice(colon + 1).replace(/^[\t ]+|[\t ]+$/g, "");
    if (!TOKEN.test(name) || !VALUE.test(value)) {
      throw new HttpProblem(400, "Cannot read the request: a header is not NAME: VALUE on one line");
    }
    headers.append(name, value);
    if (name === "host") hosts.push(value);
    if (name === "content-length") lengths.push(value);
    if (name === "transfer-encoding") codings.push(value);
  }
  const isVersion11 = minor === "1";
  if (hosts.length > 1 || hosts.length === 0 && isVersion11 || hosts.some((host) => !HOST.test(host))) {
    throw new HttpProblem(
      400,
      "Cannot read the request: it needs one header Host, with a name and maybe a port",
    );
  }
  const connection = headers.get("connection")?.toLowerCase().split(",").map((part) => part.trim()) ?? [];
  return {
    method,
    target: originForm(target!, hosts[0]),
    headers,
    isVersion11,
    keepAlive: isVersion11 ? !connection.includes("close") : connection.includes("keep-alive"),
    length: lengthOf(lengths, codings, isVersion11),
  };
}

/** Returns the path and query of a target; an absolute one must be of the same host. */
function originForm(target: string, host: string | undefined): string {
  if (target.startsWith("/")) return target;
  const [, authority, path] = /^https?:\/\/([^/?#]*)(.*)$/i.exec(target) ?? [];
  if (authority === undefined || host === undefined || authority.toLowerCase() !== host.toLowerCase()) {
    throw new HttpProblem(400, "Cannot read the request: its target must be a path that begins with /");
  }
  return path!.startsWith("/") ? path! : `/${path}`;
}

/** Returns the length of the body, by the rules of RFC 9112, section 6.3, without their leniency. */
function lengthOf(lengths: string[], codings: string[], isVersion11: boolean): number | undefined {
  if (codings.length > 0) {
    if (lengths.length > 0) {
      throw new HttpProblem(400, "Cannot read the request: it has both Content-Length and Transfer-Encoding");
    }
    if (!isVersion11 || codings.length > 1 || codings[0]!.toLowerCase() !== "chunked") {
      throw new HttpProblem(501, "Cannot read the body: the only Transfer-Encoding here is chunked");
    }
    return undefined;
  }
  if (lengths.length === 0) return 0;
  if (lengths.length > 1 || !/^\d{1,15}$/.test(lengths[0]!)) {
    throw new HttpProblem(400, "Cannot read the request: it needs one Content-Length, a number of bytes");
  }
  return Number(lengths[0]);
}

/**
 * Splits a target into the segments of its path and its query.
 *
 * @param target a path that begins with `/`, maybe with a query
 * @returns the decoded segments and the query
 * @throws {HttpProblem} if a segment is not valid, or would leave its folder
 */
export function pathOf(target: string): { path: string[]; query: URLSearchParams } {
  const [, path = "", query] = /^\/([^?#]*)(?:\?([^#]*))?/.exec(target) ?? [];
  const segments = path.split("/").map((segment) => {
    try {
      return decodeURIComponent(segment);
    } catch {
      throw new HttpProblem(
        400,
        "Cannot read the path: it has a % that is not followed by UTF-8 in hexadecimal",
      );
    }
  });
  if (segments.some((segment) => segment === "." || segment === ".." || /[\0/\\]/.test(segment))) {
    throw new HttpProblem(400, "Cannot read the path: it has a segment such as .. or one with a slash");
  }
  return { path: segments, query: new URLSearchParams(query) };
}
