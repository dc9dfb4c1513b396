/**
 * The address in the links of invites: where others reach the hub.
 *
 * PURE.
 *
 * @module
 */
import { hostPort, isLoopback } from "../../runtime/mod.ts";
import type { PublicAddress } from "../settings/mod.ts";

/** Where a hub listens. */
export interface ListenFacts {
  /** The IP address. */
  host: string;
  /** The port. */
  port: number;
  /** The port for TLS, if there is one; the same as `port` if the hub speaks TLS only. */
  tlsPort: number | undefined;
}

/** Where others reach a hub. */
export interface InviteAddress {
  /** `rift` or `rifts`; for browsers `https`. */
  scheme: "rift" | "rifts" | "https";
  /** Such as `chat.example.org:8000`. */
  where: string;
}

/**
 * Finds where others reach a hub.
 *
 * @param at what the operator has said
 * @param listens where the hub listens; `undefined` if that is not known
 * @returns the address; `undefined` if nothing is known that others can reach
 */
export function inviteAddress(
  at: PublicAddress | undefined,
  listens: ListenFacts | undefined,
): InviteAddress | undefined {
  const tls = at?.tls ?? listens?.tlsPort !== undefined;
  const port = at?.port ?? (tls ? listens?.tlsPort : undefined) ?? listens?.port;
  const host = at?.host ?? (listens !== undefined && isReachable(listens.host) ? listens.host : undefined);
  if (host === undefined || port === undefined) return undefined;
  return { scheme: tls ? "rifts" : "rift", where: hostPort(host, port) };
}

/**
 * Finds where others reach the page of a hub, from the page of somebody who uses it.
 *
 * @param origin the origin of that page, if there is one
 * @returns the address; `undefined` if others cannot use it: it is on this machine, or browsers offer no keys there
 */
export function pageAddress(origin: string | undefined): InviteAddress | undefined {
  const url = origin === undefined ? null : URL.parse(origin);
  if (url?.protocol !== "https:") return undefined;
  const name = url.hostname.replace(/^\[|\]$/g, "");
  if (isLoopback(name) || /\.localhost\.?$/.test(name)) return undefined;
  return { scheme: "https", where: url.host };
}

/** Whether others may reach a hub that listens on an address: not on all addresses, nor on this machine alone. */
function isReachable(host: string): boolean {
  return host !== "0.0.0.0" && host !== "::" && !isLoopback(host);
}
