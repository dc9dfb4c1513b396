/**
 * How a hub is to be reached, for those who have many connections to make and say nothing that is anybody's secret.
 *
 * @module
 */
import type { Address } from "./address.ts";
import { systemClock } from "./clock.ts";
import { Guard } from "./guard.ts";
import { KnownHubs } from "./known_hubs.ts";
import { NO_CONFIG_FOLDER } from "./config_folder.ts";
import { connectTcp, reach } from "./tcp.ts";
import { encryptTcp, type TlsRoute } from "./tls.ts";

/**
 * Finds out whether a hub speaks TLS, by connecting once; any certificate will do.
 *
 * @param address where it is
 * @param signal gives up when aborted
 * @returns how to encrypt connections to it; nothing where it does not speak TLS
 * @throws {LinkError} where it cannot be reached
 */
export async function findRoute(address: Address, signal: AbortSignal): Promise<TlsRoute | undefined> {
  const clock = systemClock;
  const known = new KnownHubs(() => Promise.resolve(NO_CONFIG_FOLDER));
  const options = { known, connect: connectTcp, encrypt: encryptTcp, clock, tell: () => {} };
  const guard = new Guard({ wishes: { anyone: true }, ...options });
  const connection = await reach(address, { connect: guard.connect, clock, signal });
  connection.close();
  return connection.security?.route;
}
