/**
 * Why the system refused something, in words for people.
 *
 * @module
 */

/**
 * Says why something failed.
 *
 * @param error what was thrown
 * @returns its message, without the number and the call, which say nothing to a person
 */
export function reasonOf(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "it is not there";
  return error instanceof Error ? error.message.replace(/ \(os error \d+\).*$/s, "") : String(error);
}
