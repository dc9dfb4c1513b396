/**
 * The commands about users: `:msg`, `:reply`, `:query` and `:who`.
 *
 * A request that the hub does not support is not sent: one line says why.
 *
 * @module
 */
import { Code, nameKey, type ServerMessage } from "../../protocol/mod.ts";
import type { CatchUp } from "./catch_up.ts";
import type { CommandContext } from "./command_context.ts";
import type { TargetAction } from "../commands/mod.ts";
import {
  type Buffers,
  type ChatBuffer,
  isMain,
  type People,
  personOf,
  type Target,
  targetLabel,
} from "../model/mod.ts";
import { info, sanitizeName } from "../text/mod.ts";
import { userRows } from "../render/mod.ts";

/** An action on users. */
export type UserAction = Extract<TargetAction, { kind: "message" | "reply" | "query" | "who" }>;

/** Options of {@linkcode UserCommands}. */
export interface UserCommandsOptions {
  /** Access to the hub and the output. */
  context: CommandContext;
  /** The open buffers. */
  buffers: Buffers;
  /** The users online. */
  people: People;
  /** Fetches earlier messages. */
  catchUp: CatchUp;
  /** Returns whether the messages of an author are hidden. */
  isHidden: (username: string) => boolean;
  /** Sends a message, as `ReconnectingLink.say` does. */
  say: (text: string, target: Target) => void;
  /** Switches to an open buffer. */
  switchTo: (buffer: ChatBuffer) => void;
}

/** Runs the commands about users. */
export class UserCommands {
  readonly #options: UserCommandsOptions;
  /** The author of the last direct message to this user. */
  #lastAuthor: string | undefined;

  /**
   * Starts without a direct message to reply to.
   *
   * @param options see {@linkcode UserCommandsOptions}
   */
  constructor(options: UserCommandsOptions) {
    this.#options = options;
  }

  /**
   * Handles a message of the hub: remembers the author of the last direct message that is not hidden.
   *
   * @param message any message
   * @param ownName the user's own name
   */
  receive(message: ServerMessage, ownName: string): void {
    if (message.code === Code.SaidTo) {
      const { username } = message.message;
      const isOwn = nameKey(username) === nameKey(ownName);
      if (!isOwn && !this.#options.isHidden(username)) this.#lastAuthor = username;
    } else if (message.code === Code.Renamed && this.#lastAuthor !== undefined) {
      if (nameKey(message.old) === nameKey(this.#lastAuthor)) this.#lastAuthor = message.new;
    }
  }

  /**
   * Runs a command.
   *
   * @param action what to do
   * @returns resolves when it is done, or an error was printed
   */
  async do(action: UserAction): Promise<void> {
    switch (action.kind) {
      case "message":
        return this.#send(action.person, action.text);
      case "reply":
        if (this.#lastAuthor === undefined) {
          return this.#options.context.fail("Cannot reply: nobody has sent you a direct message yet");
        }
        return this.#send(personOf(this.#lastAuthor), action.text);
      case "query":
        return this.#query(action.person);
      case "who":
        return await this.#printUsers(action.room);
    }
  }

  #send(person: Target, text: string): void {
    const { context, say } = this.#options;
    if (context.require("direct", `send a direct message to ${sanitizeName(person.name)}`)) say(text, person);
  }

  #query(person: Target): void {
    const { buffers, catchUp, context, people, switchTo } = this.#options;
    const known = people.find(person.name);
    if (!context.require("direct", `send a direct message to ${sanitizeName(person.name)}`)) return;
    const isNew = buffers.find(person) === undefined;
    const buffer = buffers.open(known === undefined ? person : personOf(known));
    switchTo(buffer);
    if (isNew) {
      catchUp.startQueue(buffer);
      catchUp.fetch(buffer);
    }
    if (known === undefined) this.#checkOnline(person);
  }

  /** Prints a note if a user is not online. Asks the hub first, because the user may be online but not known here. */
  async #checkOnline(person: Target): Promise<void> {
    const { context } = this.#options;
    if (context.session === undefined) return;
    const answer = await context.ask({ code: Code.Who });
    if (answer?.code !== Code.Users) return;
    const key = nameKey(person.name);
    if (answer.users.some(({ username }) => nameKey(username) === key)) return;
    context.note(`no user called ${sanitizeName(person.name)} is online`);
  }

  async #printUsers(room: Target | undefined): Promise<void> {
    const { buffers: { current }, context } = this.#options;
    const where = room ?? (current.kind === "room" ? current : undefined);
    const isEveryone = where === undefined || isMain(where);
    const action = isEveryone ? "list the users online" : `list the users in ${targetLabel(where)}`;
    if (!isEveryone && !context.require("rooms", action)) return;
    if (context.session?.extended === false) {
      return context.fail("Cannot list the users online: this hub has only the base protocol");
    }
    const answer = await context.ask(isEveryone ? { code: Code.Who } : { code: Code.Who, room: where.name });
    if (answer?.code === Code.Users) {
      const count = answer.users.length;
      context.print([
        info(isEveryone ? `${count} online` : `${count} in ${targetLabel(where)}`),
        ...userRows(answer.users),
      ]);
    } else if (answer?.code === Code.Refused) context.failRefused(action, answer);
  }
}
