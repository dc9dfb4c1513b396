/**
 * The names that the hub is known by. A page of somebody else can make its own name point to the hub (DNS rebinding);
 * then the browser believes that the hub is that page. The header `Host` has the wrong name, so that is refused.
 *
 * PURE.
 *
 * @module
 */
import { splitHostPort } from "../../runtime/mod.ts";

/** Names, and whether a host is one of them. */
export class KnownHosts {
  readonly #names: ReadonlySet<string>;

  /**
   * Knows names.
   *
   * @param names the names that the operator has told; one may begin with `*.`
   */
  constructor(names: readonly string[]) {
    this.#names = new Set(names.map((name) => name.toLowerCase()));
  }

  /**
   * Checks a host. Addresses are always known: only names can be made to point elsewhere.
   *
   * @param host the header `Host`: a name or an address, maybe with a port
   * @param more more names, such as those of the certificate, which may change
   * @returns whether the hub is known by it
   */
  knows(host: string, more: readonly string[]): boolean {
    const name = hostnameOf(host).toLowerCase().replace(/\.$/, "");
    if (isAddress(name) || name === "localhost" || name.endsWith(".localhost")) return true;
    const fits = (known: string) =>
      known === name || known.startsWith("*.") && name.slice(name.indexOf(".")) === known.slice(1);
    return this.#names.has(name) || this.#names.values().some(fits) || more.some(fits);
  }
}

function hostnameOf(host: string): string {
  return splitHostPort(host)?.host ?? host.replace(/^\[|\]$/g, "");
}

function isAddress(name: string): boolean {
  return name.includes(":") || /^\d{1,3}(?:\.\d{1,3}){3}$/.test(name);
}
