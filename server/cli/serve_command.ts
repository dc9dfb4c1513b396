/**
 * The flags and the help of `riftchat serve`. The code that runs the hub is loaded only when it is needed.
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
  loadConfiguration,
  SETTING_NAMES,
  type SettingName,
  settingOf,
} from "../settings/mod.ts";
import { readConfigFile } from "./config_source.ts";
import { loadBackground, loadRun } from "../serve/mod.ts";
import { errorText, writeText } from "../../runtime/mod.ts";
import * as commander from "@commander-js/extra-typings";

/**
 * The subcommand `serve`.
 *
 * @ignore the type is from the package `commander`, and the doc lint would demand its documentation here
 */
export type ServeCommand = commander.Command;

const DESCRIPTION = `Host a hub. Users join it with riftchat join.

Examples:
  riftchat serve                           host a hub on port 8000
  riftchat serve --host 127.0.0.1 -p 0     only for this machine, on a free port
  riftchat serve --no-history              store no messages
  riftchat serve --keep 7d,100MiB          store 7 days, at most 100 MiB
  riftchat serve --tls                     accept TLS connections only
  riftchat serve --tls-port 8443           accept TLS on a second port as well
  riftchat serve --operators keys.txt      name those who may ban and mute
  riftchat serve --log-format json         log one JSON object per line
  riftchat serve --print-config > my.toml  create a config file
  riftchat serve --config my.toml          use it
  riftchat serve --daemon -p 8000          host a hub in the background
  riftchat serve --daemon status           print its state`;

const EXPLANATION = `
You can set each setting with a flag, an environment variable or a key in the
config file: --max-connections, RIFTCHAT_MAX_CONNECTIONS or max_connections.
Flags override variables, variables override the file. Relative paths in the
file start from its folder; "" means no file.

With --tls, messages are encrypted on the network. If you give no certificate,
the hub makes a self-signed one, once, and prints its fingerprint at each
start. Give it to your users, so that they can check that the hub is yours.

The first line on stdout is "listening on HOST:PORT". The log goes to stderr
or to --log-file. SIGINT or SIGTERM notifies all clients and stops the hub; a
second signal stops it at once. SIGHUP reopens the log file and reloads the
files of --motd-file, --password-file, --operators and --tls-cert.

With --daemon the hub runs in the background and logs to a file. The command
returns when the hub listens, or prints why it cannot start. --daemon stop
waits until the hub has stopped, restart uses the same flags again unless you
give others, and status prints its state. Not available on Windows.

Environment:
  RIFTCHAT_...     any setting, such as RIFTCHAT_PORT
  RIFTCHAT_CONFIG  the config file, if there is no --config
  PORT             the port, if nothing else sets it

Exit status:
  0         stopped by a signal; with --daemon: success
  1         the hub could not start, or an internal or system error
  2         an invalid flag, variable or config file
  3         --daemon status: the hub is not running
  130, 143  stopped at once by a second signal (SIGINT, SIGTERM)`;

/**
 * Makes the subcommand.
 *
 * @param finish called once, at the end, with the exit status
 * @returns `serve`, to be added to the program
 */
export function serveCommand(finish: (status: number) => void): ServeCommand {
  const command: commander.Command = new commander.Command("serve")
    .summary("host a hub")
    .description(DESCRIPTION)
    .optionsGroup("Configuration and background:");
  for (const name of SETTING_NAMES) command.addOption(optionOf(name));
  command
    .option(
      "--config <file>",
      `a config file, in TOML; - reads stdin (default: $${CONFIG_VARIABLE})`,
    )
    .option("--no-history", "the same as --history off")
    .option("--print-config", "print the settings in force as a config file, and exit")
    .option("--json", "print the address as JSON; with --daemon, all output")
    .addOption(
      new commander.Option("--daemon [action]", "run the hub in the background, or control it there")
        .choices(DAEMON_ACTIONS).preset(DAEMON_ACTIONS[0]),
    )
    .addOption(
      new commander.Option(
        "--instance <name>",
        `the name of the hub in the background, if you run several (default: ${DEFAULT_INSTANCE})`,
      ).argParser(parseInstance),
    )
    .addOption(new commander.Option("--background", "run as the process that --daemon starts").hideHelp())
    .addHelpText("after", EXPLANATION)
    .action(async () => {
      const { config, printConfig, json = false, daemon, instance, background } = command.opts() as Flags;
      const flags = typedSettings();
      const options = { flags, config, instance: instance ?? DEFAULT_INSTANCE, json };
      try {
        if (instance !== undefined && daemon === undefined && !background) {
          throw new ConfigurationError(
            "Cannot use --instance without --daemon",
          );
        }
        if (daemon !== undefined && !printConfig) {
          // Errors in the settings are reported before a hub is started or stopped.
          const given = config !== undefined || Object.keys(flags).length > 0;
          if (daemon === "start" || given) await configurationOf(config);
          const { manageHub } = await loadBackground();
          return finish(await manageHub(daemon, options));
        }
        const configuration = await configurationOf(config);
        const { settings, warnings } = configuration;
        if (printConfig) {
          const { printConfiguration } = await loadConfiguration();
          for (const warning of warnings) await writeText(Deno.stderr, errorText(warning));
          await writeText(Deno.stdout, printConfiguration(configuration));
          finish(0);
        } else if (background) {
          const { runInBackground } = await loadBackground();
          finish(await runInBackground(settings, { ...options, warnings }));
        } else {
          const { runHub } = await loadRun();
          finish(await runHub({ settings, json, warnings }));
        }
      } catch (error) {
        if (!(error instanceof ConfigurationError)) throw error;
        command.error(`error: ${error.message}`);
      }
    });

  /** The settings given as flags, as typed. */
  function typedSettings(): Record<string, string> {
    const options = command.opts() as Record<string, string | false>;
    const given = SETTING_NAMES.filter((name) => command.getOptionValueSource(name) === "cli");
    return Object.fromEntries(given.map((name) => [name, options[name] === false ? "off" : options[name]!]));
  }

  /** The settings in force, from flags, environment and config file. */
  async function configurationOf(config: string | undefined) {
    const { checkCombinations, resolveConfiguration } = await loadConfiguration();
    const path = config ?? (Deno.env.get(CONFIG_VARIABLE) || undefined);
    const configuration = resolveConfiguration({
      flags: typedSettings(),
      env: (name) => Deno.env.get(name),
      file: path === undefined ? undefined : await readConfigFile(path),
      cwd: () => Deno.cwd(),
    });
    checkCombinations(configuration);
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

/** Makes the flag of a setting. Its text is parsed later, together with the other sources. */
function optionOf(name: SettingName): commander.Option {
  const { kind, default: value, description, group, shortFlag, impliedValue } = settingOf(name);
  const long = `${flagOf(name)} ${
    impliedValue === undefined ? `<${kind.placeholder}>` : `[${kind.placeholder}]`
  }`;
  const option = new commander.Option(shortFlag === undefined ? long : `-${shortFlag}, ${long}`, description)
    .helpGroup(`${group}:`);
  if (kind.choices !== undefined) option.choices(kind.choices);
  if (impliedValue !== undefined) option.preset(String(impliedValue));
  if (value !== "") option.default(value, String(value));
  return option.argParser((text) => text);
}

function parseInstance(name: string): string {
  if (isInstanceName(name)) return name;
  throw new commander.InvalidArgumentError(`It must be ${INSTANCE_NAME_RULE}, not ${JSON.stringify(name)}.`);
}
