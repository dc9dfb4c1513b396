/**
 * The header of the PROXY protocol, version 1 (text) or 2 (binary), by which a proxy tells the address of its client:
 * https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt
 *
 * Rules: it reads not one byte more than the header, so that the next read is the client's. A header may arrive in any
 * number of pieces, and what cannot be one is refused before the rest has come. Addresses of UNKNOWN and LOCAL, of
 * `AF_UNSPEC` and of Unix sockets are those of the proxy itself. Fields after the addresses are skipped.
 *
 * PURE.
 *
 * @module
 */
import { addressOf, readAddress } from "../admission/mod.ts";

/** The address of a client, as its proxy tells it. */
export interface ProxiedAddress {
  /** The IP address. */
  hostname: string;
  /** The port. */
  port: number;
}

/** There is no valid header; the message says why, and completes "its PROXY header is not valid: …". */
export class ProxyHeaderError extends Error {
  /** As in every `Error`. */
  override readonly name = "ProxyHeaderError";
  /** Whether the connection ended without a byte, as a check of an open port does. */
  readonly empty: boolean;
  /** Whether the connection begins with something else. */
  readonly absent: boolean;

  /**
   * Creates the error.
   *
   * @param message what is wrong
   * @param what see {@linkcode ProxyHeaderError.empty} and {@linkcode ProxyHeaderError.absent}
   */
  constructor(message: string, { empty = false, absent = false } = {}) {
    super(message);
    this.empty = empty;
    this.absent = absent;
  }
}

/** What a header is read from. */
export interface Reader {
  /**
   * Reads some bytes.
   *
   * @param buffer where to put them, at least one
   * @returns how many; `null` at the end
   */
  read(buffer: Uint8Array): Promise<number | null>;
}

const SIGNATURE_V1 = new TextEncoder().encode("PROXY ");
const SIGNATURE_V2 = Uint8Array.of(0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a);

/** The longest header of version 1, with its line end, in bytes. */
const MAX_LINE_BYTES = 107;

/** The shortest line that begins with these words, in bytes. Two addresses as short as they can be, and two ports. */
const MIN_LINE_BYTES: Readonly<Record<string, number>> = { "PROXY TCP4 ": 32, "PROXY TCP6 ": 22 };

const PROTOCOLS = "its protocol must be TCP4, TCP6 or UNKNOWN";

/** The bytes of version 2 before the addresses. */
const FIXED_BYTES = 16;

/** The family and protocol of version 2, with the length of an IP address in bytes. */
const FAMILIES: Readonly<Record<number, number>> = { 0x11: 4, 0x21: 16 };
const UNSPECIFIED = 0x00, UNIX_STREAM = 0x31;

/**
 * Reads the header at the beginning of a connection.
 *
 * @param reader the connection
 * @returns the address of the client; `undefined` if it is the proxy itself, or the proxy does not know it
 * @throws {ProxyHeaderError} if the connection does not begin with a valid header
 * @throws the error of a read
 */
export async function readProxyHeader(reader: Reader): Promise<ProxiedAddress | undefined> {
  const buffer = new Uint8Array(MAX_LINE_BYTES);
  let length = 0;
  while (length < SIGNATURE_V2.length) {
    length += await readSome(reader, buffer.subarray(length, SIGNATURE_V2.length), length === 0);
    if (beginsLike(buffer, length, SIGNATURE_V1)) {
      if (length >= SIGNATURE_V1.length) return parseLine(await readLine(reader, buffer, length));
    } else if (!beginsLike(buffer, length, SIGNATURE_V2)) {
      throw new ProxyHeaderError("the connection does not begin with one", { absent: true });
    }
  }
  await readAll(reader, buffer.subarray(length, FIXED_BYTES));
  return await readBinary(reader, buffer);
}

function beginsLike(bytes: Uint8Array, length: number, signature: Uint8Array): boolean {
  return signature.every((byte, i) => i >= length || bytes[i] === byte);
}

