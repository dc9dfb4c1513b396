/**
 * The command line of `riftchat bench`: flags and help. What it does is loaded only when it is done.
 *
 * @module
 */
import * as commander from "@commander-js/extra-typings";
import { type Address, AddressError, parseAddress } from "../client/mod.ts";
import { isLoopback } from "../runtime/mod.ts";
import { MIN_LINE_BYTES } from "./load_plan.ts";

const EXPLANATION = `
Clients connect, some of them say lines, and it is counted when each line
reaches each client. Without an address a hub is started for it; with one, use
a hub of your own: everybody on it sees the lines. A hub lets the senders wait
unless it was started with --rate-limit off.

Any certificate of the hub will do, as the lines are no secret. The password is:
beyond this machine it is told only to a hub with TLS for which an authority
vouches, or that has the certificate of --fingerprint, unless --insecure.

Examples:
  riftchat bench                            how fast this machine is
  riftchat bench --clients 1000 --rate 200  a steady load: how long lines take
  riftchat bench localhost --seconds 60     a hub here, with --rate-limit off
  riftchat bench chat.example.org --yes     a hub of yours somewhere else

Exit status:
  0    every line reached every client
  1    some did not, the hub ended clients, or a fault of the program
  2    a wrong command line
  3    a client could not connect
  4    the hub refused, as for a wrong password
  6    the hub has another certificate than --fingerprint says; or it wants a
       password, and others could read that
  130  interrupted; what had been said by then was heard`;

/**
 * The subcommand `bench`.
 *
 * @ignore it is a type of the package `commander`, which the doc lint would have documented here
 */
export type BenchCommand = commander.Command;

/**
 * Makes the subcommand.
 *
 * @param finish called once, at the end, with the exit status
 * @returns `bench`, to be added to the program
 */
export function benchCommand(finish: (status: number) => void): BenchCommand {
  const command = new commander.Command("bench")
    .summary("measure a hub under load")
    .description("Put a load on a hub and measure what it carries.")
    .argument(
      "[address]",
      "HOST, HOST:PORT, [IPV6]:PORT, rift://HOST:PORT, or rifts://HOST:PORT for TLS (default: a hub of its own)",
    )
    .addOption(whole("--clients <count>", "how many are connected", 1, 20_000, 100))
    .addOption(whole("--senders <count>", "how many of them say lines", 1, 20_000, 10))
    .addOption(
      whole(
        "--rate <lines>",
        "lines a second over all senders; 0 for as many as the hub echoes",
        0,
        1_000_000,
        0,
      ),
    )
    .addOption(whole("--seconds <count>", "for how long", 1, 86_400, 5))
    .addOption(whole("--size <bytes>", "how long a line is", MIN_LINE_BYTES, 4096, 64))
    .option("--json", "print the result as one line of JSON")
    .option("--fingerprint <fingerprint>", "speak TLS with the hub whose certificate has this SHA-256")
    .option(
      "--password-file <file>",
      "a file whose first line is the hub's password; without it a hub that wants one refuses",
    )
    .option("--insecure", "tell the password where others could read it, too")
    .option("--yes", "the hub is mine, although it is not on this machine")
    .addHelpText("after", EXPLANATION)
    .action(async (text, options) => {
      const { json = false, yes = false, clients, senders, rate, seconds, size } = options;
      const { fingerprint, passwordFile, insecure } = options;
      let address: Address | undefined;
      try {
        address = text === undefined ? undefined : parseAddress(text);
      } catch (error) {
        if (!(error instanceof AddressError)) throw error;
        return command.error(`error: ${error.message}`);
      }
      if (senders > clients) {
        return command.error(
          `error: --senders must be at most --clients, which is ${clients}: it is ${senders}`,
        );
      }
      const ofAHub = Object.entries({ fingerprint, "password-file": passwordFile, insecure })
        .find(([, value]) => value !== undefined);
      if (address === undefined && ofAHub !== undefined) {
        return command.error(`error: --${ofAHub[0]} is about a hub that runs already: add its address`);
      }
      if (address !== undefined && !yes && !isLoopback(address.hostname)) {
        return command.error(
          `error: ${address.hostname}:${address.port} is not this machine: a load disturbs everybody on a hub; ` +
            "add --yes if it is yours",
        );
      }
      const { bench } = await import("./bench.ts");
      finish(
        await bench({
          plan: { clients, senders, rate, seconds, size },
          address,
          route: { fingerprint, passwordFile, insecure },
          json,
        }),
      );
    });
  return command as unknown as BenchCommand;
}

function whole<const Flags extends string>(
  flags: Flags,
  what: string,
  least: number,
  most: number,
  usual: number,
) {
  return new commander.Option(flags, what).default(usual).argParser((text: string) => {
    if (/^\d{1,9}$/.test(text) && Number(text) >= least && Number(text) <= most) return Number(text);
    throw new commander.InvalidArgumentError(
      `It must be a whole number from ${least} to ${most}, not ${JSON.stringify(text)}.`,
    );
  });
}
