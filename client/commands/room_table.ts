/**
 * The entries of the commands about rooms, for a terminal and for the page, and the parsers of their operands.
 *
 * PURE.
 *
 * @module
 */
import { checkText, MAX_TOPIC_CHARS, ProtocolError } from "../../protocol/mod.ts";
import { readSpan } from "../../runtime/mod.ts";
import { parsePersonName, parseRoomName, personOf, roomOf } from "../model/mod.ts";
import {
  type CommandOf,
  type KnownWords,
  type Operand,
  type RoomSettingAction,
  target,
  type TerminalInput,
} from "./action.ts";
import { parseTargetReference } from "./operands.ts";

/** The word after `:invite` for a link. A user of that name is `@link`, and so with the other word. */
const LINK = "link";
/** The word after `:invite` that ends an invite. */
const REVOKE = "revoke";
const LINK_USAGE = ":invite link [--uses NUMBER] [--expires TIME], such as 24h or 7d";

const NAME: Operand = { label: "NAME", choices: ({ names }) => names };
const ROOM: Operand = { label: "ROOM", choices: ({ rooms }) => rooms.map((room) => `#${room}`) };
const OPEN_TARGET: Operand = { label: "ROOM", choices: ({ buffers }) => buffers };
const TEXT: Operand = { label: "TEXT", rest: true };

/** The commands about rooms. */
export const ROOM_COMMANDS: readonly CommandOf<"terminal", TerminalInput>[] = [
  {
    words: ["join", "j"],
    scope: "terminal",
    group: "Rooms",
    operands: [ROOM],
    help: "join a room and switch to it; create it if it does not exist",
    interpret: (room = "") => target({ kind: "join", room: roomOf(parseRoomName(room)) }),
  },
  {
    words: ["leave", "part"],
    scope: "terminal",
    group: "Rooms",
    operands: [{ ...OPEN_TARGET, optional: true }],
    help: "leave a room; without ROOM the current one",
    interpret: (reference) =>
      target(
        reference === undefined
          ? { kind: "leave" }
          : { kind: "leave", target: parseTargetReference(reference) },
      ),
  },
  {
    words: ["switch", "s"],
    scope: "terminal",
    group: "Rooms",
    operands: [{ ...OPEN_TARGET, optional: true }],
    help: "switch to an open room or person; without ROOM to the next unread",
    interpret: (reference) =>
      target(
        reference === undefined
          ? { kind: "switch" }
          : { kind: "switch", target: parseTargetReference(reference) },
      ),
  },
  {
    words: ["rooms"],
    scope: "terminal",
    group: "Rooms",
    operands: [{ label: "TEXT", optional: true, choices: () => [] }],
    help: "list all rooms, or those with TEXT in the name; yours have numbers",
    interpret: (text) =>
      target(text === undefined ? { kind: "list" } : { kind: "list", text: parseRoomName(text) }),
  },
  {
    words: ["query", "dm"],
    scope: "terminal",
    group: "Rooms",
    operands: [NAME],
    help: "open a direct conversation with one person",
    interpret: (name = "") => target({ kind: "query", person: personOf(parsePersonName(name)) }),
  },
  {
    words: ["room"],
    scope: "terminal",
    feature: "private_rooms",
    group: "Rooms",
    operands: [
      {
        label: "ACTION",
        optional: true,
        choices: () => ["private", "open", "history", "owner", "delete"],
      },
      { label: "VALUE", optional: true, choices: (known, [action = ""]) => roomValues(known, action) },
    ],
    help: "describe the current room, or change it if it is yours",
    valueDescriptions: {
      "private": "only members can find, join and read it",
      "open": "everyone can find and join it",
      "history all": "all of its messages can be read",
      "history joined": "members read only what was said since they are members",
      "owner NAME": "give the room to a member",
      "delete": "delete the room and its messages; asks first",
    },
    interpret: (action, value) => parseRoomCommand(action, value),
  },
  {
    words: ["topic"],
    scope: "terminal",
    feature: "private_rooms",
    group: "Rooms",
    operands: [{ ...TEXT, optional: true }],
    help: "show or set what the current room is about",
    valueDescriptions: { "-": "remove the topic" },
    interpret: (text) =>
      roomSetting(
        text === undefined
          ? { kind: "topic" }
          : { kind: "topic", topic: text === "-" ? "" : checkTopic(text) },
      ),
  },
  {
    words: ["invite"],
    scope: "terminal",
    feature: "private_rooms",
    group: "Rooms",
    operands: [
      { label: `NAME|${LINK}|${REVOKE}`, choices: ({ names }) => [...names, LINK, REVOKE] },
      { label: "OPTIONS", optional: true, rest: true },
    ],
    help: "make somebody a member of the current room; or make a link, or end one",
    valueDescriptions: {
      "NAME": "make the owner of a name a member",
      [LINK]: "make a link that lets somebody into the hub and this room, once, for a day",
      [`${LINK} --uses 5`]: "for five people",
      [`${LINK} --expires 7d`]: "for a week; also 30m or 24h",
      [`${REVOKE} ID`]: "end a link by the id of its invite, which :invites lists",
    },
    interpret: (name = "", options) => interpretInvite(name, options),
  },
  {
    words: ["invites"],
    scope: "terminal",
    feature: "private_rooms",
    group: "Rooms",
    operands: [],
    help: "list the invites that can be used and that you may end",
    interpret: () => roomSetting({ kind: "invites" }),
  },
  {
    words: ["remove"],
    scope: "terminal",
    feature: "private_rooms",
    group: "Rooms",
    operands: [NAME],
    help: "end a membership in the current room, or your own",
    interpret: (name = "") => roomSetting({ kind: "remove", name: parsePersonName(name) }),
  },
];

