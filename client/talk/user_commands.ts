/**
 * The commands about users: `:msg`, `:reply`, `:query` and `:who`.
 *
 * A request that the hub does not support is not sent: one line says why.
 *
 * @module
 */
import { Code, nameKey, type ServerMessage, type UserInfo } from "../../protocol/mod.ts";
import type { CatchUp } from "../catch_up/mod.ts";
import type { CommandContext } from "./command_context.ts";
import type { Pager } from "./pager.ts";
import type { TargetAction } from "../commands/mod.ts";
import {
  type Buffers,
  type ChatBuffer,
  isMain,
  MAIN,
  type People,
  personOf,
  roomOf,
  type Target,
  targetLabel,
} from "../model/mod.ts";
import { sanitizeName } from "../text/mod.ts";
import { userColumns, userRows } from "../render/mod.ts";

/** An action on users. */
export type UserAction = Extract<
  TargetAction,
  { kind: "message" | "reply" | "query" | "who" | "whois" | "find" }
>;

/** Options of {@linkcode UserCommands}. */
export interface UserCommandsOptions {
  /** Access to the hub and the output. */
  context: CommandContext;
  /** Shows long lists page by page. */
  pager: Pager;
  /** Returns the width of the terminal, in columns. */
  columns: () => number;
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
      case "whois":
        return await this.#describe(action.person);
      case "find":
        return await this.#find(action.text);
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
    const { current } = this.#options.buffers;
    const where = room ?? (current.kind === "room" ? current : undefined);
    const isEveryone = where === undefined || isMain(where);
    const action = isEveryone ? "list the users online" : `list the users in ${targetLabel(where)}`;
    const users = await this.#fetchUsers(action, isEveryone ? undefined : where);
    if (users === undefined) return;
    this.#options.people.listed(where?.name ?? MAIN.name, users);
    this.#list(isEveryone ? `${users.length} online` : `${users.length} in ${targetLabel(where)}`, users);
  }

  /** Describes one person. */
  async #describe(person: Target): Promise<void> {
    const name = sanitizeName(person.name);
    const users = await this.#fetchUsers(`describe ${name}`);
    if (users === undefined) return;
    const found = users.filter(({ username }) => nameKey(username) === nameKey(person.name));
    if (found.length > 0) this.#options.context.print(userRows(found, this.#listOptions));
    else this.#options.context.note(`no user called ${name} is online`);
  }

  /** Lists the users in a room, or describes the users with a text in their names. */
  async #find(text: string): Promise<void> {
    const key = nameKey(text);
    const label = sanitizeName(text);
    const users = await this.#fetchUsers(`look for ${label}`);
    if (users === undefined) return;
    if (users.some(({ username }) => nameKey(username) === key)) return await this.#describe(personOf(text));
    if (users.some(({ rooms }) => rooms.some((room) => nameKey(room) === key))) {
      return await this.#printUsers(roomOf(text));
    }
    const found = users.filter(({ username }) => nameKey(username).includes(key));
    if (found.length > 0) this.#list(`${found.length} online with ${label} in the name`, found);
    else {this.#options.context.note(
        `no user online has ${label} in the name, and no room is called #${label}`,
      );}
  }

  /** Lists users: all about them if that fits on a page, else their names. */
  #list(heading: string, users: readonly UserInfo[]): void {
    const { columns, pager } = this.#options;
    const described = userRows(users, this.#listOptions);
    if (pager.fits(described)) pager.list(heading, described);
    else pager.list(`${heading}; :who NAME describes one`, userColumns(users, columns(), this.#listOptions));
  }

  get #listOptions(): { marks: boolean } {
    return { marks: this.#options.context.hubHas("keys") };
  }

  /**
   * Fetches the users online. If that fails, prints an error.
   *
   * @param action what the user wants, for the error
   * @param room only the users in this room
   */
  async #fetchUsers(action: string, room?: Target): Promise<readonly UserInfo[] | undefined> {
    const { context } = this.#options;
    if (room !== undefined && !context.require("rooms", action)) return undefined;
    if (context.session?.extended === false) {
      context.fail("Cannot list the users online: this hub has only the base protocol");
      return undefined;
    }
    const answer = await context.ask({ code: Code.Who, ...(room && { room: room.name }) });
    if (answer?.code === Code.Refused) context.failRefused(action, answer);
    return answer?.code === Code.Users ? answer.users : undefined;
  }
}
