/**
 * What errors of sockets mean: those of an open connection, and those of accepting one.
 *
 * @module
 */

/**
 * Describes briefly why the operating system ended a connection.
 *
 * @param error the error of a read or a write
 * @returns the reason, for the log: `left`, `reset` or the error message
 */
export function closeReason(error: unknown): string {
  // A TLS client, or the network, ended the connection without a close_notify of TLS.
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
 * Checks whether an accept failed only because the client reset its connection before it was accepted.
 *
 * @param error the error of an accept
 * @returns whether the next accept may work at once
 */
export function isClientGone(error: unknown): boolean {
  const { ConnectionAborted, ConnectionReset, NotConnected } = Deno.errors;
  return error instanceof NotConnected || error instanceof ConnectionReset ||
    error instanceof ConnectionAborted;
}
