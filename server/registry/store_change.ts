/**
 * Stores what a client wants to change.
 *
 * @module
 */
import { ProtocolError } from "../../protocol/mod.ts";
import { CUT_OFF_RETRY_MS, CUT_OFF_TEXT, isCutOff } from "../sqlite/mod.ts";

/**
 * Returns what a client reads whose change is refused as the hub is cut off from its cluster.
 *
 * @param cause the error of SQLite, if there is one
 * @returns `unavailable`, with the time to try again
 */
export function cutOffRefusal(cause?: unknown): ProtocolError {
  return new ProtocolError("unavailable", `Cannot do that now: ${CUT_OFF_TEXT}; try again in some seconds`, {
    retryAfterMs: CUT_OFF_RETRY_MS,
    cause,
  });
}

/**
 * Makes a change that is stored.
 *
 * @param change makes it; nothing has changed if it throws
 * @param failed called with the error if it cannot be stored, for the log; not if the hub is cut off from its cluster
 * @returns what it returns
 * @throws {ProtocolError} that of `change`; for any other error `unavailable`
 */
export function storeChange<T>(change: () => T, failed: (error: unknown) => void): T {
  try {
    return change();
  } catch (error) {
    if (error instanceof ProtocolError) throw error;
    if (isCutOff(error)) throw cutOffRefusal(error);
    failed(error);
    throw new ProtocolError("unavailable", "Cannot do that now: the hub cannot store it; its log says why", {
      cause: error,
    });
  }
}
