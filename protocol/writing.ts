/**
 * Writing messages: one JSON object as text, with the fields of the base in the order of the original RiftChat.
 *
 * @module
 */
import { type ChatLine, type ClientMessage, Code, type ServerMessage } from "./message.ts";
import { isPlain } from "./text.ts";

/**
 * Writes a message as compact JSON. The fields of the base stand in the order of the original RiftChat, however the
 * object was made.
 *
 * @param message what is to be sent
 * @returns one JSON object as text
 */
export function serialize(message: ClientMessage | ServerMessage): string {
  switch (message.code) {
    case Code.Say:
      return JSON.stringify({ code: message.code, message: message.message, ref: message.ref });
    case Code.Rename:
      return JSON.stringify({ code: message.code, username: message.username, ref: message.ref });
    case Code.Said:
      // Told once to somebody who may not come in; all others are lines.
      if (message.error !== undefined) return JSON.stringify(message);
      return '{"code":200,"message":' + serializeLine(message.message) + "}";
    case Code.Joined:
      return `{"code":201,"new":${JSON.stringify(message.new)}}`;
    case Code.YourName:
      return JSON.stringify({
        code: message.code,
        new: message.new,
        server: message.server,
        ref: message.ref,
      });
    case Code.Renamed:
      return `{"code":203,"old":${JSON.stringify(message.old)},"new":${JSON.stringify(message.new)}}`;
    case Code.Left:
      return `{"code":204,"username":${JSON.stringify(message.username)}}`;
    default:
      return JSON.stringify(message);
  }
}

/**
 * Writes a line by hand, since a hub writes one for everything that anybody says. A text of many pieces takes longer to
 * put together when it is encoded than all the rest (0.5 µs of 1.0), so what bursts of lines have in common is kept.
 */
function serializeLine(line: ChatLine): string {
  const { timestamp, username, message, sequence, room, verified } = line;
  if (timestamp !== head.timestamp || username !== head.username) {
    head = { timestamp, username, json: lineHead(timestamp, username) };
  }
  if (room !== tail.room || verified !== tail.verified) {
    tail = { room, verified, json: lineTail(room, verified) };
  }
  const text = isPlain(message) ? `"${message}"` : JSON.stringify(message);
  return sequence === undefined
    ? head.json + text + tail.json
    : head.json + text + `,"sequence":${sequence}` + tail.json;
}

/** How the last line began and ended: bursts come from one author in one millisecond. */
let head = { timestamp: 0, username: "", json: lineHead(0, "") };
let tail: { room: string | undefined; verified: boolean | undefined; json: string } = {
  room: undefined,
  verified: undefined,
  json: lineTail(undefined, undefined),
};

/**
 * Writes what of a line stands before its text.
 *
 * @param timestamp when it was said, in milliseconds since 1970
 * @param username who said it
 * @returns the beginning of a JSON object; the text follows
 */
export function lineHead(timestamp: number, username: string): string {
  return ['{"timestamp":', timestamp, ',"username":', JSON.stringify(username), ',"message":'].join("");
}

/**
 * Writes what of a line stands behind its text and its sequence.
 *
 * @param room where it was said
 * @param verified whether the name is known to be its owner's
 * @returns the end of a JSON object
 */
export function lineTail(room: string | undefined, verified: boolean | undefined): string {
  return JSON.stringify({ room, verified }).replace(
    "{",
    room === undefined && verified === undefined ? "" : ",",
  );
}
