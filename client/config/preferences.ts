/**
 * The preferences, their values and defaults. `preferences_text.ts` has their file format.
 *
 * PURE.
 *
 * @module
 */
import * as v from "valibot";

/** The preferences of the user. */
export interface Preferences {
  /** Which messages ring the bell, or show a desktop notification. */
  readonly bell: "off" | "mention" | "all" | "notify";
  /** What is shown before a message: its time of day, nothing, or its age. */
  readonly time: "on" | "off" | "relative";
  /** Whether joins, leaves and renames are hidden. */
  readonly quiet: boolean;
  /** Whether messages of the current target or of all targets are shown. */
  readonly show: "room" | "all";
  /** Whether the texts of messages begin in a common column. */
  readonly align: boolean;
  /** Whether the number of each message is shown. */
  readonly numbers: boolean;
  /** Users whose messages are hidden: their names, with the fingerprints of their keys after it if they are known. */
  readonly ignore: readonly string[];
}

/** The preferences without a file. */
export const DEFAULT_PREFERENCES: Preferences = {
  bell: "mention",
  time: "on",
  quiet: false,
  show: "room",
  align: true,
  numbers: false,
  ignore: [],
};

/** The name of a preference. */
export type PreferenceName = keyof Preferences;

/** A preference whose value is one word. */
export type WordPreferenceName = Exclude<PreferenceName, "ignore">;

/** The description of each value of a preference, for the user. */
export const VALUE_DESCRIPTIONS = {
  bell: {
    off: "never ring",
    mention: "ring for direct messages and messages that mention you",
    all: "ring for every message",
    notify: "as mention; without focus a desktop notification instead",
  },
  time: {
    on: "the time of day before every message",
    off: "no times",
    relative: "the age of a message when it is shown",
  },
  quiet: {
    on: "joins, leaves and renames are hidden",
    off: "joins, leaves and renames are shown",
  },
  show: {
    room: "only messages of the current room or person",
    all: "also messages of other rooms, with the name of the room",
  },
  align: {
    on: "texts begin in a common column after names of up to 12 columns",
    off: "texts begin after the name",
  },
  numbers: {
    on: "the number of each message, for :delete, :edit, :reply-to and :react",
    off: "no numbers",
  },
} as const satisfies Record<WordPreferenceName, Record<string, string>>;

/** The allowed values of each preference, as the end of a sentence with "must be". */
export const EXPECTED_VALUES: Readonly<Record<PreferenceName, string>> = {
  bell: '"off", "mention", "all" or "notify"',
  time: '"on", "off" or "relative"',
  quiet: "true or false",
  show: '"room" or "all"',
  align: "true or false",
  numbers: "true or false",
  ignore: "an array of names",
};

/** The schema of each preference. */
export const SCHEMAS = {
  bell: v.picklist(["off", "mention", "all", "notify"]),
  time: v.picklist(["on", "off", "relative"]),
  quiet: v.boolean(),
  show: v.picklist(["room", "all"]),
  align: v.boolean(),
  numbers: v.boolean(),
  ignore: v.array(v.pipe(v.string(), v.nonEmpty())),
} satisfies { [K in PreferenceName]: v.GenericSchema<unknown, Preferences[K]> };

/** The names of all preferences. */
export const PREFERENCE_NAMES = Object.keys(SCHEMAS) as PreferenceName[];

/**
 * Parses a value of a preference.
 *
 * @param name the preference
 * @param word the value
 * @returns the change, or `undefined` if the preference does not have that value
 */
export function parsePreference(name: WordPreferenceName, word: string): Partial<Preferences> | undefined {
  if (!Object.hasOwn(VALUE_DESCRIPTIONS[name], word)) return undefined;
  const value = isSwitch(name) ? word === "on" : word;
  return { [name]: v.parse(SCHEMAS[name], value) };
}

/**
 * Formats the value of a preference.
 *
 * @param name the preference
 * @param preferences all preferences
 * @returns the value as a word, or the ignored names separated by commas
 */
export function formatPreference(name: PreferenceName, preferences: Preferences): string {
  if (name === "ignore") {
    return preferences.ignore.map((user) => user.replace(/ SHA256:.*$/, "")).join(", ") || "nobody";
  }
  return isSwitch(name) ? preferences[name] ? "on" : "off" : preferences[name];
}

function isSwitch(name: PreferenceName): name is "quiet" | "align" | "numbers" {
  return name === "quiet" || name === "align" || name === "numbers";
}

/**
 * Whether a text is the name of a preference.
 *
 * @param name any text
 * @returns whether there is such a preference
 */
export function isPreference(name: string): name is PreferenceName {
  return Object.hasOwn(SCHEMAS, name);
}
