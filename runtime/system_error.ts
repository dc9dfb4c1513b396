/**
 * Error messages of the operating system, in words for people.
 *
 * @module
 */

/**
 * Says why the system refused something.
 *
 * @param error what reading, writing, connecting or opening threw
 * @returns a few words for people, without the error number and the system call
 */
export function reasonOf(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "it is not there";
  if (error instanceof Deno.errors.ConnectionRefused) return "connection refused";
  if (error instanceof Deno.errors.ConnectionReset || error instanceof Deno.errors.BrokenPipe) {
    return "the connection was reset";
  }
  // The message of the TLS library refers to its own manual.
  if (error instanceof Deno.errors.UnexpectedEof) return "the connection was cut off";
  if (!(error instanceof Error)) return String(error);
  if (error.message.startsWith("failed to lookup address information")) return "no such host";
  return error.message.replace(/ \(os error \d+\).*$/s, "").replace(
    /^[A-Z](?=[a-z])/,
    (letter) => letter.toLowerCase(),
  );
}
