/**
 * What a setting may be, apart from which setting it is: how it is read from a flag, a variable or a config file, and
 * what is said where it is wrong.
 *
 * PURE.
 *
 * @module
 */

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
 * The path of a file, or nothing at all for none.
 *
 * @returns the kind; its value is empty where there is to be no file
 */
export function filePath(): SettingKind<string> {
  return { ...text("file", 'the path of a file, or "" for none', () => true), path: true };
}
