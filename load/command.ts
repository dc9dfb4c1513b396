/**
 * The flags and the help of `riftchat bench`. Its code is loaded only when it is needed.
 *
 * @module
 */
import * as commander from "@commander-js/extra-typings";
import { type Address, AddressError, chooseAddress, environmentNamesHub } from "../client/mod.ts";
import { isLoopback } from "../runtime/mod.ts";
import { MIN_MESSAGE_BYTES } from "./load_plan.ts";

const EXAMPLES = `

Examples:
  riftchat bench                            measure this machine
  riftchat bench --clients 1000 --rate 200  measure latency at a steady load
  riftchat bench localhost --seconds 60     a hub here, with --rate-limit off
  riftchat bench localhost:8080 --web       the same through WebSockets
  riftchat bench chat.example.org --yes     your hub on another machine`;

const EXPLANATION = `
The command connects clients, lets some of them send messages, and measures
when each message reaches each client. Without an address, and without the
variables below, it starts a hub of its own. Otherwise use only your own hub:
all users on it see the messages. A hub slows the senders down unless it has
--rate-limit off.

The messages are not secret, so any certificate of the hub is accepted. The
password is secret: to another machine it is sent only over TLS, and only if
an authority signed the certificate of the hub or you give its --fingerprint.
With --insecure it is always sent.

Environment:
  RIFTCHAT_HOST, HOST  the host of a running hub, if you give no address
  RIFTCHAT_PORT, PORT  the port, if you give no address

Exit status:
  0    every message reached every client
  1    some did not, the hub disconnected clients, or an internal error
  2    an invalid command line
  3    a client could not connect
  4    the hub refused a client, for example for a wrong password
  6    the certificate of the hub is not the one of --fingerprint; or the hub
       wants a password, which others could read
  130  interrupted; messages sent until then are counted`;

/**
 * The subcommand `bench`.
 *
 * @ignore the type is from the package `commander`, and the doc lint would demand its documentation here
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
    .description("Put a load on a hub and measure how many messages it delivers, and how fast." + EXAMPLES)
    .argument(
      "[address]",
      "HOST, HOST:PORT, [IPV6]:PORT, rift://HOST:PORT, or rifts://HOST:PORT for TLS " +
        "(default: as the environment says, else start a hub)",
    )
    .addOption(wholeNumberOption("--clients <count>", "the number of clients", 1, 20_000, 100))
    .addOption(
      wholeNumberOption("--senders <count>", "the number of clients that send messages", 1, 20_000, 10),
    )
    .addOption(
      wholeNumberOption(
        "--rate <messages>",
        "messages per second of all senders together; 0 for as many as the hub delivers",
        0,
        1_000_000,
        0,
      ),
    )
    .addOption(wholeNumberOption("--seconds <count>", "how long to send messages", 1, 86_400, 5))
    .addOption(wholeNumberOption("--size <bytes>", "the length of a message", MIN_MESSAGE_BYTES, 4096, 64))
    .option("--web", "connect through WebSockets, as browsers do, to the port that the hub has for --web")
    .option("--json", "print the result as one line of JSON")
    .option("--fingerprint <fingerprint>", "use TLS, and only with the certificate that has this SHA-256")
    .option(
      "--password-file <file>",
      "a file whose first line is the password of the hub, if it has one",
    )
    .option("--insecure", "send the password even if others could read it")
    .option("--yes", "confirm that a hub on another machine is yours")
    .addHelpText("after", EXPLANATION)
    .action(async (text, options) => {
      const { json = false, yes = false, clients, senders, rate, seconds, size } = options;
      const { fingerprint, passwordFile, insecure, web = false } = options;
      let address: Address | undefined;
      try {
        const environment = (name: string) => Deno.env.get(name);
        if (text !== undefined || environmentNamesHub(environment)) {
          address = chooseAddress(text, environment);
        }
      } catch (error) {
        if (!(error instanceof AddressError)) throw error;
        return command.error(`error: ${error.message}`);
      }
      if (senders > clients) {
        return command.error(
          `error: --senders must be at most --clients, which is ${clients}: it is ${senders}`,
        );
      }
      const hubOption = Object.entries({
        fingerprint,
        "password-file": passwordFile,
        insecure,
        web: options.web,
      }).find(([, value]) => value !== undefined);
      if (address === undefined && hubOption !== undefined) {
        return command.error(`error: --${hubOption[0]} needs the address of a running hub; add it`);
      }
      if (web && (fingerprint !== undefined || passwordFile !== undefined)) {
        return command.error(
          "error: --web connects without TLS and without a password; leave out --" +
            (fingerprint === undefined ? "password-file" : "fingerprint"),
        );
      }
      if (address !== undefined && !yes && !isLoopback(address.hostname)) {
        return command.error(
          `error: ${address.hostname}:${address.port}${
            address.origin === undefined ? "" : ` (${address.origin})`
          } is not this machine, and a load disturbs all users of a hub; ` +
            "add --yes if the hub is yours",
        );
      }
      const { bench } = await import("./bench.ts");
      finish(
        await bench({
          plan: { clients, senders, rate, seconds, size },
          address,
          route: { fingerprint, passwordFile, insecure },
          web,
          json,
        }),
      );
    });
  return command as unknown as BenchCommand;
}

function wholeNumberOption<const Flags extends string>(
  flags: Flags,
  description: string,
  min: number,
  max: number,
  value: number,
) {
  return new commander.Option(flags, description).default(value).argParser((text: string) => {
    if (/^\d{1,9}$/.test(text) && Number(text) >= min && Number(text) <= max) return Number(text);
    throw new commander.InvalidArgumentError(
      `It must be a whole number from ${min} to ${max}, not ${JSON.stringify(text)}.`,
    );
  });
}
