/**
 * Finds out how to connect to a hub, for programs that make many connections and send no secret except the password of
 * the hub.
 *
 * @module
 */
import { Credentials, KnownHubs, readPasswordFile, SecureConnector } from "../trust/mod.ts";
import { type Address, connectTcp, connectWithTimeout, encryptTcp, type TlsParameters } from "../net/mod.ts";
import { parseFingerprints } from "./hub_options.ts";
import { systemClock } from "../../runtime/mod.ts";
import { NO_CONFIG_FOLDER } from "../config/mod.ts";
import { Link } from "../link/mod.ts";

export { PasswordFileError } from "../trust/mod.ts";

/** The options beside the address. */
export interface RouteOptions {
  /** The fingerprint that the hub's certificate must have, as typed; without it any certificate is accepted. */
  fingerprint?: string | undefined;
  /** The path of the file with the hub's password. */
  passwordFile?: string | undefined;
  /** Whether the password may be sent where others can read it, or to a hub that may be the wrong one. */
  insecure?: boolean | undefined;
}

/** How to connect to a hub. */
export interface Route {
  /** TLS parameters; without them connections are not encrypted. */
  tls: TlsParameters | undefined;
  /** The password, if it is known; it may be sent on such connections. */
  password: string | undefined;
}

/**
 * Finds out how to connect to a hub, by connecting once. With a password it also joins the hub for a moment, so that
 * the hub is verified before, and a wrong password is sent only once. The config folder is not used.
 *
 * @param address the address of the hub
 * @param options see {@linkcode RouteOptions}
 * @param signal gives up when aborted
 * @returns the route
 * @throws {AddressError} if the fingerprint is invalid
 * @throws {PasswordFileError} if the password file cannot be used
 * @throws {LinkError} if the hub cannot be reached; `refused` if it refuses; `untrusted` if it may be the wrong one, or
 * others could read the password
 */
export async function findRoute(
  address: Address,
  { fingerprint, passwordFile, insecure }: RouteOptions,
  signal: AbortSignal,
): Promise<Route> {
  const clock = systemClock;
  const password = passwordFile === undefined ? undefined : await readPasswordFile(passwordFile);
  const wanted = fingerprint === undefined ? undefined : parseFingerprints(fingerprint);
  const connector = new SecureConnector({
    trust: { acceptAny: true, fingerprints: wanted },
    known: new KnownHubs(() => Promise.resolve(NO_CONFIG_FOLDER)),
    connect: connectTcp,
    encrypt: encryptTcp,
    clock,
    tellPlain: false,
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
