/**
 * What can be requested of a room: to send a message, to read earlier ones, to get new ones as they come.
 *
 * @module
 */
import {
  type AskHistory,
  Code,
  type History,
  type LineChanged,
  MAX_HISTORY_LINES,
  nameKey,
  type PastLine,
  type Said,
} from "../../protocol/mod.ts";
import type { Timers } from "../../runtime/mod.ts";
import { STREAM_KEEP_ALIVE_MS } from "../limits.ts";
import { type HubClient, refusal } from "./hub_client.ts";
import type { WantedMessage } from "./message_body.ts";
import { Problem } from "./problem.ts";
import { eventId, type StreamFormat, type StreamPosition } from "./stream_format.ts";

/** A client that is in a room. */
export interface RoomClient {
  /** The client. */
  client: HubClient;
  /** The room, as it is spelled there. */
  room: string;
  /** The `epoch` of the hub, if it stores messages. */
  epoch: string | undefined;
  /** Whether the hub stores messages. */
  hasHistory: boolean;
}

/** What a client says of itself when it joins. */
export interface Introduction {
  /** The name that belongs to its token. */
  username?: string;
  /** The key of its token. */
  key?: string;
  /** The signature with that key. */
  signature?: string;
  /** A secret by which the ids of its messages are known again. */
  session?: string;
}

/**
 * Lets a client join a room, without anybody seeing it.
 *
 * @param client a client that has got its offer
 * @param room the name of the room, in any spelling
 * @param introduction see {@linkcode Introduction}
 * @returns the client in the room
 * @throws {Problem} if the hub refuses that
 */
export async function join(
  client: HubClient,
  room: string,
  introduction: Introduction,
): Promise<RoomClient> {
  const welcome = await client.ask({
    code: Code.Hello,
    client: "http",
    quiet: true,
    rooms: [room],
    ...introduction,
  });
  if (welcome.code !== Code.Welcome) throw new Error(`the hub answers a hello with code ${welcome.code}`);
  const membership = client.membershipIn(room);
  while (membership === undefined) {
    const message = await client.next();
    if (message === undefined) throw client.endProblem();
    if (message.code === Code.Refused) throw refusal(message);
  }
  return {
    client,
    room: membership.room.name,
    epoch: welcome.epoch,
    hasHistory: welcome.features.includes("history"),
  };
}

/** A message that was sent. */
export interface Posted {
  /** The room. */
  room: string;
  /** Its number in the room. */
  sequence: number;
  /** When the hub accepted it, in milliseconds since 1970; absent if it was sent before and is not stored. */
  timestamp?: number;
  /** The id in the request. */
  id?: string;
  /** `false` if the hub could not store it. */
  stored?: false;
}

/**
 * Sends a message.
 *
 * @param roomClient a client in the room
 * @param wanted the message
 * @returns what was sent, and whether that was done before by a request with the same id
 * @throws {Problem} if the hub refuses it
 */
export async function post(
  { client, room, hasHistory }: RoomClient,
  wanted: WantedMessage,
): Promise<{ posted: Posted; isRepeated: boolean }> {
  const lastBefore = client.membershipIn(room)?.room.lastSequence ?? 0;
  const done = await client.ask({ code: Code.SayIn, room, ...wanted });
  if (done.code !== Code.Done) throw new Error(`the hub answers a message with code ${done.code}`);
  const sequence = done.sequence!;
  // Without a history a room that was empty meanwhile begins again, so both ends are compared.
  const lastAfter = client.membershipIn(room)?.room.lastSequence ?? 0;
  const isRepeated = sequence <= lastBefore || sequence > lastAfter;
  const timestamp = isRepeated
    ? hasHistory
      ? (await pageOf(client, { room, after: sequence - 1, limit: 1 })).messages[0]?.timestamp
      : undefined
    : (await shown(client, room, sequence)).message.timestamp;
  const posted: Posted = {
    room,
    sequence,
    ...timestamp === undefined ? {} : { timestamp },
    ...wanted.id === undefined ? {} : { id: wanted.id },
    ...done.stored === false ? { stored: false } : {},
  };
  return { posted, isRepeated };
}

