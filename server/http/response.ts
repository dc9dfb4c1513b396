/**
 * The head of an answer.
 *
 * PURE.
 *
 * @module
 */

const REASONS: Readonly<Record<number, string>> = {
  101: "Switching Protocols",
  200: "OK",
  201: "Created",
  204: "No Content",
  304: "Not Modified",
  308: "Permanent Redirect",
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  408: "Request Timeout",
  409: "Conflict",
  413: "Content Too Large",
  414: "URI Too Long",
  415: "Unsupported Media Type",
  417: "Expectation Failed",
  421: "Misdirected Request",
  426: "Upgrade Required",
  429: "Too Many Requests",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
  501: "Not Implemented",
  503: "Service Unavailable",
  505: "HTTP Version Not Supported",
  507: "Insufficient Storage",
};

/**
 * Returns the reason phrase of a status (RFC 9110, section 15).
 *
 * @param status the status
 * @returns the phrase
 */
export function reasonOfStatus(status: number): string {
  return REASONS[status] ?? "Unknown";
}

/**
 * Formats the head of an answer.
 *
 * @param status the status
 * @param headers the headers
 * @returns its bytes, with the empty line
 * @throws {TypeError} if a header would break the head
 */
export function answerHead(
  status: number,
  headers: Readonly<Record<string, string>>,
): Uint8Array<ArrayBuffer> {
  let head = `HTTP/1.1 ${status} ${reasonOfStatus(status)}\r\n`;
  for (const [name, value] of Object.entries(headers)) {
    // A line break would begin another header.
    if (/[^\t\x20-\x7e\x80-\xff]/.test(value)) throw new TypeError(`the header ${name} has an invalid value`);
    head += `${name}: ${value}\r\n`;
  }
  return Uint8Array.from(head + "\r\n", (character) => character.charCodeAt(0));
}
