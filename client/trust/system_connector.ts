/**
 * The guard of this machine: with its config folder, and what it connects with. Whatever connects to a hub does so through
 * one.
 *
 * @module
 */
import { ConfigError, type ConfigFolder, findConfigFolder, NO_CONFIG_FOLDER } from "../config/mod.ts";
import { SecureConnector, type TrustOptions } from "./secure_connector.ts";
import { KnownHubs } from "./known_hubs.ts";
import type { Connect, Encrypt } from "../net/mod.ts";
import type { TimedClock } from "../../runtime/mod.ts";

/** What a guard is to do. */
export interface SystemConnectorOptions {
  /** What a person wants. */
  trust: TrustOptions;
  /** Whether the config folder may be used; without it nothing is known but what becomes so now. */
  config: boolean;
  /** Takes what a person should know, in one line. */
  notify: (notice: string) => void;
}

/** What a connector opens and encrypts connections with. */
export interface ConnectorDependencies {
  /** Opens connections. */
  connect: Connect;
  /** Encrypts them. */
  encrypt: Encrypt;
  /** Measures time. */
  clock: TimedClock;
}

/**
 * Makes a guard.
 *
 * @param options see {@linkcode SystemConnectorOptions}
 * @param ports what it connects with
 * @returns the guard
 */
export function systemConnector(
  { trust, config, notify }: SystemConnectorOptions,
  { connect, encrypt, clock }: ConnectorDependencies,
): SecureConnector {
  const known = new KnownHubs(() => config ? configFolder() : Promise.resolve(NO_CONFIG_FOLDER));
  return new SecureConnector({ trust, known, connect, encrypt, clock, notify });
}

/** Where there is no such folder, as nobody says where the home is, nothing is known and nothing kept. */
async function configFolder(): Promise<ConfigFolder> {
  try {
    return await findConfigFolder();
  } catch (error) {
    if (error instanceof ConfigError) return NO_CONFIG_FOLDER;
    throw error;
  }
}