/** Waits until a message is shown to the members of its room. */
async function shown(client: HubClient, room: string, sequence: number): Promise<Said> {
  for (;;) {
    const message = await client.next();
    if (message === undefined) throw client.endProblem();
    if (
      message.code === Code.Said && message.message.room === room && message.message.sequence === sequence
    ) {
      return message;
    }
  }
}

/**
 * Reads earlier messages.
 *
 * @param client a client in the room
 * @param query which messages
 * @returns a page of messages
 * @throws {Problem} if the hub refuses that
 */
export async function pageOf(client: HubClient, query: Omit<AskHistory, "code" | "ref">): Promise<History> {
  const page = await client.ask({ code: Code.AskHistory, ...query });
  if (page.code !== Code.History) throw new Error(`the hub answers a 105 with code ${page.code}`);
  return page;
}

/** Options of {@linkcode streamOf}. */
export interface StreamOptions {
  /** After which message it begins; by default with the next one. */
  from: StreamPosition | undefined;
  /** How its parts are written. */
  format: StreamFormat;
  /** Used to keep it alive. */
  timers: Timers;
}

/**
 * Streams the messages of a room and their changes, each message once and in order, until the client or the hub ends
 * it, or the client is no member of the room any more.
 *
 * @param roomClient a client in the room, which this ends
 * @param options see {@linkcode StreamOptions}
 * @returns the bytes of the stream
 */
export async function* streamOf(
  roomClient: RoomClient,
  { from, format, timers }: StreamOptions,
): AsyncGenerator<Uint8Array> {
  const utf8 = new TextEncoder();
  const { client, room, epoch } = roomClient;
  const ofMessage = (line: PastLine) =>
    utf8.encode(format.message(line, eventId({ sequence: line.sequence!, epoch })));
  try {
    yield utf8.encode(format.start);
    if (from !== undefined && roomClient.hasHistory) {
      for await (const lines of missedBy(roomClient, from)) {
        for (const line of lines) yield ofMessage(line);
      }
    }
    let next = client.next();
    for (;;) {
      const message = await withKeepAlive(next, timers);
      if (message === "silent") {
        yield utf8.encode(format.keepAlive);
        continue;
      }
      if (message === undefined || message.code === Code.Ending || message.code === Code.HubDown) {
        return yield utf8.encode(format.end(client.endProblem().message));
      }
      if (
        message.code === Code.Said && message.message.room === room && message.message.sequence !== undefined
      ) {
        yield ofMessage(message.message);
      } else if (message.code === Code.LineChanged && nameKey(message.room) === nameKey(room)) {
        yield utf8.encode(format.change(changeIn(message)));
      } else if (client.membershipIn(room) === undefined) {
        return yield utf8.encode(format.end(`You may not read #${room} any more`));
      }
      next = client.next();
    }
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    yield utf8.encode(format.end(error.message));
  } finally {
    client.end();
  }
}

/** Reads the messages between a position and those that come as they are sent, oldest first. */
async function* missedBy({ client, room }: RoomClient, from: StreamPosition): AsyncGenerator<PastLine[]> {
  const before = client.membershipIn(room)!.sinceSequence + 1;
  let { sequence: after } = from;
  let known = from.epoch === undefined ? {} : { seen: after, epoch: from.epoch };
  for (;;) {
    const page = await pageOf(client, { room, after, before, limit: MAX_HISTORY_LINES, ...known });
    known = {};
    if (page.restored_after !== undefined && page.restored_after < after) {
      // The hub came back with another history: from there on the client has other messages.
      after = page.restored_after;
      continue;
    }
    yield page.messages;
    const last = page.messages.at(-1)?.sequence;
    if (!page.more || last === undefined) return;
    after = last;
  }
}

/** Waits for a promise, but not longer than a stream may be silent. */
async function withKeepAlive<T>(next: Promise<T>, timers: Timers): Promise<T | "silent"> {
  const { promise: silent, resolve } = Promise.withResolvers<"silent">();
  const cancel = timers.after(STREAM_KEEP_ALIVE_MS, () => resolve("silent"));
  try {
    return await Promise.race([next, silent]);
  } finally {
    cancel();
  }
}

function changeIn({ code: _, ...change }: LineChanged): Omit<LineChanged, "code"> {
  return change;
}
