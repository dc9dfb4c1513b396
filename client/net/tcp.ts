/**
 * Opens TCP connections. Nothing else in the client opens sockets.
 *
 * @module
 */
import type { Connection } from "./connection.ts";
import { reasonOf } from "../../runtime/mod.ts";
import type { Address } from "./address.ts";

/**
 * Opens a TCP connection.
 *
 * @param address where the hub is
 * @param signal gives up when aborted; has no effect once the connection is open
 * @returns the connection, which sends small writes at once
 * @throws the error of the operating system; see {@linkcode reasonOf}
 */
export async function connectTcp(address: Address, signal?: AbortSignal): Promise<Connection> {
  const { hostname, port, ips } = address;
  const connection = ips === undefined
    ? await Deno.connect({ hostname, port, ...signal && { signal } })
    : await connectToOne({ ...address, ips }, signal);
  // Otherwise a message waits up to 40 ms for the TCP acknowledgement of the one before.
  connection.setNoDelay(true);
  // A hub without the extension has no ping. TCP keep-alive detects a dead machine after hours.
  connection.setKeepAlive(true);
  return connection;
}

/** How long a connection attempt may take before the next IP address is tried as well, in milliseconds (RFC 8305). */
const NEXT_IP_MS = 250;

/** Connects to the first IP address that answers. Each is tried when the one before fails or is slow. */
async function connectToOne(
  { port, ips, connected }: Address & { ips: readonly string[] },
  signal: AbortSignal | undefined,
): Promise<Deno.TcpConn> {
  const { promise, resolve, reject } = Promise.withResolvers<Deno.TcpConn>();
  const giveUp = new AbortController();
  const reasons: string[] = [];
  let begun = 0, isOver = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const leave = () => giveUp.abort(signal?.reason);
  const tryNext = () => {
    clearTimeout(timer);
    const hostname = ips[begun++];
    if (hostname === undefined || isOver) return;
    Deno.connect({ hostname, port, signal: giveUp.signal }).then((connection) => {
      if (isOver) return connection.close();
      isOver = true;
      connected?.(hostname);
      resolve(connection);
    }, (error) => {
      reasons.push(`${hostname}: ${reasonOf(error)}`);
      if (reasons.length === ips.length) reject(new Error(reasons.join(", "), { cause: error }));
      tryNext();
    });
    timer = setTimeout(tryNext, NEXT_IP_MS);
  };
  signal?.addEventListener("abort", leave);
  if (signal?.aborted) leave();
  tryNext();
  try {
    return await promise;
  } finally {
    isOver = true;
    clearTimeout(timer);
    signal?.removeEventListener("abort", leave);
    giveUp.abort();
  }
}
