/**
 * The password of a hub, as far as it is known here, and when it may be told.
 *
 * Rules: it is told to a hub that asks for it, over a connection that nobody else can read and to the hub that was meant:
 * with TLS and a certificate that is known, or on this machine; anywhere else only where somebody said `--insecure`. It is
 * never shown and never kept.
 *
 * @module
 */
import type { Address, Security } from "../net/mod.ts";
import { isLoopback } from "../../runtime/mod.ts";

/** What one client knows of the password of its hub. */
export class Credentials {
  /** The password, where it is known. */
  password: string | undefined;
  /** Whether the hub wants one, and what was given last was none or the wrong one. */
  required = false;
  readonly #insecure: boolean;

  /**
   * Begins with what is known.
   *
   * @param password the password, where it is known
   * @param insecure whether it may be told in the clear
   */
  constructor(password?: string, insecure = false) {
    this.password = password;
    this.#insecure = insecure;
  }

  /**
   * Says why the password is not told over a connection.
   *
   * @param address where the hub is
   * @param security how safe the connection is
   * @returns why, and what to do, for people; nothing where it may be told
   */
  whyWithheld({ hostname }: Address, { encrypted, verified }: Security): string | undefined {
    if (this.#insecure || isLoopback(hostname) || (encrypted && verified !== undefined)) return undefined;
    const why = encrypted
      ? "it is not known whether this is the hub that was meant; say which is with --fingerprint"
      : "the connection is not encrypted, so that others could read it; have it speak TLS (riftchat serve --tls)";
    return `it wants a password, and ${why}, or add --insecure`;
  }
}
