/**
 * What one client knows of the messages: it applies everything in the order in which it comes, as the protocol asks
 * for. A test compares it with what the hub stores.
 *
 * @module
 */
import type { Body } from "../../../protocol/mod.ts";

/** A message as a client knows it. */
interface ViewLine {
  username: string;
  message: string;
  reply_to?: number | undefined;
  edited?: number | undefined;
  deleted?: boolean | undefined;
  reactions?: { reaction: string; count: number; mine?: boolean }[] | undefined;
}

type Fields = Record<string, unknown>;

/** The messages that a client knows, by conversation. */
export class MessageView {
  /** The name of the client. */
  readonly name: string;
  /** The number of the last change up to which the client has all, to ask for the later ones. */
  changes = 0;
  /** The `epoch` of the connection on which it got that number. */
  epoch: string | undefined;
  readonly #places = new Map<string, Map<number, ViewLine>>();

  /**
   * Starts without messages.
   *
   * @param name the name of the client
   */
  constructor(name: string) {
    this.name = name;
  }

  /** By room the number up to which it knows all messages, as a 102 has it. */
  get last(): Record<string, number> {
    const rooms = [...this.#places].filter(([room]) => !room.startsWith("@"));
    return Object.fromEntries(rooms.map(([room, lines]) => {
      let last = 0;
      while (lines.has(last + 1)) last++;
      return [room, last];
    }));
  }

  /**
   * Applies a message of the hub.
   *
   * @param body the message
   */
  take(body: Body): void {
    const { code, message, messages, changes, last, epoch } = body;
    if (code === 200 || code === 213) this.#add(message as Fields);
    else if (code === 208) { for (const line of messages as Fields[]) this.#add(line); }
    else if (code === 226) this.#change(body);
    else if (code === 227) {
      for (const change of changes as Fields[]) this.#change(change);
      this.changes = Number(last);
    } else if (code === 210 && this.epoch === undefined) {
      // It has no messages yet, so it misses no changes.
      this.changes = Number(changes);
      this.epoch = String(epoch);
    }
  }

  /**
   * Returns the messages of a conversation.
   *
   * @param room a room, or `@` and the name of another user
   * @returns each as text, in the order of their numbers
   */
  lines(room: string): string[] {
    const lines = [...this.#places.get(room.toLowerCase()) ?? []].sort(([a], [b]) => a - b);
    return lines.map(([sequence, line]) => JSON.stringify({ sequence, ...line }));
  }

  #place(room: string): Map<number, ViewLine> {
    const key = room.toLowerCase();
    const place = this.#places.get(key) ?? new Map();
    this.#places.set(key, place);
    return place;
  }

  #add({ sequence, room, to, username, message, reply_to, edited, deleted, reactions }: Fields): void {
    if (sequence === undefined) return;
    const other = String(username).toLowerCase() === this.name.toLowerCase() ? to : username;
    this.#place(String(room ?? `@${other}`)).set(
      Number(sequence),
      tidy({
        username: String(username),
        message: String(message),
        reply_to: reply_to as number | undefined,
        edited: edited as number | undefined,
        deleted: deleted as boolean | undefined,
        reactions: reactions as ViewLine["reactions"],
      }),
    );
  }

  /** Applies a change to a message that the client has; it gets the others as they are by then. */
  #change(
    { code, room, sequence, deleted, message, edited, reaction, removed, by, reactions }: Fields,
  ): void {
    const place = this.#place(String(room));
    const line = place.get(Number(sequence));
    if (line === undefined) return;
    if (deleted) {
      const { username, reply_to } = line;
      place.set(Number(sequence), tidy({ username, message: "", reply_to, deleted: true }));
      return;
    }
    const changed = { ...line };
    if (message !== undefined) Object.assign(changed, { message, edited });
    if (reactions !== undefined) {
      const before = new Set(line.reactions?.filter(({ mine }) => mine).map(({ reaction }) => reaction));
      if (String(by).toLowerCase() === this.name.toLowerCase()) {
        if (removed) before.delete(String(reaction));
        else before.add(String(reaction));
      }
      changed.reactions = (reactions as NonNullable<ViewLine["reactions"]>).map((one) =>
        code === 226
          ? { reaction: one.reaction, count: one.count, ...before.has(one.reaction) ? { mine: true } : {} }
          : one
      );
    }
    place.set(Number(sequence), tidy(changed));
  }
}

/** Leaves out fields without a value, in one order. */
function tidy({ username, message, reply_to, edited, deleted, reactions = [] }: ViewLine): ViewLine {
  return {
    username,
    message,
    ...reply_to === undefined ? {} : { reply_to },
    ...edited === undefined || deleted ? {} : { edited },
    ...deleted ? { deleted } : {},
    ...reactions.length === 0 || deleted ? {} : { reactions },
  };
}
