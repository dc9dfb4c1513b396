/**
 * Parses the config file, which is TOML.
 *
 * PURE. The first error is reported with its line, and nothing is ignored: a hub that starts with half of its settings
 * is worse than one that does not start.
 *
 * @module
 */
import { closest, distance } from "fastest-levenshtein";
import { parse, TomlError } from "smol-toml";
import { ConfigurationError, invalidValue } from "./configuration_error.ts";
import { keyOf, SETTING_NAMES, type SettingName, settingOf } from "./settings.ts";

/** The content of a config file. */
export interface ConfigFile {
  /** Its path, for messages. */
  readonly path: string;
  /** The settings in it, with parsed values. */
  readonly values: ReadonlyMap<SettingName, string | number>;
  /**
   * Finds the line of a key.
   *
   * @param key a key in the file
   * @returns the line, from 1
   */
  lineOf(key: string): number;
}

/**
 * Parses a config file.
 *
 * @param text the content of the file
 * @param path the path of the file, for messages
 * @returns the settings in it
 * @throws {ConfigurationError} if it is not TOML, a key is unknown, or a value is invalid
 */
export function parseConfigFile(text: string, path: string): ConfigFile {
  const table = parseToml(text, path);
  const lineOf = (key: string) => lineOfKey(key, text);
  const values = new Map<SettingName, string | number>();
  for (const [key, found] of Object.entries(table)) {
    const name = SETTING_NAMES.find((name) => keyOf(name) === key);
    if (name === undefined) {
      throw new ConfigurationError(
        `Cannot use ${path}, line ${lineOf(key)}: unknown key ${JSON.stringify(key)}${suggestion(key)}`,
      );
    }
    const { kind } = settingOf(name);
    const value = kind.fromToml(found);
    if (value === undefined) {
      throw invalidValue(`${key} of ${path}, line ${lineOf(key)}`, kind.expected, found);
    }
    values.set(name, value);
  }
  return { path, values, lineOf };
}

function parseToml(text: string, path: string): Record<string, unknown> {
  try {
    return parse(text, { integersAsBigInt: "asNeeded" });
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const what = error.message.split("\n", 1)[0]!.replace("Invalid TOML document: ", "");
    throw new ConfigurationError(
      `Cannot read ${path}, line ${error.line}, column ${error.column}: it must be TOML: ${what}`,
    );
  }
}

/** The largest edit distance at which another key is suggested: typing errors are no larger. */
const MAX_DISTANCE = 3;

function suggestion(key: string): string {
  const nearest = closest(key, SETTING_NAMES.map(keyOf));
  return distance(key, nearest) > MAX_DISTANCE ? "" : `; did you mean ${JSON.stringify(nearest)}?`;
}

/**
 * Finds the line of a key of the first table. The parser does not report it. It is the line after the longest prefix of
 * the file that is valid TOML without the key.
 */
function lineOfKey(key: string, text: string): number {
  const lines = text.split(/\r?\n/);
  let after = 0;
  for (const [index, line] of lines.entries()) {
    if (/^\s*(#|$)/.test(line)) continue;
    const table = tableOf(lines.slice(0, index + 1).join("\n"));
    if (table === undefined) continue;
    if (Object.hasOwn(table, key)) break;
    after = index + 1;
  }
  while (after < lines.length - 1 && /^\s*(#|$)/.test(lines[after]!)) after++;
  return after + 1;
}

function tableOf(text: string): Record<string, unknown> | undefined {
  try {
    return parse(text, { integersAsBigInt: "asNeeded" });
  } catch {
    // The prefix ends inside a value.
    return undefined;
  }
}
