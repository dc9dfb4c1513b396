/**
 * The lines of `riftchat join --json-input`: one JSON object for each message.
 *
 * PURE.
 *
 * @module
 */
import { checkText, ProtocolError } from "../../protocol/mod.ts";
import { parseRoomName, personOf, roomOf, type Target } from "../model/mod.ts";
import { parseUsername } from "../commands/mod.ts";

/** What a line asks for: to send a message, or nothing that can be done. */
export type JsonInput =
  | { kind: "message"; text: string; target: Target | undefined; replyTo?: number }
  | { kind: "error"; message: string };

/**
 * Parses a line.
 *
 * @param line such as `{"room":"dev","message":"hello"}` or `{"to":"ana","message":"hello","reply_to":3}`; other fields
 * are ignored
 * @returns the message, its target, which is `undefined` if the line names none, and the number of the message that it
 * answers, if there is one; or the error
 */
export function parseJsonInput(line: string): JsonInput {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return refuse("it must be one JSON object: it is no JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return refuse("it must be one JSON object");
  }
  const { room, to, message, reply_to: replyTo } = value as Record<string, unknown>;
  if (typeof message !== "string") return refuse("message must be a string");
  for (const [name, field] of [["room", room], ["to", to]] as const) {
    if (field !== undefined && typeof field !== "string") return refuse(`${name} must be a string`);
  }
  if (room !== undefined && to !== undefined) return refuse("it must not have both room and to");
  if (replyTo !== undefined && !isNumber(replyTo)) {
    return refuse("reply_to must be the number of a message, an integer from 1");
  }
  try {
    checkText(message);
    const target = typeof to === "string"
      ? personOf(parseUsername(to.replace(/^@/, "")))
      : typeof room === "string"
      ? roomOf(parseRoomName(room))
      : undefined;
    return { kind: "message", text: message, target, ...(replyTo === undefined ? {} : { replyTo }) };
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return { kind: "error", message: error.message };
  }
}

function isNumber(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0;
}

function refuse(why: string): JsonInput {
  return { kind: "error", message: `Cannot read this line: ${why}` };
}
