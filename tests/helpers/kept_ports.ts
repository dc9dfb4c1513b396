/**
 * Ports for servers that are started later, or again on the same one.
 *
 * @module
 */

/** Ports that the system gives to nobody by itself, so no other test has them when a server is started again. */
const FIRST = 10_000, LAST = 32_000;

/** Those that were given to somebody, who may not listen on them yet. */
const given = new Set<number>();

/**
 * Finds ports of 127.0.0.1 that are free.
 *
 * @param count how many
 * @returns the ports
 */
export function keptPorts(count: number): number[] {
  const listeners: Deno.TcpListener[] = [];
  while (listeners.length < count) {
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST));
    if (given.has(port)) continue;
    try {
      listeners.push(Deno.listen({ hostname: "127.0.0.1", port }));
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
  const ports = listeners.map(({ addr }) => addr.port);
  for (const port of ports) given.add(port);
  for (const listener of listeners) listener.close();
  return ports;
}

/**
 * Finds a port of 127.0.0.1 on which nothing listens, and which no server of another test gets by itself.
 *
 * @returns the port
 */
export function keptPort(): number {
  return keptPorts(1)[0]!;
}
