/**
 * The records of an export: a history as lines of JSON. `export` writes it, `import` reads it.
 *
 * PURE. The first record identifies the format. Each conversation follows with its messages, by sequence
 * number; then the receipts, which identify messages that are sent again. The last record has the number of
 * records before it, so that a truncated file is recognized. Writing the records that were read gives the same
 * bytes.
 *
 * | kind | fields |
 * | --- | --- |
 * | `history` | `version`: 1, or 2 and `changes`: the number of the last change, if messages were ever changed |
 * | `room` | `room`: the name, `last`: the last sequence number that was assigned, stored or not |
 * | `direct` | `between`: the keys of two names, `last` |
 * | `line` | `room` or `between`, `sequence`, `timestamp` (ms since 1970), `username`, `to?`, `verified`, `message`, |
 * | | `reply_to?`, `edited?` (ms since 1970), `deleted?`: true, `reactions?`: `[{reaction, count, by}]`, |
 * | | `change?`: the number of its last change, `changed_by?` |
 * | `mark` | a receipt; `author`: a key as in `between`, `id`, `sequence`, `stored`, `timestamp`, `digest?` |
 * | `end` | `records` |
 *
 * @module
 */
import type { StoredReaction } from "../history/mod.ts";

/** The version of the format, and that of an export without changes, which older versions of RiftChat can import. */
export const VERSION = 2, UNCHANGED_VERSION = 1;

/** A room or a direct conversation. */
export interface ConversationRecord {
  /** The kind of record. */
  kind: "conversation";
  /** The room name, or the key of a direct conversation, such as `@ana@bo`. */
  name: string;
  /** The last sequence number that was assigned. */
  last: number;
}

/** A message. */
export interface LineRecord {
  /** The kind of record. */
  kind: "line";
  /** As {@linkcode ConversationRecord.name}. */
  conversation: string;
  /** Its sequence number in the conversation. */
  sequence: number;
  /** When the hub received it, in milliseconds since 1970, UTC. */
  timestamp: number;
  /** The author. */
  username: string;
  /** The recipient of a direct message. */
  to?: string | undefined;
  /** Whether the author's name was verified. */
  verified: boolean;
  /** The text; empty if it was deleted. */
  message: string;
  /** The number of the message that it answers. */
  replyTo?: number | undefined;
  /** When it was edited last, in milliseconds since 1970, UTC. */
  edited?: number | undefined;
  /** Set if it was deleted. */
  deleted?: true | undefined;
  /** The reactions to it. */
  reactions?: StoredReaction[] | undefined;
  /** The number of its last change. */
  change?: number | undefined;
  /** Who edited or deleted it last. */
  changedBy?: string | undefined;
}

/** A receipt: identifies a message that is sent again. */
export interface ReceiptRecord {
  /** The kind of record. */
  kind: "mark";
  /** The key of the author's name. */
  author: string;
  /** The message id that the author chose. */
  id: string;
  /** The number of the message. */
  sequence: number;
  /** Whether the message is stored. */
  stored: boolean;
  /** When the hub received it, in milliseconds since 1970, UTC. */
  timestamp: number;
  /** The digest of the message; absent if an older version stored the receipt. */
  digest?: string | undefined;
}

/** A record of an export. */
export type HistoryRecord = ConversationRecord | LineRecord | ReceiptRecord;

/** A line is not a valid record, or not allowed at its position. */
export class RecordError extends Error {
  /** As for any `Error`. */
  override readonly name = "RecordError";
}

/**
 * Formats the first line of an export.
 *
 * @param changes the number of the last change; 0 if no message was ever changed
 * @returns one line
 */
export function firstLine(changes: number): string {
  const fields = changes === 0 ? { version: UNCHANGED_VERSION } : { version: VERSION, changes };
  return JSON.stringify({ kind: "history", ...fields }) + "\n";
}

/** The fields of a message are in the order of `messageRecord` in `client/pipe/message_record.ts`. */
function lineFields(line: LineRecord): Record<string, unknown> {
  const { conversation, sequence, timestamp, username, to, verified, message } = line;
  const { replyTo, edited, deleted, reactions } = line;
  return {
    ...conversationFields(conversation),
    sequence,
    timestamp,
    username,
    ...(to === undefined ? {} : { to }),
    verified,
    message,
    reply_to: replyTo,
    edited,
    deleted,
    reactions: reactions?.map(({ reaction, by }) => ({ reaction, count: by.length })),
  };
}

/**
 * Formats a message for programs.
 *
 * @param line the message
 * @returns one line
 */
export function writeLine(line: LineRecord): string {
  return JSON.stringify({ kind: "line", ...lineFields(line) }) + "\n";
}

/**
 * Formats a changed message as `riftchat tail --json` formats a change after a lost connection.
 *
 * @param line the message in its last form
 * @returns one line
 */
export function writeChanged(line: LineRecord): string {
  const { conversation, sequence, change, username, changedBy, message, edited, deleted, reactions } = line;
  const state = deleted ? { by: changedBy, deleted } : {
    message,
    edited,
    reactions: (reactions ?? []).map(({ reaction, by }) => ({ reaction, count: by.length })),
  };
  const place = conversationFields(conversation);
  return JSON.stringify({ kind: "changed", ...place, sequence, change, username, ...state }) + "\n";
}

/**
 * Formats a record of an export.
 *
 * @param record the record
 * @returns one line
 */
export function writeRecord(record: HistoryRecord): string {
  return JSON.stringify(fieldsOf(record)) + "\n";
}

/**
 * Formats the last line of an export.
 *
 * @param records how many records were written with {@linkcode writeRecord}
 * @returns one line
 */
export function lastLine(records: number): string {
  return JSON.stringify({ kind: "end", records }) + "\n";
}

function fieldsOf(record: HistoryRecord) {
  switch (record.kind) {
    case "conversation":
      return record.name.startsWith("@")
        ? { kind: "direct", ...conversationFields(record.name), last: record.last }
        : { kind: "room", ...conversationFields(record.name), last: record.last };
    case "line": {
      const { reactions, change, changedBy } = record;
      return {
        kind: "line",
        ...lineFields(record),
        reactions: reactions?.map(({ reaction, by }) => ({ reaction, count: by.length, by })),
        change,
        changed_by: changedBy,
      };
    }
    case "mark":
      return record;
  }
}

function conversationFields(conversation: string): { room: string } | { between: string[] } {
  return conversation.startsWith("@")
    ? { between: conversation.slice(1).split("@") }
    : { room: conversation };
}
