/**
 * Runs what is typed into the page: messages, and the commands that the page has.
 *
 * @module
 */
import { MessageCommands, type MessageResult } from "../../client/messages/mod.ts";
import { ModerationCommands, type ModerationResult } from "../../client/moderation/mod.ts";
import { NameCommands, type NameResult } from "../../client/names/mod.ts";
import { type RoomSettingResult, RoomSettings } from "../../client/rooms/mod.ts";
import {
  type MessageAction,
  pageHelp,
  parsePageInput,
  type TargetAction,
} from "../../client/commands/mod.ts";
import { type Answer, type ControlRequest, type Session } from "../../client/link/mod.ts";
import { LinkError } from "../../client/net/mod.ts";
import type { Target } from "../../client/model/mod.ts";
import type { StyledLine } from "../../client/text/mod.ts";
import { Code, type PastLine, type ServerMessage } from "../../protocol/mod.ts";

/** What a command needs of the page. */
export interface CommandRunnerOptions {
  /** Sends a request. */
  ask: (request: ControlRequest) => Promise<Answer>;
  /** The session of the open link. */
  session: () => Session | undefined;
  /** The address of the page. */
  page: string;
  /** The public key of the user, if there is one. */
  ownKey: () => string | undefined;
  /** The time of day, in milliseconds since 1970. */
  now: () => number;
  /** The minutes that local time is ahead of UTC at a time. */
  offsetMinutes: (at: number) => number;
  /** The messages of a target that are shown. */
  shownIn: (target: Target) => readonly PastLine[];
  /** Sends a message. */
  say: (text: string, target: Target, replyTo?: number) => void;
  /** Shows a note. */
  note: (text: string, isError?: boolean) => void;
  /** Asks the user before an input is run. */
  confirm: (lines: readonly string[], input: string) => void;
  /** Puts an input back into the draft. */
  giveBack: (input: string) => void;
  /** Takes another name. */
  rename: (name: string) => Promise<void>;
  /** Does something with rooms or people. */
  target: (action: TargetAction) => Promise<void>;
  /** Shows messages that contain words. */
  search: (words: string) => Promise<void>;
  /** Ignores a user, or ends it. */
  ignore: (name: string, isIgnored: boolean) => void;
  /** The ignored users. */
  ignored: () => readonly string[];
  /** Connects again. */
  reconnect: () => void;
  /** Leaves the chat. */
  leave: () => void;
}

/** Runs commands. */
export class CommandRunner {
  readonly #options: CommandRunnerOptions;
  readonly #names: NameCommands;
  readonly #rooms: RoomSettings;
  /** The commands of those who keep order. */
  readonly moderation: ModerationCommands;
  /** The commands about messages. */
  readonly messages: MessageCommands;

  /**
   * Does nothing yet.
   *
   * @param options see {@linkcode CommandRunnerOptions}
   */
  constructor(options: CommandRunnerOptions) {
    this.#options = options;
    const { ask, session, ownKey, now, offsetMinutes, shownIn, say } = options;
    this.#names = new NameCommands({ ask, session, ownKey, now, offsetMinutes });
    this.#rooms = new RoomSettings({ ask, session, offsetMinutes });
    this.moderation = new ModerationCommands({ ask, session, now, offsetMinutes });
    this.messages = new MessageCommands({
      ask,
      session,
      shownIn,
      moderates: (target) => this.moderation.moderates(target),
      say,
      numbersShownBy: "the menu of a message shows what can be done with it",
      offsetMinutes,
    });
  }

  /**
   * Notes what a message of the hub says about the user's powers.
   *
   * @param message any message
   * @param isOwn returns whether the user makes a room just now
   */
  receive(message: ServerMessage, isOwn: (room: string) => boolean): void {
    for (const text of this.moderation.receive(message, isOwn)) this.#options.note(text);
  }

  /**
   * Runs an input.
   *
   * @param text what was typed
   * @param target the room or person that it is for
   */
  async run(text: string, target: Target): Promise<void> {
    const { note, giveBack, say, leave } = this.#options;
    const input = parsePageInput(text);
    switch (input.kind) {
      case "empty":
        return;
      case "error":
        note(input.message, true);
        return giveBack(input.instead ?? text);
      case "request":
        if (input.request.code === Code.Say) return say(input.request.message, target);
        if (input.request.code === Code.Rename) return await this.#options.rename(input.request.username);
        return;
      case "quit":
        return leave();
      case "reconnect":
        return this.#options.reconnect();
      case "help": {
        const features = this.#options.session()?.welcome?.features;
        return note(pageHelp(input.command, features, this.moderation.powers).join("\n"));
      }
      case "message":
        return await this.finish(this.messages.do(input.action, target, input.sure));
      case "name":
        return await this.finish(this.#names.do(input.action));
      case "moderation":
        return await this.finish(this.moderation.do(input.action, target, input.sure));
      case "room":
        return await this.finish(this.#rooms.do(input.action, target));
      case "target":
        return await this.#options.target(input.action);
      case "history":
        if (input.action.kind === "search") await this.#options.search(input.action.words);
        return;
      case "setting": {
        const { setting } = input;
        if (setting.kind === "ignore" || setting.kind === "unignore") {
          return this.#options.ignore(setting.name, setting.kind === "ignore");
        }
        const names = this.#options.ignored();
        return note(names.length === 0 ? "no users are ignored" : `ignored: ${names.join(", ")}`);
      }
        // The commands of the page have no other meaning.
    }
  }

  /**
   * Does something with a message.
   *
   * @param action what to do
   * @param target the room or person of the message
   */
  change(action: MessageAction, target: Target): Promise<void> {
    return this.finish(this.messages.do(action, target));
  }

  /** Shows what a command has done, or asks the user to confirm it. */
  async finish(
    command: Promise<NameResult | RoomSettingResult | ModerationResult | MessageResult>,
  ): Promise<void> {
    const { note, giveBack, confirm, rename } = this.#options;
    try {
      const result = await command;
      switch (result.kind) {
        case "failed":
          note(result.message, true);
          if ("input" in result && result.input !== undefined) giveBack(result.input);
          return;
        case "line":
          return giveBack(result.input);
        case "list":
          return note([result.heading, ...result.lines.map(textOf)].join("\n"));
        case "confirm":
          return confirm(result.lines, result.input);
        case "done":
          if (result.lines.length > 0) {
            note(result.lines.map((line) => this.#withPageLink(textOf(line))).join("\n"));
          }
          if ("takeName" in result && result.takeName !== undefined) await rename(result.takeName);
      }
    } catch (error) {
      // A RangeError: the hub has no extension.
      if (!(error instanceof LinkError || error instanceof RangeError)) throw error;
      note(error.message, true);
    }
  }

  /** Adds to the link of an invite, which is for the terminal, that for browsers. */
  #withPageLink(line: string): string {
    const secret = /^rifts?:\/\/[^#]*(#\S+)$/.exec(line)?.[1];
    return secret === undefined ? line : `${line}\n${this.#options.page}${secret}`;
  }
}

function textOf(line: StyledLine): string {
  return line.map(({ text }) => text).join("").replace(/^(?:--|!) /, "");
}
