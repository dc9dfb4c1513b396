/**
 * The addresses of other hubs of the same chat, as the welcome of a hub names them.
 *
 * @module
 */
import { MAX_HUB_CHARS, MAX_HUBS } from "../../protocol/mod.ts";
import type { Address } from "./address.ts";

/** Which of the addresses a client can use, and what it knows of the hub that names them. */
export interface NamedHubsOptions {
  /** The schemes without and with TLS that the client speaks. */
  schemes?: { plain: string; tls: string; ports: Record<"plain" | "tls", number> } | undefined;
  /** Whether the connection to that hub is encrypted: then only addresses with TLS count. */
  encrypted: boolean;
  /** The public key of that hub, if it has one: the others must prove to have the same. */
  identity: string | undefined;
  /** The invite with which the client has come to that hub. */
  invite?: Address["invite"] | undefined;
}

/** An address: its scheme, an IPv6 address or a host, and a port. */
const HUB = /^([a-z]+):\/\/(?:\[([\da-f:.]+)\]|([\w.-]+))(?::([1-9]\d{0,4}))?\/?$/i;

/** The schemes of the protocol itself. The port is 8000 in both. */
const RIFT = { plain: "rift", tls: "rifts", ports: { plain: 8000, tls: 8000 } };

/** The schemes of the page for browsers. */
export const WEB_SCHEMES: NonNullable<NamedHubsOptions["schemes"]> = {
  plain: "http",
  tls: "https",
  ports: { plain: 80, tls: 443 },
};

/**
 * Reads the addresses of hubs that a hub has named. What a client cannot use is left out, since a later version may
 * name other addresses as well.
 *
 * @param named the addresses, such as `rifts://b.example.org:8000`
 * @param options see {@linkcode NamedHubsOptions}
 * @returns the addresses that the client can use
 */
export function namedHubs(
  named: readonly string[],
  { schemes = RIFT, encrypted, identity, invite }: NamedHubsOptions,
): Address[] {
  return named.slice(0, MAX_HUBS).flatMap((text) => {
    const [, scheme = "", ipv6, name, port] = HUB.exec(text) ?? [];
    const kind = (["tls", "plain"] as const).find((kind) => schemes[kind] === scheme.toLowerCase());
    if (kind === undefined || text.length > MAX_HUB_CHARS || (encrypted && kind === "plain")) return [];
    return [{
      hostname: (ipv6 ?? name)!,
      port: port === undefined ? schemes.ports[kind] : Number(port),
      tls: kind === "tls",
      ...identity === undefined ? {} : { identity },
      ...invite && { invite },
    }];
  });
}
