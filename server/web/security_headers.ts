/**
 * Headers that protect the page and its users.
 *
 * PURE.
 *
 * @module
 */

/** What the page may do: use its own files and the hubs of its chat, and nothing else; no code or style inside it. */
const PAGE_POLICY = (host: string, sockets: readonly string[]) =>
  [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    // 'self' does not mean WebSockets in all browsers.
    ["connect-src 'self'", `ws://${host}`, `wss://${host}`, ...sockets].join(" "),
    "manifest-src 'self'",
    "worker-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");

/** How long a browser uses HTTPS only, in seconds: half a year. */
const HSTS_SECONDS = 15_552_000;

/** For which request the headers are. */
export interface SecurityContext {
  /** The header `Host`, which was checked. */
  host: string;
  /** The addresses of other hubs of the same chat: the page may connect to those with `http://` or `https://`. */
  peers: readonly string[];
  /** Whether it is a file of the page. */
  isPage: boolean;
  /** Whether the browser may be told to use HTTPS only, as it trusts the certificate. */
  isTrusted: boolean;
}

/**
 * Returns the headers of an answer.
 *
 * @param context see {@linkcode SecurityContext}
 * @returns the headers
 */
export function securityHeaders(
  { host, peers, isPage, isTrusted }: SecurityContext,
): Record<string, string> {
  const sockets = peers.flatMap((peer) => {
    const { protocol, host: other } = URL.parse(peer) ?? {};
    return protocol === "https:" ? [`wss://${other}`] : protocol === "http:" ? [`ws://${other}`] : [];
  });
  return {
    "content-security-policy": isPage
      ? PAGE_POLICY(host, sockets)
      : "default-src 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    ...isTrusted ? { "strict-transport-security": `max-age=${HSTS_SECONDS}` } : {},
  };
}
