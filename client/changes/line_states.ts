/**
 * The last known state of each message that was changed, so that every client ends with the same view as the hub,
 * whatever the order in which messages and changes arrive.
 *
 * PURE. Rules:
 * - A message may be fetched before it changes and be shown after that. So changes are kept also of messages that are
 *   not shown yet, and {@linkcode LineStates.current} gives a message the form that it has now.
 * - Changes have numbers. A change of a message that is older than one that is known changes nothing: an answer may
 *   overtake it.
 * - A page of the history has no numbers of changes. It shows each message as it was when the hub sent the page, so
 *   its messages replace what is known of them at that time.
 * - A deleted message stays deleted.
 * - What is kept is limited, so that no hub can fill the memory: above a limit the oldest is forgotten.
 *
 * @module
 */
import { type LineChange, nameKey, type PastLine, type ReactionCount } from "../../protocol/mod.ts";
import { personOf, roomOf, type Target, targetKey, unitsOf } from "../model/mod.ts";

/** How many changed messages are known. */
export const MAX_STATES = 5000;

/** How many UTF-16 units their texts may have together. */
export const MAX_STATE_UNITS = 1024 * 1024;

/** What is known of a message: the parts that can change. */
interface LineState {
  /** The number of the last known change; 0 if the hub counts anew. */
  change: number;
  /** Whether it was deleted. */
  deleted?: boolean | undefined;
  /** The new text. */
  message?: string | undefined;
  /** When the text was changed. */
  edited?: number | undefined;
  /** The reactions. */
  reactions?: readonly ReactionCount[] | undefined;
}

/**
 * Returns the key of a conversation: a room, or the messages of the user's current name with a person. With another
 * name the messages have other numbers.
 *
 * @param target the room or person
 * @param ownName the user's name
 * @returns the key
 */
export function conversationOf(target: Target, ownName: string): string {
  return target.kind === "room" ? targetKey(target) : `${targetKey(target)} with ${nameKey(ownName)}`;
}

/**
 * Returns the target that the `room` of a change names.
 *
 * @param room a room without `#`, or `@` and the name of a person
 * @returns the target
 */
export function targetOfConversation(room: string): Target {
  return room.startsWith("@") ? personOf(room.slice(1)) : roomOf(room);
}

/** The states of the messages that were changed. */
export class LineStates {
  readonly #states = new Map<string, LineState>();
  #units = 0;
  /** The number up to which a list of changes has told all. */
  #listedTo = 0;

  /**
   * Applies a change.
   *
   * @param conversation the key of the message's conversation
   * @param change the change
   * @param options the message as it was shown last, if it was, and whether a name is the user's own
   * @returns whether it is news: a change that is older than what is known is not
   */
  apply(
    conversation: string,
    change: LineChange,
    { before, isSelf, isListed = false }: {
      before?: PastLine | undefined;
      isSelf: (name: string) => boolean;
      isListed?: boolean;
    },
  ): boolean {
    const key = keyOf(conversation, change.sequence);
    const known = this.#states.get(key);
    if (known?.deleted || change.change <= (known?.change ?? 0)) return false;
    if (!isListed && change.change <= this.#listedTo) return false;
    this.#set(key, merged(known ?? stateOf(before), change, isSelf));
    return true;
  }

  /**
   * Notes that a list has told all changes up to a number.
   *
   * @param last the number
   */
  listed(last: number): void {
    this.#listedTo = Math.max(this.#listedTo, last);
  }

  /** Forgets the numbers of changes: the hub counts anew, such as after a restored backup. */
  restart(): void {
    this.#listedTo = 0;
    for (const [key, state] of this.#states) this.#states.set(key, { ...state, change: 0, deleted: false });
  }

  /**
   * Takes over the state of messages of the history. Call it for every page in the order of arrival.
   *
   * @param conversation the key of their conversation
   * @param lines the messages
   */
  observe(conversation: string, lines: readonly PastLine[]): void {
    if (this.#states.size === 0) return;
    for (const line of lines) {
      if (line.sequence === undefined) continue;
      const key = keyOf(conversation, line.sequence);
      const known = this.#states.get(key);
      if (known !== undefined) this.#set(key, { ...stateOf(line), change: known.change });
    }
  }

  /**
   * Returns a message as it is now.
   *
   * @param conversation the key of its conversation
   * @param line the message as it was received
   * @returns the message in its last known form
   */
  current(conversation: string, line: PastLine): PastLine {
    if (line.sequence === undefined) return line;
    const state = this.#states.get(keyOf(conversation, line.sequence));
    if (state === undefined) return line;
    const { edited: _, reactions: __, deleted: ___, ...rest } = line;
    if (state.deleted) return { ...rest, message: "", deleted: true };
    return {
      ...rest,
      message: state.message ?? line.message,
      ...(state.edited === undefined ? {} : { edited: state.edited }),
      ...(state.reactions === undefined || state.reactions.length === 0
        ? {}
        : { reactions: [...state.reactions] }),
    };
  }

  #set(key: string, state: LineState): void {
    this.#units += stateUnits(state) - stateUnits(this.#states.get(key));
    this.#states.delete(key);
    this.#states.set(key, state);
    while (this.#states.size > MAX_STATES || (this.#units > MAX_STATE_UNITS && this.#states.size > 1)) {
      const [oldest] = this.#states.keys();
      this.#units -= stateUnits(this.#states.get(oldest!));
      this.#states.delete(oldest!);
    }
  }
}

function keyOf(conversation: string, sequence: number): string {
  return `${conversation} ${sequence}`;
}

function stateUnits(state: LineState | undefined): number {
  if (state === undefined) return 0;
  const { message = "", reactions = [] } = state;
  return unitsOf({ timestamp: 0, username: "", message, reactions: [...reactions] });
}

function stateOf(line: PastLine | undefined): LineState {
  if (line === undefined) return { change: 0 };
  const { deleted = false, message, edited, reactions } = line;
  return { change: 0, deleted, ...(edited === undefined ? {} : { message, edited }), reactions };
}

/** Adds a change to a state. What did not change is absent in it. */
function merged(
  known: LineState,
  change: LineChange,
  isSelf: (name: string) => boolean,
): LineState {
  if (change.deleted) return { change: change.change, deleted: true };
  const { message = known.message, edited = known.edited } = change;
  const reactions = change.reactions === undefined
    ? known.reactions
    : withMine(change, known.reactions ?? [], isSelf);
  return { change: change.change, message, edited, reactions };
}

/** Marks the user's own reactions. A change that goes to everyone does not say which those are, but who did what. */
function withMine(
  { by, reaction, reactions = [], removed = false, username }: LineChange,
  known: readonly ReactionCount[],
  isSelf: (name: string) => boolean,
): ReactionCount[] {
  if (reaction === undefined) return reactions;
  const who = by ?? username;
  const isOwn = who !== undefined && isSelf(who);
  const mine = new Set(known.filter((one) => one.mine).map((one) => one.reaction));
  if (isOwn && removed) mine.delete(reaction);
  else if (isOwn) mine.add(reaction);
  return reactions.map(({ reaction, count }) => ({
    reaction,
    count,
    ...(mine.has(reaction) ? { mine: true } : {}),
  }));
}
