/**
 * `riftchat serve`: its flags and its help; from what was typed to the settings in force and the exit status. What it
 * does is loaded only when it is done.
 *
 * @module
 */
import {
  CONFIG_VARIABLE,
  ConfigurationError,
  DAEMON_ACTIONS,
  type DaemonAction,
  DEFAULT_INSTANCE,
  flagOf,
  INSTANCE_NAME_RULE,
  isInstanceName,
  loadConfigFile,
  loadConfiguration,
  SETTING_NAMES,
  type SettingName,
  settingOf,
} from "../settings/mod.ts";
import { loadBackground, loadRun } from "../serve/mod.ts";
import { reasonOf, writeText } from "../../runtime/mod.ts";
import * as commander from "@commander-js/extra-typings";

/**
 * The subcommand `serve`.
 *
 * @ignore it is a type of the package `commander`, which the doc lint would have documented here
 */
export type ServeCommand = commander.Command;

const EXPLANATION = `
Each setting is also a variable of the environment and a key of the config
file: --max-connections is RIFTCHAT_MAX_CONNECTIONS and max_connections. Flags
win over variables, variables over the file. A path in the file starts from
the folder of the file; "" is no file.

With --tls nobody on the way can read what is said. Without a certificate the
hub makes one of its own, once, and says its fingerprint at each start: tell
that to those who join, so that they know that it is yours.

The first line on stdout is "listening on HOST:PORT"; the log goes to stderr,
or to --log-file. SIGINT and SIGTERM stop the hub after telling everyone; a
second signal stops it at once. SIGHUP opens the log file anew and reads the
files of --motd-file, --password-file and --tls-cert again.

With --daemon the hub is in the background, and its log in a file; this comes
back when it listens, or says why it does not. --daemon stop tells everyone and
waits until it is gone, restart starts it with the same flags unless others are
given, and status says how it does. Not on Windows.

Examples:
  riftchat serve                           host a hub on port 8000
  riftchat serve --host 127.0.0.1 -p 0     for this machine alone, on any port
  riftchat serve --no-history              keep nothing of what is said
  riftchat serve --keep 7d,100MiB          keep a week of it, in 100 MiB at most
  riftchat serve --tls                     with TLS, and nothing else
  riftchat serve --tls-port 8443           with TLS on another port as well
  riftchat serve --log-format json         with a log for programs
  riftchat serve --print-config > my.toml  begin a config file
  riftchat serve --config my.toml          use it
  riftchat serve --daemon -p 8000          host a hub in the background
  riftchat serve --daemon status           see how it does there

Environment:
  RIFTCHAT_...     any setting, such as RIFTCHAT_PORT
  RIFTCHAT_CONFIG  the config file where no flag names it
  PORT             the port where nothing else names it

Exit status:
  0         stopped by a signal; with --daemon: done
  1         it could not start, or a fault of the program or its machine
  2         a wrong flag, variable or config file
  3         --daemon status: it does not run
  130, 143  ended at once by a second signal (SIGINT, SIGTERM)`;

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
      `a file with settings, in TOML; - is stdin (default: ${CONFIG_VARIABLE} of the environment)`,
    )
    .option("--no-history", "the same as --history off")
    .option("--print-config", "print the settings in force, as a file for --config, and exit")
    .option("--json", "say where the hub listens as JSON; with --daemon, all that is said")
    .addOption(
      new commander.Option("--daemon [action]", "host it in the background, or say what to do with it there")
        .choices(DAEMON_ACTIONS).preset(DAEMON_ACTIONS[0]),
    )
    .addOption(
      new commander.Option(
        "--instance <name>",
        `which hub in the background, where there are several (default: ${DEFAULT_INSTANCE})`,
      ).argParser(parseInstance),
    )
    .addOption(new commander.Option("--background", "be the hub that --daemon leaves behind").hideHelp())
    .addHelpText("after", EXPLANATION)
    .action(async () => {
      const { config, printConfig, json = false, daemon, instance, background } = command.opts() as Flags;
      const flags = typedSettings();
      const options = { flags, config, instance: instance ?? DEFAULT_INSTANCE, json };
      try {
        if (instance !== undefined && daemon === undefined && !background) {
          throw new ConfigurationError(
            "Cannot use --instance: it must stand beside --daemon: it stands alone",
          );
        }
        if (daemon !== undefined && !printConfig) {
          // What is wrong in the settings is told before anything is started or stopped.
          const given = config !== undefined || Object.keys(flags).length > 0;
          if (daemon === "start" || given) await configurationOf(config);
          const { manageHub } = await loadBackground();
          return finish(await manageHub(daemon, options));
        }
        const configuration = await configurationOf(config);
        const { settings } = configuration;
        if (printConfig) {
          const { printConfiguration } = await loadConfiguration();
          await writeText(Deno.stdout, printConfiguration(configuration));
          finish(0);
        } else if (background) {
          const { hostInBackground } = await loadBackground();
          finish(await hostInBackground(settings, options));
        } else {
          const { runHub } = await loadRun();
          finish(await runHub({ settings, json }));
        }
      } catch (error) {
        if (!(error instanceof ConfigurationError)) throw error;
        command.error(`error: ${error.message}`);
      }
    });

  /** The settings that flags say, as they were typed. */
  function typedSettings(): Record<string, string> {
    const options = command.opts() as Record<string, string | false>;
    const given = SETTING_NAMES.filter((name) => command.getOptionValueSource(name) === "cli");
    return Object.fromEntries(given.map((name) => [name, options[name] === false ? "off" : options[name]!]));
  }

  /** The settings in force, as the flags, the environment and the file that one of these names say. */
  async function configurationOf(config: string | undefined) {
    const { checkTogether, configure } = await loadConfiguration();
    const path = config ?? (Deno.env.get(CONFIG_VARIABLE) || undefined);
    const configuration = configure({
      flags: typedSettings(),
      env: (name) => Deno.env.get(name),
      file: path === undefined ? undefined : await readConfigFile(path),
      cwd: () => Deno.cwd(),
    });
    checkTogether(configuration);
    return configuration;
  }

  return command;
}

