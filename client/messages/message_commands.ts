/**
 * Runs the commands about messages that were sent: `:delete`, `:edit`, `:reply-to` and `:react`. The file is long
 * because each command has its own texts.
 *
 * Rules:
 * - A request that the hub does not know is not sent: one line says why.
 * - Without a number the command is about the last message on the screen: `:edit` and `:delete` about the user's own,
 *   `:reply-to` and `:react` about that of another user. Those who moderate a room, and have said nothing there, begin
 *   with the last message of anybody. They are asked before it is deleted.
 * - A message is deleted only after the user has seen which one, or has typed its number. Many are deleted only after
 *   the user has seen how many.
 * - The hub tells everyone what has changed, also the user who has changed it. So a command that has changed a message
 *   shows nothing itself.
 *
 * @module
 */
import { Code, nameKey, type PastLine } from "../../protocol/mod.ts";
import { messageLabel, quoteOf } from "../changes/mod.ts";
import type { MessageAction } from "../commands/mod.ts";
import { type Answer, type ControlRequest, hasFeature, type Session } from "../link/mod.ts";
import { type Target, targetKey, targetLabel } from "../model/mod.ts";
import { formatDuration, info, type OffsetMinutes, sanitizeName, type StyledLine } from "../text/mod.ts";

/** What a command has done. */
export type MessageResult =
  /** It is done, and these lines say so. */
  | { readonly kind: "done"; readonly lines: readonly StyledLine[] }
  /** It was not done, for this reason. With `input` that input is given back. */
  | { readonly kind: "failed"; readonly message: string; readonly input?: string }
  /** It is done by this input only, after the user has read these lines. */
  | { readonly kind: "confirm"; readonly lines: readonly string[]; readonly input: string }
  /** The user goes on with this input. */
  | { readonly kind: "line"; readonly input: string };

/** How many own messages are known by their message ids. */
const MAX_KNOWN_IDS = 1000;

/** Options of {@linkcode MessageCommands}. */
export interface MessageCommandsOptions {
  /** Sends a request to the hub, as `ReconnectingLink.ask` does. */
  ask: (request: ControlRequest) => Promise<Answer>;
  /** Returns the session of the open link; `undefined` without a link. */
  session: () => Session | undefined;
  /** Returns the messages of a target that were shown, in the order of their numbers. */
  shownIn: (target: Target) => readonly PastLine[];
  /** Returns whether the user may delete the messages of others in a target. */
  moderates: (target: Target) => boolean;
  /** Sends a message that answers another one. */
  say: (text: string, target: Target, replyTo: number) => void;
  /** Called when the hub has carried out a request, before it tells everyone what has changed. */
  carriedOut?: (request: ControlRequest) => void;
  /** What shows the numbers of messages, for errors, such as `:history and --json`. */
  numbersShownBy: string;
  /** Gives the offset of local time from UTC. */
  offsetMinutes: OffsetMinutes;
}

/** Runs the commands about messages. */
export class MessageCommands {
  readonly #options: MessageCommandsOptions;
  /** The message ids of own messages, by the keys of {@linkcode MessageCommands.noteId}. */
  readonly #ids = new Map<string, string>();

  /**
   * Does nothing yet.
   *
   * @param options see {@linkcode MessageCommandsOptions}
   */
  constructor(options: MessageCommandsOptions) {
    this.#options = options;
  }

