/**
 * The frames in the journal: those that members of a room receive, and those that only the history uses.
 *
 * - 200 with a sequence number: a message in a room. 213: a direct message, in the form that its author
 *   receives.
 * - 1: the message id that the author gave to a message. It comes before the message. If the message is missing,
 *   the id has no effect.
 * - 2: a change of a message. It comes after the message. If the message is missing, the change has no effect.
 * - 3 and 4, in the copy of a log that several hubs share: what is between them counts only as a whole. The 4 says how
 *   far the log was copied.
 * - All other frames are skipped.
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
import { type ChangeRecord, directKey, isDigest, type Progress, type StoredLine } from "./history.ts";

/** The code of a frame with a message id. */
const MESSAGE_ID_CODE = 1;
/** The code of a frame with a change. */
const CHANGE_CODE = 2;
/** The codes of the frames before and after messages of a shared log. */
const COPY_CODE = 3, PROGRESS_CODE = 4;

/**
 * The id that an author gave to a message, for deduplication. The field names are also the JSON keys in the
 * journal.
 */
export interface MessageIdRecord {
  /** The room name, or the key of a direct conversation. */
  place: string;
  /** The sequence number of the message. */
  sequence: number;
  /** The author, as in a receipt. */
  author: string;
  /** The message id that the author chose. */
  id: string;
  /** The digest of the message, as in a receipt; absent if an older version wrote the record. */
  digest?: string | undefined;
}

/** A message in the journal. */
export interface JournalLine extends Omit<StoredLine, "conversation" | "receipt"> {
  /** The room name, or the key of a direct conversation. */
  conversation: string;
  /** The author, the message id and the digest, if the message has an id. */
  messageId?: Pick<MessageIdRecord, "author" | "id" | "digest"> | undefined;
}

/**
 * Encodes a change.
 *
 * @param record the change
 * @returns the frame
 */
export function changeFrame(record: ChangeRecord): Uint8Array {
  return encodeFrame(JSON.stringify({ code: CHANGE_CODE, ...record }));
}

/** Begins messages that were copied from a shared log; they count once their {@linkcode progressFrame} is there. */
export const copyFrame = (): Uint8Array => encodeFrame(JSON.stringify({ code: COPY_CODE }));

/**
 * Ends messages that were copied from a shared log.
 *
 * @param progress how far it was copied
 * @returns the frame
 */
export function progressFrame(progress: Progress): Uint8Array {
  return encodeFrame(JSON.stringify({ code: PROGRESS_CODE, ...progress }));
}

/**
 * Encodes the id of a message.
 *
 * @param record the id and its message
 * @returns the frame
 */
export function messageIdFrame({ place, sequence, author, id, digest }: MessageIdRecord): Uint8Array {
  return encodeFrame(JSON.stringify({ code: MESSAGE_ID_CODE, place, sequence, author, id, digest }));
}

/**
 * Encodes a direct message.
 *
 * @param said the message as its author receives it, with the sequence number
 * @returns the frame
 */
export function directFrame(said: SaidTo): Uint8Array {
  return encodeFrame(serialize(said));
}

/** The messages in a part of the journal. */
export interface Records {
  /** The messages, in order. */
  lines: JournalLine[];
  /** The changes, in order; each is of a message before this part, or one of `lines`. */
  changes: ChangeRecord[];
  /** How far a shared log was copied, if the part says it; the numbers are those of the whole part. */
  progress?: Progress | undefined;
  /** How many bytes of the part were read; they are whole frames. */
  used: number;
  /** Why the rest cannot be read; `undefined` if the rest is empty or only an incomplete frame. */
  damage?: string | undefined;
}

/**
 * Reads a part of the journal. A message id is read together with its message or not at all.
 *
 * @param bytes the part, which starts with a frame
 * @param last whether it ends at the end of the file
 * @returns the messages
 */