/** Interprets `:invite`: somebody's name, or a link with options. */
function interpretInvite(name: string, options = ""): TerminalInput {
  if (name === REVOKE) {
    return /^\S+$/.test(options) ? roomSetting({ kind: "revoke", id: options }) : {
      kind: "error",
      message: "usage: :invite revoke ID, with the id of an invite, which :invites lists",
    };
  }
  if (name !== LINK) {
    if (options === "") return roomSetting({ kind: "invite", name: parsePersonName(name) });
    return { kind: "error", message: `usage: :invite NAME, or ${LINK_USAGE}` };
  }
  const words = options.split(/\s+/).filter((word) => word !== "");
  const action: RoomSettingAction & { kind: "link" } = { kind: "link" };
  for (let i = 0; i < words.length; i += 2) {
    const [option, value = ""] = [words[i], words[i + 1]];
    const span = option === "--expires" ? readSpan(value) : undefined;
    if (option === "--uses" && /^[1-9]\d{0,8}$/.test(value)) action.uses = Number(value);
    else if (span !== undefined) action.expiresMs = span;
    else return { kind: "error", message: `usage: ${LINK_USAGE}` };
  }
  return roomSetting(action);
}

function roomSetting(action: RoomSettingAction): TerminalInput {
  return { kind: "room", action };
}

/** The values that follow an action of `:room`. */
function roomValues({ names, rooms }: KnownWords, action: string): readonly string[] {
  switch (action.toLowerCase()) {
    case "history":
      return ["all", "joined"];
    case "owner":
      return names;
    case "delete":
      return rooms.map((room) => `#${room}`);
    default:
      return [];
  }
}

function parseRoomCommand(word: string | undefined, value: string | undefined): TerminalInput {
  const action = word?.toLowerCase();
  switch (action) {
    case undefined:
      return roomSetting({ kind: "describe" });
    case "private":
    case "open":
      if (value !== undefined) return { kind: "error", message: `usage: :room ${action}` };
      return roomSetting({ kind: "mode", mode: action });
    case "history": {
      const history = value?.toLowerCase();
      if (history === "all" || history === "joined") return roomSetting({ kind: "history", history });
      return {
        kind: "error",
        message:
          "usage: :room history all for all messages, :room history joined for those since one is a member",
      };
    }
    case "owner":
      if (value === undefined) return { kind: "error", message: "usage: :room owner NAME, with a member" };
      return roomSetting({ kind: "owner", name: parsePersonName(value) });
    case "delete":
      return roomSetting(
        value === undefined ? { kind: "delete" } : { kind: "delete", room: parseRoomName(value) },
      );
    default:
      return {
        kind: "error",
        message:
          "usage: :room, or :room with private, open, history all, history joined, owner NAME or delete",
      };
  }
}

/** @throws {ProtocolError} if no room can have this topic */
function checkTopic(topic: string): string {
  checkText(topic);
  if (/[\n\t]/.test(topic)) {
    throw new ProtocolError("bad_text", "Cannot use that topic: it must be one line, without tabs");
  }
  const { length } = [...topic];
  if (length > MAX_TOPIC_CHARS) {
    throw new ProtocolError(
      "too_long",
      `Cannot use that topic: it must have at most ${MAX_TOPIC_CHARS} characters: it has ${length}`,
    );
  }
  return topic;
}
