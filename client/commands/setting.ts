/**
 * What `:set`, `:bell`, `:ignore` and the like do: (preferences, setting) → preferences, and what to tell.
 *
 * PURE. Keeping the preferences is the owner's.
 *
 * @module
 */
import { distance } from "fastest-levenshtein";
import { nameKey } from "../../protocol/mod.ts";
import type { Ignored } from "../model/mod.ts";
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

/** Something to show or to change. */
export type Setting =
  /** Show what these are set to. */
  | { kind: "show"; names: readonly PreferenceName[] }
  /** Set one. */
  | { kind: "set"; name: WordPreferenceName; change: Partial<Preferences> }
  /** Set one to what it is not. */
  | { kind: "toggle"; name: "quiet" }
  /** Show who is ignored. */
  | { kind: "ignored" }
  /** Hide what somebody says. */
  | { kind: "ignore"; name: string }
  /** Show it again. */
  | { kind: "unignore"; name: string };

/** What came of a setting. */
export interface AppliedSetting {
  /** The preferences from now on. */
  readonly preferences: Preferences;
  /** What has changed of them and is to be kept; empty where nothing has. */
  readonly changes: Partial<Preferences>;
  /** What to tell. */
  readonly lines: readonly StyledLine[];
}

/** What a setting has to be known of the chat. */
export interface SettingContext {
  /** One's own name. */
  readonly name: string;
  /** Who is ignored. */
  readonly ignored: Ignored;
}

/**
 * Reads what a preference is to be set to.
 *
 * @param name which preference, as it was typed
 * @param value to what, as it was typed; nothing to show it
 * @returns the setting, or what is wrong with it
 */
export function readSetting(
  name: string,
  value: string | undefined,
): { setting: Setting } | { problem: string } {
  if (!isPreference(name)) {
    const [nearest] = PREFERENCE_NAMES.filter((known) => distance(name.toLowerCase(), known) <= 2);
    const advice = nearest === undefined
      ? `there are ${PREFERENCE_NAMES.join(", ")}`
      : `did you mean ${nearest}?`;
    return { problem: `no such setting ${sanitize(name)}; ${advice}` };
  }
  if (value === undefined) return { setting: { kind: "show", names: [name] } };
  if (name === "ignore") {
    return { problem: "Cannot set ignore: it is changed by :ignore NAME and :unignore NAME" };
  }
  const change = parsePreference(name, value);
  if (change !== undefined) return { setting: { kind: "set", name, change } };
  const words = Object.keys(VALUE_DESCRIPTIONS[name]);
  const expected = `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
  return { problem: `Cannot set ${name}: it must be ${expected}: it is ${sanitize(value)}` };
}

/**
 * Does what a setting says.
 *
 * @param preferences the preferences so far
 * @param setting what to do
 * @param context what has to be known of the chat
 * @returns the preferences from now on, what has changed, and what to tell
 */
export function applySetting(
  preferences: Preferences,
  setting: Setting,
  context: SettingContext,
): AppliedSetting {
  const tell = (...lines: StyledLine[]): AppliedSetting => ({ preferences, changes: {}, lines });
  const change = (
    changes: Partial<Preferences>,
    line: (preferences: Preferences) => StyledLine,
  ): AppliedSetting => {
    const changed = { ...preferences, ...changes };
    return { preferences: changed, changes, lines: [line(changed)] };
  };
  switch (setting.kind) {
    case "show":
      return tell(...list(setting.names, preferences));
    case "set":
      return change(setting.change, (changed) => sentence(setting.name, changed));
    case "toggle":
      return change(
        { [setting.name]: !preferences[setting.name] },
        (changed) => sentence(setting.name, changed),
      );
    case "ignored": {
      const names = context.ignored.list().map(({ name, currentName }) =>
        currentName === undefined
          ? sanitizeName(name)
          : `${sanitizeName(name)} (now ${sanitizeName(currentName)})`
      );
      return tell(info(names.length === 0 ? "nobody is ignored" : `ignored: ${names.join(", ")}`));
    }
    case "ignore": {
      const name = setting.name.normalize("NFC");
      if (nameKey(name) === nameKey(context.name)) return tell(failure("Cannot ignore yourself"));
      const given = context.ignored.ignoredAs(name);
      if (given !== undefined) return tell(info(`${sanitizeName(given)} is ignored already`));
      const ignore = [...preferences.ignore, name];
      return change(
        { ignore },
        () => info(`${sanitizeName(name)} is ignored; :unignore ${sanitizeName(name)} ends that`),
      );
    }
    case "unignore": {
      const given = context.ignored.ignoredAs(setting.name);
      if (given === undefined) return tell(failure(`${sanitizeName(setting.name)} is not ignored`));
      const ignore = preferences.ignore.filter((name) => nameKey(name) !== nameKey(given));
      return change({ ignore }, () => info(`${sanitizeName(given)} is not ignored any more`));
    }
  }
}

/** All of some preferences, one below the other. */
function list(names: readonly PreferenceName[], preferences: Preferences): StyledLine[] {
  const rows = names.map((name) => ({ name, value: sanitize(formatPreference(name, preferences)) }));
  // Who ignores many is not to have the others pushed away.
  const width = Math.max(...rows.map(({ name, value }) => name === "ignore" ? 0 : value.length));
  const wide = Math.max(...names.map((name) => name.length));
  return rows.map(({ name, value }): StyledLine => [
    { text: `  ${name.padEnd(wide)}  `, style: "plain" },
    { text: value, style: "notice" },
    {
      text: `${" ".repeat(Math.max(0, width - value.length))}  ${meaning(name, preferences)}`,
      style: "faint",
    },
  ]);
}

function sentence(name: WordPreferenceName, preferences: Preferences): StyledLine {
  return info(`${name} is ${formatPreference(name, preferences)}: ${meaning(name, preferences)}`);
}

/** What a preference means as it is set, and what else it could be. */
function meaning(name: PreferenceName, preferences: Preferences): string {
  if (name === "ignore") return "whose lines are hidden (:ignore NAME, :unignore NAME)";
  const meanings: Readonly<Record<string, string>> = VALUE_DESCRIPTIONS[name];
  const value = formatPreference(name, preferences);
  const others = Object.keys(meanings).filter((word) => word !== value).join(" or ");
  return `${meanings[value]} (or ${others})`;
}
