/**
 * How a hub is approached: where it is, what is believed of it, and the password, as the command line says it.
 *
 * @module
 */
import { readFingerprint } from "../../protocol/mod.ts";
import { Credentials, readPasswordFile, type TrustOptions } from "../trust/mod.ts";
import { type Address, AddressError, chooseAddress, formatAddress } from "../net/mod.ts";
import type { Machine } from "../machine/mod.ts";

/** What the command line says of a hub. */
export interface HubOptionInput {
  /** Where the hub is, as it was typed; see `chooseAddress` for what holds without. */
  address?: string | undefined;
  /** Whether the config folder may be used; without it nothing is kept, and nothing kept is read. By default it may. */
  config?: boolean;
  /** Whether TLS is to be spoken, whatever the address says. */
  tls?: boolean | undefined;
  /** Whether a hub that is not known is believed, and kept as known. */
  acceptNew?: boolean | undefined;
  /** The fingerprint that the hub's certificate must have, as it was typed. */
  fingerprint?: string | undefined;
  /** Whether a hub that is known to speak TLS may be talked to without, and a password told in the clear. */
  insecure?: boolean | undefined;
  /** The file that holds the hub's password. */
  passwordFile?: string | undefined;
}

/** What that comes to. */
export interface HubOptions {
  /** Where the hub is. */
  address: Address;
  /** Whether the config folder may be used. */
  config: boolean;
  /** Whom to believe. */
  trust: TrustOptions;
  /** The password, and when it may be told. */
  credentials: Credentials;
}

/**
 * Reads what the command line says of a hub, and the password's file where it names one.
 *
 * @param options what it says
 * @param environment gives a variable of the environment
 * @returns what it comes to
 * @throws {AddressError} where the address or the fingerprint is none, or the address says that nothing is to be
 * encrypted
 * @throws {PasswordFileError} where that file cannot be used
 */
export async function readHubOptions(
  { address, config = true, tls = false, acceptNew, fingerprint, insecure, passwordFile }: HubOptionInput,
  environment: Machine["environment"],
): Promise<HubOptions> {
  const where = chooseAddress(address, environment, tls);
  if (fingerprint !== undefined && where.tls === false) {
    const hub = formatAddress(where);
    throw new AddressError(
      `Cannot join "rift://${hub}": rift:// is without encryption, and --fingerprint with it: use rifts://${hub}`,
    );
  }
  const password = passwordFile === undefined ? undefined : await readPasswordFile(passwordFile);
  return {
    address: where,
    config,
    trust: {
      acceptNew,
      insecure,
      fingerprint: fingerprint === undefined ? undefined : parseFingerprint(fingerprint),
    },
    credentials: new Credentials(password, insecure),
  };
}

/**
 * Reads what `--fingerprint` says.
 *
 * @param text as it was typed
 * @returns the fingerprint
 * @throws {AddressError} where it is none
 */
export function parseFingerprint(text: string): string {
  const fingerprint = readFingerprint(text);
  if (fingerprint !== undefined) return fingerprint;
  throw new AddressError(
    "Cannot use --fingerprint: it must be SHA256: and 43 characters of base64, as the hub says at its start: " +
      `it is "${text}"`,
  );
}
