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
const AF_INET = 2;

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
  const fd = findSocket((fd) =>
    option(functions, fd, SOL_SOCKET, SO_ACCEPTCONN) === 1 && isAt(functions.getsockname, fd, address)
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
 * Checks whether a descriptor is an open socket.
 *
 * @param fd the descriptor
 * @returns whether it is
 */
export function isSocket(fd: number): boolean {
  const functions = socketFunctions();
  return functions !== undefined && option(functions, fd, SOL_SOCKET, SO_ACCEPTCONN) !== undefined;
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
  return findSocket((fd) =>
    isAt(functions.getpeername, fd, remoteAddr) && isAt(functions.getsockname, fd, localAddr)
  );
}

/** Returns the first descriptor of a socket that fits. */
function findSocket(fits: (fd: number) => boolean): number | undefined {
  for (let fd = 3, gap = 0; gap < MAX_GAP; fd++, gap++) {
    if (!isSocket(fd)) continue;
    gap = -1;
    if (fits(fd)) return fd;
  }
  return undefined;
}

function option(functions: SocketFunctions, fd: number, level: number, name: number): number | undefined {
  const value = new Int32Array(1);
  const length = Uint32Array.of(value.byteLength);
  return functions.getsockopt(fd, level, name, value, length) === 0 ? value[0] : undefined;
}

/** Checks one of the addresses of a socket. */
function isAt(
  addressOf: SocketFunctions["getsockname"],
  fd: number,
  { hostname, port }: Deno.NetAddr,
): boolean {
  const bytes = new Uint8Array(ADDRESS_BYTES);
  if (addressOf(fd, bytes, Uint32Array.of(ADDRESS_BYTES)) !== 0) return false;
  if ((bytes[2]! << 8 | bytes[3]!) !== port) return false;
  // The family has the order of bytes of the machine, the port that of the network.
  const isV4 = new Uint16Array(bytes.buffer, 0, 1)[0] === AF_INET;
  const wanted = ipaddr.parse(hostname.replace(/%.*$/, "")).toByteArray();
  const found = isV4 ? bytes.subarray(4, 8) : bytes.subarray(8, 24);
  return wanted.length === found.length && wanted.every((byte, i) => byte === found[i]);
}
