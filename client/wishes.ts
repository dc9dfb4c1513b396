/**
 * What the command line says of whom to believe, and with what password to come: the same for all that stay with a hub.
 *
 * @module
 */
import { readFingerprint } from "../protocol/mod.ts";
import { Access } from "./access.ts";
import { type Address, AddressError, formatAddress } from "./address.ts";
import type { Wishes } from "./guard.ts";
import { readPasswordFile } from "./password_file.ts";

/** What the command line says. */
export interface WishOptions {
  /** Whether a hub that is not known is believed, and kept as known. */
  acceptNew?: boolean | undefined;
  /** The fingerprint that the hub's certificate must have, as it was typed. */
  fingerprint?: string | undefined;
  /** Whether a hub that is known to speak TLS may be talked to without, and a password told in the clear. */
  insecure?: boolean | undefined;
  /** The file that holds the hub's password. */
  passwordFile?: string | undefined;
}

/**
 * Reads what the command line says.
 *
 * @param options as it was typed
 * @param address the hub that is meant
 * @returns what a guard is to do, and what is known of the password
 * @throws {AddressError} where the fingerprint is none, or the address says that nothing is to be encrypted
 * @throws {PasswordFileError} where the file of the password cannot be used
 */
export async function readWishes(
  { acceptNew, fingerprint: text, insecure, passwordFile }: WishOptions,
  address: Address,
): Promise<{ wishes: Wishes; access: Access }> {
  const fingerprint = text === undefined ? undefined : parseFingerprint(text);
  if (fingerprint !== undefined && address.tls === false) {
    const where = formatAddress(address);
    throw new AddressError(
      `Cannot join "rift://${where}": rift:// is without encryption, and --fingerprint with it: use rifts://${where}`,
    );
  }
  const password = passwordFile === undefined ? undefined : await readPasswordFile(passwordFile);
  return { wishes: { acceptNew, fingerprint, insecure }, access: new Access(password, insecure) };
}

/** Reads what `--fingerprint` says. */
function parseFingerprint(text: string): string {
  const fingerprint = readFingerprint(text);
  if (fingerprint !== undefined) return fingerprint;
  throw new AddressError(
    `Cannot use --fingerprint: it must be SHA256: and 43 characters of base64, as the hub says at its start: it is "${text}"`,
  );
}
