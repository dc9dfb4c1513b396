/**
 * The error for an invalid setting: printed in one line, and the program ends with status 2.
 *
 * @module
 */

/** A setting or the config file is invalid. */
export class ConfigurationError extends Error {
  /** As for any `Error`. */
  override readonly name = "ConfigurationError";
}

/**
 * Makes the error for an invalid value.
 *
 * @param source the flag, the variable, or the key, file and line
 * @param expected what the value must be
 * @param found the value
 * @returns the error, to be thrown
 */
export function invalidValue(source: string, expected: string, found: unknown): ConfigurationError {
  return new ConfigurationError(
    `Cannot use ${source}: it must be ${expected}: it is ${describeValue(found)}`,
  );
}

function describeValue(found: unknown): string {
  if (found instanceof Date) return "a date";
  if (Array.isArray(found)) return "an array";
  if (typeof found === "object") return "a table";
  return typeof found === "string" ? JSON.stringify(withoutPassword(found)) : String(found);
}

/** Hides the password in an address, as errors are logged: up to the last @, as that in a password is one, too. */
function withoutPassword(text: string): string {
  return text.replace(/^((?:\w+:\/\/)?[^:@\s/]+:).*@/s, "$1***@");
}