/** Reads the rest of a line; returns it without its end. */
async function readLine(reader: Reader, buffer: Uint8Array, length: number): Promise<string> {
  for (;;) {
    const line = String.fromCharCode(...buffer.subarray(0, length));
    const end = line.indexOf("\n");
    if (end >= 0) {
      if (end !== length - 1 || line[end - 1] !== "\r") {
        throw new ProxyHeaderError("its line must end with CR LF");
      }
      return line.slice(0, -2);
    }
    if (length === MAX_LINE_BYTES) {
      throw new ProxyHeaderError(`its line must be at most ${MAX_LINE_BYTES} bytes: it is longer`);
    }
    if (length >= 11 && !/^PROXY (?:TCP[46] |UNKNO)/.test(line)) throw new ProxyHeaderError(PROTOCOLS);
    const shortest = MIN_LINE_BYTES[line.slice(0, 11)] ?? 0;
    const missing = Math.max(line.endsWith("\r") ? 1 : 2, shortest - length);
    length += await readSome(reader, buffer.subarray(length, Math.min(length + missing, MAX_LINE_BYTES)));
  }
}

function parseLine(line: string): ProxiedAddress | undefined {
  const [, family, ...fields] = line.split(" ");
  if (family === "UNKNOWN") return undefined;
  if (family !== "TCP4" && family !== "TCP6") {
    throw new ProxyHeaderError(PROTOCOLS);
  }
  const [source, destination] = fields.slice(0, 2).map((text) =>
    readAddress(text, family === "TCP4" ? 4 : 6)
  );
  const [port, destinationPort] = fields.slice(2).map(readPort);
  if (
    fields.length !== 4 || source === undefined || destination === undefined || port === undefined ||
    destinationPort === undefined
  ) {
    throw new ProxyHeaderError(`it must be "PROXY ${family} ADDRESS ADDRESS PORT PORT"`);
  }
  return { hostname: source, port };
}

function readPort(text: string): number | undefined {
  return /^(?:0|[1-9]\d{0,4})$/.test(text) && Number(text) <= 65_535 ? Number(text) : undefined;
}

/** Reads the rest of a header of version 2, of which `FIXED_BYTES` are read. */
async function readBinary(reader: Reader, head: Uint8Array): Promise<ProxiedAddress | undefined> {
  const [command = 0, family = 0] = head.subarray(SIGNATURE_V2.length);
  if (command >> 4 !== 2) throw new ProxyHeaderError(`its version must be 2: it is ${command >> 4}`);
  const local = (command & 15) === 0;
  if (!local && (command & 15) !== 1) throw new ProxyHeaderError("its command must be LOCAL or PROXY");
  let rest = new DataView(head.buffer).getUint16(FIXED_BYTES - 2);
  let address: ProxiedAddress | undefined;
  const size = FAMILIES[family];
  if (!local && size !== undefined) {
    // Two addresses, then two ports.
    const block = new Uint8Array(2 * size + 4);
    if (rest < block.length) {
      throw new ProxyHeaderError(`its addresses need ${block.length} bytes: it has ${rest}`);
    }
    await readAll(reader, block);
    rest -= block.length;
    address = {
      hostname: addressOf(block.subarray(0, size)),
      port: new DataView(block.buffer).getUint16(2 * size),
    };
  } else if (!local && family !== UNSPECIFIED && family !== UNIX_STREAM) {
    throw new ProxyHeaderError("its protocol must be TCP over IPv4 or IPv6, a Unix stream or none");
  }
  for (const scratch = new Uint8Array(256); rest > 0;) {
    rest -= await readSome(reader, scratch.subarray(0, Math.min(rest, scratch.length)));
  }
  return address;
}

async function readAll(reader: Reader, buffer: Uint8Array): Promise<void> {
  for (let length = 0; length < buffer.length;) length += await readSome(reader, buffer.subarray(length));
}

async function readSome(reader: Reader, buffer: Uint8Array, first = false): Promise<number> {
  const count = await reader.read(buffer);
  if (count === null) throw new ProxyHeaderError("the connection ended before its end", { empty: first });
  return count;
}
