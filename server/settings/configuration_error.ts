/**
 * What is wrong in the settings that a person gave: told in one line, and the program ends with status 2.
 *
 * @module
 */

/** A setting, or the file it is in, is not what it must be. */
export class ConfigurationError extends Error {
  /** As for any `Error`. */
  override readonly name = "ConfigurationError";
}

/**
 * Says that a value is wrong.
 *
 * @param where the flag, variable, or key, file and line that it came from
 * @param wanted what it must be
 * @param found what it is
 * @returns the error, to be thrown
 */
export function wrong(where: string, wanted: string, found: unknown): ConfigurationError {
  return new ConfigurationError(`Cannot use ${where}: it must be ${wanted}: it is ${shown(found)}`);
}

function shown(found: unknown): string {
  if (found instanceof Date) return "a date";
  if (Array.isArray(found)) return "an array";
  if (typeof found === "object") return "a table";
  return typeof found === "string" ? JSON.stringify(found) : String(found);
}
