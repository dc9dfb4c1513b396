/**
 * The commands of those who keep order, for the table of commands, and the parser of their operands.
 *
 * PURE. A command begins with `#ROOM` if it is for one room. Where it holds without that is decided when it is run, by
 * what the user may moderate.
 *
 * @module
 */
import {
  checkText,
  isLine,
  type LockdownMode,
  MAX_REASON_CHARS,
  MAX_SANCTION_MS,
  MAX_SLOW_MS,
  ProtocolError,
  type TargetAction,
} from "../../protocol/mod.ts";
import { parsePersonName, parseRoomName } from "../model/mod.ts";
import { sanitize } from "../text/mod.ts";
import type { CommandOf, CommonInput, KnownWords, ModerationAction, Operand } from "./action.ts";
import { parseTime } from "./operands.ts";

/** The word that bans the addresses of a user, too. */
const ADDRESS_WORD = "+address";

/** What completion offers as the time of a ban or mute, and as that of slow mode. */
const TIMES = ["30m", "2h", "7d"], SLOW_TIMES = ["10s", "1m", "off"];

/** The words of a lockdown. */
const MODES: readonly LockdownMode[] = ["off", "owned", "invited"];

/** What is known of one command beside what all have. */
type Entry = Pick<CommandOf<"everywhere", CommonInput>, "help" | "operands" | "interpret" | "asks"> & {
  descriptions?: Record<string, string>;
};

function command(word: string, needs: "operator" | "room", { descriptions, ...entry }: Entry) {
  return {
    words: [word],
    scope: "everywhere",
    feature: "moderation",
    needs,
    group: "Order",
    ...(descriptions && { valueDescriptions: descriptions }),
    ...entry,
  } as const satisfies CommandOf<"everywhere", CommonInput>;
}

/**
 * Makes operands that begin with a room, which may be left out. The parser takes the words as they come.
 *
 * @param labels the labels of the operands after the room, those that may be left out in brackets
 * @param choices returns the values for completion: the first function for the first operand after the room, and so on
 */
function afterRoom(
  labels: readonly string[],
  ...choices: ((known: KnownWords) => readonly string[])[]
): Operand[] {
  const complete = (known: KnownWords, before: readonly string[]): readonly string[] => {
    const hasRoom = before[0]?.startsWith("#") === true;
    const values = choices[before.length - (hasRoom ? 1 : 0)]?.(known) ?? [];
    return before.length === 0 ? [...values, ...moderatedRooms(known)] : values;
  };
  return ["[#ROOM]", ...labels].map((label, i): Operand => ({
    label: label.replace(/[[\]]/g, ""),
    choices: complete,
    ...(label.startsWith("[") && { optional: true }),
    ...(i === labels.length && { rest: true }),
  }));
}

const names = ({ names }: KnownWords) => names;
const listed = ({ bans = [] }: KnownWords) => bans;

function moderatedRooms({ powers, rooms }: KnownWords): string[] {
  return (powers?.operator ? rooms : powers?.rooms ?? []).map((room) => `#${room}`);
}

/** The commands of those who keep order. */
export const MODERATION_COMMANDS: readonly CommandOf<"everywhere", CommonInput>[] = [
  command("kick", "room", {
    operands: afterRoom(["NAME", "[REASON]"], names),
    help: "put somebody out, who may come back",
    descriptions: {
      "NAME": "operators: end the connections of this user; others: put out of the current room",
      "#ROOM NAME": "put out of this room only",
    },
    interpret: (...words) => against("kick", words),
  }),
  command("ban", "room", {
    asks: true,
    operands: afterRoom(["NAME|KEY|ADDRESS", "[TIME]", "[REASON]"], names, () => TIMES),
    help: "keep somebody out; asks first if that hits others",
    descriptions: {
      "NAME": "operators: from the whole hub; others: from the current room; until it is lifted",
      "NAME 2h": "for 2 hours; also 30m, 7d or 2w",
      [`NAME ${ADDRESS_WORD}`]: "also whoever comes from the address of this user",
      "KEY": "a public key, or its fingerprint SHA256:…",
      "ADDRESS": "an address, or a range such as 192.0.2.0/24",
      "#ROOM NAME": "from this room only",
      ":ban! NAME": "do not ask",
    },
    interpret: (...words) => against("ban", words),
  }),
  command("unban", "room", {
    operands: afterRoom(["NAME|KEY|ADDRESS"], listed),
    help: "lift a ban; :bans lists them",
    descriptions: { "#ROOM NAME": "the ban from this room" },
    interpret: (...words) => against("unban", words),
  }),
  command("bans", "room", {
    operands: [{ label: "#ROOM", optional: true, choices: moderatedRooms }],
    help: "list the bans, mutes and limits in force",
    interpret: (room) =>
      moderate(room === undefined ? { kind: "bans" } : { kind: "bans", room: roomIn(room) }),
  }),
  command("mute", "room", {
    asks: true,
    operands: afterRoom(["NAME", "[TIME]", "[REASON]"], names, () => TIMES),
    help: "let somebody read but not write; asks first if that hits others",
    descriptions: {
      "NAME": "operators: on the whole hub; others: in the current room; until it is lifted",
      "NAME 30m": "for 30 minutes",
      "#ROOM NAME": "in this room only",
    },
    interpret: (...words) => against("mute", words),
  }),
  command("unmute", "room", {
    operands: afterRoom(["NAME"], listed),
    help: "let somebody write again",
    descriptions: { "#ROOM NAME": "in this room" },
    interpret: (...words) => against("unmute", words),
  }),
  command("slow", "room", {
    operands: afterRoom(["[TIME|off]"], () => SLOW_TIMES),
    help: "let each user send one message in a time only",
    descriptions: {
      "10s": "one message in 10 seconds; operators: in every room; others: in the current room",
      "off": "no limit",
      "#ROOM 10s": "in this room only",
      ":slow": "show what is in force",
    },
    interpret: (...words) => slow(words),
  }),
  command("lockdown", "operator", {
    operands: [{ label: MODES.join("|"), optional: true, choices: () => MODES }],
    help: "keep strangers out of the hub",
    descriptions: {
      "owned": "only owners of names may come",
      "invited": "only owners of names and those with an invite may come",
      "off": "everyone may come",
      ":lockdown": "show what is in force",
    },
    interpret: (mode) => lockdown(mode),
  }),
  command("announce", "operator", {
    asks: true,
    operands: [{ label: "TEXT", rest: true }],
    help: "send a notice to everyone on the hub; asks first",
    interpret: (text = "") => {
      checkText(text);
      return moderate({ kind: "announce", text });
    },
  }),
  command("mod", "room", {
    operands: afterRoom(["NAME"], names),
    help: "let somebody keep order in the current room, too",
    descriptions: { "#ROOM NAME": "in this room" },
    interpret: (...words) => against("mod", words),
  }),
  command("unmod", "room", {
    operands: afterRoom(["NAME"], names),
    help: "let somebody keep order in the current room no more",
    descriptions: { "#ROOM NAME": "in this room" },
    interpret: (...words) => against("unmod", words),
  }),
];

