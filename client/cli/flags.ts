/**
 * The flags that say how a hub is to be approached, for each command that joins one: the same words everywhere. What
 * they
 * come to is read in `approach.ts`, which is loaded only when something is done.
 *
 * @module
 */
import type * as commander from "@commander-js/extra-typings";
import { DEFAULT_HOST, DEFAULT_PORT } from "../net/mod.ts";

/** What may stand where a hub's address is expected, as help says it. */
export const ADDRESS_HELP: string =
  "HOST, HOST:PORT, [IPV6]:PORT, rift://HOST:PORT, or rifts://HOST:PORT for TLS " +
  `(default: as the variables below say, else ${DEFAULT_HOST}:${DEFAULT_PORT})`;

/** What those flags come to, as commander has them. */
export type HubFlags = {
  tls?: true;
  fingerprint?: string;
  acceptNew?: true;
  passwordFile?: string;
  insecure?: true;
  config: boolean;
};

/** What differs from command to command. */
export interface HubFlagsHelp {
  /** What happens without `--password-file` where the hub wants a password. */
  withoutPassword: string;
  /** What `--no-config` leaves alone. */
  kept: string;
}

/**
 * Adds the flags to a command.
 *
 * @param command the command
 * @param help see {@linkcode HubFlagsHelp}
 * @returns the command, with them
 * @ignore it has a type of the package `commander`, which the doc lint would have documented here
 */
export function addHubFlags<Args extends unknown[], Options extends commander.OptionValues>(
  command: commander.Command<Args, Options>,
  { withoutPassword, kept }: HubFlagsHelp,
): commander.Command<Args, Options & HubFlags> {
  return command
    .option("--tls", "speak TLS, or not at all, as with rifts://")
    .option("--fingerprint <fingerprint>", "speak TLS with the hub whose certificate has this SHA-256")
    .option(
      "--accept-new",
      "believe a hub whose certificate is not known, and keep it; never one that has changed",
    )
    .option(
      "--password-file <file>",
      `a file whose first line is the hub's password; without it ${withoutPassword}`,
    )
    .option("--insecure", "go without encryption where the hub is known to have it, and with a password")
    .option("--no-config", `neither read nor keep ${kept}`) as unknown as commander.Command<
      Args,
      Options & HubFlags
    >;
}
