/**
 * The fast path for plain messages. Most chat messages are printable ASCII without the quote and the backslash, which
 * JSON does not escape. The hub copies the text of such a message from the received bytes to the sent bytes, without a
 * string in between: to read and write it takes 0.3 µs instead of 2, and makes no garbage.
 *
 * Rules: the written bytes are exactly those that `serialize` gives for the same message. A message that is not plain
 * in every way is not recognized and takes the slow path (`reading.ts`, `writing.ts`), so nothing is refused here.
 *
 * @module
 */
import { writeHeader } from "./frame.ts";
import { HEADER_BYTES, MAX_TEXT_BYTES } from "./limits.ts";
import { type ChatLine, Code } from "./message.ts";
import { lineHead, lineTail } from "./writing.ts";

const utf8 = new TextEncoder();
const ascii = new TextDecoder();
const EMPTY = new Uint8Array(0);

/**
 * A text of printable ASCII without the quote and the backslash, as a range of bytes. It is valid until the next call
 * of the decoder that set it; convert it to a string to keep it longer.
 */
export class PlainText {
  /** The memory that contains it. */
  bytes: Uint8Array = EMPTY;
  /** The index of its first byte. */
  start = 0;
  /** The index after its last byte. */
  end = 0;

  /** Its length in bytes, which is also its length in characters. */
  get length(): number {
    return this.end - this.start;
  }

  /**
   * Converts the text to a string.
   *
   * @returns a copy of the text
   */
  toString(): string {
    return ascii.decode(this.bytes.subarray(this.start, this.end));
  }
}

/** A 100 whose text is plain and valid. */
export interface PlainSay {
  /** 100. */
  code: typeof Code.Say;
  /** The text. */
  message: PlainText;
  /** Never set: a 100 with a `ref` is not recognized as plain. */
  ref?: undefined;
}

/** A chat message whose text is plain, and that answers no other. */
export interface PlainLine extends Omit<ChatLine, "message" | "reply_to"> {
  /** The text. */
  message: PlainText;
}

/** A 200 whose text is plain. */
export interface PlainSaid {
  /** 200. */
  code: typeof Code.Said;
  /** The line. */
  message: PlainLine;
}

/** How a plain 100 begins: as compact JSON, and as Python writes it. */
const SAY_HEADS = ['{"code":100,"message":"', '{"code": 100, "message": "'].map((head) => utf8.encode(head));
const SAY_TAIL = utf8.encode('"}');

/** 1 for each byte that a plain text may contain, else 0. */
const PLAIN = Uint8Array.from({ length: 256 }, (_, byte) => {
  const quoteOrBackslash = byte === 0x22 || byte === 0x5c;
  return byte >= 0x20 && byte <= 0x7e && !quoteOrBackslash ? 1 : 0;
});

/**
 * Recognizes a plain 100.
 *
 * @param bytes the memory that contains the body
 * @param start the index of the body's first byte
 * @param end the index after the body's last byte
 * @param text set to the message's text if the body is a plain 100
 * @returns whether it is one; its text is then valid as defined by `checkText`
 */
export function readPlainSay(bytes: Uint8Array, start: number, end: number, text: PlainText): boolean {
  // Python's JSON has a space there, compact JSON has none.
  const head = SAY_HEADS[bytes[start + 8] === 0x20 ? 1 : 0]!;
  const textStart = start + head.length, textEnd = end - SAY_TAIL.length;
  if (textStart >= textEnd || textEnd - textStart > MAX_TEXT_BYTES) return false;
  if (!isAt(bytes, start, head) || !isAt(bytes, textEnd, SAY_TAIL)) return false;
  for (let i = textStart; i < textEnd; i++) if (PLAIN[bytes[i]!] === 0) return false;
  text.bytes = bytes;
  text.start = textStart;
  text.end = textEnd;
  return true;
}

function isAt(bytes: Uint8Array, at: number, what: Uint8Array): boolean {
  for (let i = 0; i < what.length; i++) if (bytes[at + i] !== what[i]) return false;
  return true;
}

const SEQUENCE = utf8.encode('","sequence":');
const QUOTE = utf8.encode('"');
/** The most digits of a sequence number: those of the largest safe integer. */
const MAX_DIGITS = 16;

/** The cached parts before and after the text: a burst comes from one author in one millisecond. */
let head = { timestamp: NaN, username: "", bytes: EMPTY };
let tail = {
  room: undefined as string | undefined,
  verified: undefined as boolean | undefined,
  bytes: EMPTY,
};

function headOf({ timestamp, username }: PlainLine): Uint8Array {
  if (timestamp !== head.timestamp || username !== head.username) {
    const bytes = utf8.encode(`{"code":${Code.Said},"message":${lineHead(timestamp, username)}"`);
    head = { timestamp, username, bytes };
  }
  return head.bytes;
}

function tailOf({ room, verified }: PlainLine): Uint8Array {
  if (room !== tail.room || verified !== tail.verified || tail.bytes === EMPTY) {
    tail = { room, verified, bytes: utf8.encode(`${lineTail(room, verified)}}`) };
  }
  return tail.bytes;
}

/**
 * Returns the most bytes that a plain chat message can take as a frame.
 *
 * @param line the message
 * @returns a size in bytes, large enough for {@linkcode encodePlainLineInto}; its body never exceeds `MAX_BODY_BYTES`
 */
export function maxPlainFrameBytes(line: PlainLine): number {
  return HEADER_BYTES + headOf(line).length + line.message.length + SEQUENCE.length + MAX_DIGITS +
    tailOf(line).length;
}

/**
 * Writes a 200 with a plain text as one frame into existing memory.
 *
 * @param line the message
 * @param target the memory to write to; it has at least {@linkcode maxPlainFrameBytes} bytes after `offset`
 * @param offset the index of the frame's first byte
 * @returns the length of the frame in bytes
 * @throws {RangeError} when it does not fit: an error of the caller
 */
export function encodePlainLineInto(line: PlainLine, target: Uint8Array, offset: number): number {
  const { message: { bytes, start, end }, sequence } = line;
  const head = headOf(line), tail = tailOf(line);
  let at = offset + HEADER_BYTES;
  target.set(head, at);
  at += head.length;
  target.set(bytes.subarray(start, end), at);
  at += end - start;
  const middle = sequence === undefined ? QUOTE : SEQUENCE;
  target.set(middle, at);
  at += middle.length;
  if (sequence !== undefined) at = writeDigits(sequence, target, at);
  target.set(tail, at);
  at += tail.length;
  writeHeader(target, offset, at - offset - HEADER_BYTES);
  return at - offset;
}

/** Writes an integer of at least 0 as decimal digits; returns the index after the last digit. */
function writeDigits(number: number, target: Uint8Array, at: number): number {
  let end = at + 1;
  for (let power = 10; power <= number; power *= 10) end++;
  for (let i = end - 1, rest = number; i >= at; i--) {
    const tens = Math.floor(rest / 10);
    target[i] = 0x30 + (rest - 10 * tens);
    rest = tens;
  }
  return end;
}
