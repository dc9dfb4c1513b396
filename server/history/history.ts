/**
 * The interface of a history, as the hub uses it. It is long because it describes every method and type of it.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { nameKey } from "../../protocol/mod.ts";
import { isDamage, isLocked, reasonOfSqlite } from "../sqlite/mod.ts";
import type { Position } from "../journal/mod.ts";

/** A room or a direct conversation: messages have sequence numbers of their own in each. */
export interface Conversation {
  /** The key that identifies it, the same for every spelling of a room name; see `lookupKey`. */
  readonly key: string;
  /** The room name as it was first spelled, or the key of a direct conversation. */
  readonly name: string;
  /** The id of its row in the database; 0 before it has one. */
  id: number;
  /** The last sequence number that was assigned. */
  last: number;
}

/** A message in the history. */
export interface StoredLine {
  /** Its conversation. */
  conversation: Conversation;
  /** Its sequence number in the conversation. */
  sequence: number;
  /** When the hub received it, in milliseconds since 1970, UTC. */
  timestamp: number;
  /** The author. */
  username: string;
  /** The recipient of a direct message. */
  to?: string | undefined;
  /** The text. */
  message: string;
  /** Whether the author's name was verified. */
  verified: boolean;
  /** The receipt for deduplication, if the author gave the message an id. */
  receipt?: Receipt | undefined;
  /** The sequence number of the message of the same conversation that it answers. */
  replyTo?: number | undefined;
  /** The number of the last change of the message, if it was changed. */
  change?: number | undefined;
  /** Who edited or deleted it last, if anybody did. */
  changedBy?: string | undefined;
  /** When the text was replaced by this one, in milliseconds since 1970, UTC, if it was. */
  edited?: number | undefined;
  /** Set if the message was deleted: then the text is empty. */
  deleted?: true | undefined;
  /** The reactions to the message, those that were given first in front; absent without any. */
  reactions?: StoredReaction[] | undefined;
}

/** A reaction to a message. */
export interface StoredReaction {
  /** The reaction. */
  reaction: string;
  /** Who gave it, as in {@linkcode StoredChange.by}; at least one, the first one in front. */
  by: string[];
}

/** How many different reactions a message may have: a row of them on a terminal. */
export const MAX_REACTIONS = 20;
/** How many users may react to a message, each counted once for each of their reactions. */
export const MAX_REACTORS = 256;

/** A change of a message that is stored. The field names are also the JSON keys in the journal. */
export interface StoredChange {
  /** The sequence number of the message in its conversation. */
  sequence: number;
  /**
   * What happens: the text is deleted, or replaced by `message`; or somebody gives the `reaction` or takes it back. A
   * deleted message cannot be changed.
   */
  kind: "delete" | "edit" | "react" | "unreact";
  /** When, in milliseconds since 1970, UTC. */
  at: number;
  /** Who does it: for a reaction the key of the name, which counts once for each reaction to a message. */
  by: string;
  /** The new text of an `edit`. */
  message?: string | undefined;
  /** The reaction of a `react` or `unreact`. */
  reaction?: string | undefined;
}

/** A change as it is written to the journal. */
export interface ChangeRecord extends StoredChange {
  /** The room name, or the key of a direct conversation. */
  place: string;
  /** The number of the change. */
  change: number;
  /** The author, the {@linkcode editedId} and the digest of the new text, if the author gave it an id. */
  messageId?: { author: string; id: string; digest?: string | undefined } | undefined;
}

/** Selects changed messages. */
export interface ChangesQuery {
  /** Only messages that were changed after the change of this number; all of them if no change has it yet. */
  after: number;
  /**
   * Selects conversations and messages.
   *
   * @param line a changed message
   * @returns whether the caller wants it
   */
  wanted(line: StoredLine): boolean;
  /** Maximum number of messages. */
  limit: number;
  /** Approximate maximum size as JSON, in bytes; the last message may exceed it. */
  bytes: number;
}

/** Changed messages as they are now, each once, in the order of their last changes. */
export interface ChangesPage {
  /** The messages. */
  lines: StoredLine[];
  /** The number of the change up to which nothing is missing: where the next page starts. */
  last: number;
  /** Whether there may be more after that. */
  more: boolean;
}