  /**
   * Notes the message id of an own message that the hub has acknowledged. With it an author without a key proves later
   * that the message is theirs.
   *
   * @param target the room or person
   * @param sequence the number of the message
   * @param id its message id
   */
  noteId(target: Target, sequence: number, id: string): void {
    this.#ids.set(this.#idKey(target, sequence), id);
    const [oldest] = this.#ids.keys();
    if (this.#ids.size > MAX_KNOWN_IDS) this.#ids.delete(oldest!);
  }

  /**
   * Runs a command.
   *
   * @param action what to do
   * @param target the room or person that is current for the user
   * @param isSure whether to delete without asking
   * @returns what was done
   * @throws {LinkError} if the link ends before the answer
   */
  async do(action: MessageAction, target: Target, isSure = false): Promise<MessageResult> {
    const session = this.#options.session();
    try {
      if (session !== undefined && !hasFeature(session, "changes")) {
        throw new Refusal("on this hub messages cannot be changed, answered or reacted to");
      }
      switch (action.kind) {
        case "delete":
          return await this.#delete(target, action.sequence, isSure);
        case "deleteAll":
          return await this.#deleteAll(target, action, isSure);
        case "edit":
          return await this.#edit(target, action);
        case "replyTo":
          return this.#replyTo(target, action);
        case "react":
          return await this.#react(target, action);
      }
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const { message, input } = error;
      return {
        kind: "failed",
        message: `Cannot ${wanted(action)}: ${message}`,
        ...(input === undefined ? {} : { input }),
      };
    }
  }

  async #delete(target: Target, number: number | undefined, isSure: boolean): Promise<MessageResult> {
    const sequence = number ?? (isSure ? this.#lastOwn(target).sequence : undefined);
    if (sequence !== undefined) {
      await this.#ask({
        code: Code.DeleteLines,
        room: wireName(target),
        sequence,
        ...this.#idOf(target, sequence),
      });
      return done();
    }
    const line = this.#lastToDelete(target);
    return {
      kind: "confirm",
      lines: [`${this.#label(line)} is deleted for everyone then: ${quoteOf(line.message)}`],
      input: `:delete ${line.sequence}`,
    };
  }

  async #deleteAll(
    target: Target,
    { username, ms }: MessageAction & { kind: "deleteAll" },
    isSure: boolean,
  ): Promise<MessageResult> {
    const name = sanitizeName(username);
    const answer = await this.#ask({
      code: Code.DeleteLines,
      room: wireName(target),
      username,
      within_ms: ms,
      ...(isSure ? {} : { preview: true }),
    });
    const count = answer.code === Code.Done ? answer.count ?? 0 : 0;
    const time = formatDuration(ms);
    const what = `${count} ${count === 1 ? "message" : "messages"} of ${name} in ${targetLabel(target)}`;
    if (count === 0) return done(`${name} has said nothing in ${targetLabel(target)} in the last ${time}`);
    if (isSure) return done(`${what} deleted`);
    return {
      kind: "confirm",
      lines: [`${what}, those of the last ${time}, ${count === 1 ? "is" : "are"} deleted for everyone then`],
      input: `:delete! ${username} ${Math.ceil(ms / 1000)}s`,
    };
  }

  async #edit(
    target: Target,
    { sequence, text }: MessageAction & { kind: "edit" },
  ): Promise<MessageResult> {
    if (sequence === undefined) return editLine(this.#lastOwn(target));
    const shown = this.#shown(target, sequence);
    if (text !== undefined) {
      if (shown !== undefined && shown.message === text) {
        return done(`${this.#label(shown)} has this text already`);
      }
      const input = `:edit ${sequence} ${text}`;
      const id = this.#idOf(target, sequence);
      await this.#ask({ code: Code.EditLine, room: wireName(target), sequence, message: text, ...id }, input);
      return done();
    }
    const line = shown ?? await this.#fetch(target, sequence);
    if (line.deleted) throw new Refusal("it was deleted");
    if (!this.#isSelf(line.username)) throw new Refusal(`it is a message of ${sanitizeName(line.username)}`);
    return editLine(line);
  }

  #replyTo(target: Target, { sequence, text }: MessageAction & { kind: "replyTo" }): MessageResult {
    const answered = sequence ?? this.#lastOfOthers(target).sequence!;
    if (text === undefined) return { kind: "line", input: `:reply-to ${answered} ` };
    this.#options.say(text, target, answered);
    return done();
  }

  async #react(
    target: Target,
    { reaction, sequence }: MessageAction & { kind: "react" },
  ): Promise<MessageResult> {
    const line = sequence === undefined
      ? this.#lastOfOthers(target)
      : this.#shown(target, sequence) ?? await this.#fetch(target, sequence);
    const isMine = line.reactions?.some((one) => one.reaction === reaction && one.mine);
    await this.#ask({
      code: Code.React,
      room: wireName(target),
      sequence: line.sequence!,
      reaction,
      ...(isMine ? { remove: true } : {}),
    });
    return done();
  }

  /** The user's own last message; for those who moderate, without one the last message of anybody. */
  #lastToDelete(target: Target): PastLine {
    const { moderates, shownIn } = this.#options;
    const lines = shownIn(target).filter(({ deleted }) => !deleted);
    const own = lines.findLast(({ username }) => this.#isSelf(username));
    return own ?? (moderates(target) ? lines.at(-1) : undefined) ?? this.#lastOwn(target);
  }

  #lastOwn(target: Target): PastLine {
    const own = this.#options.shownIn(target).findLast(({ username, deleted }) =>
      !deleted && this.#isSelf(username)
    );
    if (own !== undefined) return own;
    throw new Refusal(
      `none of the last messages of ${targetLabel(target)} on the screen is yours; ` +
        `${this.#options.numbersShownBy} show the numbers of others`,
    );
  }

  #lastOfOthers(target: Target): PastLine {
    const line = this.#options.shownIn(target).findLast(({ username, deleted }) =>
      !deleted && !this.#isSelf(username)
    );
    if (line !== undefined) return line;
    throw new Refusal(
      `there is no message of another user in ${targetLabel(target)} on the screen; ` +
        `name one by its number, which ${this.#options.numbersShownBy} show`,
    );
  }

  #shown(target: Target, sequence: number): PastLine | undefined {
    return this.#options.shownIn(target).find((line) => line.sequence === sequence);
  }

  /** Fetches a message that was not shown. */
  async #fetch(target: Target, sequence: number): Promise<PastLine> {
    const answer = await this.#ask({
      code: Code.AskHistory,
      room: wireName(target),
      before: sequence + 1,
      limit: 1,
    });
    const line = answer.code === Code.History ? answer.messages.at(-1) : undefined;
    if (line?.sequence === sequence) return line;
    throw new Refusal(`${targetLabel(target)} has no message ${sequence}`);
  }

  /** Sends a request; throws a {@linkcode Refusal} if the hub refuses it. */
  async #ask(
    request: ControlRequest,
    input?: string,
  ): Promise<Exclude<Answer, { code: typeof Code.Refused }>> {
    const answer = await this.#options.ask(request);
    if (answer.code === Code.Refused) throw new Refusal(answer.message.replace(/^Cannot [^:]*: /, ""), input);
    this.#options.carriedOut?.(request);
    return answer;
  }

  #idOf(target: Target, sequence: number): { id?: string } {
    const id = this.#ids.get(this.#idKey(target, sequence));
    return id === undefined ? {} : { id };
  }

  /** With another name of the user a conversation has other numbers. */
  #idKey(target: Target, sequence: number): string {
    return `${sequence} ${targetKey(target)} ${target.kind === "room" ? "" : this.#ownKey}`;
  }

  get #ownKey(): string {
    return nameKey(this.#options.session()?.name ?? "");
  }

  #isSelf(name: string): boolean {
    return nameKey(name) === this.#ownKey;
  }

  #label(line: PastLine): string {
    const { offsetMinutes } = this.#options;
    return messageLabel(line, { isSelf: (name) => this.#isSelf(name), offsetMinutes });
  }
}

