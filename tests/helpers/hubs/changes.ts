/**
 * A history whose messages are changed, next to the simplest possible one.
 *
 * @module
 */
import { Code, encodeFrame, serialize } from "../../../protocol/mod.ts";
import {
  changeFrame,
  directFrame,
  directKey,
  type History,
  messageIdFrame,
  type StoredChange,
  type StoredLine,
} from "../../../server/history/mod.ts";
import { START } from "./test_hub.ts";

/** What a test compares of a message. */
export interface PlainLine {
  /** The number. */
  sequence: number;
  /** The text. */
  message: string;
  /** The recipient of a direct message. */
  to?: string;
  /** The number of the message that it answers. */
  replyTo?: number;
  /** The number of the last change. */
  change?: number;
  /** Who edited or deleted it. */
  changedBy?: string;
  /** When it was edited. */
  edited?: number;
  /** Whether it was deleted. */
  deleted?: true;
  /** The reactions, and who gave them. */
  reactions?: [reaction: string, by: string][];
}

/**
 * Returns what a test compares of a message.
 *
 * @param line the message, or one without some fields
 */
export function plain(line: Omit<StoredLine, "conversation" | "verified">): PlainLine {
  const { sequence, message, to, replyTo, change, changedBy, edited, deleted, reactions } = line;
  const all = {
    sequence,
    message,
    to,
    replyTo,
    change,
    changedBy,
    edited,
    deleted,
    reactions: reactions?.flatMap(({ reaction, by }) => by.map((name): [string, string] => [reaction, name])),
  };
  return Object.fromEntries(
    Object.entries(all).filter(([, value]) => value !== undefined),
  ) as unknown as PlainLine;
}

/** A change without its author and time. */
export type Change = Pick<StoredChange, "kind" | "message" | "reaction"> & { by?: string };

/** Says and changes messages as a hub does, and remembers what every message must be. */
export class ChangedHistory {
  /** The messages of each conversation. */
  readonly model = new Map<string, PlainLine[]>();
  /** The history, which a test may replace. */
  history: History;

  /** Uses an empty history. */
  constructor(history: History) {
    this.history = history;
  }

  /** Says something in a room, or to bo; returns the number of the message. */
  say(place: string, message: string, { replyTo, id }: { replyTo?: number; id?: string } = {}): number {
    const to = place.startsWith("@") ? "bo" : undefined;
    const sequence = ++this.history.conversation(place).last;
    const line = { timestamp: START + sequence, username: "ana", message, sequence, verified: false };
    const reply = replyTo === undefined ? {} : { reply_to: replyTo };
    this.history.append([
      ...(id === undefined ? [] : [messageIdFrame({ place, sequence, author: "ana", id })]),
      to === undefined
        ? encodeFrame(serialize({ code: Code.Said, message: { ...line, room: place, ...reply } }))
        : directFrame({ code: Code.SaidTo, message: { ...line, to, ...reply } }),
    ]);
    const lines = this.model.get(place) ?? [];
    this.model.set(place, lines);
    lines.push(plain({ ...line, to, replyTo }));
    return sequence;
  }

  /** Changes a message. */
  change(place: string, sequence: number, { by = "ana", ...change }: Change): void {
    const number = this.history.nextChange();
    const at = START + number;
    this.history.append([changeFrame({ place, change: number, sequence, at, by, ...change })]);
    const lines = this.model.get(place) ?? [];
    const i = lines.findIndex((line) => line.sequence === sequence);
    if (i < 0 || lines[i]!.deleted) return;
    lines[i] = changed(lines[i]!, { ...change, by, number, at });
  }

  /** The messages of a conversation as the history has them, one by one. */
  lines(place: string): PlainLine[] {
    return (this.model.get(place) ?? []).map(({ sequence }) => {
      const line = this.history.line(place, sequence);
      return line === undefined ? { sequence, message: "is missing" } : plain(line);
    });
  }
}

function changed(
  line: PlainLine,
  { kind, message, reaction, by, number, at }: Change & { by: string; number: number; at: number },
): PlainLine {
  const { sequence, to, replyTo, reactions = [] } = line;
  if (kind === "delete") {
    return plain({
      sequence,
      message: "",
      to,
      replyTo,
      change: number,
      changedBy: by,
      deleted: true,
      timestamp: at,
      username: "",
    });
  }
  if (kind === "edit") return { ...line, message: message!, change: number, changedBy: by, edited: at };
  const others = reactions.filter(([what, who]) => what !== reaction || who !== by);
  const isThere = others.length < reactions.length;
  const all = kind === "unreact"
    ? others
    : isThere
    ? reactions
    : [...reactions, [reaction!, by] as [string, string]];
  // All of one reaction stand together, in the order of the first of each.
  const order = [...new Set(all.map(([what]) => what))];
  const sorted = order.flatMap((what) => all.filter((one) => one[0] === what));
  const { reactions: _, ...rest } = line;
  return { ...rest, change: number, ...(sorted.length === 0 ? {} : { reactions: sorted }) };
}

/** The conversation of ana and bo. */
export const DIRECT: string = directKey("ana", "bo");
