/**
 * The messages of a hub as JSON records, for `riftchat tail --json`. A chat message has the same record as in
 * `riftchat log --json` and `riftchat export`; `docs/guide.md` describes them.
 *
 * PURE.
 *
 * @module
 */
import {
  type ChatLine,
  Code,
  type LineChanged,
  nameKey,
  type PastLine,
  type ReactionCount,
  type ServerMessage,
} from "../../protocol/mod.ts";

/** A record: an object with a `kind`. */
export type MessageRecord = Record<string, unknown> & { kind: string };

/**
 * Returns the record of a message of the hub.
 *
 * @param message the message
 * @param isNotice whether a 200 is a notice of the hub and not a chat message
 * @param ownName the client's name, for changes of direct messages
 * @returns the record; `undefined` for an answer to a request, and for what concerns only this client
 */
export function messageRecord(
  message: ServerMessage,
  isNotice: (line: ChatLine) => boolean,
  ownName = "",
): MessageRecord | undefined {
  switch (message.code) {
    case Code.Said: {
      const { timestamp, message: text } = message.message;
      return isNotice(message.message)
        ? { kind: "notice", timestamp, message: text }
        : lineRecord(message.message);
    }
    case Code.SaidTo:
      return lineRecord(message.message);
    case Code.LineChanged:
      return changeRecord(message, ownName);
    case Code.Joined:
      return { kind: "joined", room: "main", username: message.new };
    case Code.RoomJoined:
      return { kind: "joined", room: message.room, username: message.username };
    case Code.Left:
      return { kind: "left", username: message.username };
    case Code.RoomLeft:
      return { kind: "left", room: message.room, username: message.username };
    case Code.RoomPeople: {
      const { room, users, announced, usernames } = message;
      return { kind: "people", room, users, announced, ...(usernames === undefined ? {} : { usernames }) };
    }
    case Code.Renamed:
      return { kind: "renamed", username: message.new, old: message.old };
    case Code.HubDown:
      return { kind: "notice", message: "the hub is going down" };
    case Code.Ending:
      return { kind: "notice", message: `the hub ends this connection: ${message.reason}` };
    case Code.Refused:
      return message.ref === undefined ? { kind: "notice", message: message.message } : undefined;
    default:
      return undefined;
  }
}

/** The fields are those of a line in `server/archive/record.ts`. */
function lineRecord(line: PastLine): MessageRecord {
  const { room = "main", sequence, timestamp, username, to, verified = false, message } = line;
  const { reply_to, edited, deleted, reactions } = line;
  return {
    kind: "line",
    ...(to === undefined ? { room } : { between: [nameKey(username), nameKey(to)].sort() }),
    ...(sequence === undefined ? {} : { sequence }),
    timestamp,
    username,
    ...(to === undefined ? {} : { to }),
    verified,
    message,
    ...(reply_to === undefined ? {} : { reply_to }),
    ...(edited === undefined ? {} : { edited }),
    ...(deleted ? { deleted } : {}),
    ...(reactions === undefined ? {} : { reactions: countsOf(reactions) }),
  };
}

/** What did not change is absent, as in the message of the hub. */
function changeRecord(changed: LineChanged, ownName: string): MessageRecord {
  const { room, sequence, change, username, by, deleted, message, edited, reaction, removed, reactions } =
    changed;
  const person = room.startsWith("@") ? room.slice(1) : undefined;
  return {
    kind: "changed",
    ...(person === undefined ? { room } : { between: [nameKey(ownName), nameKey(person)].sort() }),
    sequence,
    change,
    ...(username === undefined ? {} : { username }),
    ...(by === undefined ? {} : { by }),
    ...(deleted ? { deleted } : {}),
    ...(message === undefined ? {} : { message }),
    ...(edited === undefined ? {} : { edited }),
    ...(reaction === undefined ? {} : { reaction }),
    ...(removed ? { removed } : {}),
    ...(reactions === undefined ? {} : { reactions: countsOf(reactions) }),
  };
}

/** The client's own reactions are not marked: everyone gets the same record. */
function countsOf(reactions: readonly ReactionCount[]): Omit<ReactionCount, "mine">[] {
  return reactions.map(({ reaction, count }) => ({ reaction, count }));
}
