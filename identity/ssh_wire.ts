/**
 * The data types of SSH (RFC 4251, section 5), as they are in key files, signatures and messages of the agent: numbers
 * of 32 bits, big-endian, and strings of bytes with their length before them.
 *
 * PURE.
 *
 * @module
 */
import { KeyError } from "./key_error.ts";

const utf8 = new TextEncoder();

/** Reads values from bytes, in order. Nothing is copied. */
export class SshReader {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #cutOff: string;
  #at = 0;

  /**
   * Starts at the first byte.
   *
   * @param bytes the bytes
   * @param cutOff the message of the error if they end too early
   */
  constructor(bytes: Uint8Array<ArrayBuffer>, cutOff: string) {
    this.#bytes = bytes;
    this.#cutOff = cutOff;
  }

  /** How many bytes are left. */
  get left(): number {
    return this.#bytes.length - this.#at;
  }

  /**
   * Reads bytes.
   *
   * @param count how many
   * @returns the bytes
   * @throws {KeyError} if fewer are left
   */
  take(count: number): Uint8Array<ArrayBuffer> {
    if (count > this.left) throw new KeyError(this.#cutOff);
    this.#at += count;
    return this.#bytes.subarray(this.#at - count, this.#at);
  }

  /**
   * Reads a number.
   *
   * @returns the number, from 0 to 2^32 - 1
   * @throws {KeyError} if fewer than 4 bytes are left
   */
  number(): number {
    const bytes = this.take(4);
    return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0);
  }

  /**
   * Reads a string of bytes.
   *
   * @returns its bytes, without the length
   * @throws {KeyError} if fewer are left
   */
  string(): Uint8Array<ArrayBuffer> {
    return this.take(this.number());
  }

  /**
   * Reads a string of text.
   *
   * @returns the text; U+FFFD takes the place of what is not UTF-8
   * @throws {KeyError} if fewer bytes are left
   */
  text(): string {
    return new TextDecoder().decode(this.string());
  }
}

/**
 * Joins bytes.
 *
 * @param parts the parts, in order
 * @returns one array
 */
export function concat(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/**
 * Writes a number.
 *
 * @param value from 0 to 2^32 - 1
 * @returns 4 bytes
 */
export function sshNumber(value: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

/**
 * Writes strings.
 *
 * @param values bytes, or text that is written as UTF-8
 * @returns each with its length before it, in order
 */
export function sshStrings(...values: readonly (Uint8Array | string)[]): Uint8Array<ArrayBuffer> {
  return concat(...values.flatMap((value) => {
    const bytes = typeof value === "string" ? utf8.encode(value) : value;
    return [sshNumber(bytes.length), bytes];
  }));
}

/**
 * Encodes bytes as base64.
 *
 * @param bytes the bytes
 * @returns the text, with padding
 */
export function toBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}

/**
 * Decodes base64.
 *
 * @param text the text; white space is ignored
 * @returns the bytes; `undefined` if it is not base64
 */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  } catch {
    return undefined;
  }
}

/**
 * Encodes bytes as base64 between two lines, as OpenSSH writes private keys and signatures.
 *
 * @param label the words between `BEGIN` or `END` and the dashes
 * @param bytes the bytes
 * @returns lines of 70 characters, with a newline at the end
 */
export function toArmor(label: string, bytes: Uint8Array): string {
  const lines = toBase64(bytes).match(/.{1,70}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");
}

/**
 * Decodes what {@linkcode toArmor} makes.
 *
 * @param label the words between `BEGIN` or `END` and the dashes
 * @param text the text, with any line endings, and with any text before and after it
 * @returns the bytes; `undefined` if there is no such part, or it is not base64
 */
export function fromArmor(label: string, text: string): Uint8Array<ArrayBuffer> | undefined {
  const begin = `-----BEGIN ${label}-----`;
  const from = text.indexOf(begin);
  const to = text.indexOf(`-----END ${label}-----`, from);
  return from < 0 || to < 0 ? undefined : fromBase64(text.slice(from + begin.length, to));
}
