/**
 * The rules for changing messages: whose a message is, who may delete or edit it, and what a reaction does to it.
 *
 * - A message is its author's: of the owner of the name under which it was sent, if the owner had the name then; or of
 *   the client that knows the id of the message, as its receipt shows.
 * - An author deletes and edits for `CHANGE_MS` after sending. Moderators delete at any time, and never edit.
 * - A deleted message stays deleted: it cannot be edited, reacted to or replied to.
 *
 * PURE.
 *
 * @module
 */
import { nameKey, ProtocolError } from "../../protocol/mod.ts";
import {
  contentDigest,
  MAX_REACTIONS,
  MAX_REACTORS,
  type Receipt,
  type StoredLine,
  type StoredReaction,
} from "../history/mod.ts";
import { CHANGE_MS } from "../limits.ts";
import { hasKey, type Owner } from "../registry/mod.ts";

/** Somebody who wants to change a message. */
export interface Changer {
  /** The key of the name. */
  readonly key: string;
  /** The key that the client has proved to have. */
  readonly identity: string | undefined;
  /** What the hub knows of the message id in the request, or of its `editedId`, under the author that the client is. */
  readonly receipt: Receipt | undefined;
  /** Whether they moderate the room. */
  readonly moderates: boolean;
}

/** What the rules depend on besides the message and who wants to change it. */
export interface ChangeContext {
  /** The time of day, in milliseconds since 1970. */
  readonly now: number;
  /**
   * Finds the owner of a name.
   *
   * @param name the name of an author
   * @returns the owner, if the name belongs to somebody
   */
  ownerOf(name: string): Owner | undefined;
}

/**
 * Checks whether a message is that of somebody.
 *
 * @param line the message, as it is now
 * @param changer who says so
 * @param context see {@linkcode ChangeContext}
 * @returns whether it is
 */
export function isAuthor(
  line: StoredLine,
  { key, identity, receipt }: Pick<Changer, "key" | "identity" | "receipt">,
  { ownerOf }: Pick<ChangeContext, "ownerOf">,
): boolean {
  if (line.verified && identity !== undefined) {
    const owner = ownerOf(line.username);
    const since = owner && Math.max(owner.since, owner.moved ?? 0);
    if (since !== undefined && since <= line.timestamp && hasKey(owner!, identity)) return true;
  }
  return isProved(line, receipt, key);
}

/**
 * Checks whether the receipt for a message id is that of a message.
 *
 * @param line the message, as it is now
 * @param receipt the receipt, if the hub knows the id
 * @param key the key of the name of the client that knows the id
 * @returns whether it is
 */
export function isProved(line: StoredLine, receipt: Receipt | undefined, key: string): boolean {
  // Messages of other conversations may have the same number and text.
  return receipt !== undefined && receipt.sequence === line.sequence &&
    receipt.timestamp === (line.edited ?? line.timestamp) && receipt.digest === digestOf(line) &&
    (line.to === undefined || nameKey(line.username) === key);
}

/** Whether a receipt is that of a message in a room, as far as number and time tell. */
function isNumbered({ to, sequence, timestamp }: StoredLine, receipt: Receipt | undefined): boolean {
  return to === undefined && receipt?.sequence === sequence && receipt.timestamp === timestamp;
}

/**
 * Returns the digest of a message, as its receipt has it.
 *
 * @param line the message
 * @returns the {@linkcode contentDigest}
 */
export function digestOf({ conversation, to, message }: StoredLine): string {
  return contentDigest(to === undefined ? nameKey(conversation.name) : `@${nameKey(to)}`, message);
}

/**
 * Checks that somebody may delete a message.
 *
 * @param line the message, as it is now
 * @param changer who wants it
 * @param context see {@linkcode ChangeContext}
 * @returns whether anything changes: `false` for a message that is deleted already
 * @throws {ProtocolError} `not_allowed`
 */
export function checkDeletion(line: StoredLine, changer: Changer, context: ChangeContext): boolean {
  if (!changer.moderates) {
    // The text is gone by which a receipt shows whose it was. But nothing changes: the client may have lost the answer.
    if (line.deleted && (nameKey(line.username) === changer.key || isNumbered(line, changer.receipt))) {
      return false;
    }
    checkOwn("delete", line, changer, context);
  }
  return line.deleted === undefined;
}

