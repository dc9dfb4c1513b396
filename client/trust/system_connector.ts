/**
 * The secure connector with the config folder of this machine.
 *
 * @module
 */
import { ConfigError, type ConfigFolder, findConfigFolder, NO_CONFIG_FOLDER } from "../config/mod.ts";
import { SecureConnector } from "./secure_connector.ts";
import { KnownHubs } from "./known_hubs.ts";
import type { Connect, Encrypt } from "../net/mod.ts";
import type { TimedClock } from "../../runtime/mod.ts";
import type { TrustOptions } from "./verdict.ts";

/** The settings of a connector. */
export interface SystemConnectorOptions {
  /** The user's options about trust. */
  trust: TrustOptions;
  /** Whether to use the config folder. Without it no hub is known at the start, and nothing is stored. */
  config: boolean;
  /** Whether to notify once about an unknown hub on another machine that does not speak TLS. */
  tellPlain: boolean;
  /** Receives notices for the user, one line each. */
  notify: (notice: string) => void;
}

/** Dependencies of a connector. */
export interface ConnectorDependencies {
  /** Opens connections. */
  connect: Connect;
  /** Encrypts connections. */
  encrypt: Encrypt;
  /** The clock. */
  clock: TimedClock;
}

/**
 * Makes a connector.
 *
 * @param options see {@linkcode SystemConnectorOptions}
 * @param dependencies see {@linkcode ConnectorDependencies}
 * @returns the connector
 */
export function systemConnector(
  { trust, config, tellPlain, notify }: SystemConnectorOptions,
  { connect, encrypt, clock }: ConnectorDependencies,
): SecureConnector {
  const known = new KnownHubs(
    () => config ? configFolder() : Promise.resolve(NO_CONFIG_FOLDER),
    notify,
  );
  return new SecureConnector({ trust, known, connect, encrypt, clock, tellPlain, notify });
}

/** Without a home folder there is no config folder: no hub is known, and nothing is stored. */
async function configFolder(): Promise<ConfigFolder> {
  try {
    return await findConfigFolder();
  } catch (error) {
    if (error instanceof ConfigError) return NO_CONFIG_FOLDER;
    throw error;
  }
}
