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
 * | `history` | `version`: 1 |
 * | `room` | `room`: the name, `last`: the last sequence number that was assigned, stored or not |
 * | `direct` | `between`: the keys of two names, `last` |
 * | `line` | `room` or `between`, `sequence`, `timestamp` (ms since 1970), `username`, `to?`, `verified`, `message` |
 * | `mark` | a receipt; `author`: a key as in `between`, `id`, `sequence`, `stored`, `timestamp`, `digest?` |
 * | `end` | `records` |
 *
 * @module
 */
/** The version of the format. */
export const VERSION = 1;

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
  /** The text. */
  message: string;
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

/** The first line of an export. */
export const FIRST_LINE = `${JSON.stringify({ kind: "history", version: VERSION })}\n`;

/** The fields of a message are in the order of `messageRecord` in `client/pipe/message_record.ts`. */
function lineFields(
  { conversation, sequence, timestamp, username, to, verified, message }: LineRecord,
): Record<string, unknown> {
  return {
    ...conversationFields(conversation),
    sequence,
    timestamp,
    username,
    ...(to === undefined ? {} : { to }),
    verified,
    message,
  };
}

/**
 * Formats a record.
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
    case "line":
      return { kind: "line", ...lineFields(record) };
    case "mark":
      return record;
  }
}

function conversationFields(conversation: string): { room: string } | { between: string[] } {
  return conversation.startsWith("@")
    ? { between: conversation.slice(1).split("@") }
    : { room: conversation };
}
