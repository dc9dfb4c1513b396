/**
 * How a hub is to be reached, for those who have many connections to make and say nothing that is anybody's secret but
 * the hub's password.
 *
 * @module
 */
import { Credentials, KnownHubs, readPasswordFile, SecureConnector } from "../trust/mod.ts";
import { type Address, connectTcp, connectWithTimeout, encryptTcp, type TlsParameters } from "../net/mod.ts";
import { parseFingerprint } from "./hub_options.ts";
import { systemClock } from "../../runtime/mod.ts";
import { NO_CONFIG_FOLDER } from "../config/mod.ts";
import { Link } from "../link/mod.ts";

export { PasswordFileError } from "../trust/mod.ts";

/** What the command line says beside the address. */
export interface RouteOptions {
  /** The fingerprint that the hub's certificate must have, as it was typed; any will do without. */
  fingerprint?: string | undefined;
  /** The file that holds the hub's password. */
  passwordFile?: string | undefined;
  /** Whether the password may be told where others could read it, or the hub may be another one. */
  insecure?: boolean | undefined;
}

/** How to come to a hub. */
export interface Route {
  /** How to encrypt connections to it; they are not without. */
  tls: TlsParameters | undefined;
  /** The password, where one is known; it may be told on connections that are made in this way. */
  password: string | undefined;
}

/**
 * Finds out how a hub is to be reached, by connecting once. Where there is a password the hub is joined for a moment,
 * so
 * that it is told only to the hub that is meant, and a wrong one only once. Nothing is read from the config folder, and
 * nothing kept.
 *
 * @param address where it is
 * @param options see {@linkcode RouteOptions}
 * @param signal gives up when aborted
 * @returns the route
 * @throws {AddressError} where the fingerprint is none
 * @throws {PasswordFileError} where that file cannot be used
 * @throws {LinkError} where it cannot be reached; `refused` where it refuses; `untrusted` where it is not to be
 * believed, or
 * the password is not to be told
 */
export async function findRoute(
  address: Address,
  { fingerprint, passwordFile, insecure }: RouteOptions,
  signal: AbortSignal,
): Promise<Route> {
  const clock = systemClock;
  const password = passwordFile === undefined ? undefined : await readPasswordFile(passwordFile);
  const wanted = fingerprint === undefined ? undefined : parseFingerprint(fingerprint);
  const connector = new SecureConnector({
    trust: { acceptAny: true, fingerprint: wanted },
    known: new KnownHubs(() => Promise.resolve(NO_CONFIG_FOLDER)),
    connect: connectTcp,
    encrypt: encryptTcp,
    clock,
    notify: () => {},
  });
  const ways = { connect: connector.connect, clock, signal };
  const connection = password === undefined
    ? await connectWithTimeout(address, ways)
    : await Link.open(address, {
      ...ways,
      credentials: new Credentials(password, insecure),
      received: () => {},
    });
  connection.close();
  if (connection instanceof Link) await connection.closed;
  return { tls: connection.security?.tlsParameters, password };
}
