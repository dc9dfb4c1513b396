/**
 * Ports for servers that are started later, or again on the same one.
 *
 * Each test file that runs takes a block of ports, and marks it by a UDP socket that it holds to its end. So no two
 * files, of this run or of another one on the machine, have the same port.
 *
 * @module
 */

/** Ports that the system gives to nobody by itself, so no other test has them when a server is started again. */
const FIRST = 10_000, LAST = 32_000;

/** How many ports a file has. */
const BLOCK = 200;

/** The socket at the first port of the block. It is opened here, so that no test seems to leave it open. */
const block: Deno.DatagramConn = takeBlock();

const start = (block.addr as Deno.NetAddr).port;

/** How many ports were given to somebody. */
let given = 0;

function takeBlock(): Deno.DatagramConn {
  const blocks = (LAST - FIRST) / BLOCK;
  for (let tries = 0; tries < 100 * blocks; tries++) {
    const port = FIRST + BLOCK * Math.floor(Math.random() * blocks);
    try {
      return Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port });
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
  throw new Error(`all ports from ${FIRST} to ${LAST} are in use`);
}

/**
 * Finds ports of 127.0.0.1 that are free. After {@linkcode BLOCK} of them the first ones come again.
 *
 * @param count how many
 * @returns the ports
 */
export function keptPorts(count: number): number[] {
  const listeners: Deno.TcpListener[] = [];
  for (let tries = 0; listeners.length < count; tries++) {
    if (tries === BLOCK) throw new Error(`only ${listeners.length} ports from ${start} on are free`);
    const port = start + given++ % BLOCK;
    try {
      listeners.push(Deno.listen({ hostname: "127.0.0.1", port }));
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
  const ports = listeners.map(({ addr }) => addr.port);
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
