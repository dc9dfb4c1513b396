/**
 * The kinds of settings: how a value is parsed from a flag, a variable or a config file, and the rule that an error
 * message shows.
 *
 * PURE.
 *
 * @module
 */
import { splitHostPort } from "../../runtime/mod.ts";

/** A kind of setting. */
export interface SettingKind<T extends string | number = string | number> {
  /** The placeholder for a value in the help, such as `port`. */
  readonly placeholder: string;
  /** The rule for values; completes "it must be …". */
  readonly expected: string;
  /** All values, if they can be listed. */
  readonly choices?: readonly string[];
  /** Whether it is a path, which is made absolute: the hub may run in another folder than it was started in. */
  readonly path?: boolean;
  /**
   * Parses the text of a flag or a variable.
   *
   * @param text any text
   * @returns the value; `undefined` if the text is invalid
   */
  fromText(text: string): T | undefined;
  /**
   * Parses a value of a config file.
   *
   * @param value any TOML value
   * @returns the value; `undefined` if it is invalid
   */
  fromToml(value: unknown): T | undefined;
}

/**
 * A whole number.
 *
 * @param placeholder the placeholder in the help
 * @param min the smallest value, 0 or more
 * @param max the largest value, with 15 digits at most
 * @returns the kind
 */
export function wholeNumber(placeholder: string, min: number, max: number): SettingKind<number> {
  const within = (value: number) =>
    Number.isInteger(value) && value >= min && value <= max ? value : undefined;
  return {
    placeholder,
    expected: `a whole number from ${min} to ${max}`,
    fromText: (text) => /^\d{1,15}$/.test(text) ? within(Number(text)) : undefined,
    fromToml: (value) => typeof value === "number" ? within(value) : undefined,
  };
}

/**
 * A limit that can be turned off.
 *
 * @param placeholder the placeholder in the help
 * @param max the largest value, with 15 digits at most
 * @returns the kind; the value 0 means no limit
 */
export function limit(placeholder: string, max: number): SettingKind<number> {
  const { fromText, fromToml } = wholeNumber(placeholder, 1, max);
  return {
    placeholder,
    expected: `a whole number from 1 to ${max}, or 0 or off for no limit`,
    fromText: (text) => text === "off" || text === "0" ? 0 : fromText(text),
    fromToml: (value) => value === "off" || value === 0 ? 0 : fromToml(value),
  };
}

/**
 * A number that limits something, whose default depends on other settings; empty for that.
 *
 * @param placeholder the placeholder in the help
 * @param max the largest value, with 15 digits at most
 * @returns the kind; its value is empty, `off` or a whole number
 */
export function limitOrDefault(placeholder: string, max: number): SettingKind<string> {
  const { fromText, fromToml } = limit(placeholder, max);
  const asText = (value: number | undefined) => value === 0 ? "off" : value?.toString();
  return {
    placeholder,
    expected: `a whole number from 1 to ${max}, 0 or off for no limit, or "" for the default`,
    fromText: (text) => text === "" ? "" : asText(fromText(text)),
    fromToml: (value) => value === "" ? "" : asText(fromToml(value)),
  };
}

/**
 * A time in seconds that can be turned off.
 *
 * @param max the largest value
 * @returns the kind; the value 0 means no limit
 */
export function secondsOrOff(max: number): SettingKind<number> {
  const kind = limit("seconds", max);
  return { ...kind, expected: `a whole number of seconds from 1 to ${max}, or 0 or off for no limit` };
}

/** The text of a rate: the burst, and the number per second. */
const RATE = /^([1-9]\d{0,5})\/((?!0*\.?0*$)\d{1,6}(?:\.\d{1,3})?)$/;

/**
 * A rate limit that can be turned off.
 *
 * @returns the kind; its value is `off` or a text for {@linkcode readRate}
 */
export function rateOrOff(): SettingKind<string> {
  const expected = "BURST/SECOND, such as 10/2 for a burst of 10 and then 2 per second, or off for no limit";
  return text("burst/second", expected, (text) => text === "off" || text === "0" || RATE.test(text));
}

/**
 * Parses a rate.
 *
 * @param value a value of the kind {@linkcode rateOrOff}
 * @returns the burst and the number per second; `undefined` for no limit
 */
