/**
 * Finds out whether a hub speaks TLS.
 *
 * A plain hub speaks first and at once. So the probe connects and listens. Only if nothing comes, a second connection
 * asks the hub whether it speaks TLS. A plain hub never receives a byte of TLS on the connection that is used, and
 * costs no extra time. If the user has said that the hub is plain (`rift://`), the probe asks only after a silence that
 * no plain hub has, for an error that names the cause.
 *
 * @module
 */
import {
  type Address,
  type Connect,
  type Connection,
  formatAddress,
  LinkError,
  loadTls,
  PeekedConnection,
} from "../net/mod.ts";
import type { TimedClock } from "../../runtime/mod.ts";

/** How long a hub may be silent before it is asked whether it speaks TLS, in milliseconds. Longer on slow links. */
export const QUIET_MS = 300;

/**
 * The limit of silence in connect times: the first message of a plain hub takes one more round trip than connecting.
 */
const QUIET_ROUND_TRIPS = 3;

/** The limit of silence for a hub that is plain according to the user, in milliseconds. */
export const PLAIN_QUIET_MS = 5000;

/** How long the answer to that may take, in milliseconds. After that the hub counts as a plain hub that is slow. */
export const ASK_LIMIT_MS = 3000;

/** What the probe needs. */
export interface ProbeOptions {
  /** Opens a connection without TLS. */
  connect: Connect;
  /** The clock. */
  clock: TimedClock;
  /** Gives up when aborted. */
  signal: AbortSignal | undefined;
}

/**
 * Finds out whether a hub speaks TLS.
 *
 * @param address where the hub is
 * @param options see {@linkcode ProbeOptions}
 * @returns a connection to use without TLS, with nothing of the hub's messages lost; `undefined` if it speaks TLS
 * @throws {LinkError} `left` if it was aborted
 * @throws what `connect` throws
 */
export async function probeTls(address: Address, options: ProbeOptions): Promise<Connection | undefined> {
  const { connect, clock, signal } = options;
  const begun = clock.elapsed();
  const first = await connect(address, signal);
  const leastMs = address.tls === false ? PLAIN_QUIET_MS : QUIET_MS;
  const quietMs = Math.max(leastMs, QUIET_ROUND_TRIPS * (clock.elapsed() - begun));
  const peeked = new PeekedConnection(first);
  const asking = new AbortController();
  const stop = () => {
    asking.abort();
    // This ends the wait for the first bytes.
    if (!isReadable) peeked.close();
  };
  let isReadable = false;
  signal?.addEventListener("abort", stop);
  if (signal?.aborted) stop();
  try {
    const readable = peeked.readable.then(() => {
      if (signal?.aborted) throw new LinkError("left", `left ${formatAddress(address)}`);
      isReadable = true;
      return "readable" as const;
    });
    readable.catch(() => {});
    if (await within(clock, quietMs, readable) === "readable") return peeked;
    const answer = asksForTls(address, connect, asking.signal);
    const speaksTls = await within(clock, ASK_LIMIT_MS, Promise.race([readable, answer])) === true;
    asking.abort();
    if (!speaksTls) return peeked;
  } finally {
    signal?.removeEventListener("abort", stop);
  }
  peeked.close();
  return undefined;
}

/** Asks a hub on a connection of its own whether it speaks TLS. If it cannot be asked, it counts as one without. */
async function asksForTls(address: Address, connect: Connect, signal: AbortSignal): Promise<boolean> {
  const { speaksTls } = await loadTls();
  let connection: Connection | undefined;
  const giveUp = () => {
    try {
      connection?.close();
    } catch {
      // `speaksTls` has closed it.
    }
  };
  signal.addEventListener("abort", giveUp);
  try {
    connection = await connect(address, signal);
    if (signal.aborted) giveUp();
    return await speaksTls(connection, address.hostname);
  } catch {
    return false;
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
}

/** Waits for a promise within a time limit; resolves with `undefined` after it. */
async function within<T>(clock: TimedClock, ms: number, promise: Promise<T>): Promise<T | undefined> {
  const { promise: late, resolve } = Promise.withResolvers<undefined>();
  const cancel = clock.after(ms, () => resolve(undefined));
  try {
    return await Promise.race([promise, late]);
  } finally {
    cancel();
  }
}
