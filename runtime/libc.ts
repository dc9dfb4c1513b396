/**
 * Functions of the C library that Deno lacks: whether the reader of a pipe has gone, how many files may be open, and
 * options of sockets.
 *
 * They need the permission `ffi`, with which code can do anything. So the program opens the library as its first step,
 * and gives up the permission before it loads a package. On other systems than Linux, and without the permission, there
 * are no such functions.
 *
 * @module
 */

/** The C library of each supported system. */
const FILE: Partial<Record<typeof Deno.build.os, string>> = { linux: "libc.so.6" };

/** The number of the limit of open files, `RLIMIT_NOFILE` of Linux. */
const OPEN_FILES = 7;

const SYMBOLS = {
  // Its own thread waits, so that it delays nothing else.
  poll: { parameters: ["buffer", "usize", "i32"], result: "i32", nonblocking: true },
  getrlimit: { parameters: ["i32", "buffer"], result: "i32" },
  getsockname: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  getpeername: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  getsockopt: { parameters: ["i32", "i32", "i32", "buffer", "buffer"], result: "i32" },
  setsockopt: { parameters: ["i32", "i32", "i32", "buffer", "u32"], result: "i32" },
  shutdown: { parameters: ["i32", "i32"], result: "i32" },
  memcpy: { parameters: ["buffer", "buffer", "usize"], result: "usize" },
} as const;

/** The functions of the C library for sockets, which take file descriptors; see socket(7) and tcp(7). */
export interface SocketFunctions {
  /** Writes the local address of a socket to `address`; 0 if that succeeded. */
  getsockname(fd: number, address: Uint8Array<ArrayBuffer>, size: Uint32Array<ArrayBuffer>): number;
  /** Writes the address of the other side to `address`; 0 if that succeeded. */
  getpeername(fd: number, address: Uint8Array<ArrayBuffer>, size: Uint32Array<ArrayBuffer>): number;
  /** Writes an option of a socket to `value`; 0 if that succeeded. */
  getsockopt(
    fd: number,
    level: number,
    name: number,
    value: Int32Array<ArrayBuffer>,
    size: Uint32Array<ArrayBuffer>,
  ): number;
  /** Sets an option of a socket; 0 if that succeeded. */
  setsockopt(
    fd: number,
    level: number,
    name: number,
    value: Int32Array<ArrayBuffer> | DataView<ArrayBuffer>,
    size: number,
  ): number;
  /** Ends a connection in one direction or both; 0 if that succeeded. */
  shutdown(fd: number, how: number): number;
  /** Copies bytes, and returns the address of `to`. */
  memcpy(to: DataView<ArrayBuffer>, from: DataView<ArrayBuffer>, count: bigint): bigint;
}

let library: Deno.DynamicLibrary<typeof SYMBOLS> | undefined;

/** Opens the C library, if this system and the permissions of this process allow that. */
export function openLibc(): void {
  const file = FILE[Deno.build.os];
  if (library !== undefined || file === undefined) return;
  try {
    library = Deno.dlopen(file, SYMBOLS);
  } catch {
    // Nothing depends on it: the features that use it are less exact.
  }
}

/**
 * Waits until nobody can read any more what this process writes to a pipe or socket.
 *
 * @param fd the file descriptor, such as 1 for stdout
 * @returns resolves then; never for a file, and never without the C library
 */
export async function readerGone(fd: number): Promise<void> {
  if (library === undefined) return await new Promise<void>(() => {});
  // `struct pollfd`: the descriptor, and two 16-bit masks. Errors are reported though the mask of events is empty.
  const descriptors = new Int32Array([fd, 0]);
  // A signal interrupts the wait with the result -1.
  while (await library.symbols.poll(descriptors, 1n, -1) !== 1);
}

/**
 * Returns how many file descriptors this process may open.
 *
 * @returns the soft limit (`ulimit -n`); `undefined` without the C library
 */
export function allowedDescriptors(): number | undefined {
  const limits = new BigUint64Array(2);
  return library?.symbols.getrlimit(OPEN_FILES, limits) === 0 ? Number(limits[0]) : undefined;
}

/**
 * Returns the functions for sockets.
 *
 * @returns the functions; `undefined` without the C library
 */
export function socketFunctions(): SocketFunctions | undefined {
  return library?.symbols;
}
