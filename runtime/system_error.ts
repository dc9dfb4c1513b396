/**
 * Readable messages for errors of the operating system.
 *
 * @module
 */

/**
 * Returns a short message for an error.
 *
 * @param error the error of a read, write, connect or open
 * @returns a few words, without the error number and the system call
 */
export function reasonOf(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "it does not exist";
  if (error instanceof Deno.errors.ConnectionRefused) return "connection refused";
  if (error instanceof Deno.errors.ConnectionReset || error instanceof Deno.errors.BrokenPipe) {
    return "the connection was reset";
  }
  // The original message refers to the manual of the TLS library.
  if (error instanceof Deno.errors.UnexpectedEof) return "the connection was cut off";
  if (!(error instanceof Error)) return String(error);
  if (error.message.startsWith("failed to lookup address information")) return "no such host";
  return error.message.replace(/ \(os error \d+\).*$/s, "").replace(
    /^[A-Z](?=[a-z])/,
    (letter) => letter.toLowerCase(),
  );
}

/**
 * Makes a message follow a prefix, such as `riftchat: cannot use --port: …`.
 *
 * @param message a message that may begin with a capital letter, and contain others after colons
 * @returns the message, with `cannot` in lower case
 */
export function afterPrefix(message: string): string {
  return message.replace(/(^|: )Cannot /g, "$1cannot ");
}
