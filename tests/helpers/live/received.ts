/**
 * What a user of a real hub has received, in the short form of the reference (`tests/helpers/hubs/reference_hub.ts`).
 *
 * @module
 */
import type { PastLine } from "../../../protocol/mod.ts";
import type { Received } from "../clients/original_client.ts";
import type { Streams } from "../hubs/reference_hub.ts";

/** The `ref` of requests that only wait until a hub has done all before. */
export const CHECK = "check";

/** The text of direct messages that only wait until another hub has done all before. */
const CHECK_TEXT = /^check \d+$/;

/**
 * Returns what a user has received, in the short form of the reference.
 *
 * @param received the messages, oldest first
 * @param isSorted whether the users in lists are to be sorted, as the reference of several hubs sorts them
 */
export function streamsOf(received: readonly Received[], isSorted = false): Streams {
  const streams: Streams = {};
  let name = "";
  for (const body of received) {
    if (isCheck(body)) continue;
    if (body.code === 202 || body.code === 210) name = String(body.new ?? body.username);
    const [stream, line] = short(body, name, isSorted);
    (streams[stream] ??= []).push(line);
  }
  return streams;
}

/** Tells whether a message has nothing to do with the conversation that is compared. */
function isCheck({ ref, code, message }: Received): boolean {
  return ref === CHECK || code === 213 && CHECK_TEXT.test((message as { message: string }).message);
}

// deno-lint-ignore no-explicit-any -- a message of the hub, of which each field is compared
function short({ code, message, room, ...rest }: any, name: string, isSorted: boolean): [string, string] {
  switch (code) {
    case 200:
      if (message.sequence === undefined) {
        const stream = message.username.endsWith(" (edited)") ? "edits" : "mail";
        return message.username === "server"
          ? ["answers", "200 server"]
          : [stream, `200 ${message.username}: ${message.message}`];
      }
      return [`room ${message.room.toLowerCase()}`, `200 ${shownLine(message)}`];
    case 201:
      return ["room main", `201 ${rest.new}`];
    case 202:
      return ["answers", `202 ${rest.new}`];
    case 203:
      return ["room main", `203 ${rest.old} ${rest.new}`];
    case 204:
      return ["room main", `204 ${rest.username}`];
    case 205:
      return ["room main", "205"];
    case 206:
      return ["answers", `206 ${rest.error}`];
    case 207:
      return ["answers", rest.sequence === undefined ? "207" : `207 ${rest.sequence}`];
    case 208: {
      const lines = rest.messages.map((line: PastLine) => shownLine(line) + state(line, false));
      return ["answers", `208 ${room} ${lines.join(", ")}`];
    }
    case 226: {
      const what = rest.deleted
        ? "deleted"
        : rest.reaction === undefined
        ? message
        : `${rest.removed ? "unreact" : "react"} ${rest.reaction}${counted(rest.reactions)}`;
      return [
        room.startsWith("@") ? "mail" : `room ${room.toLowerCase()}`,
        `226 ${rest.change} ${rest.sequence} ${what} by ${rest.by}`,
      ];
    }
    case 227: {
      const lines = rest.changes.map((line: PastLine & { change: number }) =>
        `${line.change} ${line.sequence} ${line.username}${state(line, true)}`
      );
      return ["answers", `227 ${rest.last} ${lines.join(", ")}`];
    }
    case 228: {
      const lines = rest.messages.map((line: PastLine) => shownLine(line) + state(line, false));
      return ["answers", `228 ${lines.sort().join(", ")}`];
    }
    case 209: {
      const names = rest.users.map(({ username }: { username: string }) => username);
      return ["answers", `209 ${(isSorted ? names.sort() : names).join(" ")}`];
    }
    case 210:
      return ["answers", `210 ${rest.username} ${rest.rooms.join(" ")}`];
    case 211:
    case 212:
      return [`room ${room.toLowerCase()}`, `${code} ${rest.username}`];
    case 213:
      return [
        message.username === name ? "answers" : "mail",
        `213 ${message.username} to ${message.to}: ${message.message}`,
      ];
    case 214: {
      const rooms = rest.rooms.map((room: { name: string; users: number; last_sequence: number }) =>
        `${room.name}:${room.users}:${room.last_sequence}`
      );
      return ["answers", `214 ${rooms.sort().join(" ")}`];
    }
    case 217: {
      const shown = rest.conversations.map((one: { with: string; last_sequence: number }) =>
        `${one.with.toLowerCase()}:${one.last_sequence}`
      );
      return ["answers", `217 ${shown.join(" ")}`];
    }
    case 216:
      return ["answers", "216"];
  }
  throw new Error(`unexpected code ${code}`);
}

/** A message as text, as the reference has it. */
function shownLine({ sequence, username, message, reply_to: reply }: PastLine): string {
  return `${sequence} ${username}: ${message}${reply === undefined ? "" : ` to ${reply}`}`;
}

/** What has become of a message. */
function state({ deleted, edited, message, reactions = [] }: Partial<PastLine>, withText: boolean): string {
  if (deleted) return " deleted";
  return `${edited === undefined ? "" : ` edited${withText ? ` ${message}` : ""}`}${counted(reactions)}`;
}

function counted(reactions: NonNullable<PastLine["reactions"]>): string {
  return reactions.map(({ reaction, count, mine }) => ` ${reaction}*${count}${mine ? "!" : ""}`).join("");
}
