/**
 * The preferences as they stand in a file, which is TOML.
 *
 * PURE. A newer version may know more preferences than this one, so that what is not known is kept and passed over.
 * What
 * cannot be read is told with its line, and the default holds in its place.
 *
 * @module
 */
import { parse, stringify, TomlError } from "smol-toml";
import * as v from "valibot";
import {
  DEFAULT_PREFERENCES,
  EXPECTED,
  isPreference,
  PREFERENCE_NAMES,
  type Preferences,
  SCHEMAS,
} from "./preferences.ts";

/** What was read from a file. */
export interface ReadPreferences {
  /** The preferences; the defaults for what could not be read. */
  readonly preferences: Preferences;
  /** What is not known, as it stands in the file. */
  readonly unknown: Readonly<Record<string, unknown>>;
  /** What could not be read, in one line; not there where all could. */
  readonly problem?: string;
}

/**
 * Reads a file.
 *
 * @param text what is in it
 * @param file its path, for the message
 * @returns what was read; see {@linkcode ReadPreferences}
 */
export function parsePreferences(text: string, file: string): ReadPreferences {
  let table: Record<string, unknown>;
  try {
    table = parse(text, { integersAsBigInt: "asNeeded" });
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const what = error.message.split("\n", 1)[0]!.replace("Invalid TOML document: ", "");
    const problem = `Cannot read ${file}, line ${error.line}: it must be TOML: ${what}`;
    return { preferences: DEFAULT_PREFERENCES, unknown: {}, problem };
  }
  const known: Record<string, unknown> = {};
  const unknown = Object.fromEntries(Object.entries(table).filter(([name]) => !isPreference(name)));
  const problems: string[] = [];
  for (const name of PREFERENCE_NAMES) {
    const value = table[name];
    if (v.is(SCHEMAS[name], value)) known[name] = value;
    else if (value !== undefined) {
      const shown = typeof value === "object" ? "something else" : JSON.stringify(value) ?? String(value);
      problems.push(`line ${lineOf(name, text)}: ${name} must be ${EXPECTED[name]}: it is ${shown}`);
    }
  }
  const preferences = { ...DEFAULT_PREFERENCES, ...known };
  if (problems.length === 0) return { preferences, unknown };
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : "";
  return { preferences, unknown, problem: `Cannot read ${file}, ${problems[0]}${more}` };
}

/**
 * Writes a file.
 *
 * @param preferences the preferences
 * @param unknown what else is to stand in it, as it was read
 * @returns its text
 */
export function serializePreferences(
  preferences: Preferences,
  unknown: Readonly<Record<string, unknown>> = {},
): string {
  const own = PREFERENCE_NAMES.map((name) => [name, preferences[name]] as const);
  // Tables come last in TOML, and only what is not known can be one.
  return HEADER + stringify({ ...Object.fromEntries(own), ...unknown });
}

const HEADER = "# Preferences of RiftChat. Written anew by :set and the like, without other comments.\n\n";

/** The line in which a key of the first table is set, from 1. */
function lineOf(name: string, text: string): number {
  const lines = text.split("\n");
  const at = lines.findIndex((line) =>
    new RegExp(`^\\s*(["']?)${name}\\1\\s*[=.]|^\\s*\\[+\\s*${name}\\b`).test(line)
  );
  return at + 1;
}
