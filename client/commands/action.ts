/**
 * Types of commands and of what a typed line means.
 *
 * PURE.
 *
 * @module
 */
import type {
  LockdownMode,
  Powers,
  Rename,
  RoomHistory,
  RoomMode,
  Say,
  TargetAction as ModeratedAction,
  Who,
} from "../../protocol/mod.ts";
import type { Target } from "../model/mod.ts";
import type { Setting } from "./setting.ts";

/** The meaning of a line, in a pipe or on a terminal. */
export type CommonInput =
  /** A blank line. */
  | { kind: "empty" }
  /** Send a request to the hub. */
  | { kind: "request"; request: Say | Rename | Who }
  /** Leave the chat. */
  | { kind: "quit" }
  /** Do something with the user's name and its keys, or describe whoever has a name. */
  | { kind: "name"; action: NameAction }
  /** Keep order; with `sure` without asking first. */
  | { kind: "moderation"; action: ModerationAction; sure?: true }
  /** Change, answer or delete messages that were sent; with `sure` without asking. */
  | { kind: "message"; action: MessageAction; sure?: true }
  /** An invalid line, with the message for the user, and the line to offer in its place if there is one. */
  | { kind: "error"; message: string; instead?: string };

/** An action on a name that belongs to keys. */
export type NameAction =
  /** Give up the user's name, which is this one; without it say what that means. */
  | { kind: "release"; name?: string }
  /** Add a key, or with a code the key of this device to the name of another one. */
  | { kind: "addKey"; text: string }
  /** Remove a key. */
  | { kind: "removeKey"; text: string }
  /** Show a code with which another device adds its key. */
  | { kind: "keyCode" }
  /** List the keys. */
  | { kind: "keys" }
  /** Describe whoever has a name. */
  | { kind: "whois"; name: string };

/** An action of somebody who keeps order. With `room` it is for that room. */
export type ModerationAction =
  /** Do something to a user; `target` is a name, or with `ban` and `unban` also a key or an address. */
  | {
    kind: ModeratedAction;
    target: string;
    room?: string;
    durationMs?: number;
    reason?: string;
    address?: true;
  }
  /** Let each user send one message in this time; 0 for no limit; without it show the limit. */
  | { kind: "slow"; everyMs?: number; room?: string }
  /** Set who may come to the hub; without it show that. */
  | { kind: "lockdown"; mode?: LockdownMode }
  /** Send a notice to everyone. */
  | { kind: "announce"; text: string }
  /** List what is in force. */
  | { kind: "bans"; room?: string };

/** What the user may moderate. */
export type UserPowers = Pick<Powers, "operator" | "rooms">;

/** The meaning of a line in a pipe or on a plain terminal. */
export type Input =
  | CommonInput
  /** List the commands. */
  | { kind: "help" };

/** The meaning of a line that is typed on a terminal. */
export type TerminalInput =
  | CommonInput
  /** Explain one command, or list all. */
  | { kind: "help"; command?: Command }
  /** List the keys. */
  | { kind: "keys" }
  /** Do something with a room or person. */
  | { kind: "target"; action: TargetAction }
  /** Describe or change the current room, which may belong to somebody. */
  | { kind: "room"; action: RoomSettingAction }
  /** Show earlier messages. */
  | { kind: "history"; action: HistoryAction }
  /** Show the last messages again, in their last form. */
  | { kind: "redraw" }
  /** Copy messages to the clipboard. */
  | { kind: "copy"; choice: CopyChoice }
  /** Show or change a preference. */
  | { kind: "setting"; setting: Setting }
  /** Clear the screen, except for the input line. */
  | { kind: "clear" }
  /** Connect again now. */
  | { kind: "reconnect" };

/** An action on a room or a direct conversation. */
export type TargetAction =
  /** Join a room and switch to it. */
  | { kind: "join"; room: Target }
  /** Leave a target; the current one if not given. */
  | { kind: "leave"; target?: TargetReference }
  /** List the rooms; only those with a text in their names if it is given. */
  | { kind: "list"; text?: string }
  /** Switch to an open target; to the next one with unread messages if not given. */
  | { kind: "switch"; target?: TargetReference }
  /** Send a direct message to one person. */
  | { kind: "message"; person: Target; text: string }
  /** Send a direct message to the author of the last one. */
  | { kind: "reply"; text: string }
  /** Open a direct conversation with one person and switch to it. */
  | { kind: "query"; person: Target }
  /** List the users in a room; in the current one if not given. */
  | { kind: "who"; room?: Target }
  /** Describe one person. */
  | { kind: "whois"; person: Target }
  /** Describe the person with this name, list the users in the room, or describe all with this text in their names. */
  | { kind: "find"; text: string };

/** An action on the current room, which may belong to somebody. */
export type RoomSettingAction =
  /** Describe the room. */
  | { kind: "describe" }
  /** Set the topic, empty for none; without it show the topic. */
  | { kind: "topic"; topic?: string }
  /** Set who may join. */
  | { kind: "mode"; mode: RoomMode }
  /** Set what members may read. */
  | { kind: "history"; history: RoomHistory }
  /** Give the room to a member. */
  | { kind: "owner"; name: string }
  /** Delete the room, which is this one; without it say what that means. */
  | { kind: "delete"; room?: string }
  /** Make somebody a member. */
  | { kind: "invite"; name: string }
  /** Make a link with which somebody gets into the hub and the room. */
  | { kind: "link"; uses?: number; expiresMs?: number }
  /** List the invites that can be used. */
  | { kind: "invites" }
  /** End an invite. */
  | { kind: "revoke"; id: string }
  /** End a membership. */
  | { kind: "remove"; name: string };