/**
 * Checks that somebody may edit a message.
 *
 * @param line the message, as it is now
 * @param text the new text, which is valid
 * @param changer who wants it
 * @param context see {@linkcode ChangeContext}
 * @returns whether anything changes
 * @throws {ProtocolError} `no_such_message` if it was deleted, `not_allowed`
 */
export function checkEdit(line: StoredLine, text: string, changer: Changer, context: ChangeContext): boolean {
  if (line.deleted) throw wasDeleted("edit", line.sequence);
  checkOwn("edit", line, changer, context);
  return line.message !== text;
}

/**
 * Checks that somebody may react to a message, or take a reaction back.
 *
 * @param line the message, as it is now
 * @param reaction the reaction, which is valid
 * @param key the key of the name of whoever reacts
 * @param remove whether to take it back
 * @returns whether anything changes
 * @throws {ProtocolError} `no_such_message` if the message was deleted, `not_allowed` if it has too many reactions
 */
export function checkReaction(line: StoredLine, reaction: string, key: string, remove: boolean): boolean {
  const { deleted, sequence, reactions = [] } = line;
  if (deleted) throw wasDeleted("react to", sequence);
  const same = reactions.find((other) => other.reaction === reaction);
  const has = same?.by.includes(key) ?? false;
  if (remove || has) return remove && has;
  const tooMany = (count: string) =>
    new ProtocolError("not_allowed", `Cannot react to message ${sequence}: it has ${count} already`);
  if (same === undefined && reactions.length >= MAX_REACTIONS) {
    throw tooMany(`${MAX_REACTIONS} different reactions`);
  }
  if (reactions.reduce((sum, { by }) => sum + by.length, 0) >= MAX_REACTORS) {
    throw tooMany(`${MAX_REACTORS} reactions`);
  }
  return true;
}

/**
 * Returns the reactions to a message after one more change.
 *
 * @param line the message, as it is now
 * @param reaction the reaction
 * @param key the key of the name of whoever gives it or takes it back
 * @param remove whether it is taken back
 * @returns the reactions, those that were given first in front
 */
export function reactionsAfter(
  { reactions = [] }: StoredLine,
  reaction: string,
  key: string,
  remove: boolean,
): StoredReaction[] {
  const isNew = !remove && !reactions.some((other) => other.reaction === reaction);
  return [...reactions, ...isNew ? [{ reaction, by: [] }] : []].map((other) => {
    if (other.reaction !== reaction) return other;
    return { reaction, by: remove ? other.by.filter((one) => one !== key) : [...other.by, key] };
  }).filter(({ by }) => by.length > 0);
}

/**
 * Checks that a message can be replied to.
 *
 * @param line the message, as it is now, if there is one
 * @param sequence the number that the client has named
 * @param above the number of the last message that the client may not read
 * @throws {ProtocolError} `no_such_message` if there is none, also because it was deleted
 */
export function checkReply(line: StoredLine | undefined, sequence: number, above: number): void {
  if (line === undefined || sequence <= above) throw noSuchMessage("reply to", sequence);
  if (line.deleted) throw wasDeleted("reply to", sequence);
}

/**
 * The refusal for a message that does not exist, or that the client may not read.
 *
 * @param what what cannot be done, such as `edit`
 * @param sequence the number that the client has named
 * @returns the error
 */
export function noSuchMessage(what: string, sequence: number): ProtocolError {
  return new ProtocolError(
    "no_such_message",
    `Cannot ${what} message ${sequence}: there is no message with that number`,
  );
}

function wasDeleted(what: string, sequence: number): ProtocolError {
  return new ProtocolError("no_such_message", `Cannot ${what} message ${sequence}: it was deleted`);
}

/** Checks that a message is that of its changer, and not too old. */
function checkOwn(what: "delete" | "edit", line: StoredLine, changer: Changer, context: ChangeContext): void {
  const { sequence, username, timestamp } = line;
  const refuse = (why: string) =>
    new ProtocolError("not_allowed", `Cannot ${what} message ${sequence}: ${why}`);
  if (!isAuthor(line, changer, context)) {
    throw nameKey(username) === changer.key
      ? refuse(
        "the hub cannot tell that it is yours; only the owner of its name can, or the program that sent it",
      )
      : refuse(`it is not yours but that of ${username}`);
  }
  // A clock that was set back makes a message come from the future.
  if (Math.abs(context.now - timestamp) > CHANGE_MS) {
    throw refuse(`it is older than ${CHANGE_MS / 3_600_000} hours`);
  }
}
