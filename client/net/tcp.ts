/**
 * The only door to the network: opens a connection, and says in plain words what went wrong with one.
 *
 * @module
 */
import { type Address, formatAddress } from "./address.ts";
import type { Clock } from "../clock.ts";
import { LinkError } from "./link_error.ts";
import type { TlsRoute } from "./tls.ts";

/** How long a hub may take to accept a connection, in milliseconds: several times the slowest round trip on earth. */
export const CONNECT_LIMIT_MS = 10_000;

/** A connection, as far as a client needs one; `Deno.TcpConn` is such a thing. */
export interface Connection {
  /** Reads what is there into the buffer; resolves with the number of bytes, or `null` at the end. */
  read(buffer: Uint8Array): Promise<number | null>;
  /** Writes some of the bytes; resolves with how many. */
  write(bytes: Uint8Array): Promise<number>;
  /** Says that nothing more will be written; one may go on reading. */
  closeWrite(): Promise<void>;
  /** Frees it; what is pending fails. */
  close(): void;
  /** How safe it is, where that is known: see `guard.ts`. */
  security?: Security;
}

/** How safe a connection is. */
export interface Security {
  /** Whether nobody on the way can read or change what is said. */
  encrypted: boolean;
  /**
   * How it is known that the other side is the hub that was meant: an authority vouches for its name, or it has the key of
   * the certificate that was known, or was accepted. Not there where it is not known: then somebody may be in between,
   * and a password is nobody's but the hub's.
   */
  verified?: "authority" | "pin";
  /** The fingerprint of its certificate, where it was seen. */
  fingerprint?: string;
  /** How to be connected to the same one again. */
  route?: TlsRoute;
}

/** Opens a connection to a hub; gives up when the signal is aborted. */
export type Connect = (address: Address, signal?: AbortSignal) => Promise<Connection>;

/** What a connection is opened with. */
export interface ReachOptions {
  /** Opens it. */
  connect: Connect;
  /** The clock. */
  clock: Clock;
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
 * @param options see {@linkcode ReachOptions}
 * @returns the connection
 * @throws {LinkError} `unreachable` where there is none, `left` where it was aborted
 */
export async function reach(address: Address, options: ReachOptions): Promise<Connection> {
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

/**
 * Says why a connection failed.
 *
 * @param error what reading, writing or connecting threw
 * @returns a few words for people
 */
export function reasonOf(error: unknown): string {
  if (error instanceof Deno.errors.ConnectionRefused) return "connection refused";
  if (error instanceof Deno.errors.ConnectionReset || error instanceof Deno.errors.BrokenPipe) {
    return "the connection was reset";
  }
  // As when the machine or the program at the other end dies; the runtime refers to the manual of its library.
  if (error instanceof Deno.errors.UnexpectedEof) return "the connection was cut off";
  if (!(error instanceof Error)) return String(error);
  if (error.message.startsWith("failed to lookup address information")) return "no such host";
  return error.message.replace(/ \(os error \d+\)$/, "").replace(
    /^[A-Z](?=[a-z])/,
    (letter) => letter.toLowerCase(),
  );
}