/** An action on messages of the current target that were sent; without a number on the last one. */
export type MessageAction =
  /** Delete one message. */
  | { kind: "delete"; sequence?: number }
  /** Delete the messages of a user of the last so many milliseconds. */
  | { kind: "deleteAll"; username: string; ms: number }
  /** Change the text of a message; without `text` offer the present one. */
  | { kind: "edit"; sequence?: number; text?: string }
  /** Answer a message; without `text` pick it only. */
  | { kind: "replyTo"; sequence?: number; text?: string }
  /** Add a reaction to a message, or take it back. */
  | { kind: "react"; reaction: string; sequence?: number };

/** An action on the history of the current target. */
export type HistoryAction =
  /** Show the newest messages: this many, or those of the last so many milliseconds; one screen if neither is given. */
  | { kind: "history"; lines?: number; ms?: number }
  /** Show the messages with these words. */
  | { kind: "search"; words: string }
  /** Show the messages that named the user, in all rooms; with `ms` those of the last so many milliseconds. */
  | { kind: "mentions"; ms?: number }
  /** Show the next page of the last history or search. */
  | { kind: "more" };

/** Which of the messages on the screen to copy. */
export type CopyChoice =
  /** By their places, counted from the last message, which has 1; `first` is at least `last`. */
  | { readonly kind: "places"; readonly first: number; readonly last: number }
  /** The last one of a person. */
  | { readonly kind: "person"; readonly name: string };

/** An open target as the user typed it: its number, or the targets that it can mean, the most likely first. */
export type TargetReference = { readonly number: number } | { readonly candidates: readonly Target[] };

/** The words that completion can offer. */
export interface KnownWords {
  /** The names of the users online, the last author first. */
  readonly names: readonly string[];
  /** Those of the names that are in the current room. */
  readonly here: readonly string[];
  /** The rooms of the hub, without `#`. */
  readonly rooms: readonly string[];
  /** The open targets as they are written: `#dev`, `@bo`. */
  readonly buffers: readonly string[];
  /** The names of the ignored users. */
  readonly ignored: readonly string[];
  /** The user's own name. */
  readonly self: string;
  /** The fingerprints of the other keys of that name, as they were listed last. */
  readonly keys: readonly string[];
  /** The features of the hub; `undefined` without a hub. */
  readonly features: readonly string[] | undefined;
  /** What the user may moderate; `undefined` for nothing. */
  readonly powers?: UserPowers | undefined;
  /** The targets of the bans and mutes that were listed last. */
  readonly bans?: readonly string[];
}

/** An operand of a command. */
export interface Operand {
  /** Its name in help texts. */
  readonly label: string;
  /** Whether it may be left out. */
  readonly optional?: true;
  /** Whether it is the whole rest of the line. */
  readonly rest?: true;
  /**
   * Returns the possible values, for completion; absent if any value is possible.
   *
   * @param known the words that completion can offer
   * @param before the operands before it
   */
  readonly choices?: (known: KnownWords, before: readonly string[]) => readonly string[];
}

/** The headings of the help, in order. */
export const GROUPS = ["Messages", "Rooms", "Users", "Reading", "Order", "Program"] as const;

/** A command that starts with a colon, or on a terminal with a slash. `Meaning` is the type of what it can mean. */
export interface CommandOf<Scope, Meaning> {
  /** The words for it, the usual one first. */
  readonly words: readonly [string, ...string[]];
  /** Where it is available: in a pipe, on a terminal or on both. */
  readonly scope: Scope;
  /** The feature of the hub that it needs, if the hub may lack it. */
  readonly feature?: "keys" | "private_rooms" | "moderation" | "changes";
  /** Who may use it, if not everyone: operators of the hub, or whoever may moderate any room. */
  readonly needs?: "operator" | "room";
  /** Set if it may ask before it does something; with an exclamation mark after the word it does not. */
  readonly asks?: true;
  /** Set if only a slash may start it. */
  readonly sigil?: "/";
  /** The heading above it in the help. */
  readonly group: typeof GROUPS[number];
  /** What follows the word. */
  readonly operands: readonly Operand[];
  /** A short description. */
  readonly help: string;
  /** A description of each value or form of the operand. */
  readonly valueDescriptions?: Readonly<Record<string, string>>;
  /** Returns the meaning of the command with these operands. */
  readonly interpret: (...operands: string[]) => Meaning;
}

/** A command that starts with a colon, or on a terminal with a slash. */
export type Command =
  | CommandOf<"everywhere", CommonInput>
  | CommandOf<"pipe", Input>
  | CommandOf<"terminal", TerminalInput>;

/**
 * Whether a command can work on a hub. Without a hub every command that is for everyone is assumed to work.
 *
 * @param command the command
 * @param features the features of the hub; `undefined` without a hub
 * @param powers what the user may moderate; `undefined` for nothing
 * @returns whether the hub has what the command needs, and the user may use it
 */
export function worksWith(
  { feature, needs }: Command,
  features: readonly string[] | undefined,
  powers?: UserPowers,
): boolean {
  if (needs !== undefined && !mayUse(needs, powers)) return false;
  return feature === undefined || features === undefined || features.includes(feature);
}

function mayUse(needs: "operator" | "room", powers: UserPowers | undefined): boolean {
  return powers !== undefined && (powers.operator || (needs === "room" && powers.rooms.length > 0));
}

/**
 * Returns the meaning of a line that does something with a room or person.
 *
 * @param action what it does
 */
export function target(action: TargetAction): TerminalInput {
  return { kind: "target", action };
}

/** A command that is available in a pipe. */
export type PipeCommand = Exclude<Command, { scope: "terminal" }>;

/** A command that is available on a terminal. */
export type TerminalCommand = Exclude<Command, { scope: "pipe" }>;
