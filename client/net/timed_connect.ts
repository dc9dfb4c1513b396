/**
 * Opens a connection of any kind within a time limit, with error messages for the user.
 *
 * @module
 */
import type { Connect, Connection } from "./connection.ts";
import { reasonOf, type TimedClock } from "../../runtime/mod.ts";
import { type Address, describeAddress, formatAddress } from "./address.ts";
import { LinkError } from "./link_error.ts";

/** How long a hub may take to accept a connection, in milliseconds: several times the longest usual round-trip time. */
export const CONNECT_LIMIT_MS = 10_000;

/** Options of {@linkcode connectWithTimeout}. */
export interface ConnectOptions {
  /** Opens the connection. */
  connect: Connect;
  /** The clock. */
  clock: TimedClock;
  /** Gives up when aborted. */
  signal?: AbortSignal | undefined;
}

/**
 * Connects within {@linkcode CONNECT_LIMIT_MS}. A connection that opens later is closed.
 *
 * @param address where the hub is
 * @param options see {@linkcode ConnectOptions}
 * @returns the connection
 * @throws {LinkError} `unreachable` if it cannot be opened, `left` if it was aborted
 */
export async function connectWithTimeout(address: Address, options: ConnectOptions): Promise<Connection> {
  const { connect, clock, signal } = options;
  const where = describeAddress(address);
  const { promise: givenUp, reject: giveUp } = Promise.withResolvers<never>();
  const leave = () => giveUp(new LinkError("left", `left ${formatAddress(address)}`));
  const cancel = clock.after(
    CONNECT_LIMIT_MS,
    () =>
      giveUp(
        new LinkError("unreachable", `cannot reach ${where}: no answer within ${CONNECT_LIMIT_MS / 1000} s`),
      ),
  );
  signal?.addEventListener("abort", leave);
  if (signal?.aborted) leave();
  const connectAbort = new AbortController();
  const connecting = connect(address, connectAbort.signal);
  try {
    return await Promise.race([connecting, givenUp]);
  } catch (error) {
    connectAbort.abort();
    connecting.then((late) => late.close(), () => {});
    if (error instanceof LinkError) throw error;
    const advice = error instanceof Deno.errors.ConnectionRefused
      ? "; is a hub running there? (riftchat serve)"
      : undefined;
    throw new LinkError("unreachable", `cannot reach ${where}: ${reasonOf(error)}${advice ?? ""}`, {
      cause: error,
      advice,
    });
  } finally {
    cancel();
    signal?.removeEventListener("abort", leave);
  }
}
