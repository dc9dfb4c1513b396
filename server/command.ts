/**
 * `riftchat serve`: its flags and its help; from the first line on stdout to the exit status.
 *
 * @module
 */
import * as commander from "@commander-js/extra-typings";
import { DEFAULT_HOST, DEFAULT_MAX_CONNECTIONS, DEFAULT_PORT } from "./limits.ts";
import { LOG_FORMATS, LOG_LEVELS } from "./log_options.ts";

/**
 * The subcommand `serve`.
 *
 * @ignore it is a type of the package `commander`, which the doc lint would have documented here
 */
export type ServeCommand = commander.Command;

/** Where the port comes from when no flag names it, the first that is set. */
const PORT_VARIABLES = ["RIFTCHAT_PORT", "PORT"];

const EXAMPLES = `
The first line on stdout is "listening on HOST:PORT"; the log goes to stderr.
SIGINT and SIGTERM stop the hub after telling everyone; a second signal stops
it at once.

Examples:
  riftchat serve                          host a hub on port 8000
  riftchat serve --host 127.0.0.1 -p 0    for this machine alone, on any port
  riftchat serve --log-format json        with a log for programs

Environment:
  RIFTCHAT_PORT  the port where no flag names it
  PORT           the port where neither a flag nor RIFTCHAT_PORT names it

Exit status:
  0         stopped by a signal
  1         it could not listen there, or a fault of the program or its machine
  2         a wrong command line
  130, 143  ended at once by a second signal (SIGINT, SIGTERM)`;

/**
 * Makes the subcommand.
 *
 * @param finish takes the exit status when it is done
 * @returns `serve`, to be added to the program
 */
export function serveCommand(finish: (status: number) => void): ServeCommand {
  const command = new commander.Command("serve")
    .summary("host a hub")
    .description("Host a hub: people join it with riftchat join.")
    .option("--host <host>", "the address to listen on", DEFAULT_HOST)
    .addOption(
      new commander.Option(
        "-p, --port <port>",
        `the port to listen on; 0 picks a free one (default: ${DEFAULT_PORT})`,
      )
        .argParser(parsePort),
    )
    .addOption(
      new commander.Option("--max-connections <count>", "how many may be connected at once; 0 for any number")
        .argParser(wholeNumber(0, 1_000_000)).default(DEFAULT_MAX_CONNECTIONS),
    )
    .addOption(
      new commander.Option("--log-level <level>", "the least grave that is logged")
        .choices(LOG_LEVELS).default("info" as const),
    )
    .addOption(
      new commander.Option("--log-format <format>", "lines for people, or one JSON object a line")
        .choices(LOG_FORMATS).default("text" as const),
    )
    .option("--json", "say where the hub listens as JSON")
    .addHelpText("after", EXAMPLES)
    .action(async ({ logLevel, logFormat, json = false, port, ...options }) => {
      const { host, maxConnections } = options;
      const { runHub } = await import("./run.ts");
      finish(
        await runHub({
          host,
          port: port ?? portOfEnvironment() ?? DEFAULT_PORT,
          maxConnections,
          json,
          log: { level: logLevel, format: logFormat },
        }),
      );
    });

  function portOfEnvironment(): number | undefined {
    for (const name of PORT_VARIABLES) {
      const value = Deno.env.get(name);
      if (value === undefined || value === "") continue;
      try {
        return parsePort(value);
      } catch (error) {
        if (!(error instanceof commander.InvalidArgumentError)) throw error;
        command.error(`error: environment variable ${name} is invalid: ${error.message}`);
      }
    }
    return undefined;
  }

  return command as ServeCommand;
}

const parsePort = wholeNumber(0, 65_535);

function wholeNumber(least: number, most: number): (value: string) => number {
  return (value) => {
    const number = Number(value);
    if (/^\d{1,9}$/.test(value) && number >= least && number <= most) return number;
    throw new commander.InvalidArgumentError(
      `It must be a whole number from ${least} to ${most}, not ${JSON.stringify(value)}.`,
    );
  };
}