/** The answer to a client that sends a message again. */
export interface Receipt {
  /** The author: the key of a name, or the result of {@linkcode sessionAuthor}. */
  readonly author: string;
  /** The message id that the author chose. */
  readonly id: string;
  /** The sequence number of the message. */
  readonly sequence: number;
  /** Whether the message is stored. */
  stored: boolean;
  /** When the hub received the message, in milliseconds since 1970, UTC. */
  readonly timestamp: number;
  /** The {@linkcode contentDigest} of the message; `undefined` if an older version stored the receipt. */
  readonly digest?: string | undefined;
}

/** Selects a page of messages. */
export interface PageQuery {
  /** The room name, or the key of a direct conversation. */
  conversation: string;
  /** Only messages with a lower sequence number. */
  before?: number | undefined;
  /**
   * Only messages with a higher sequence number. The page then starts right after it; otherwise it ends at the
   * newest.
   */
  after?: number | undefined;
  /** Only messages with a higher sequence number, wherever the page starts; default 0. */
  above?: number | undefined;
  /** Maximum number of messages. */
  limit: number;
  /** Approximate maximum size as JSON, in bytes; the last message may exceed it. */
  bytes: number;
}

/** Selects messages by their words: the newest matches that fit. */
export interface SearchQuery extends PageQuery {
  /** Words that must all be in the message. */
  match: string;
}

/** Selects messages of all conversations by their words: the newest that fit. */
export interface MentionsQuery {
  /** Words that must all be in the message. Without any, all messages are read. */
  match: string;
  /** Only messages of that time or later, in milliseconds since 1970; the default is all. */
  since?: number | undefined;
  /** Only messages before it: the `before` of a page; see {@linkcode History.mentions}. */
  before?: number | undefined;
  /**
   * Selects messages.
   *
   * @param line a message with the words
   * @returns whether the caller wants it
   */
  wanted(line: StoredLine): boolean;
  /** Maximum number of messages. */
  limit: number;
  /** Approximate maximum size as JSON, in bytes; the last message may exceed it. */
  bytes: number;
}

/** Whether a search ends now, with what it has found. */
export type Enough = boolean | undefined;

/** A page of messages, oldest first. */
export interface Page {
  /** The messages. */
  lines: StoredLine[];
  /**
   * Whether there are more messages: after these if `after` was given in a query without a search, otherwise
   * before these.
   */
  more: boolean;
  /**
   * Where a search that was ended early goes on: it has searched the messages with this sequence number and
   * higher. Absent if it was not.
   */
  before?: number;
}

/** A direct conversation of a user. */
export interface DirectConversation {
  /** The name of the other user, as in the last message. */
  partner: string;
  /** The sequence number of the last message. */
  sequence: number;
  /** When the hub received it, in milliseconds since 1970, UTC. */
  timestamp: number;
}

/** Some direct conversations of a user. */
export interface DirectConversations {
  /** The conversations, those with the newest messages first, at most {@linkcode MAX_DIRECT}. */
  conversations: DirectConversation[];
  /** The id of the newest of all messages. */
  last: number;
}

/** How many direct conversations a user gets: more than anyone takes part in at a time. */
export const MAX_DIRECT = 500;

/** How far a log that several hubs share was copied. The field names are also the JSON keys in the journal. */
export interface Progress {
  /** The copied part, as whoever copies it names it. */
  progress: string;
  /** The conversations that have other last numbers in the log than before, and those numbers. */
  numbers: readonly (readonly [place: string, last: number])[];
}

/** What to write to the database together with messages. */
export interface InsertExtras {
  /** Conversations whose last sequence number must be stored, because the message with that number was not. */
  conversations?: Iterable<Conversation>;
  /** Receipts to store. */
  receipts?: Iterable<Receipt>;
  /** Changes to store, of messages that are stored now. */
  changes?: Iterable<ChangeRecord>;
  /** The position in the journal up to which messages are now in the database. */
  drainedTo?: Position;
  /** How far a shared log was copied with these messages. */
  progress?: Progress | undefined;
}

/** What a step of pruning has done. */
export interface PruneResult {
  /** Whether there is more to delete. */
  more: boolean;
  /** The keys of conversations that have no messages left. */
  emptied: string[];
  /** How many messages were deleted because of their age. */
  expired: number;
  /** How many messages were deleted because of the size of all messages. */
  oversize: number;
}

