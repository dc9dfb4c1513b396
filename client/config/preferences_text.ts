/**
 * Parses and formats the text of the preferences file (TOML).
 *
 * PURE. A newer version may have more preferences. Unknown preferences are ignored, and stay in the file. An
 * invalid value is reported with its line, and its default is used.
 *
 * @module
 */
import { parse, stringify, TomlError } from "smol-toml";
import * as v from "valibot";
import {
  DEFAULT_PREFERENCES,
  EXPECTED_VALUES,
  isPreference,
  PREFERENCE_NAMES,
  type Preferences,
  SCHEMAS,
} from "./preferences.ts";

/** The result of parsing. */
export interface ParsedPreferences {
  /** The preferences, with defaults for invalid values. */
  readonly preferences: Preferences;
  /** Unknown preferences, as they are in the file. */
  readonly unknown: Readonly<Record<string, unknown>>;
  /** The error message, one line; absent if all is valid. */
  readonly problem?: string;
}

/**
 * Parses the text of a file.
 *
 * @param text the text
 * @param file its path, for the message
 * @returns see {@linkcode ParsedPreferences}
 */
export function parsePreferences(text: string, file: string): ParsedPreferences {
  let table: Record<string, unknown>;
  try {
    table = parse(text, { integersAsBigInt: "asNeeded" });
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const reason = error.message.split("\n", 1)[0]!.replace("Invalid TOML document: ", "");
    const problem = `Cannot read ${file}, line ${error.line}: it must be TOML: ${reason}`;
    return { preferences: DEFAULT_PREFERENCES, unknown: {}, problem };
  }
  const known: Record<string, unknown> = {};
  const unknown = Object.fromEntries(Object.entries(table).filter(([name]) => !isPreference(name)));
  const problems: string[] = [];
  for (const name of PREFERENCE_NAMES) {
    const value = table[name];
    if (v.is(SCHEMAS[name], value)) known[name] = value;
    else if (value !== undefined) {
      const actual = typeof value === "object" ? "something else" : JSON.stringify(value) ?? String(value);
      problems.push(`line ${lineOf(name, text)}: ${name} must be ${EXPECTED_VALUES[name]}: it is ${actual}`);
    }
  }
  const preferences = { ...DEFAULT_PREFERENCES, ...known };
  if (problems.length === 0) return { preferences, unknown };
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : "";
  return { preferences, unknown, problem: `Cannot read ${file}, ${problems[0]}${more}` };
}

/**
 * Formats the text of a file.
 *
 * @param preferences the preferences
 * @param unknown unknown preferences, as they were parsed
 * @returns the text
 */
export function serializePreferences(
  preferences: Preferences,
  unknown: Readonly<Record<string, unknown>> = {},
): string {
  const own = PREFERENCE_NAMES.map((name) => [name, preferences[name]] as const);
  // Tables come last in TOML, and only an unknown preference can be a table.
  return HEADER + stringify({ ...Object.fromEntries(own), ...unknown });
}

const HEADER =
  "# Preferences of RiftChat. Commands such as :set rewrite this file and delete all other comments.\n\n";

/** Returns the number of the line that sets a top-level key. The first line has number 1. */
function lineOf(name: string, text: string): number {
  const lines = text.split("\n");
  const at = lines.findIndex((line) =>
    new RegExp(`^\\s*(["']?)${name}\\1\\s*[=.]|^\\s*\\[+\\s*${name}\\b`).test(line)
  );
  return at + 1;
}
