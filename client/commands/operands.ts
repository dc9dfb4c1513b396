/**
 * Parses the operands of commands: usernames, references to open targets, and amounts of history.
 *
 * PURE.
 *
 * @module
 */
import { checkName, ProtocolError } from "../../protocol/mod.ts";
import { parsePersonName, parseRoomName, personOf, roomOf } from "../model/mod.ts";
import { sanitize } from "../text/mod.ts";
import type { CopyChoice, HistoryAction, MessageAction, TargetAction, TargetReference } from "./action.ts";

/**
 * Parses a username that the user typed.
 *
 * @param text the text
 * @returns the name in Unicode form NFC
 * @throws {ProtocolError} as `checkName` does
 */
export function parseUsername(text: string): string {
  const name = text.normalize("NFC");
  checkName(name);
  return name;
}

/**
 * Parses a reference to an open target: a name with a sign, a number, or a name that can be a room or a person.
 *
 * @param text the text
 * @returns the reference
 * @throws {ProtocolError} as `checkName` does
 */
export function parseTargetReference(text: string): TargetReference {
  if (text.startsWith("#")) return { candidates: [roomOf(parseRoomName(text))] };
  if (text.startsWith("@")) return { candidates: [personOf(parsePersonName(text))] };
  if (/^[1-9]\d?$/.test(text)) return { number: Number(text) };
  return { candidates: [roomOf(parseRoomName(text)), personOf(parsePersonName(text))] };
}

/**
 * Parses the operand of `:who`: a room with its sign, a person with a sign, or a name that can be either.
 *
 * @param operand the operand; `undefined` if not given
 * @returns the action
 * @throws {ProtocolError} as `checkName` does
 */
export function parseWho(operand: string | undefined): TargetAction {
  if (operand === undefined) return { kind: "who" };
  if (operand.startsWith("#")) return { kind: "who", room: roomOf(parseRoomName(operand)) };
  const name = parsePersonName(operand);
  return operand.startsWith("@") ? { kind: "whois", person: personOf(name) } : { kind: "find", text: name };
}

/**
 * Parses the operand of `:copy`: a place, two places with a hyphen between them, or a person.
 *
 * @param operand the operand; the last message if not given
 * @returns the choice
 * @throws {ProtocolError} if it is neither
 */
export function parseCopyChoice(operand = "1"): CopyChoice {
  const [, from, to = from] = operand.match(/^(\d{1,6})(?:-(\d{1,6}))?$/) ?? [];
  if (from === undefined) return { kind: "person", name: parsePersonName(operand) };
  const places = [Number(from), Number(to)];
  const choice = { first: Math.max(...places), last: Math.min(...places) };
  if (choice.last > 0) return { kind: "places", ...choice };
  throw new ProtocolError(
    "bad_message",
    `Cannot copy message ${operand}: the last message is 1, the one before it 2`,
  );
}

/** How many messages `:history` shows at most: as many as a user reads in an hour. */
export const MAX_REQUESTED_LINES = 5000;

/**
 * Parses the operand of `:mentions`.
 *
 * @param time a time such as `2h`; all that are stored if not given
 * @returns the action
 * @throws {ProtocolError} if it is no time
 */
export function parseMentionsTime(time: string | undefined): HistoryAction {
  if (time === undefined) return { kind: "mentions" };
  const ms = parseTime(time);
  if (ms !== undefined) return { kind: "mentions", ms };
  throw new ProtocolError(
    "bad_message",
    `Cannot show your mentions since ${sanitize(time)}: it must be a time such as 30m, 2h or 3d`,
  );
}

/**
 * Parses the operand of `:delete`: the number of a message, or a user and a time.
 *
 * @param text such as `412` or `ana 10m`; the last own message if empty
 * @param shownBy what shows the numbers of messages
 * @returns the action
 * @throws {ProtocolError} if it is neither
 */
export function parseDelete(text: string, shownBy: string): MessageAction {
  const [operand = "", time, more] = text.split(/\s+/);
  if (operand === "") return { kind: "delete" };
  if (time === undefined && /^\d+$/.test(operand)) {
    return { kind: "delete", sequence: parseMessageNumber(operand, "delete message", shownBy) };
  }
  const ms = parseTime(time ?? "");
  if (ms !== undefined && more === undefined) {
    return { kind: "deleteAll", username: parsePersonName(operand), ms };
  }
  throw new ProtocolError(
    "bad_message",
    "Cannot delete that: it must be the number of a message, or a name and a time, such as bo 10m",
  );
}

/**
 * Parses the number of a message.
 *
 * @param text what the user has typed
 * @param verb what the user wants: "delete"
 * @param shownBy what shows the numbers: ":history"
 * @returns the number
 * @throws {ProtocolError} if it is none
 */
export function parseMessageNumber(text: string, verb: string, shownBy: string): number {
  const number = /^[1-9]\d{0,14}$/.test(text) ? Number(text) : undefined;
  if (number !== undefined) return number;
  throw new ProtocolError(
    "bad_message",
    `Cannot ${verb} ${sanitize(text)}: it must be the number of a message, which ${shownBy} show`,
  );
}

/** The units of time, in milliseconds. */
const TIME_UNITS: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
};

/**
 * Parses a time such as `30m`, `2h` or `7d`.
 *
 * @param text the text
 * @returns the time in milliseconds; `undefined` if it is none
 */
export function parseTime(text: string): number | undefined {
  const [, digits, unit] = text.match(/^([1-9]\d{0,5})([smhdw])$/i) ?? [];
  return unit === undefined ? undefined : Number(digits) * TIME_UNITS[unit.toLowerCase()]!;
}

/**
 * Parses the amount of messages for `:history`.
 *
 * @param amount a number of messages or a time such as `2h`; one screen if not given
 * @returns the action
 * @throws {ProtocolError} if it is neither, or too much
 */
export function parseHistoryAmount(amount: string | undefined): HistoryAction {
  if (amount === undefined) return { kind: "history" };
  const ms = parseTime(amount);
  if (ms !== undefined) return { kind: "history", ms };
  const number = /^[1-9]\d{0,5}$/.test(amount) ? Number(amount) : 0;
  if (number > 0 && number <= MAX_REQUESTED_LINES) return { kind: "history", lines: number };
  throw new ProtocolError(
    "bad_message",
    `Cannot show that many messages: it must be 1 to ${MAX_REQUESTED_LINES}, or a time such as 30m, 2h or 3d: ` +
      `it is ${sanitize(amount)}`,
  );
}
