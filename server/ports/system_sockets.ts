/**
 * What Deno cannot do with a socket of this process: turn off Nagle's algorithm for accepted TLS connections, and end a
 * connection that waits for its client. Both need its file descriptor, which Deno does not tell, so it is searched by
 * its addresses.
 *
 * Only on Linux, whose numbers these are (`asm-generic/socket.h`, `netinet/tcp.h`), and with the C library.
 *
 * @module
 */
import ipaddr from "ipaddr.js";
import { type SocketFunctions, socketFunctions } from "../../runtime/mod.ts";

const SOL_SOCKET = 1;
const SO_KEEPALIVE = 9;
const SO_ACCEPTCONN = 30;
const IPPROTO_TCP = 6;
const TCP_NODELAY = 1;
const SHUT_RDWR = 2;

/** The size of `struct sockaddr_in6`, which a `struct sockaddr_in` fits in. */
const ADDRESS_BYTES = 28;

/** A search ends after so many numbers in a row that are no socket: the system gives the lowest free number. */
const MAX_GAP = 8192;

/** The two addresses of a connection. */
export type ConnectionAddresses = Pick<Deno.Conn<Deno.NetAddr>, "localAddr" | "remoteAddr">;

/** Whether this system and this process can use the sockets of this file. */
export function hasSystemSockets(): boolean {
  return socketFunctions() !== undefined;
}

/**
 * Turns off Nagle's algorithm for all connections that a listening socket accepts from now on, and has the system probe
 * those that are silent: Linux hands both options on to them.
 *
 * @param address the address it listens on
 * @returns whether it was found, and the options are set
 */
export function tuneAccepted(address: Deno.NetAddr): boolean {
  const functions = socketFunctions();
  if (functions === undefined) return false;
  const wanted = wireAddress(address);
  const fd = findSocket(
    (fd) => fits(functions.getsockname, fd, wanted),
    (fd) => option(functions, fd, SOL_SOCKET, SO_ACCEPTCONN) === 1,
  );
  if (fd === undefined) return false;
  const on = Int32Array.of(1);
  return [[IPPROTO_TCP, TCP_NODELAY], [SOL_SOCKET, SO_KEEPALIVE]].every(([level, name]) =>
    functions.setsockopt(fd, level!, name!, on, on.byteLength) === 0
  );
}

/**
 * Ends an open connection in both directions: whatever waits for its client fails at once.
 *
 * @param addresses its addresses
 * @returns its descriptor, which Deno closes soon; `undefined` if it was not found
 */
export function endConnection(addresses: ConnectionAddresses): number | undefined {
  const functions = socketFunctions();
  const fd = findConnection(addresses);
  return fd !== undefined && functions!.shutdown(fd, SHUT_RDWR) === 0 ? fd : undefined;
}

/**
 * Checks whether a connection that was ended still has its descriptor.
 *
 * @param fd the descriptor, as {@linkcode endConnection} returned it
 * @param addresses the addresses of the connection
 * @returns whether it has; not if another socket has the number
 */
export function isEnding(fd: number, { remoteAddr }: ConnectionAddresses): boolean {
  const functions = socketFunctions();
  if (functions === undefined || option(functions, fd, SOL_SOCKET, SO_ACCEPTCONN) !== 0) return false;
  // A connection that is closed on both sides has no address any more.
  return fits(functions.getpeername, fd, wireAddress(remoteAddr)) !== false;
}

/**
 * Returns whether Nagle's algorithm is off for a connection.
 *
 * @param addresses its addresses
 * @returns `undefined` if it is not found
 */
export function hasNoDelay(addresses: ConnectionAddresses): boolean | undefined {
  const functions = socketFunctions();
  const fd = findConnection(addresses);
  return fd === undefined ? undefined : option(functions!, fd, IPPROTO_TCP, TCP_NODELAY) === 1;
}

function findConnection({ localAddr, remoteAddr }: ConnectionAddresses): number | undefined {
  const functions = socketFunctions();
  if (functions === undefined) return undefined;
  const peer = wireAddress(remoteAddr), local = wireAddress(localAddr);
  return findSocket(
    (fd) => fits(functions.getpeername, fd, peer),
    (fd) => fits(functions.getsockname, fd, local),
  );
}

/**
 * Returns the first descriptor for which both are true. A descriptor for which the first is `undefined` is no such
 * socket. Thousands of connections may be ended at once, so most descriptors cost one call.
 */
function findSocket(
  first: (fd: number) => boolean | undefined,
  second: (fd: number) => boolean | undefined,
): number | undefined {
  for (let fd = 3, gap = 0; gap < MAX_GAP; fd++) {
    const found = first(fd);
    gap = found === undefined ? gap + 1 : 0;
    if (found && second(fd)) return fd;
  }
  return undefined;
}

/** The buffers of the calls, which are made one after the other. */
const VALUE = new Int32Array(1);
const ADDRESS = new Uint8Array(ADDRESS_BYTES);
const SIZE = new Uint32Array(1);

function option(functions: SocketFunctions, fd: number, level: number, name: number): number | undefined {
  SIZE[0] = VALUE.byteLength;
  return functions.getsockopt(fd, level, name, VALUE, SIZE) === 0 ? VALUE[0] : undefined;
}

/** A port and an address as `struct sockaddr` has them: in the order of bytes of the network. */
interface WireAddress {
  port: number;
  bytes: readonly number[];
}

function wireAddress({ hostname, port }: Deno.NetAddr): WireAddress {
  return { port, bytes: ipaddr.parse(hostname.replace(/%.*$/, "")).toByteArray() };
}

/** Checks one of the addresses of a socket; `undefined` if it has none. */
function fits(
  addressOf: SocketFunctions["getsockname"],
  fd: number,
  { port, bytes }: WireAddress,
): boolean | undefined {
  SIZE[0] = ADDRESS_BYTES;
  if (addressOf(fd, ADDRESS, SIZE) !== 0) return undefined;
  if ((ADDRESS[2]! << 8 | ADDRESS[3]!) !== port) return false;
  // `struct sockaddr_in` has the address at once, `sockaddr_in6` behind a flow label.
  const from = bytes.length === 4 ? 4 : 8;
  return bytes.every((byte, i) => byte === ADDRESS[from + i]);
}
