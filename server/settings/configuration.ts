/**
 * Which settings are in force: flags win over variables, these over the config file, that over the defaults; and how
 * they are printed, with where each came from.
 *
 * PURE: the flags, the environment and the file are handed in. A value that another one overrides is not looked at,
 * except in the file, which is right or wrong as a whole.
 *
 * @module
 */
import { dirname, resolve } from "node:path";
import { stringify } from "smol-toml";
import type { ConfigFile } from "./config_file.ts";
import { ConfigurationError, wrong } from "./configuration_error.ts";
import {
  flagOf,
  keyOf,
  SETTING_NAMES,
  type SettingName,
  settingOf,
  type Settings,
  variablesOf,
} from "./settings.ts";

/** Where settings come from. */
export interface ConfigurationSources {
  /** What the flags say, as it was typed; only those that were given. */
  readonly flags: Readonly<Partial<Record<SettingName, string>>>;
  /**
   * Looks up a variable.
   *
   * @param name its name
   * @returns what it is; an empty one counts as not set
   */
  env(name: string): string | undefined;
  /** The config file, where there is one. */
  readonly file?: ConfigFile | undefined;
  /** Gives the folder that paths in flags and variables start from; those in a file start from the file's folder. */
  cwd(): string;
}

/** The settings in force. */
export interface Configuration {
  /** What each setting is; paths are absolute. */
  readonly settings: Settings;
  /** Where each came from, for people. */
  readonly origins: Readonly<Record<SettingName, string>>;
}

/** One value and where it came from. */
interface Found {
  value: string | number;
  origin: string;
}

/**
 * Finds out which settings are in force.
 *
 * @param sources where they come from
 * @returns what each is, and where it came from
 * @throws {ConfigurationError} where a flag or a variable that counts is wrong
 */
export function configure(sources: ConfigurationSources): Configuration {
  const settings: Record<string, string | number> = {};
  const origins: Record<string, string> = {};
  for (const name of SETTING_NAMES) {
    const { value, origin } = find(name, sources);
    settings[name] = value;
    origins[name] = origin;
  }
  // Every name is there by now, with a value of its kind.
  return { settings: settings as Settings, origins: origins as Configuration["origins"] };
}

/**
 * Refuses settings that are right each by itself and make no sense together.
 *
 * @param configuration the settings in force
 * @throws {ConfigurationError} where that is so, with where the one came from that cannot be used
 */
export function checkTogether({ settings: { tls, tlsPort, tlsCert, tlsKey }, origins }: Configuration): void {
  if (tls === "on" && tlsPort !== "") {
    throw new ConfigurationError(
      `Cannot use ${origins.tlsPort}: it must stand beside a port without TLS: ${origins.tls} has that one speak TLS`,
    );
  }
  if (tlsCert === "" && tlsKey === "") return;
  const [there, missing] = tlsCert === "" ? ["tlsKey", "tlsCert"] as const : ["tlsCert", "tlsKey"] as const;
  if (tlsCert === "" || tlsKey === "") {
    throw new ConfigurationError(
      `Cannot use ${origins[there]}: certificate and key must both be there: there is no ${flagOf(missing)}`,
    );
  }
  if (tls === "off" && tlsPort === "") {
    throw new ConfigurationError(
      `Cannot use ${origins[there]}: it must stand beside --tls or --tls-port: TLS is spoken nowhere`,
    );
  }
}

function find(name: SettingName, { flags, env, file, cwd }: ConfigurationSources): Found {
  const { kind, default: fallback } = settingOf(name);
  const fromText = (text: string, origin: string): Found => {
    const value = kind.fromText(text);
    if (value === undefined) throw wrong(origin, kind.wanted, text);
    return { value: kind.path && value !== "" ? resolve(cwd(), String(value)) : value, origin };
  };
  const flag = flags[name];
  if (flag !== undefined) return fromText(flag, flagOf(name));
  for (const variable of variablesOf(name)) {
    const text = env(variable);
    if (text !== undefined && text !== "") return fromText(text, `${variable} of the environment`);
  }
  const value = file?.values.get(name);
  if (file === undefined || value === undefined) return { value: fallback, origin: "the default" };
  return {
    value: kind.path && value !== "" ? resolve(dirname(file.path), String(value)) : value,
    origin: `${file.path}, line ${file.lineOf(keyOf(name))}`,
  };
}

/**
 * Prints the settings in force as a config file.
 *
 * @param configuration the settings and where they came from
 * @returns TOML: each setting with what it means and where it came from
 */
export function printConfiguration({ settings, origins }: Configuration): string {
  const parts = SETTING_NAMES.map((name) => {
    const { description, kind } = settingOf(name);
    const choices = kind.choices === undefined ? "" : ` (${kind.choices.join(", ")})`;
    // A path may have any character in it, and must not end the comment.
    const origin = origins[name].replaceAll(/\p{Cc}/gu, "?");
    return `# ${description}${choices}\n# from ${origin}\n${stringify({ [keyOf(name)]: settings[name] })}`;
  });
  return ["# The settings of riftchat serve that are in force; a file for --config.\n", ...parts].join("\n");
}
