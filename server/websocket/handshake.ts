/**
 * The handshake of WebSocket (RFC 6455, section 4.2): checks the request and makes the answer. Who may ask, by `Origin`
 * and `Host`, is checked elsewhere.
 *
 * @module
 */

/** Why a request does not become a WebSocket. */
export interface UpgradeRefusal {
  /** The status of HTTP. */
  status: 400 | 405 | 426;
  /** The headers that the answer needs. */
  headers: Record<string, string>;
  /** What was expected and what came. */
  detail: string;
}

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** 16 bytes in base64. */
const KEY = /^[A-Za-z0-9+/]{21}[AQgw]==$/;

/**
 * Computes the answer to the key of a client.
 *
 * @param key the header `Sec-WebSocket-Key`
 * @returns the header `Sec-WebSocket-Accept`
 */
export async function acceptKey(key: string): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-1", new TextEncoder().encode(key + GUID));
  return btoa(String.fromCharCode(...new Uint8Array(hash)));
}

/**
 * Checks whether a request asks for a WebSocket as RFC 6455 demands.
 *
 * @param method the method of the request
 * @param headers its headers
 * @returns what to answer if it does not; `undefined` if it does
 */
export function checkUpgrade(method: string, headers: Headers): UpgradeRefusal | undefined {
  const refuse = (status: UpgradeRefusal["status"], detail: string, more: Record<string, string> = {}) => ({
    status,
    detail,
    headers: more,
  });
  if (method !== "GET") return refuse(405, `a WebSocket begins with GET, not ${method}`, { allow: "GET" });
  const upgrade = { connection: "Upgrade", upgrade: "websocket", "sec-websocket-version": "13" };
  if (!hasToken(headers.get("upgrade"), "websocket") || !hasToken(headers.get("connection"), "upgrade")) {
    return refuse(
      426,
      "this address is for WebSockets: it needs the headers `Connection: Upgrade` and `Upgrade: websocket`",
      upgrade,
    );
  }
  const version = headers.get("sec-websocket-version");
  if (version !== "13") {
    return refuse(426, `only version 13 of WebSocket is spoken here, not ${version ?? "none"}`, upgrade);
  }
  if (!KEY.test(headers.get("sec-websocket-key") ?? "")) {
    return refuse(400, "the header Sec-WebSocket-Key must have 16 bytes in base64");
  }
  return undefined;
}

/**
 * Makes the headers of the answer with status 101, after which the connection is a WebSocket.
 *
 * @param headers the headers of a request that {@linkcode checkUpgrade} accepts
 * @returns the headers
 */
export async function upgradeHeaders(headers: Headers): Promise<Record<string, string>> {
  return {
    upgrade: "websocket",
    connection: "Upgrade",
    "sec-websocket-accept": await acceptKey(headers.get("sec-websocket-key") ?? ""),
  };
}

/** Whether a header is a list that contains a token, in any case. */
function hasToken(header: string | null, token: string): boolean {
  return header?.split(",").some((part) => part.trim().toLowerCase() === token) ?? false;
}