/** The flags that are not settings. */
interface Flags {
  config?: string;
  printConfig?: true;
  json?: boolean;
  daemon?: DaemonAction;
  instance?: string;
  background?: true;
}

/** A setting as the package has it. What was typed stays as it is: it is read where the other sources are. */
function optionOf(name: SettingName): commander.Option {
  const { kind, default: value, description, letter, alone } = settingOf(name);
  const long = `${flagOf(name)} ${alone === undefined ? `<${kind.placeholder}>` : `[${kind.placeholder}]`}`;
  const option = new commander.Option(letter === undefined ? long : `-${letter}, ${long}`, description);
  if (kind.choices !== undefined) option.choices(kind.choices);
  if (alone !== undefined) option.preset(String(alone));
  if (value !== "") option.default(value, String(value));
  return option.argParser((text) => text);
}

async function readConfigFile(path: string) {
  const [{ parseConfigFile }, { resolve }] = await Promise.all([
    loadConfigFile(),
    import("node:path"),
  ]);
  let bytes: Uint8Array;
  try {
    bytes = path === "-" ? await readStdin() : await Deno.readFile(path);
  } catch (error) {
    const which = path === "" ? '""' : path;
    throw new ConfigurationError(
      `Cannot read the config file ${which}: it must be a file that can be read, or - for stdin: ${
        reasonOf(error)
      }`,
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

async function readStdin(): Promise<Uint8Array> {
  return new Uint8Array(await new Response(Deno.stdin.readable).arrayBuffer());
}

function parseInstance(name: string): string {
  if (isInstanceName(name)) return name;
  throw new commander.InvalidArgumentError(`It must be ${INSTANCE_NAME_RULE}, not ${JSON.stringify(name)}.`);
}
