/**
 * Batches: messages of one conversation as one message of the log that the hubs of a cluster share.
 *
 * A batch is a row of frames, as clients know them. The first is the head. Each message or change is a frame as its
 * readers get it, without its number; what belongs to it and is not in it is a frame without a code in front of it.
 *
 * PURE.
 *
 * @module
 */
import {
  BodyDecoder,
  Code,
  encodeFrame,
  encodePlainLineInto,
  HEADER_BYTES,
  type LineChanged,
  maxPlainFrameBytes,
  type PlainLine,
  type PlainSaid,
  PlainText,
  type Said,
  type SaidTo,
  serialize,
} from "../../protocol/mod.ts";
import type { RoomEvent } from "./backplane.ts";

/** The version of the format: hubs ignore batches of another one. */
const VERSION = 1;

/** The head of a batch. */
export interface BatchHead {
  /** The hub that has sent it. */
  hub: string;
  /** The random id of its start. */
  epoch: string;
  /** Its number among the batches of that start. */
  batch: number;
  /** The room name, the key of a direct conversation, or {@linkcode CHANGES}. */
  place: string;
  /** The number of the first message or change. */
  first: number;
  /** How many there are. */
  count: number;
  /** Set if they come from a hub that was in no cluster: then numbers may be missing before the first one. */
  imported?: boolean | undefined;
}

/** The place of changes of messages, which have numbers of their own; no name is empty. */
export const CHANGES = "";

/** A message or a change of one. */
export type Line = RoomEvent & { message: Said | PlainSaid | SaidTo | LineChanged };

/** What is in a batch of a {@linkcode Line} besides the message. */
type More = Pick<RoomEvent, "to" | "messageId" | "change" | "base"> & { room?: string };

/**
 * Checks whether an event has a number.
 *
 * @param event an event
 * @returns whether it is a message or a change of one
 */
export function isLine(event: RoomEvent): event is Line {
  const { code } = event.message;
  return code === Code.Said || code === Code.SaidTo || code === Code.LineChanged;
}

/**
 * Encodes a message of a room as its members get it.
 *
 * @param said the message
 * @returns the frame
 */
export function saidFrame(said: Said | PlainSaid): Uint8Array {
  const { message } = said;
  if (!isPlain(message)) return encodeFrame(serialize(said as Said)).slice();
  const bytes = new Uint8Array(maxPlainFrameBytes(message));
  return bytes.subarray(0, encodePlainLineInto(message, bytes, 0));
}

/**
 * Copies what of a message is valid only until `publish` returns.
 *
 * @param line the message
 */
export function keepText({ message: { message } }: Line): void {
  if (typeof message !== "object" || !isPlain(message)) return;
  const { bytes, start, end } = message.message;
  const copy = new PlainText();
  copy.bytes = bytes.slice(start, end);
  copy.end = end - start;
  message.message = copy;
}

/**
 * Encodes a message and what belongs to it.
 *
 * @param line the message
 * @returns the frames
 */
export function lineFrames(line: Line): Uint8Array[] {
  const { message, room, to, messageId, change, base } = line;
  const frame = message.code === Code.Said
    ? saidFrame(withoutNumber(message))
    : encodeFrame(serialize(message)).slice();
  if (to === undefined && messageId === undefined && change === undefined) return [frame];
  const more: More = { to, messageId, change, ...change === undefined ? {} : { room, base } };
  return [encodeFrame(JSON.stringify(more)).slice(), frame];
}

/**
 * Encodes a batch.
 *
 * @param head its head
 * @param frames the frames of its messages
 * @returns the bytes
 */
export function encodeBatch(head: BatchHead, frames: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const first = encodeFrame(JSON.stringify({ v: VERSION, ...head }));
  const bytes = new Uint8Array(frames.reduce((sum, { length }) => sum + length, first.length));
  bytes.set(first);
  let at = first.length;
  for (const frame of frames) {
    bytes.set(frame, at);
    at += frame.length;
  }
  return bytes;
}

/**
 * Reads the head of a batch.
 *
 * @param bytes a batch
 * @returns its head; `undefined` if it is none of this version
 */
export function readHead(bytes: Uint8Array): BatchHead | undefined {
  const decoder = new BodyDecoder();
  try {
    // Only the head: the own batches are not decoded.
    decoder.push(bytes.subarray(0, endOfFirst(bytes)));
    const { v, hub, epoch, batch, place, first, count, imported } = JSON.parse(decoder.next() ?? "null") ??
      {};
    const isHead = v === VERSION && typeof hub === "string" && typeof epoch === "string" &&
      typeof place === "string" && [batch, first, count].every((number) => Number.isSafeInteger(number)) &&
      first > 0 && count > 0;
    return isHead ? { hub, epoch, batch, place, first, count, imported: imported === true } : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Reads the messages of a batch of another hub.
 *
 * @param bytes the batch
 * @param head its head
 * @returns its messages; `undefined` if it has not as many as it says, or something else
 */
export function readLines(bytes: Uint8Array, { place, count }: BatchHead): Line[] | undefined {
  const decoder = new BodyDecoder();
  const lines: Line[] = [];
  let more: More = {};
  try {
    decoder.push(bytes.subarray(endOfFirst(bytes)));
    for (let body = decoder.next(); body !== undefined; body = decoder.next()) {
      // Hubs of a cluster trust each other; checking each field takes ten times as long.
      const message = JSON.parse(body);
      if (message.code === undefined) {
        more = message;
        continue;
      }
      const { to, messageId, change, base, room = place } = more;
      const event: RoomEvent = { room, message, from: undefined, to, messageId, change, base };
      if (!isLine(event) || (event.message.code === Code.LineChanged) !== (change !== undefined)) {
        return undefined;
      }
      lines.push(event);
      more = {};
    }
  } catch {
    return undefined;
  }
  return lines.length === count ? lines : undefined;
}

function withoutNumber(said: Said | PlainSaid): Said | PlainSaid {
  const { sequence: _, ...line } = said.message;
  return { code: Code.Said, message: line } as Said | PlainSaid;
}

/** Returns the index after the first frame. */
function endOfFirst(bytes: Uint8Array): number {
  if (bytes.length < HEADER_BYTES) return bytes.length;
  const view = new DataView(bytes.buffer, bytes.byteOffset, HEADER_BYTES);
  return Math.min(bytes.length, HEADER_BYTES + view.getUint32(4));
}

function isPlain(line: Said["message"] | PlainLine): line is PlainLine {
  return line.message instanceof PlainText;
}
