/**
 * The flags about a hub (TLS, trust, password), the same for each command that joins one. `hub_options.ts` reads their
 * values; it is loaded only when a command runs.
 *
 * @module
 */
import type * as commander from "@commander-js/extra-typings";
import { DEFAULT_HOST, DEFAULT_PORT } from "../net/mod.ts";

/** The forms of a hub's address, for the help. */
export const ADDRESS_HELP: string =
  "HOST, HOST:PORT, [IPV6]:PORT, rift://HOST:PORT, or rifts://HOST:PORT for TLS; several for the hubs of one chat, " +
  "separated by commas; the link of an invite, or - to be asked for one " +
  `(default: as the variables below say, else ${DEFAULT_HOST}:${DEFAULT_PORT})`;

/** The values of the flags, as commander returns them. */
export type HubFlags = {
  tls?: true;
  fingerprint?: string;
  acceptNew?: true;
  passwordFile?: string;
  insecure?: true;
  config: boolean;
  identity?: string | boolean;
};

/** The parts of the help that differ from command to command. */
export interface HubFlagsHelp {
  /** What happens without `--password-file` if the hub requires a password. */
  withoutPassword: string;
  /** Which key is used without `--identity`. */
  ownKey: string;
  /** The data that is not read or written with `--no-config`. */
  kept: string;
}

/**
 * Adds the flags to a command.
 *
 * @param command the command
 * @param help see {@linkcode HubFlagsHelp}
 * @returns the command with the flags
 * @ignore it has a type of the package `commander`, which the doc lint would have documented here
 */
export function addHubFlags<Args extends unknown[], Options extends commander.OptionValues>(
  command: commander.Command<Args, Options>,
  { withoutPassword, ownKey, kept }: HubFlagsHelp,
): commander.Command<Args, Options & HubFlags> {
  return command
    .option("--tls", "require TLS, as rifts:// does")
    .option(
      "--fingerprint <fingerprint>",
      "require TLS and a certificate with this SHA-256 fingerprint, or with one of several, separated by commas",
    )
    .option(
      "--accept-new",
      "trust a hub whose certificate is unknown, and store it; never one whose certificate has changed, or without any",
    )
    .option(
      "--password-file <file>",
      `a file whose first line is the hub's password; without it ${withoutPassword}`,
    )
    .option("--insecure", "allow no encryption with a hub that is known to have it, or with a password")
    .option(
      "--identity <file>",
      "your key: a file with an Ed25519 key of OpenSSH, a .pub file whose key ssh-agent has, or the word agent; " +
        `without it ${ownKey}`,
    )
    .option("--no-identity", "join as a guest, whose name belongs to nobody")
    .option("--no-config", `neither read nor store ${kept}`) as unknown as commander.Command<
      Args,
      Options & HubFlags
    >;
}
