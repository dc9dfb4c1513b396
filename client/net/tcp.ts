/**
 * The only door to the network: opens a connection, and says in plain words what went wrong with one.
 *
 * @module
 */
import type { Connect, Connection } from "./connection.ts";
import { reasonOf, type TimedClock } from "../../runtime/mod.ts";
import { type Address, formatAddress } from "./address.ts";
import { LinkError } from "./link_error.ts";

/** How long a hub may take to accept a connection, in milliseconds: several times the slowest round trip on earth. */
export const CONNECT_LIMIT_MS = 10_000;

/** What a connection is opened with. */
export interface ConnectOptions {
  /** Opens it. */
  connect: Connect;
  /** The clock. */
  clock: TimedClock;
  /** Gives up when aborted. */
  signal?: AbortSignal | undefined;
}

/**
 * Opens a TCP connection.
 *
 * @param address where to
 * @param signal gives up when aborted; does nothing once it is open
 * @returns the connection, with small writes sent at once
 * @throws what the operating system says; see {@linkcode reasonOf}
 */
export async function connectTcp(address: Address, signal?: AbortSignal): Promise<Connection> {
  const connection = await Deno.connect(signal === undefined ? address : { ...address, signal });
  // Without this a line waits up to 40 ms for the acknowledgement of the line before.
  connection.setNoDelay(true);
  // A base hub cannot be asked whether it is still there, so the operating system asks its machine, after hours.
  connection.setKeepAlive(true);
  return connection;
}

/**
 * Connects within a limit of time. A connection that comes too late is closed.
 *
 * @param address where to
 * @param options see {@linkcode ConnectOptions}
 * @returns the connection
 * @throws {LinkError} `unreachable` where there is none, `left` where it was aborted
 */
export async function connectWithTimeout(address: Address, options: ConnectOptions): Promise<Connection> {
  const { connect, clock, signal } = options;
  const where = formatAddress(address);
  const { promise: givenUp, reject: giveUp } = Promise.withResolvers<never>();
  const leave = () => giveUp(new LinkError("left", `left ${where}`));
  const cancel = clock.after(
    CONNECT_LIMIT_MS,
    () =>
      giveUp(
        new LinkError("unreachable", `cannot reach ${where}: no answer within ${CONNECT_LIMIT_MS / 1000} s`),
      ),
  );
  signal?.addEventListener("abort", leave);
  if (signal?.aborted) leave();
  const needless = new AbortController();
  const connecting = connect(address, needless.signal);
  try {
    return await Promise.race([connecting, givenUp]);
  } catch (error) {
    needless.abort();
    connecting.then((late) => late.close(), () => {});
    if (error instanceof LinkError) throw error;
    const hint = error instanceof Deno.errors.ConnectionRefused
      ? "; is a hub running there? (riftchat serve)"
      : "";
    throw new LinkError("unreachable", `cannot reach ${where}: ${reasonOf(error)}${hint}`, { cause: error });
  } finally {
    cancel();
    signal?.removeEventListener("abort", leave);
  }
}
