/**
 * Connections to a hub on this machine that seem to go to another one.
 *
 * @module
 */
import { type Connect, connectTcp } from "../../../client/net/mod.ts";

/**
 * Makes a function that connects to a port of 127.0.0.1, whatever the address is.
 *
 * @param port returns the port
 * @param hostname the IP address that the other side seems to have
 * @returns the function
 */
export function connectFar(port: () => number, hostname = "192.0.2.1"): Connect {
  return async (_address, signal) => {
    const connection = await connectTcp({ hostname: "127.0.0.1", port: port() }, signal);
    Object.defineProperty(connection, "remoteAddr", { value: { hostname } });
    return connection;
  };
}