/** Stores messages. Every method throws a `StorageError` when the disk refuses the operation. */
export interface History {
  /** How long messages are stored, in milliseconds; `Infinity` if only their size is limited. */
  readonly retentionMs: number;
  /**
   * The highest sequence number, in any conversation, that may have been lost with damaged data; 0 if none was.
   * New numbers start above it.
   */
  readonly floor: number;
  /**
   * Lists the rooms that have stored messages.
   *
   * @returns the room names and their last sequence numbers, oldest room first
   */
  rooms(): { name: string; last: number }[];
  /**
   * Finds a conversation, or makes an empty one. The same object is returned as long as the caller holds it.
   *
   * @param name a room name in any spelling, or the key of a direct conversation
   * @returns the conversation
   */
  conversation(name: string): Conversation;
  /**
   * Checks whether a conversation has messages.
   *
   * @param conversation the conversation
   * @returns whether it has, or has had, messages; also true if the only ones were not stored
   */
  hasMessages(conversation: Conversation): boolean;
  /**
   * Writes messages to the journal, all or none, before the hub shows them to anybody. They survive the end of
   * the process once this returns; pages and searches include them after `catchUp`.
   *
   * @param frames whole frames, in pieces: the frames that members of a room receive, and those of
   * `journal_record.ts` for the rest
   * @param receipts the receipts of those messages that have an id
   */
  append(frames: readonly Uint8Array[], receipts?: readonly Receipt[]): void;
  /** How far a shared log was copied when the history was opened; `undefined` for nothing. */
  readonly progress: string | undefined;
  /**
   * Lists the last numbers of conversations in a shared log.
   *
   * @returns the conversations, as in {@linkcode Progress}, and their numbers
   */
  numbers(): Iterable<readonly [place: string, last: number]>;
  /**
   * Names the state of the history as all hubs of a cluster name it.
   *
   * @param id the id of the shared log
   */
  shareEpoch(id: string): void;
  /** The number of the last change of a message, in any conversation, that was ever assigned; 0 for none. */
  readonly lastChange: number;
  /**
   * Assigns the number of a change.
   *
   * @param number the number that a shared log gave it; by default one above the last
   * @returns the number
   */
  nextChange(number?: number): number;
  /**
   * Reads a message as it is now. Drains what was appended before this call: run `catchUp` first, in steps, if that
   * may be much.
   *
   * @param conversation a room name, or the key of a direct conversation
   * @param sequence its number
   * @returns the message, also a deleted one; `undefined` if it is not stored
   */
  line(conversation: string, sequence: number): StoredLine | undefined;
  /**
   * Reads the messages that were changed, as they are now. Works in steps of a few milliseconds.
   *
   * @param query which messages
   * @returns the steps, and finally the messages
   */
  changes(query: ChangesQuery): Generator<void, ChangesPage>;
  /**
   * Finds out up to which change a client knows the same changes, such as after the history was restored from a backup.
   *
   * @param epoch an `epoch` that the client has
   * @returns the number of the last such change; `Infinity` for all
   */
  sameChanges(epoch: string): number;
  /**
   * Writes messages directly to the database, all or none.
   *
   * @param lines the messages, in the order in which the hub received them
   * @param more what to write with them
   */
  insert(lines: readonly StoredLine[], more?: InsertExtras): void;
  /** Checks that the disk has space for more than a few messages. */
  checkDiskSpace(): void;
  /**
   * Finds the receipt of a message, to recognize a message that is sent again.
   *
   * @param author the author, as in a receipt
   * @param id the message id that the author chose
   * @returns the receipt; `undefined` if the message is not known
   */
  receipt(author: string, id: string): Receipt | undefined;
  /**
   * Keeps the direct conversations of a name, and its receipts, from whoever has the name next: the name can read them
   * no more, and new ones begin. The messages stay stored, for the operator.
   *
   * @param key the key of the name
   */
  detach(key: string): void;
  /**
   * Deletes the messages of a room. Nobody can read them once this returns; they leave the disk with the next calls of
   * `prune`. A new room of the name has higher sequence numbers.
   *
   * @param name the room name in any spelling
   */
  erase(name: string): void;
  /**
   * Records whether a room has messages for its members only, so that nobody gets them if it is lost who they are.
   * Erasing a room ends that.
   *
   * @param name the room name in any spelling
   * @param isSealed whether it has
   */
  seal(name: string, isSealed: boolean): void;
  /**
   * Lists the rooms that have messages for their members only.
   *
   * @returns the keys of their names
   */
  sealed(): string[];
  /**
   * Drains the messages that were appended before this call, so that pages and searches include them. Works in
   * steps of a few milliseconds; usually one step is enough.
   *
   * @returns the steps
   */
  catchUp(): Generator<void, void>;
  /**
   * Reads messages by their sequence numbers.
   *
   * @param query which messages
   * @returns the page
   */
  page(query: PageQuery): Page;
  /** Names the state of the history, for clients; see `epochs.ts`. `undefined` if it could not be stored. */
  readonly epoch: string | undefined;
  /**
   * Finds out up to which number a client knows the same messages of a conversation, such as after the history was
   * restored from a backup. Messages in the journal are left out; see `catchUp`.
   *
   * @param conversation a room name, or the key of a direct conversation
   * @param sequence the number of a message that the client has
   * @param epoch the `epoch` under which it got that number
   * @returns the highest number that is the same, at most `sequence`
   */
  sameUpTo(conversation: string, sequence: number, epoch: string): number;
  /**
   * Finds out up to which message a client knows the same history.
   *
   * @param epoch an `epoch` that the client has
   * @returns the id of the last such message; `Infinity` for all
   */
  sameIds(epoch: string): number;
  /**
   * Finds the direct conversations of a user that have the newest messages, of those that were appended before this
   * call. Works in steps of a few milliseconds.
   *
   * @param key the key of the user's name
   * @param after only conversations with messages of a higher id; without effect if no message has that id yet
   * @returns the steps, and finally the conversations
   */
  directConversations(key: string, after: number): Generator<void, DirectConversations>;
  /**
   * Searches the messages that were appended before this call, in steps of a few milliseconds, so that the
   * caller can do other work in between.
   *
   * @param query which messages
   * @returns the steps, and finally the page of matches; `next(true)` ends the search with what it has found
   */
  search(query: SearchQuery): Generator<void, Page, Enough>;
  /**
   * Searches the messages of all conversations, as {@linkcode History.search} does in one. Those that were detached or
   * erased are left out.
   *
   * @param query which messages
   * @returns the steps, and finally the page of matches; with `more`, its `before` is where the next one goes on
   */
  mentions(query: MentionsQuery): Generator<void, Page, Enough>;
  /**
   * Does some background work: drains the journal and adds words to the index.
   *
   * @param ms time limit, in milliseconds
   * @returns whether there is more to do
   */
  work(ms: number): boolean;
  /**
   * Does a part of a purge, which removes texts that were deleted or replaced from the disk: from the journal, the
   * index, the unused space of pages and the write-ahead log.
   *
   * @param ms time limit, in milliseconds
   * @param isQuiet whether no messages arrive; while they do, a purge waits for a while
   * @returns after how many milliseconds to call it again; `Infinity` if nothing is left
   */
  purge(ms: number, isQuiet: boolean): number;
  /**
   * Deletes some messages beyond the retention time or size, the oldest of all conversations first.
   *
   * @param now the time of day, in milliseconds since 1970
   * @returns what was deleted
   */
  prune(now: number): PruneResult;
  /**
   * Estimates the time at which the newest message was stored: its own time, unless the clock jumped ahead less than
   * an hour before.
   *
   * @returns the time, in milliseconds since 1970; `undefined` without messages
   */
  newestTime(): number | undefined;
  /**
   * Measures what is stored, in a fraction of a millisecond.
   *
   * @returns the sizes
   */
  sizes(): HistorySizes;
  /**
   * Copies recent changes from SQLite's write-ahead log to the database file. Takes a moment: call it when no
   * messages arrive.
   */
  checkpoint(): void;
  /**
   * Records the state for the next start, even when nothing else can be written.
   *
   * @param state `unkept`: sequence numbers were assigned to messages that are not stored, so the next start
   * must skip them; `damaged`: the stored data is damaged, so the next start must set it aside
   */
  recordState(state: { unkept?: boolean; damaged?: boolean }): void;
  /** Closes the history, so that another hub may use it. */
  close(): void;
}

