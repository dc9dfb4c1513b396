/**
 * What a setting may be, apart from which setting it is: how it is read from a flag, a variable or a config file, and
 * what is said where it is wrong.
 *
 * PURE.
 *
 * @module
 */
import { splitHostPort } from "../../runtime/mod.ts";

/** One kind of value. */
export interface SettingKind<T extends string | number = string | number> {
  /** What the help calls a value, such as `port`. */
  readonly placeholder: string;
  /** What a value must be, as it goes into "it must be …". */
  readonly wanted: string;
  /** All values there are, where they can be listed. */
  readonly choices?: readonly string[];
  /** Whether it is the path of a file, which is made absolute: the hub may run in another folder than it was started in. */
  readonly path?: boolean;
  /**
   * Reads what stands in a flag or a variable.
   *
   * @param text anything
   * @returns the value; `undefined` where it is none
   */
  fromText(text: string): T | undefined;
  /**
   * Reads what stands in a config file.
   *
   * @param value a value as TOML has it
   * @returns the value; `undefined` where it is none
   */
  fromToml(value: unknown): T | undefined;
}

/**
 * A whole number.
 *
 * @param placeholder what the help calls it
 * @param least the least it may be, 0 or more
 * @param most the most it may be, with 15 digits at most
 * @returns the kind
 */
export function wholeNumber(placeholder: string, least: number, most: number): SettingKind<number> {
  const within = (value: number) =>
    Number.isInteger(value) && value >= least && value <= most ? value : undefined;
  return {
    placeholder,
    wanted: `a whole number from ${least} to ${most}`,
    fromText: (text) => /^\d{1,15}$/.test(text) ? within(Number(text)) : undefined,
    fromToml: (value) => typeof value === "number" ? within(value) : undefined,
  };
}

/**
 * The most there may be of something, which can be lifted.
 *
 * @param placeholder what the help calls it
 * @param most the largest that it may be set to, with 15 digits at most
 * @returns the kind; its value is 0 where there is no limit
 */
export function limit(placeholder: string, most: number): SettingKind<number> {
  const { fromText, fromToml } = wholeNumber(placeholder, 1, most);
  return {
    placeholder,
    wanted: `a whole number from 1 to ${most}, or 0 or off for no limit`,
    fromText: (text) => text === "off" || text === "0" ? 0 : fromText(text),
    fromToml: (value) => value === "off" || value === 0 ? 0 : fromToml(value),
  };
}

/**
 * A time in seconds, which can be lifted.
 *
 * @param most the longest that it may be set to
 * @returns the kind; its value is 0 where there is no limit
 */
export function secondsOrOff(most: number): SettingKind<number> {
  const kind = limit("seconds", most);
  return { ...kind, wanted: `a whole number of seconds from 1 to ${most}, or 0 or off for no limit` };
}

/** A rate as it is written: a burst, and how many a second. */
const RATE = /^([1-9]\d{0,5})\/((?!0*\.?0*$)\d{1,6}(?:\.\d{1,3})?)$/;

/**
 * A rate, which can be lifted.
 *
 * @returns the kind; its value is `off` or as {@linkcode readRate} reads it
 */
export function rateOrOff(): SettingKind<string> {
  const wanted = "off, or how many may come at once and how many a second after that, such as 10/2";
  return text("burst/second", wanted, (text) => text === "off" || text === "0" || RATE.test(text));
}

/**
 * Reads a rate.
 *
 * @param value a value of the kind {@linkcode rateOrOff}
 * @returns how many at once, and how many a second; `undefined` for no limit
 */
export function readRate(value: string): { burst: number; perSecond: number } | undefined {
  const parts = RATE.exec(value);
  return parts === null ? undefined : { burst: Number(parts[1]), perSecond: Number(parts[2]) };
}

/**
 * Networks, as addresses with a number of bits or without, between commas; or nothing at all for none.
 *
 * @returns the kind; `readNetwork` reads each part of its value
 */
export function networks(): SettingKind<string> {
  const wanted = 'networks such as 10.0.0.0/8,2001:db8::/32, or "" for none';
  return text(
    "networks",
    wanted,
    (text) => text === "" || text.split(",").every((part) => isNetwork(part.trim())),
  );
}

function isNetwork(text: string): boolean {
  const [, address = "", bits = "0"] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const numbers = /^(?:0|[1-9]\d{0,2})(?:\.(?:0|[1-9]\d{0,2})){3}$/.test(address) ? address.split(".") : [];
  if (numbers.length === 4) return numbers.every((number) => Number(number) <= 255) && Number(bits) <= 32;
  return /^[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*$/.test(address) && URL.canParse(`http://[${address}]`) &&
    Number(bits) <= 128;
}

/**
 * One of a few words.
 *
 * @param placeholder what the help calls it
 * @param choices the words
 * @returns the kind
 */
export function oneOf<const T extends string>(placeholder: string, choices: readonly T[]): SettingKind<T> {
  const known = (value: unknown) => choices.find((choice) => choice === value);
  return {
    placeholder,
    wanted: `one of ${choices.join(", ")}`,
    choices,
    fromText: known,
    fromToml: known,
  };
}

/**
 * Something that is done or not.
 *
 * @returns the kind; its value is `on` or `off`, in a file also `true` or `false`
 */
export function onOrOff(): SettingKind<"on" | "off"> {
  const kind = oneOf("on|off", ["on", "off"]);
  return {
    ...kind,
    fromToml: (value) => typeof value === "boolean" ? value ? "on" : "off" : kind.fromToml(value),
  };
}

/**
 * Text of one line.
 *
 * @param placeholder what the help calls it
 * @param wanted what it must be
 * @param fits says whether a text is that; by default any but an empty one
 * @returns the kind
 */
export function text(
  placeholder: string,
  wanted: string,
  fits: (text: string) => boolean = (text) => text !== "",
): SettingKind<string> {
  // deno-lint-ignore no-control-regex
  const read = (text: string) => !/[\x00-\x1f\x7f]/.test(text) && fits(text) ? text : undefined;
  return {
    placeholder,
    wanted,
    fromText: read,
    fromToml: (value) => typeof value === "string" ? read(value) : undefined,
  };
}

/**
 * The path of a folder, or nothing at all for the usual one.
 *
 * @returns the kind; its value is empty for the usual one
 */
export function folderPath(): SettingKind<string> {
  return { ...text("folder", 'the path of a folder, or "" for the usual one', () => true), path: true };
}

/**
 * The path of a file, or nothing at all for none.
 *
 * @returns the kind; its value is empty where there is to be no file
 */
export function filePath(): SettingKind<string> {
  return { ...text("file", 'the path of a file, or "" for none', () => true), path: true };
}

/**
 * A port, or nothing at all for none.
 *
 * @returns the kind; its value is empty where there is to be none
 */
export function portOrNone(): SettingKind<string> {
  const { fromText } = wholeNumber("port", 0, 65_535);
  const kind = text(
    "port",
    'a whole number from 0 to 65535, or "" for none',
    (text) => text === "" || fromText(text) !== undefined,
  );
  return { ...kind, fromToml: (value) => kind.fromToml(typeof value === "number" ? String(value) : value) };
}

/**
 * An address and a port, or nothing at all for none.
 *
 * @returns the kind; its value is empty where there is to be none, and else goes into `splitHostPort`
 */
export function addressOrNone(): SettingKind<string> {
  const wanted = 'HOST:PORT or [IPV6]:PORT, or "" for none';
  return text("host:port", wanted, (text) => text === "" || splitHostPort(text) !== undefined);
}
