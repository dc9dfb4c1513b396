/**
 * What people can have their way about: the preferences, and what each value means. How they stand in a file is for
 * `preferences_text.ts` to know.
 *
 * PURE.
 *
 * @module
 */
import * as v from "valibot";

/** How one wants to read and be called. */
export interface Preferences {
  /** When to ring. */
  readonly bell: "off" | "mention" | "all";
  /** What stands before what somebody says. */
  readonly time: "on" | "off" | "relative";
  /** Whether joins, leaves and changes of name are hidden. */
  readonly quiet: boolean;
  /** Whether lines of one place at a time are shown, or those of all. */
  readonly show: "room" | "all";
  /** Whose lines are hidden. */
  readonly ignore: readonly string[];
}

/** What holds where nobody says otherwise. */
export const DEFAULT_PREFERENCES: Preferences = {
  bell: "mention",
  time: "on",
  quiet: false,
  show: "room",
  ignore: [],
};

/** The name of a preference. */
export type PreferenceName = keyof Preferences;

/** The preferences that are set by one word. */
export type WordPreferenceName = Exclude<PreferenceName, "ignore">;

/** What each word means that a preference can be set to, for people. */
export const MEANINGS = {
  bell: {
    off: "never ring",
    mention: "ring when somebody says my name or writes to me alone",
    all: "ring whenever somebody says something",
  },
  time: {
    on: "the time of day before every line",
    off: "no times",
    relative: "how old a line is when it is shown",
  },
  quiet: {
    on: "joins, leaves and changes of name are hidden",
    off: "joins, leaves and changes of name are shown",
  },
  show: {
    room: "only what is said in the room one is in",
    all: "what is said in other rooms too, with the name of the room",
  },
} as const satisfies Record<WordPreferenceName, Record<string, string>>;

/** What each preference must be, as a sentence goes on after "must be". */
export const EXPECTED: Readonly<Record<PreferenceName, string>> = {
  bell: '"off", "mention" or "all"',
  time: '"on", "off" or "relative"',
  quiet: "true or false",
  show: '"room" or "all"',
  ignore: "an array of names",
};

/** What each preference is checked with. */
export const SCHEMAS = {
  bell: v.picklist(["off", "mention", "all"]),
  time: v.picklist(["on", "off", "relative"]),
  quiet: v.boolean(),
  show: v.picklist(["room", "all"]),
  ignore: v.array(v.pipe(v.string(), v.nonEmpty())),
} satisfies { [K in PreferenceName]: v.GenericSchema<unknown, Preferences[K]> };

/** Every preference there is, by name. */
export const PREFERENCE_NAMES = Object.keys(SCHEMAS) as PreferenceName[];

/**
 * Reads a word that a preference is to be set to.
 *
 * @param name which preference
 * @param word the word
 * @returns the change, or `undefined` where the preference cannot be set to that
 */
export function readPreference(name: WordPreferenceName, word: string): Partial<Preferences> | undefined {
  if (!Object.hasOwn(MEANINGS[name], word)) return undefined;
  const value = name === "quiet" ? word === "on" : word;
  return { [name]: v.parse(SCHEMAS[name], value) };
}

/**
 * Tells what a preference is set to.
 *
 * @param name which preference
 * @param preferences all preferences
 * @returns a word, or the names one after the other
 */
export function wordOf(name: PreferenceName, preferences: Preferences): string {
  if (name === "ignore") return preferences.ignore.join(", ") || "nobody";
  return name === "quiet" ? preferences.quiet ? "on" : "off" : preferences[name];
}

/**
 * Tells whether there is such a preference.
 *
 * @param name any text
 * @returns whether
 */
export function isPreference(name: string): name is PreferenceName {
  return Object.hasOwn(SCHEMAS, name);
}