/** How much is stored. */
export interface HistorySizes {
  /** The size of the files of the journal, in bytes. */
  journalBytes: number;
  /** The size of the database without its write-ahead log, in bytes. */
  databaseBytes: number;
  /** The time of the oldest message in the database, in milliseconds since 1970; `undefined` without messages. */
  oldestTime: number | undefined;
}

/**
 * Returns the key of the direct conversation of two users.
 *
 * @param key the key of one name
 * @param otherKey the key of the other name; may be the same
 * @returns the key, the same in both orders; it contains `@`, which no room name does
 */
export function directKey(key: string, otherKey: string): string {
  return key < otherKey ? `@${key}@${otherKey}` : `@${otherKey}@${key}`;
}

/**
 * Checks whether a direct conversation is one of a user.
 *
 * @param conversation the key of a direct conversation
 * @param key the key of the user's name
 * @returns whether it is; also false if it was detached from the name
 */
export function isInDirect(conversation: string, key: string): boolean {
  const [, first, second, ...more] = conversation.split("@");
  return more.length === 0 && (first === key || second === key);
}

/**
 * Returns the key of a conversation.
 *
 * @param name a room name, or the key of a direct conversation
 * @returns the key
 */
export function lookupKey(name: string): string {
  return name.startsWith("@") ? name : nameKey(name);
}

