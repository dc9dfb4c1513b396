/**
 * The config file, which is TOML: its text, to the settings that stand in it.
 *
 * PURE. Unlike preferences, which a person changes while talking, a hub that starts with half of its settings is worse
 * than one that does not start: the first thing that is wrong is told with its line, and nothing is passed over.
 *
 * @module
 */
import { closest, distance } from "fastest-levenshtein";
import { parse, TomlError } from "smol-toml";
import { ConfigurationError, wrong } from "./configuration_error.ts";
import { keyOf, SETTING_NAMES, type SettingName, settingOf } from "./settings.ts";

/** What stands in a config file. */
export interface ConfigFile {
  /** Its path, for people. */
  readonly path: string;
  /** The settings that it has, as they are to be. */
  readonly values: ReadonlyMap<SettingName, string | number>;
  /**
   * Finds where a key stands.
   *
   * @param key a key that it has
   * @returns its line, from 1
   */
  lineOf(key: string): number;
}

/**
 * Reads a config file.
 *
 * @param text what is in it
 * @param path its path, for the message
 * @returns the settings in it
 * @throws {ConfigurationError} where it is no TOML, a key is not known, or a value is wrong
 */
export function parseConfigFile(text: string, path: string): ConfigFile {
  const table = parseToml(text, path);
  const lineOf = (key: string) => lineOfKey(key, text);
  const values = new Map<SettingName, string | number>();
  for (const [key, found] of Object.entries(table)) {
    const name = SETTING_NAMES.find((name) => keyOf(name) === key);
    if (name === undefined) {
      throw new ConfigurationError(
        `Cannot use ${path}, line ${lineOf(key)}: it must have known keys alone: it is ${
          JSON.stringify(key)
        }${suggestion(key)}`,
      );
    }
    const { kind } = settingOf(name);
    const value = kind.fromToml(found);
    if (value === undefined) throw wrong(`${key} of ${path}, line ${lineOf(key)}`, kind.wanted, found);
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

/** How many letters may be wrong in a key for another one to be suggested: as many as people mistype. */
const MAX_DISTANCE = 3;

function suggestion(key: string): string {
  const nearest = closest(key, SETTING_NAMES.map(keyOf));
  return distance(key, nearest) > MAX_DISTANCE ? "" : `; did you mean ${JSON.stringify(nearest)}?`;
}

/**
 * The line of a key of the first table, which the parser does not tell: it is the one that follows the longest beginning
 * of the file that is TOML and does not have the key.
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
    // It ends in the middle of a value.
    return undefined;
  }
}
