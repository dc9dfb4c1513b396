/**
 * Reads the options of the command line about a hub: its address, how to verify it, and its password.
 *
 * @module
 */
import { readFingerprint } from "../../identity/mod.ts";
import { Credentials, readPasswordFile, type TrustOptions } from "../trust/mod.ts";
import { type Address, AddressError, chooseAddresses, formatAddress } from "../net/mod.ts";
import type { Machine } from "../machine/mod.ts";

/** The options about a hub, as they were typed. */
export interface HubOptionInput {
  /** The addresses of the hubs of one chat, separated by commas; see `chooseAddresses` for the default. */
  address?: string | undefined;
  /** Whether the config folder is read and written. The default is `true`. */
  config?: boolean;
  /** Whether TLS is required, whatever the address says. */
  tls?: boolean | undefined;
  /** Whether a hub that is not known is trusted and stored as known. */
  acceptNew?: boolean | undefined;
  /** The fingerprints of which the hub's certificate must have one, separated by commas. */
  fingerprint?: string | undefined;
  /** Whether a hub that is known to speak TLS may be joined without it, and a password sent in the clear. */
  insecure?: boolean | undefined;
  /** The path of the file with the hub's password. */
  passwordFile?: string | undefined;
  /** The key to use, as `chooseIdentity` takes it; `false` for none. The default is the own key. */
  identity?: string | boolean | undefined;
}

/** The options, parsed. */
export interface HubOptions {
  /** The addresses of the hubs of one chat. */
  addresses: readonly [Address, ...Address[]];
  /** Whether the config folder may be used. */
  config: boolean;
  /** Which hub to trust. */
  trust: TrustOptions;
  /** The password, and when it may be sent. */
  credentials: Credentials;
  /** As typed. */
  identity: string | boolean | undefined;
}

/**
 * Parses the options, and reads the password file if there is one.
 *
 * @param options the options
 * @param environment returns an environment variable
 * @returns the parsed options
 * @throws {AddressError} if the address or the fingerprint is invalid, or `--fingerprint` is given with `rift://`
 * @throws {PasswordFileError} if the password file cannot be used
 */
export async function readHubOptions(
  { address, config = true, tls = false, acceptNew, fingerprint, identity, insecure, passwordFile }:
    HubOptionInput,
  environment: Machine["environment"],
): Promise<HubOptions> {
  const addresses = chooseAddresses(address, environment, tls);
  const plain = addresses.find((hub) => hub.tls === false);
  if (fingerprint !== undefined && plain !== undefined) {
    const hub = formatAddress(plain);
    throw new AddressError(
      `Cannot join "rift://${hub}": rift:// has no encryption, but --fingerprint needs it: use rifts://${hub}`,
    );
  }
  const password = passwordFile === undefined ? undefined : await readPasswordFile(passwordFile);
  return {
    addresses,
    config,
    identity,
    trust: {
      acceptNew,
      insecure,
      fingerprints: fingerprint === undefined ? undefined : parseFingerprints(fingerprint),
    },
    credentials: new Credentials(password, insecure),
  };
}

/**
 * Parses the value of `--fingerprint`.
 *
 * @param text the value: fingerprints, separated by commas
 * @returns the fingerprints
 * @throws {AddressError} if one of them is not a fingerprint
 */
export function parseFingerprints(text: string): string[] {
  return text.split(",").map((part) => parseFingerprint(part.trim()));
}

function parseFingerprint(text: string): string {
  const fingerprint = readFingerprint(text);
  if (fingerprint !== undefined) return fingerprint;
  throw new AddressError(
    "Cannot use --fingerprint: it must be SHA256: and 43 characters of base64, as the hub prints it at its start: " +
      `it is "${text}"`,
  );
}