export function readRecords(bytes: Uint8Array, last: boolean): Records {
  const decoder = new BodyDecoder();
  const lines: JournalLine[] = [];
  const changes: ChangeRecord[] = [];
  /** Message ids whose messages have not been read yet. */
  const pendingIds = new Map<string, MessageIdRecord>();
  /** What was read before the first of these message ids. */
  let complete = { lines: 0, changes: 0, used: 0 };
  /** What was read before a copy that is not complete yet. */
  let copy: { lines: number; changes: number; used: number } | undefined;
  let progress: string | undefined;
  const numbers = new Map<string, number>();
  let used = 0;
  let damage: string | undefined;
  decoder.push(bytes);
  try {
    for (let body = decoder.next(); body !== undefined; body = decoder.next()) {
      const record: unknown = JSON.parse(body);
      if (!isObject(record) || typeof record.code !== "number") throw new SyntaxError("it is not a record");
      if (record.code === MESSAGE_ID_CODE && isMessageId(record)) {
        if (pendingIds.size === 0) complete = { lines: lines.length, changes: changes.length, used };
        pendingIds.set(keyOf(record), record);
      } else if (record.code === CHANGE_CODE) {
        if (isChange(record)) changes.push(record);
      } else if (record.code === COPY_CODE) {
        // A copy without an end was cut off, and is copied again.
        if (copy !== undefined) [lines.length, changes.length] = [copy.lines, copy.changes];
        copy = { lines: lines.length, changes: changes.length, used };
      } else if (record.code === PROGRESS_CODE) {
        if (!isProgress(record)) throw new SyntaxError("it is not a record");
        progress = record.progress;
        for (const [place, last] of record.numbers) numbers.set(place, last);
        copy = undefined;
      } else {
        const line = lineOf(record);
        if (line !== undefined) lines.push(line);
        if (line !== undefined && pendingIds.size > 0) {
          const key = keyOf({ place: line.conversation, sequence: line.sequence });
          line.messageId = pendingIds.get(key);
          pendingIds.delete(key);
        }
      }
      used = bytes.length - decoder.pendingBytes;
    }
  } catch (error) {
    if (!(error instanceof SyntaxError) && !(error instanceof ProtocolError)) throw error;
    damage = error.message;
  }
  const copied = progress === undefined ? undefined : { progress, numbers: [...numbers] };
  if (copy !== undefined) {
    const isCutOff = last || damage !== undefined;
    return {
      lines: lines.slice(0, copy.lines),
      changes: changes.slice(0, copy.changes),
      progress: copied,
      used: isCutOff ? used : copy.used,
      damage,
    };
  }
  if (last || damage !== undefined || pendingIds.size === 0) {
    return { lines, changes, progress: copied, used, damage };
  }
  return {
    lines: lines.slice(0, complete.lines),
    changes: changes.slice(0, complete.changes),
    progress: copied,
    used: complete.used,
  };
}

function keyOf({ place, sequence }: { place: string; sequence: number }): string {
  return `${place}\n${sequence}`;
}

type Fields = Record<string, unknown>;

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null;
}

function isMessageId(record: Fields): record is Fields & MessageIdRecord {
  const { place, sequence, author, id, digest } = record;
  return typeof place === "string" && typeof sequence === "number" && typeof author === "string" &&
    typeof id === "string" && (digest === undefined || isDigest(digest));
}

function isChange(record: Fields): record is Fields & ChangeRecord {
  const { place, change, sequence, kind, at, by, message, reaction, messageId } = record;
  if (
    typeof place !== "string" || typeof change !== "number" || typeof sequence !== "number" ||
    typeof at !== "number" || typeof by !== "string"
  ) return false;
  if (messageId !== undefined && !(isObject(messageId) && isMessageId({ ...messageId, place, sequence }))) {
    return false;
  }
  if (kind === "edit") return typeof message === "string";
  return kind === "delete" || (kind === "react" || kind === "unreact") && typeof reaction === "string";
}

function isProgress(record: Fields): record is Fields & Progress {
  const { progress, numbers } = record;
  return typeof progress === "string" && Array.isArray(numbers) &&
    numbers.every((entry) =>
      Array.isArray(entry) && typeof entry[0] === "string" && Number.isSafeInteger(entry[1])
    );
}

/** Reads a message; `undefined` if the frame is something else. */
function lineOf({ code, message: fields }: Fields): JournalLine | undefined {
  if (code !== Code.Said && code !== Code.SaidTo || !isObject(fields)) return undefined;
  const { timestamp, username, message, sequence, room, to, verified, reply_to } = fields;
  if (
    typeof timestamp !== "number" || typeof username !== "string" || typeof message !== "string" ||
    typeof sequence !== "number" || typeof verified !== "boolean"
  ) return undefined;
  const line = typeof reply_to === "number"
    ? { sequence, timestamp, username, message, verified, replyTo: reply_to }
    : { sequence, timestamp, username, message, verified };
  if (code === Code.Said) return typeof room === "string" ? { conversation: room, ...line } : undefined;
  return typeof to === "string"
    ? { conversation: directKey(nameKey(username), nameKey(to)), ...line, to }
    : undefined;
}
