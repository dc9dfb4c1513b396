/**
 * Commands that show or change preferences: `:set`, `:bell`, `:ignore` and others. From the preferences and a
 * setting come the new preferences and the lines to print.
 *
 * PURE. The caller stores the preferences.
 *
 * @module
 */
import { distance } from "fastest-levenshtein";
import { nameKey } from "../../protocol/mod.ts";
import { type Ignored, ignoredNameIn, ignoredText } from "../model/mod.ts";
import { failure, info, sanitize, sanitizeName, type StyledLine } from "../text/mod.ts";
import {
  formatPreference,
  isPreference,
  parsePreference,
  PREFERENCE_NAMES,
  type PreferenceName,
  type Preferences,
  VALUE_DESCRIPTIONS,
  type WordPreferenceName,
} from "../config/mod.ts";

/** A command on the preferences. */
export type Setting =
  /** Show the values of these preferences. */
  | { kind: "show"; names: readonly PreferenceName[] }
  /** Set a preference. */
  | { kind: "set"; name: WordPreferenceName; change: Partial<Preferences> }
  /** Set a preference to its other value. */
  | { kind: "toggle"; name: "quiet" }
  /** List the ignored users. */
  | { kind: "ignored" }
  /** Ignore a user. */
  | { kind: "ignore"; name: string }
  /** Stop ignoring a user. */
  | { kind: "unignore"; name: string };

/** The result of a setting. */
export interface AppliedSetting {
  /** The new preferences. */
  readonly preferences: Preferences;
  /** The changes to store; empty if there are none. */
  readonly changes: Partial<Preferences>;
  /** The lines to print. */
  readonly lines: readonly StyledLine[];
}

/** The state of the chat that settings need. */
export interface SettingContext {
  /** The user's own name. */
  readonly name: string;
  /** The ignored users. */
  readonly ignored: Ignored;
}

/**
 * Parses a setting.
 *
 * @param name the name of the preference, as typed
 * @param value the new value, as typed; `undefined` to show the current one
 * @returns the setting, or the problem as a message for the user
 */
export function parseSetting(
  name: string,
  value: string | undefined,
): { setting: Setting } | { problem: string } {
  if (!isPreference(name)) {
    const [nearest] = PREFERENCE_NAMES.filter((known) => distance(name.toLowerCase(), known) <= 2);
    const advice = nearest === undefined
      ? `the settings are ${PREFERENCE_NAMES.join(", ")}`
      : `did you mean ${nearest}?`;
    return { problem: `no such setting ${sanitize(name)}; ${advice}` };
  }
  if (value === undefined) return { setting: { kind: "show", names: [name] } };
  if (name === "ignore") {
    return { problem: "Cannot set ignore: it is changed by :ignore NAME and :unignore NAME" };
  }
  const change = parsePreference(name, value);
  if (change !== undefined) return { setting: { kind: "set", name, change } };
  const expected = orList(Object.keys(VALUE_DESCRIPTIONS[name]));
  return { problem: `Cannot set ${name}: it must be ${expected}: it is ${sanitize(value)}` };
}

/**
 * Applies a setting.
 *
 * @param preferences the current preferences
 * @param setting the setting
 * @param context see {@linkcode SettingContext}
 * @returns the new preferences, the changes, and the lines to print
 */
