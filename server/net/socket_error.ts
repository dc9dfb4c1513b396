/**
 * Errors of sockets: what they mean for a connection and for accepting.
 *
 * @module
 */

/**
 * Describes in a word or two why the operating system ended a connection.
 *
 * @param error the error of a read or a write
 * @returns the reason, for the log
 */
export function closeReason(error: unknown): string {
  // A TLS client that closed without the close_notify of TLS: it, or the network, was in a hurry.
  if (error instanceof Deno.errors.UnexpectedEof) return "left";
  if (error instanceof Deno.errors.ConnectionReset || error instanceof Deno.errors.BrokenPipe) return "reset";
  return error instanceof Error ? error.message : String(error);
}

/**
 * Checks whether the process or the operating system has no file descriptor left.
 *
 * @param error the error of an accept
 * @returns whether it is `EMFILE` or `ENFILE`
 */
export function isOutOfDescriptors(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return code === "EMFILE" || code === "ENFILE" || /os error (?:23|24)\b/.test(String(error));
}

/**
 * Checks whether an accept failed only because that client reset its connection before it was accepted.
 *
 * @param error the error of an accept
 * @returns whether the next accept may work at once
 */
export function isClientGone(error: unknown): boolean {
  const { ConnectionAborted, ConnectionReset, NotConnected } = Deno.errors;
  return error instanceof NotConnected || error instanceof ConnectionReset ||
    error instanceof ConnectionAborted;
}