/** What each command takes, for its usage. */
const USAGE: Record<TargetAction, string> = {
  kick: ":kick NAME [REASON]",
  ban: ":ban NAME [TIME] [REASON], with a name, a key or an address",
  unban: ":unban NAME, with a name, a key or an address",
  mute: ":mute NAME [TIME] [REASON]",
  unmute: ":unmute NAME",
  mod: ":mod NAME",
  unmod: ":unmod NAME",
};

/** Parses what a command does to somebody. The last of the words is the rest of the line. */
function against(kind: TargetAction, words: readonly string[]): CommonInput {
  const { room, rest: text } = takeRoom(words);
  // A key may be a line of several words: its type, the key itself, and a comment, which is not taken.
  const [, target, after = ""] = text.match(/^((?:ssh|ecdsa|sk)-\S+\s+\S+|\S+)\s*([^]*)$/) ?? [];
  if (target === undefined) return { kind: "error", message: `usage: ${USAGE[kind]}` };
  const person = { kind, target: targetIn(kind, target), ...room };
  if (kind === "kick") return moderate({ ...person, ...reasonIn(after) });
  if (kind !== "ban" && kind !== "mute") {
    if (after !== "" && !target.includes(" ")) return { kind: "error", message: `usage: ${USAGE[kind]}` };
    return moderate(person);
  }
  const hasAddress = kind === "ban" && after.split(/\s/, 1)[0] === ADDRESS_WORD;
  const behind = hasAddress ? after.slice(ADDRESS_WORD.length).trimStart() : after;
  const [, first = "", reason = ""] = behind.match(/^(\S*)\s*([^]*)$/) ?? [];
  const durationMs = parseTime(first);
  if (durationMs !== undefined && durationMs > MAX_SANCTION_MS) {
    throw new ProtocolError("bad_message", `Cannot ${kind} anybody for ${sanitize(first)}: at most 10 years`);
  }
  return moderate({
    ...person,
    ...(hasAddress && { address: true }),
    ...(durationMs === undefined ? reasonIn(behind) : { durationMs, ...reasonIn(reason) }),
  });
}

function slow(words: readonly string[]): CommonInput {
  const { room, rest } = takeRoom(words);
  if (rest === "") return moderate({ kind: "slow", ...room });
  const everyMs = rest.toLowerCase() === "off" ? 0 : parseTime(rest);
  if (everyMs === undefined) {
    return { kind: "error", message: "usage: :slow TIME, such as :slow 10s, or :slow off" };
  }
  if (everyMs > MAX_SLOW_MS) {
    throw new ProtocolError("bad_message", `Cannot slow down to ${sanitize(rest)}: at most 6h`);
  }
  return moderate({ kind: "slow", everyMs, ...room });
}

function lockdown(word: string | undefined): CommonInput {
  if (word === undefined) return moderate({ kind: "lockdown" });
  const mode = MODES.find((mode) => mode === word.toLowerCase());
  return mode === undefined
    ? { kind: "error", message: "usage: :lockdown owned, :lockdown invited or :lockdown off" }
    : moderate({ kind: "lockdown", mode });
}

/** Takes the room at the start of the words. */
function takeRoom(words: readonly string[]): { room: { room?: string }; rest: string } {
  const [first, ...others] = words;
  return first?.startsWith("#")
    ? { room: { room: roomIn(first) }, rest: others.join(" ") }
    : { room: {}, rest: words.join(" ") };
}

/** @throws {ProtocolError} if no room can have this name */
function roomIn(text: string): string {
  return parseRoomName(text);
}

/** A name is checked; with `ban` and `unban` the hub reads what else it may be. `@` before it makes it a name. */
function targetIn(kind: TargetAction, text: string): string {
  if (kind !== "ban" && kind !== "unban") return parsePersonName(text);
  return text.startsWith("@") ? `@${parsePersonName(text)}` : text;
}

function reasonIn(text: string): { reason?: string } {
  const reason = text.trim();
  if (reason === "") return {};
  if (isLine(reason, MAX_REASON_CHARS)) return { reason };
  throw new ProtocolError(
    "bad_text",
    `Cannot use that reason: it must be one line of at most ${MAX_REASON_CHARS} characters: it has ${
      [...reason].length
    }`,
  );
}

function moderate(action: ModerationAction): CommonInput {
  return { kind: "moderation", action };
}