export function applySetting(
  preferences: Preferences,
  setting: Setting,
  context: SettingContext,
): AppliedSetting {
  const unchanged = (...lines: StyledLine[]): AppliedSetting => ({ preferences, changes: {}, lines });
  const change = (
    changes: Partial<Preferences>,
    line: (preferences: Preferences) => StyledLine,
  ): AppliedSetting => {
    const changed = { ...preferences, ...changes };
    return { preferences: changed, changes, lines: [line(changed)] };
  };
  switch (setting.kind) {
    case "show":
      return unchanged(...list(setting.names, preferences));
    case "set":
      return change(setting.change, (changed) => sentence(setting.name, changed));
    case "toggle":
      return change(
        { [setting.name]: !preferences[setting.name] },
        (changed) => sentence(setting.name, changed),
      );
    case "ignored": {
      const names = context.ignored.list().map(({ name, byKey, currentName }) => {
        const facts = [
          ...byKey ? ["by key"] : [],
          ...currentName === undefined ? [] : [`now ${sanitizeName(currentName)}`],
        ];
        return sanitizeName(name) + (facts.length === 0 ? "" : ` (${facts.join(", ")})`);
      });
      return unchanged(info(names.length === 0 ? "no users are ignored" : `ignored: ${names.join(", ")}`));
    }
    case "ignore": {
      const name = setting.name.normalize("NFC");
      if (nameKey(name) === nameKey(context.name)) return unchanged(failure("Cannot ignore yourself"));
      const ignoredAs = context.ignored.ignoredAs(name);
      if (ignoredAs !== undefined) return unchanged(info(`${sanitizeName(ignoredAs)} is already ignored`));
      const ignore = [...preferences.ignore, name];
      return change(
        { ignore },
        () =>
          info(
            `${sanitizeName(name)} is ignored; :unignore ${sanitizeName(name)} shows their messages again`,
          ),
      );
    }
    case "unignore": {
      const ignoredAs = context.ignored.ignoredAs(setting.name);
      if (ignoredAs === undefined) return unchanged(failure(`${sanitizeName(setting.name)} is not ignored`));
      const ignore = preferences.ignore.filter((user) => nameKey(ignoredNameIn(user)) !== nameKey(ignoredAs));
      return change({ ignore }, () => info(`${sanitizeName(ignoredAs)} is no longer ignored`));
    }
  }
}

/**
 * Adds the keys of an ignored user to the preferences.
 *
 * @param preferences the preferences
 * @param name the name under which the user is ignored
 * @param keys the fingerprints of all their keys
 * @returns the changes to store; `undefined` if there are none
 */
export function saveIgnoredKeys(
  { ignore }: Preferences,
  name: string,
  keys: readonly string[],
): Partial<Preferences> | undefined {
  const changed = ignore.map((user) =>
    nameKey(ignoredNameIn(user)) === nameKey(name) ? ignoredText(ignoredNameIn(user), keys) : user
  );
  return changed.some((user, i) => user !== ignore[i]) ? { ignore: changed } : undefined;
}

/** Formats preferences, one a line. */
function list(names: readonly PreferenceName[], preferences: Preferences): StyledLine[] {
  const rows = names.map((name) => ({ name, value: sanitize(formatPreference(name, preferences)) }));
  // A long list of ignored names must not move the other descriptions to the right.
  const valueWidth = Math.max(...rows.map(({ name, value }) => name === "ignore" ? 0 : value.length));
  const nameWidth = Math.max(...names.map((name) => name.length));
  return rows.map(({ name, value }): StyledLine => [
    { text: `  ${name.padEnd(nameWidth)}  `, style: "plain" },
    { text: value, style: "notice" },
    {
      text: `${" ".repeat(Math.max(0, valueWidth - value.length))}  ${description(name, preferences)}`,
      style: "faint",
    },
  ]);
}

function sentence(name: WordPreferenceName, preferences: Preferences): StyledLine {
  return info(`${name} is ${formatPreference(name, preferences)}: ${description(name, preferences)}`);
}

/** Describes the value of a preference, with the other possible values. */
function description(name: PreferenceName, preferences: Preferences): string {
  if (name === "ignore") return "users whose messages are hidden (:ignore NAME, :unignore NAME)";
  const descriptions: Readonly<Record<string, string>> = VALUE_DESCRIPTIONS[name];
  const value = formatPreference(name, preferences);
  const others = Object.keys(descriptions).filter((word) => word !== value);
  return `${descriptions[value]} (or ${orList(others)})`;
}

/** Lists words: "a, b or c". */
function orList(words: readonly string[]): string {
  return words.length < 2 ? words.join() : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}
