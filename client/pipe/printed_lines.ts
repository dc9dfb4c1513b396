/**
 * The last messages that were printed, in their last form, for the commands about messages.
 *
 * @module
 */
import { Code, type LineChanged, type PastLine, type ReactionCount } from "../../protocol/mod.ts";
import { conversationOf, LineStates, ShownMessages, targetOfConversation } from "../changes/mod.ts";
import type { ControlRequest } from "../link/mod.ts";
import { MAIN, personOf, roomOf, type Target } from "../model/mod.ts";

/** The last messages that were printed. */
export class PrintedLines {
  readonly #ownName: () => string;
  readonly #isSelf: (name: string) => boolean;
  readonly #states = new LineStates();
  readonly #shown = new ShownMessages();

  /**
   * Knows nothing yet.
   *
   * @param ownName returns the user's name
   * @param isSelf returns whether a name is the user's own
   */
  constructor(ownName: () => string, isSelf: (name: string) => boolean) {
    this.#ownName = ownName;
    this.#isSelf = isSelf;
  }

  /**
   * Notes a message.
   *
   * @param line the message; one without a number is not kept
   */
  add(line: PastLine): void {
    if (line.sequence === undefined) return;
    const conversation = this.#keyOf(this.#targetOf(line));
    this.#shown.add(this.#states.current(conversation, line), conversation);
  }

  /**
   * Applies a change.
   *
   * @param change the change
   */
  change(change: LineChanged): void {
    const conversation = this.#keyOf(targetOfConversation(change.room));
    const before = this.#shown.find(conversation, change.sequence);
    const isNews = this.#states.apply(conversation, change, { before, isSelf: this.#isSelf });
    if (!isNews || before === undefined) return;
    this.#shown.update(conversation, change.sequence, this.#states.current(conversation, before));
  }

  /**
   * Applies a change that the hub has carried out for the user. The hub tells what has changed a moment later, and the
   * next command may come before that.
   *
   * @param request the request; one that changes no single message changes nothing here
   */
  carriedOut(request: ControlRequest): void {
    switch (request.code) {
      case Code.DeleteLines:
        return this.#update(request, (line) => ({ ...line, message: "", deleted: true }));
      case Code.EditLine:
        return this.#update(request, (line) => ({ ...line, message: request.message }));
      case Code.React: {
        const { reaction, remove = false } = request;
        return this.#update(request, (line) => ({ ...line, reactions: toggled(line, reaction, remove) }));
      }
    }
  }

  #update(
    { room, sequence }: { room: string; sequence?: number },
    changed: (line: PastLine) => PastLine,
  ): void {
    const conversation = this.#keyOf(targetOfConversation(room));
    const line = sequence === undefined ? undefined : this.#shown.find(conversation, sequence);
    if (line !== undefined) this.#shown.update(conversation, sequence!, changed(line));
  }

  /**
   * Returns the messages of a target.
   *
   * @param target a room or person
   * @returns them in the order of their numbers
   */
  in(target: Target): PastLine[] {
    return this.#shown.of(this.#keyOf(target));
  }

  #targetOf({ room, to, username }: PastLine): Target {
    if (to !== undefined) return personOf(this.#isSelf(username) ? to : username);
    return room === undefined ? MAIN : roomOf(room);
  }

  #keyOf(target: Target): string {
    return conversationOf(target, this.#ownName());
  }
}

/** The reactions to a message after the user has added one, or taken it back. */
function toggled({ reactions = [] }: PastLine, reaction: string, remove: boolean): ReactionCount[] {
  const others = reactions.filter((one) => one.reaction !== reaction);
  const before = reactions.find((one) => one.reaction === reaction) ?? { reaction, count: 0 };
  const count = before.count + (remove ? -1 : before.mine ? 0 : 1);
  return count <= 0 ? others : [...others, remove ? { reaction, count } : { reaction, count, mine: true }];
}
