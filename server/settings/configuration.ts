/**
 * Finds the settings in force, checks them and prints them. Flags override environment variables, variables override
 * the config file, and the file overrides the defaults.
 *
 * PURE: flags, environment and file are parameters. An overridden value is not checked, except in the file, which must
 * be valid as a whole.
 *
 * @module
 */
import { dirname, resolve } from "node:path";
import { isServiceLink } from "../../runtime/mod.ts";
import { stringify } from "smol-toml";
import type { ConfigFile } from "./config_file.ts";
import { ConfigurationError, invalidValue } from "./configuration_error.ts";
import {
  flagOf,
  keyOf,
  SETTING_NAMES,
  type SettingName,
  settingOf,
  type Settings,
  variablesOf,
} from "./settings.ts";

/** The sources of settings. */
export interface ConfigurationSources {
  /** The values of the flags that were given, as typed. */
  readonly flags: Readonly<Partial<Record<SettingName, string>>>;
  /**
   * Reads an environment variable.
   *
   * @param name its name
   * @returns its value; an empty one counts as not set
   */
  env(name: string): string | undefined;
  /** The config file, if there is one. */
  readonly file?: ConfigFile | undefined;
  /** Returns the folder for relative paths in flags and variables. Paths in a file are relative to its folder. */
  cwd(): string;
}

/** The settings in force. */
export interface Configuration {
  /** The value of each setting; paths are absolute. */
  readonly settings: Settings;
  /** Where each value comes from, for messages. */
  readonly origins: Readonly<Record<SettingName, string>>;
  /** Variables that are ignored, as sentences for the log. */
  readonly warnings: readonly string[];
}

/** A value and where it comes from. */
interface ResolvedSetting {
  value: string | number;
  origin: string;
}

/**
 * Finds the settings in force.
 *
 * @param sources where values come from
 * @returns the value of each setting, and where it comes from
 * @throws {ConfigurationError} if a flag or variable that is used is invalid
 */
export function resolveConfiguration(sources: ConfigurationSources): Configuration {
  const settings: Record<string, string | number> = {};
  const origins: Record<string, string> = {};
  const warnings: string[] = [];
  for (const name of SETTING_NAMES) {
    const { value, origin } = resolveSetting(name, sources, warnings);
    settings[name] = value;
    origins[name] = origin;
  }
  // The loop sets every name, each to a value of its kind.
  return { settings: settings as Settings, origins: origins as Configuration["origins"], warnings };
}

/**
 * Finds one setting, whatever the others are.
 *
 * @param name the setting
 * @param sources where values come from
 * @returns its value, and where that comes from
 * @throws {ConfigurationError} if the flag or variable that is used is invalid
 */
export function findSetting<Name extends SettingName>(
  name: Name,
  sources: ConfigurationSources,
): { readonly value: Settings[Name]; readonly origin: string } {
  const { value, origin } = resolveSetting(name, sources, []);
  // A value is of the kind of its setting.
  return { value: value as Settings[Name], origin };
}

/**
 * Checks combinations: settings that are valid alone but not together.
 *
 * @param configuration the settings in force
 * @throws {ConfigurationError} if a combination is invalid, with the source of the setting that cannot be used
 */
export function checkCombinations(
  { settings, origins }: Configuration,
): void {
  const { tls, tlsPort, tlsCert, tlsKey, operators, inviteOnly, history, nameDays, cluster } = settings;
  if (cluster !== "" && history === "off") {
    throw new ConfigurationError(
      `Cannot use ${origins.cluster}: the hubs of a cluster share their history, and ${origins.history} turns it off`,
    );
  }
  for (const name of ["clusterName", "clusterCreds", "clusterCa", "clusterReplicas"] as const) {
    if (cluster !== "" || settings[name] === settingOf(name).default) continue;
    throw new ConfigurationError(`Cannot use ${origins[name]}: the hub is in no cluster; add --cluster`);
  }
  const off = history === "off" ? origins.history : nameDays === 0 ? origins.nameDays : undefined;
  if (inviteOnly === "on" && off !== undefined) {
    throw new ConfigurationError(
      `Cannot use ${origins.inviteOnly}: it needs names that belong to keys, and ${off} turns that off`,
    );
  }
  if (operators !== "" && off !== undefined) {
    throw new ConfigurationError(
      `Cannot use ${origins.operators}: operators prove their keys, which needs a hub where names belong to keys, ` +
        `and ${off} turns that off`,
    );
  }
  if (tls === "on" && tlsPort !== "") {
    throw new ConfigurationError(
      `Cannot use ${origins.tlsPort}: it needs a first port without TLS, and ${origins.tls} turns TLS on for that port`,
    );
  }
  if (tlsCert === "" && tlsKey === "") return;
  const [given, missing] = tlsCert === "" ? ["tlsKey", "tlsCert"] as const : ["tlsCert", "tlsKey"] as const;
  if (tlsCert === "" || tlsKey === "") {
    throw new ConfigurationError(
      `Cannot use ${origins[given]}: certificate and key must be given together; add ${flagOf(missing)}`,
    );
  }
  if (tls === "off" && tlsPort === "") {
    throw new ConfigurationError(
      `Cannot use ${origins[given]}: TLS is off; add --tls or --tls-port`,
    );
  }
}

function resolveSetting(
  name: SettingName,
  { flags, env, file, cwd }: ConfigurationSources,
  warnings: string[],
): ResolvedSetting {
  const { kind, default: fallback } = settingOf(name);
  const fromText = (text: string, origin: string): ResolvedSetting => {
    const value = kind.fromText(text);
    if (value === undefined) throw invalidValue(origin, kind.expected, text);
    return { value: kind.path && value !== "" ? resolve(cwd(), String(value)) : value, origin };
  };
  const flag = flags[name];
  if (flag !== undefined) return fromText(flag, flagOf(name));
  for (const variable of variablesOf(name)) {
    const text = env(variable);
    if (text === undefined || text === "") continue;
    if (isServiceLink(variable, text)) {
      warnings.push(
        `${variable} is ignored: it is ${text}, which Kubernetes sets for a service of that name; ` +
          `to set the port, use ${flagOf(name)}, or set enableServiceLinks: false`,
      );
      continue;
    }
    return fromText(text, `${variable} of the environment`);
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
 * @param configuration the settings and where they come from
 * @returns TOML: each setting with its description and its source
 */
export function printConfiguration({ settings, origins }: Configuration): string {
  const parts = SETTING_NAMES.map((name) => {
    const { description, kind } = settingOf(name);
    const choices = kind.choices === undefined ? "" : ` (${kind.choices.join(", ")})`;
    // A path may contain any character; a line break must not end the comment.
    const origin = origins[name].replaceAll(/\p{Cc}/gu, "?");
    return `# ${description}${choices}\n# from ${origin}\n${stringify({ [keyOf(name)]: settings[name] })}`;
  });
  return ["# The settings of riftchat serve that are in force. Use this file with --config.\n", ...parts]
    .join("\n");
}