/** What the user wants, for errors. */
function wanted(action: MessageAction): string {
  switch (action.kind) {
    case "delete":
      return action.sequence === undefined ? "delete a message" : `delete message ${action.sequence}`;
    case "deleteAll":
      return `delete the messages of ${sanitizeName(action.username)}`;
    case "edit":
      return action.sequence === undefined ? "edit a message" : `edit message ${action.sequence}`;
    case "replyTo":
      return action.sequence === undefined ? "reply to a message" : `reply to message ${action.sequence}`;
    case "react":
      return action.sequence === undefined ? "react to a message" : `react to message ${action.sequence}`;
  }
}

/** Why a command is not carried out, for the user. */
class Refusal extends Error {
  /** The input to give back. */
  readonly input: string | undefined;

  constructor(message: string, input?: string) {
    super(message);
    this.input = input;
  }
}

function wireName({ kind, name }: Target): string {
  return kind === "room" ? name : `@${name}`;
}

/**
 * Returns the input that changes a message.
 *
 * @param line the message, which has a number
 * @returns the command with its number and its present text
 */
export function editInput({ sequence, message }: PastLine): string {
  return `:edit ${sequence} ${message}`;
}

function editLine(line: PastLine): MessageResult {
  return { kind: "line", input: editInput(line) };
}

function done(text?: string): MessageResult {
  return { kind: "done", lines: text === undefined ? [] : [info(text)] };
}