export function readRate(value: string): { burst: number; perSecond: number } | undefined {
  const parts = RATE.exec(value);
  return parts === null ? undefined : { burst: Number(parts[1]), perSecond: Number(parts[2]) };
}

/**
 * Networks: addresses with or without a prefix length, separated by commas; empty for none.
 *
 * @returns the kind; `readNetwork` parses each part of its value
 */
export function networks(): SettingKind<string> {
  const expected = 'networks such as 10.0.0.0/8,2001:db8::/32, or "" for none';
  return text(
    "networks",
    expected,
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
 * One word of a list.
 *
 * @param placeholder the placeholder in the help
 * @param choices the words
 * @returns the kind
 */
export function oneOf<const T extends string>(placeholder: string, choices: readonly T[]): SettingKind<T> {
  const known = (value: unknown) => choices.find((choice) => choice === value);
  return {
    placeholder,
    expected: `one of ${choices.join(", ")}`,
    choices,
    fromText: known,
    fromToml: known,
  };
}

/**
 * A switch.
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
 * @param placeholder the placeholder in the help
 * @param expected the rule for values
 * @param fits tells whether a text follows the rule; by default any text that is not empty
 * @returns the kind
 */
export function text(
  placeholder: string,
  expected: string,
  fits: (text: string) => boolean = (text) => text !== "",
): SettingKind<string> {
  // deno-lint-ignore no-control-regex
  const read = (text: string) => !/[\x00-\x1f\x7f]/.test(text) && fits(text) ? text : undefined;
  return {
    placeholder,
    expected,
    fromText: read,
    fromToml: (value) => typeof value === "string" ? read(value) : undefined,
  };
}

/**
 * The path of a folder; empty for the default.
 *
 * @returns the kind
 */
export function folderPath(): SettingKind<string> {
  return { ...text("folder", 'the path of a folder, or "" for the default', () => true), path: true };
}

/**
 * The path of a file; empty for none.
 *
 * @returns the kind
 */
export function filePath(): SettingKind<string> {
  return { ...text("file", 'the path of a file, or "" for none', () => true), path: true };
}

/**
 * A port; empty for none.
 *
 * @returns the kind
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
 * An address and a port; empty or `off` for none.
 *
 * @returns the kind; `splitHostPort` parses its value unless it is empty or `off`
 */
export function webAddress(): SettingKind<string> {
  const expected = 'HOST:PORT or [IPV6]:PORT, off, or "" for the TLS port only';
  return text(
    "host:port",
    expected,
    (text) => text === "" || text === "off" || splitHostPort(text) !== undefined,
  );
}

/**
 * Names of hosts; empty for none.
 *
 * @returns the kind; its value is separated by commas
 */
export function hostNames(): SettingKind<string> {
  const expected =
    'names of hosts such as chat.example.org or *.example.org, separated by commas, or "" for none';
  const isName = (name: string) => /^(?:\*\.)?[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?$/i.test(name.trim());
  return text("names", expected, (text) => text === "" || text.split(",").every(isName));
}

/**
 * An address and a port; empty for none.
 *
 * @returns the kind; `splitHostPort` parses its value
 */
export function addressOrNone(): SettingKind<string> {
  const expected = 'HOST:PORT or [IPV6]:PORT, or "" for none';
  return text("host:port", expected, (text) => text === "" || splitHostPort(text) !== undefined);
}

/**
 * Addresses of NATS servers, separated by commas; empty for none.
 *
 * @returns the kind
 */
export function natsServers(): SettingKind<string> {
  const expected =
    'addresses such as nats://HOST:4222 or tls://HOST:4222, separated by commas, or "" for none; ' +
    "in a password %25 stands for %, %40 for @, %2F for /, %23 for # and %2C for a comma";
  const isServer = (part: string) =>
    /^(?:(?:nats|tls):\/\/)?(?:[^@/\s]+@)?[^@/\s]+$/.test(part.trim()) &&
    URL.canParse(part.trim().replace(/^(?:\w+:\/\/)?/, "nats://")) && isPercentEncoded(part);
  return text("servers", expected, (text) => text === "" || text.split(",").every(isServer));
}

/** Whether each % begins the code of a byte, and the bytes are UTF-8. */
function isPercentEncoded(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
