/**
 * Applies the changes of messages to all places where the client keeps messages: those that were shown, those that wait
 * in buffers, and those that are still to come.
 *
 * PURE. Rules:
 * - A message that was not shown yet is shown in its last form only, and nothing is said of its changes.
 * - A change of a message that was shown is news, unless the message is as it was.
 *
 * @module
 */
import type { History, LineChange, PastLine } from "../../protocol/mod.ts";
import {
  type Buffers,
  type LineNews,
  MAIN,
  type OwnUser,
  personOf,
  roomOf,
  type Target,
} from "../model/mod.ts";
import { conversationOf, LineStates, targetOfConversation } from "./line_states.ts";
import { ShownMessages } from "./shown_messages.ts";

/** The effect of a change. */
export interface AppliedChange {
  /** The room or person of the message. */
  readonly target: Target;
  /** The message before the change. */
  readonly before: PastLine;
  /** The message as it is now. */
  readonly after: PastLine;
  /** Whether it waits in the buffer of its target. */
  readonly isWaiting: boolean;
  /** What the user has to be told; nothing of a message that was not shown. */
  readonly news: readonly LineNews[];
}

/** The messages of a client and their changes. */
export class ChangedLines {
  readonly #self: OwnUser;
  readonly #buffers: Buffers;
  readonly #states = new LineStates();
  /** The messages that were shown, in their last form. */
  readonly shown = new ShownMessages();

  /**
   * Shares its state with the scrollback.
   *
   * @param self the user's own name
   * @param buffers the open buffers
   */
  constructor(self: OwnUser, buffers: Buffers) {
    this.#self = self;
    this.#buffers = buffers;
  }

  /**
   * Returns the messages of a target that were shown.
   *
   * @param target a room or person
   * @returns those with a number, each once and in the order of their numbers
   */
  shownIn(target: Target): PastLine[] {
    return this.shown.of(this.#keyOf(target));
  }

  /**
   * Finds a message that was shown.
   *
   * @param target its room or person
   * @param sequence its number there
   * @returns the message in its last form; `undefined` if it is not kept
   */
  find(target: Target, sequence: number): PastLine | undefined {
    return this.shown.find(this.#keyOf(target), sequence);
  }

  /**
   * Returns a message as it is now.
   *
   * @param line the message as it was received
   * @param target its room or person; that of the message if not given
   * @returns the message in its last known form
   */
  current(line: PastLine, target: Target = this.targetOf(line)): PastLine {
    return this.#states.current(this.#keyOf(target), line);
  }

  /**
   * Notes that a message was shown.
   *
   * @param line the message
   * @param target its room or person; that of the message if not given
   */
  noteShown(line: PastLine, target: Target = this.targetOf(line)): void {
    this.shown.add(this.current(line, target), this.#keyOf(target));
  }

  /**
   * Returns the target of a message.
   *
   * @param line the message
   * @returns its room, or the other person
   */
  targetOf({ room, to, username }: PastLine): Target {
    if (to !== undefined) return personOf(this.#self.is(username) ? to : username);
    return room === undefined ? MAIN : roomOf(room);
  }

  /**
   * Handles a page of the history, when it arrives.
   *
   * @param page the page
   */
  observe({ room, messages }: History): void {
    this.#states.observe(this.#keyOf(targetOfConversation(room)), messages);
  }

  /** Handles that the hub counts changes anew. */
  restart(): void {
    this.#states.restart();
  }

  /**
   * Notes that a list has told all changes up to a number.
   *
   * @param last the number
   */
  listed(last: number): void {
    this.#states.listed(last);
  }

  /**
   * Forgets the messages of a target after a number, because the hub has other messages with these numbers.
   *
   * @param target a room or person
   * @param sequence the last number that is the same
   */
  forgetAfter(target: Target, sequence: number): void {
    this.shown.forgetAfter(this.#keyOf(target), sequence);
  }

  /**
   * Applies a change.
   *
   * @param change the change
   * @param isListed whether it is from a list of changes
   * @returns its effect; `undefined` if it is older than what is known, or about a message that is not kept
   */
  apply(change: LineChange, isListed = false): AppliedChange | undefined {
    const target = targetOfConversation(change.room);
    const { sequence } = change;
    const conversation = this.#keyOf(target);
    const shown = this.shown.find(conversation, sequence);
    const waiting = this.#buffers.find(target)?.lineOf(sequence);
    const before = shown ?? waiting;
    const isSelf = (name: string) => this.#self.is(name);
    if (!this.#states.apply(conversation, change, { before, isSelf, isListed })) return undefined;
    if (before === undefined) return undefined;
    const after = this.#states.current(conversation, before);
    if (shown !== undefined) this.shown.update(conversation, sequence, after);
    return {
      target,
      before,
      after,
      isWaiting: waiting !== undefined,
      news: shown === undefined ? [] : newsOf(change, before, after),
    };
  }

  #keyOf(target: Target): string {
    return conversationOf(target, this.#self.name);
  }
}

function newsOf(change: LineChange, before: PastLine, after: PastLine): LineNews[] {
  const by = change.by ?? change.username;
  if (after.deleted) return before.deleted ? [] : [{ kind: "deleted", line: before, by }];
  const news: LineNews[] = [];
  if (after.message !== before.message) news.push({ kind: "edited", line: after, by });
  if (countsOf(after) !== countsOf(before)) {
    const { reaction, removed } = change;
    // A list says how often there is a reaction, but not who has it.
    news.push({ kind: "reacted", line: after, removed, ...(reaction === undefined ? {} : { by }) });
  }
  return news;
}

function countsOf({ reactions = [] }: PastLine): string {
  return JSON.stringify(reactions.map(({ reaction, count }) => [reaction, count]));
}
