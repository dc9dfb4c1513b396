/**
 * `riftchat serve`: its flags and its help; from what was typed to the settings in force and the exit status. What it
 * does is loaded only when it is done.
 *
 * @module
 */
import * as commander from "@commander-js/extra-typings";
import { ConfigurationError } from "./configuration_error.ts";
import { reasonOf } from "./reason.ts";
import { CONFIG_VARIABLE, flagOf, SETTING_NAMES, type SettingName, settingOf } from "./settings.ts";

/**
 * The subcommand `serve`.
 *
 * @ignore it is a type of the package `commander`, which the doc lint would have documented here
 */
export type ServeCommand = commander.Command;

const EXAMPLES = `
Each setting is also a variable and a key of the config file: --max-connections is RIFTCHAT_MAX_CONNECTIONS in
the environment and max_connections in the file. Flags win over variables, these over the file. The port may
also come from PORT.

The first line on stdout is "listening on HOST:PORT"; the log goes to stderr, or to
--log-file.
SIGINT and SIGTERM stop the hub after telling everyone; a second signal stops it at once.
SIGHUP opens the log file anew and reads the file of --motd-file again.

Exit status: 0 stopped by a signal, 1 could not start or a fault of ours, 2 usage.

Examples:
  riftchat serve                        host a hub on port 8000 of every address
  riftchat serve --host 127.0.0.1 -p 0  only for this machine, on any free port
  riftchat serve --no-history           keep nothing of what is said
  riftchat serve --keep 7d,100MiB       keep it for a week, in no more space than that
  riftchat serve --log-format json      a log for programs
  riftchat serve --print-config > riftchat.toml
  riftchat serve --config riftchat.toml
`;

/**
 * Makes the subcommand.
 *
 * @param finish takes the exit status when it is done
 * @returns `serve`, to be added to the program
 */
export function serveCommand(finish: (status: number) => void): ServeCommand {
  const command: commander.Command = new commander.Command("serve")
    .summary("host a hub")
    .description("Host a hub: people join it with riftchat join.");
  for (const name of SETTING_NAMES) command.addOption(optionOf(name));
  command
    .option(
      "--config <file>",
      `a file with settings, in TOML (default: ${CONFIG_VARIABLE} of the environment)`,
    )
    .option("--no-history", "the same as --history off")
    .option("--print-config", "print the settings in force, as a file for --config, and exit")
    .option("--json", "say where the hub listens as JSON")
    .addHelpText("after", EXAMPLES)
    .action(async () => {
      const { printConfiguration } = await import("./configuration.ts");
      const { config, printConfig, json } = command.opts() as Flags;
      try {
        const configuration = await configurationOf(config);
        if (printConfig) {
          await writeAll(printConfiguration(configuration));
          return finish(0);
        }
        const { runHub } = await import("./run.ts");
        finish(await runHub({ settings: configuration.settings, json: json === true }));
      } catch (error) {
        if (!(error instanceof ConfigurationError)) throw error;
        command.error(`error: ${error.message}`);
      }
    });

  /** The settings in force, as the flags, the environment and the file that one of these names say. */
  async function configurationOf(config: string | undefined) {
    const { configure } = await import("./configuration.ts");
    const options = command.opts() as Record<string, string | false>;
    const given = SETTING_NAMES.filter((name) => command.getOptionValueSource(name) === "cli");
    const path = config ?? (Deno.env.get(CONFIG_VARIABLE) || undefined);
    return configure({
      flags: Object.fromEntries(
        given.map((name) => [name, options[name] === false ? "off" : options[name]!]),
      ),
      env: (name) => Deno.env.get(name),
      file: path === undefined ? undefined : await readConfigFile(path),
      cwd: () => Deno.cwd(),
    });
  }

  return command;
}

/** The flags that are not settings. */
interface Flags {
  config?: string;
  printConfig?: true;
  json?: true;
}

/** A setting as the package has it. What was typed stays as it is: it is read where the other sources are. */
function optionOf(name: SettingName): commander.Option {
  const { kind, default: value, description, letter } = settingOf(name);
  const long = `${flagOf(name)} <${kind.placeholder}>`;
  const option = new commander.Option(letter === undefined ? long : `-${letter}, ${long}`, description);
  if (kind.choices !== undefined) option.choices(kind.choices);
  if (value !== "") option.default(value, String(value));
  return option.argParser((text) => text);
}

async function readConfigFile(path: string) {
  const [{ parseConfigFile }, { resolve }] = await Promise.all([
    import("./config_file.ts"),
    import("node:path"),
  ]);
  let bytes: Uint8Array;
  try {
    bytes = await Deno.readFile(path);
  } catch (error) {
    throw new ConfigurationError(
      `Cannot read the config file ${path}: it must be a file that can be read: ${reasonOf(error)}`,
    );
  }
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new ConfigurationError(
      `Cannot read the config file ${path}: it must be UTF-8: it is something else`,
    );
  }
  return parseConfigFile(text, resolve(path));
}

async function writeAll(text: string): Promise<void> {
  const bytes = new TextEncoder().encode(text);
  for (let done = 0; done < bytes.length;) done += await Deno.stdout.write(bytes.subarray(done));
}
