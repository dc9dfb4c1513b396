/**
 * The hub's password, and to which hub it may be sent.
 *
 * Rules:
 * - It is sent only to a hub that asks for it.
 * - It is sent only over TLS to a hub that is verified, or to a hub on this machine. `--insecure` allows the rest.
 * - It is never shown and never stored.
 *
 * @module
 */
import type { Security } from "../net/mod.ts";

/** The password of one client's hub. */
export class Credentials {
  /** The password; `undefined` if it is not known. */
  password: string | undefined;
  /** Whether the hub has refused the last attempt because of a missing or wrong password. */
  required = false;
  readonly #insecure: boolean;

  /**
   * Makes the credentials for one hub.
   *
   * @param password the password, if it is known
   * @param insecure whether it may be sent without encryption, or to a hub that is not verified (`--insecure`)
   */
  constructor(password?: string, insecure = false) {
    this.password = password;
    this.#insecure = insecure;
  }

  /**
   * Explains why the password must not be sent over a connection.
   *
   * @param security the security of the connection
   * @returns the reason and what to do, for the user; `undefined` if the password may be sent
   */
  whyWithheld({ encrypted, local, verified }: Security): string | undefined {
    if (this.#insecure || local || (encrypted && verified !== undefined)) return undefined;
    const why = encrypted
      ? "it is not known whether this is the right hub: add --fingerprint with its fingerprint"
      : "the connection is not encrypted, so others could read it: start the hub with TLS (riftchat serve --tls)";
    return `it wants a password, but ${why}, or add --insecure to send the password anyway`;
  }
}
