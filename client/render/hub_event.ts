/**
 * Display events: what a message of the hub means for the user. The transcript of a pipe and the scrollback of a
 * terminal both show these events, each in its own form.
 *
 * PURE. An answer to a request is not a display event: the code that sent the request shows the answer.
 *
 * @module
 */
import {
  type ChatLine,
  Code,
  type DirectLine,
  type Invited,
  type LineChange,
  nameKey,
  type RoomChanged,
  type RoomPeople,
  type ServerMessage,
} from "../../protocol/mod.ts";
import { type PresenceChange, roomPeopleText } from "../model/mod.ts";
import { sanitizeLines, type Span, type StyledLine } from "../text/mod.ts";

/** A display event. Its texts are not sanitized yet. */
export type HubEvent =
  /** A message in a room. */
  | { readonly kind: "message"; readonly line: ChatLine }
  /** A direct message. */
  | { readonly kind: "direct"; readonly line: DirectLine }
  /** A notice of the hub to this client alone. */
  | { readonly kind: "notice"; readonly text: string }
  /** A user joined or left the hub, or a room of it, or took another name. */
  | { readonly kind: "presence"; readonly change: PresenceChange; readonly room?: string }
  /** The hub set the user's name. The name of an offer is preliminary: the welcome sets another one. */
  | { readonly kind: "name"; readonly name: string; readonly isOffer: boolean }
  /** The hub accepted the client under this name. */
  | { readonly kind: "welcome"; readonly name: string; readonly motd: string | undefined }
  /** A fixed text about the hub, followed by a detail that the hub sent. */
  | { readonly kind: "status"; readonly text: string; readonly detail: string }
  /** A room that belongs to somebody was changed. */
  | { readonly kind: "roomChanged"; readonly news: RoomChanged }
  /** The user is a member of a room. */
  | { readonly kind: "invited"; readonly invitation: Invited }
  /** A message was changed. */
  | { readonly kind: "lineChanged"; readonly change: LineChange }
  /** The hub refused something, and it is not an answer to a request. */
  | { readonly kind: "error"; readonly text: string };

/** How many big rooms are known at most: as many as a RiftChat hub lets somebody be in. */
const MAX_BIG_ROOMS = 64;

/** Turns the messages of one connection into display events. */
export class HubEventReader {
  /** Whether the hub has the extension; `undefined` before it has sent a name. */
  #hasExtension: boolean | undefined;
  #hasKeys = false;
  /** The keys of the big rooms, whose joins and leaves are not announced. */
  readonly #big = new Set<string>();

  /** Whether names can belong to keys on this hub, so that it says of each author whether the name is theirs. */
  get hasKeys(): boolean {
    return this.#hasKeys;
  }

  /** Prepares for a new connection. */
  reset(): void {
    this.#hasExtension = undefined;
    this.#hasKeys = false;
    this.#big.clear();
  }

  /**
   * Forgets whether a room is big, which the user has left.
   *
   * @param room the name of the room
   */
  leftRoom(room: string): void {
    this.#big.delete(nameKey(room));
  }

  /**
   * Reads a message.
   *
   * @param message a message of the hub, in the order of arrival
   * @returns the event; `undefined` for an answer to a request
   */
  read(message: ServerMessage): HubEvent | undefined {
    switch (message.code) {
      case Code.Said: {
        const line = message.message;
        return this.isNotice(line) ? { kind: "notice", text: line.message } : { kind: "message", line };
      }
      case Code.SaidTo:
        return { kind: "direct", line: message.message };
      case Code.Joined:
        return { kind: "presence", change: { kind: "joined", name: message.new } };
      case Code.Left:
        return { kind: "presence", change: { kind: "left", name: message.username } };
      case Code.Renamed:
        return { kind: "presence", change: { kind: "renamed", name: message.old, to: message.new } };
      case Code.RoomJoined:
        return { kind: "presence", change: { kind: "joined", name: message.username }, room: message.room };
      case Code.RoomLeft:
        return { kind: "presence", change: { kind: "left", name: message.username }, room: message.room };
      case Code.YourName:
        this.#hasExtension ??= message.server !== undefined;
        // Messages may come before the welcome.
        if (message.server !== undefined) this.#hasKeys = message.server.identity !== undefined;
        return { kind: "name", name: message.new, isOffer: message.server !== undefined };
      case Code.Welcome:
        this.#hasKeys = message.features.includes("keys");
        return { kind: "welcome", name: message.username, motd: message.motd };
      case Code.RoomPeople:
        return this.#isPeopleNews(message)
          ? { kind: "status", text: "", detail: roomPeopleText(message) }
          : undefined;
      case Code.HubDown:
        return { kind: "status", text: "the hub is going down", detail: "" };
      case Code.Ending:
        return { kind: "status", text: "the hub ends this connection: ", detail: message.reason };
      case Code.Refused:
        return message.ref === undefined ? { kind: "error", text: message.message } : undefined;
      case Code.RoomChanged:
        return { kind: "roomChanged", news: message };
      case Code.Invited:
        return { kind: "invited", invitation: message };
      case Code.LineChanged:
        return { kind: "lineChanged", change: message };
      case Code.Done:
      case Code.History:
      case Code.Users:
      case Code.Rooms:
      case Code.Conversations:
      case Code.Changes:
      case Code.Mentions:
      case Code.Pong:
        return undefined;
    }
  }

  /** Whether the user does not know that a room is big, or that it is not any more. */
  #isPeopleNews({ room, announced }: RoomPeople): boolean {
    const key = nameKey(room);
    if (announced) return this.#big.delete(key);
    const isNew = !this.#big.has(key);
    if (this.#big.size < MAX_BIG_ROOMS) this.#big.add(key);
    return isNew;
  }

  /**
   * Whether a message is a notice of the hub to this client alone. On an original hub it never is, because a user may
   * be called `server` there.
   *
   * @param line a message of the hub
   * @returns whether it is a notice
   */
  isNotice({ sequence, username }: Pick<ChatLine, "sequence" | "username">): boolean {
    return this.#hasExtension !== false && sequence === undefined && nameKey(username) === "server";
  }
}

/** What is before a name that does not belong to its user, on a hub where names can belong to keys. */
export const UNOWNED: Span = { text: "~", style: "faint" };

/**
 * Formats the message of the day. Its first line says what it is, without the sign of notices and errors.
 *
 * @param text any text, which may have several lines
 * @param head the line above it
 * @returns its lines
 */
export function motdLines(text: string, head: StyledLine): StyledLine[] {
  return [
    head,
    ...sanitizeLines(text).map((line): StyledLine => [MOTD_GUTTER, { text: line, style: "notice" }]),
  ];
}

const MOTD_GUTTER: Span = { text: "  │ ", style: "faint" };

/**
 * Formats a notice of the hub to this client alone.
 *
 * @param text any text, which may have several lines
 * @returns its lines; all except the first have a gutter
 */
export function noticeLines(text: string): StyledLine[] {
  return sanitizeLines(text).map((line, i) => [{ text: i === 0 ? "! " : "  │ ", style: "faint" }, {
    text: line,
    style: "notice",
  }]);
}