/** The characters of a digest: 96 bits in base64url, so that nobody finds another message with the same digest. */
export const DIGEST_CHARS = 16;

/**
 * Returns a digest of where a message goes and what it says. A message with the `id` of an earlier one but another
 * digest is a new message.
 *
 * @param conversation the key of a room, or `@` and the key of the recipient's name
 * @param text the text
 * @returns {@linkcode DIGEST_CHARS} letters, digits, `-` and `_`
 */
export function contentDigest(conversation: string, text: string): string {
  return digestOf(JSON.stringify([conversation, text]));
}

/**
 * Returns under which author the message ids of a client are stored that gives the secret of its session.
 *
 * @param secret the secret; it cannot be found from the result
 * @returns `~` and {@linkcode DIGEST_CHARS} characters; no key of a name contains `~`
 */
export function sessionAuthor(secret: string): string {
  return "~" + digestOf(`session ${secret}`);
}

/**
 * Returns under which id the receipt of an edited message is stored, beside that of the message as it was sent: so both
 * are known, the message if its client sends it again, and by the id whose the edited message is.
 *
 * @param id the id that the client gave the message
 * @returns {@linkcode DIGEST_CHARS} characters that are also a valid id
 */
export function editedId(id: string): string {
  return digestOf(`edited ${id}`);
}

function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("base64url").slice(0, DIGEST_CHARS);
}

/**
 * Checks whether a value is a digest, as {@linkcode contentDigest} makes it.
 *
 * @param value any value
 * @returns whether it is
 */
export function isDigest(value: unknown): value is string {
  return typeof value === "string" && value.length === DIGEST_CHARS && /^[A-Za-z0-9_-]*$/.test(value);
}

/** A history cannot be opened, and the operator has to fix the cause. */
export class HistoryError extends Error {
  /** As for any `Error`. */
  override readonly name = "HistoryError";
}

/** The disk or the database refused an operation. What was stored before is unchanged. */
export class StorageError extends Error {
  /** As for any `Error`. */
  override readonly name = "StorageError";
  /** Whether the stored data is damaged, so that a retry cannot help. */
  readonly damaged: boolean;

  /**
   * Wraps an error.
   *
   * @param cause the error that SQLite or the file system threw
   */
  constructor(cause: unknown) {
    super(reasonOfSqlite(cause), { cause });
    this.damaged = isDamage(cause);
  }
}

/**
 * Returns why a database cannot be read.
 *
 * @param error the error that SQLite or the file system threw
 * @returns the reason, for a message to the operator
 */
export function unreadableReason(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "there is none";
  if (isLocked(error)) return "another program has locked it; stop that program, then try again";
  return textOf(error);
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
