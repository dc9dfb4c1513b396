/**
 * What the journal is made of: frames as people are told them, and frames that only a history knows.
 *
 * - 200 with a number: a line in a room. 213: a line from one to another, in the form that both ends know.
 * - 1: the mark that the author gave to a line. It stands before the line; alone it means nothing, so that half of what
 *   belongs together is as good as none of it.
 * - Everything else that people in a room are told is passed over.
 *
 * PURE.
 *
 * @module
 */
import {
  BodyDecoder,
  Code,
  encodeFrame,
  nameKey,
  ProtocolError,
  type SaidTo,
  serialize,
} from "../../protocol/mod.ts";
import { conversationKey, type KeptLine } from "./history.ts";

/** The code of a mark. */
const MARK = 1;

/** The mark of a line: what makes it known when it is sent again. */
export interface Mark {
  /** Where the line was said, as `History.place` finds it. */
  place: string;
  /** The number of the line. */
  sequence: number;
  /** The key of the author's name. */
  author: string;
  /** The author's own mark. */
  id: string;
}

/** A line as it stands in the journal. */
export interface RecordedLine extends Omit<KeptLine, "place" | "receipt"> {
  /** Where it was said, as `History.place` finds it. */
  place: string;
  /** The key of its author's name and the author's own mark of it, where it has one. */
  mark?: Pick<Mark, "author" | "id"> | undefined;
}

/**
 * Makes a frame of a mark.
 *
 * @param mark the mark
 * @returns the frame
 */
export function markFrame({ place, sequence, author, id }: Mark): Uint8Array {
  return encodeFrame(JSON.stringify({ code: MARK, place, sequence, author, id }));
}

/**
 * Makes a frame of a line from one to another.
 *
 * @param said what its author is told, with the number
 * @returns the frame
 */
export function directFrame(said: SaidTo): Uint8Array {
  return encodeFrame(serialize(said));
}

/** The lines in a piece of the journal. */
export interface Records {
  /** The lines, in order. */
  lines: RecordedLine[];
  /** How many bytes of the piece were whole frames. */
  used: number;
  /** Why what follows cannot be read, where it is not just half a frame. */
  damage?: string | undefined;
}

/**
 * Reads a piece of the journal. A mark is read together with its line or not at all.
 *
 * @param bytes the piece; it begins with a frame
 * @param last whether it ends where the file does
 * @returns its lines
 */
export function readRecords(bytes: Uint8Array, last: boolean): Records {
  const decoder = new BodyDecoder();
  const lines: RecordedLine[] = [];
  /** Marks whose lines have not come yet. */
  const marks = new Map<string, Mark>();
  /** What there was before the first mark since there were none. */
  let whole = { lines: 0, used: 0 };
  let used = 0;
  let damage: string | undefined;
  decoder.push(bytes);
  try {
    for (let body = decoder.next(); body !== undefined; body = decoder.next()) {
      const record: unknown = JSON.parse(body);
      if (!isObject(record) || typeof record.code !== "number") throw new SyntaxError("it is no record");
      if (record.code === MARK && isMark(record)) {
        if (marks.size === 0) whole = { lines: lines.length, used };
        marks.set(keyOf(record), record);
      } else {
        const line = lineOf(record);
        if (line !== undefined) lines.push(line);
        if (line !== undefined && marks.size > 0) {
          const key = keyOf(line);
          line.mark = marks.get(key);
          marks.delete(key);
        }
      }
      used = bytes.length - decoder.pendingBytes;
    }
  } catch (error) {
    if (!(error instanceof SyntaxError) && !(error instanceof ProtocolError)) throw error;
    damage = error.message;
  }
  if (last || damage !== undefined || marks.size === 0) return { lines, used, damage };
  return { lines: lines.slice(0, whole.lines), used: whole.used };
}

function keyOf({ place, sequence }: { place: string; sequence: number }): string {
  return `${place}\n${sequence}`;
}

type Fields = Record<string, unknown>;

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null;
}

function isMark(record: Fields): record is Fields & Mark {
  const { place, sequence, author, id } = record;
  return typeof place === "string" && typeof sequence === "number" && typeof author === "string" &&
    typeof id === "string";
}

/** Reads a line; nothing where the record is something else. */
function lineOf({ code, message: said }: Fields): RecordedLine | undefined {
  if (code !== Code.Said && code !== Code.SaidTo || !isObject(said)) return undefined;
  const { timestamp, username, message, sequence, room, to, verified } = said;
  if (
    typeof timestamp !== "number" || typeof username !== "string" || typeof message !== "string" ||
    typeof sequence !== "number" || typeof verified !== "boolean"
  ) return undefined;
  const line = { sequence, timestamp, username, message, verified };
  if (code === Code.Said) return typeof room === "string" ? { place: room, ...line } : undefined;
  return typeof to === "string"
    ? { place: conversationKey(nameKey(username), nameKey(to)), ...line, to }
    : undefined;
}
