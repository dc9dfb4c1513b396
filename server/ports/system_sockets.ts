/**
 * What Deno cannot do with a socket of this process: turn off Nagle's algorithm for accepted TLS connections, end a
 * connection that waits for its client, and put a listening socket in the place of another one. All need its file
 * descriptor, which Deno does not tell, so it is searched by its addresses.
 *
 * Only on Linux, whose numbers these are (`asm-generic/socket.h`, `netinet/tcp.h`, `linux/bpf_common.h`), and with the
 * C library.
 *
 * @module
 */
import ipaddr from "ipaddr.js";
import { type SocketFunctions, socketFunctions } from "../../runtime/mod.ts";

const SOL_SOCKET = 1;
const SO_KEEPALIVE = 9;
const SO_REUSEPORT = 15;
const SO_ACCEPTCONN = 30;
const SO_ATTACH_REUSEPORT_CBPF = 51;
const IPPROTO_TCP = 6;
const TCP_NODELAY = 1;
const SHUT_RDWR = 2;
/** The instruction of a packet filter that returns a constant: `BPF_RET | BPF_K`. */
const RETURN_CONSTANT = 6;

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
 * @param others the descriptors of other sockets that listen there
 * @returns its descriptor; `undefined` if it was not found, and nothing is set
 */
export function tuneListener(
  address: Deno.NetAddr,
  others: readonly (number | undefined)[],
): number | undefined {
  const functions = socketFunctions();
  if (functions === undefined) return undefined;
  const wanted = wireAddress(address);
  const fd = findSocket(
    (fd) => fits(functions.getsockname, fd, wanted),
    (fd) => option(functions, fd, SOL_SOCKET, SO_ACCEPTCONN) === 1 && !others.includes(fd),
  );
  if (fd === undefined) return undefined;
  const isSet = setOption(functions, fd, IPPROTO_TCP, TCP_NODELAY) &&
    setOption(functions, fd, SOL_SOCKET, SO_KEEPALIVE);
  return isSet ? fd : undefined;
}

/**
 * Lets another socket of the same user listen on the address of a listening socket, if it asks for that, too
 * (`SO_REUSEPORT`).
 *
 * @param fd the descriptor of the listening socket
 * @returns whether the system does so
 */
export function shareAddress(fd: number): boolean {
  const functions = socketFunctions();
  return functions !== undefined && setOption(functions, fd, SOL_SOCKET, SO_REUSEPORT);
}

/**
 * Gives all new connections to one of the sockets that listen on an address (`SO_ATTACH_REUSEPORT_CBPF` in socket(7)).
 * Those that have begun stay with their socket.
 *
 * @param fd the descriptor of any of these sockets
 * @param index the number of the socket: they are numbered as they listen, and when one ends, the last one takes its
 * number
 * @returns whether the system does so; otherwise it gives each connection to any of them
 */
export function steerConnections(fd: number, index: number): boolean {
  const functions = socketFunctions();
  if (functions === undefined) return false;
  // `struct sock_filter`: two bytes for the operation, two for jumps, four for the constant.
  FILTER.setUint16(0, RETURN_CONSTANT, true);
  FILTER.setUint32(4, index, true);
  // `struct sock_fprog`: how many instructions, and where they are. To copy nothing returns the address.
  PROGRAM.setUint16(0, 1, true);
  PROGRAM.setBigUint64(8, BigInt(functions.memcpy(FILTER, FILTER, 0n)), true);
  return functions.setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, PROGRAM, PROGRAM.byteLength) === 0;
}

/**
 * Ends a listening socket at once. Its owner closes it.
 *
 * @param fd its descriptor
 */
export function endListener(fd: number): void {
  socketFunctions()?.shutdown(fd, SHUT_RDWR);
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
const ON = Int32Array.of(1);
const FILTER = new DataView(new ArrayBuffer(8));
const PROGRAM = new DataView(new ArrayBuffer(16));

function option(functions: SocketFunctions, fd: number, level: number, name: number): number | undefined {
  SIZE[0] = VALUE.byteLength;
  return functions.getsockopt(fd, level, name, VALUE, SIZE) === 0 ? VALUE[0] : undefined;
}

function setOption(functions: SocketFunctions, fd: number, level: number, name: number): boolean {
  return functions.setsockopt(fd, level, name, ON, ON.byteLength) === 0;
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
