/**
 * What can be requested of a room: to send a message, to read earlier ones.
 *
 * @module
 */
import { type AskHistory, Code, type History, type Said } from "../../protocol/mod.ts";
import { type HubClient, refusal } from "./hub_client.ts";
import type { WantedMessage } from "./message_body.ts";

/** A client that is in a room. */
export interface RoomClient {
  /** The client. */
  client: HubClient;
  /** The room, as it is spelled there. */
  room: string;
  /** The `epoch` of the hub, if it stores messages. */
  epoch: string | undefined;
  /** The number of the last change of a message on the hub when the client joined, if messages can change there. */
  lastChange: number | undefined;
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
    lastChange: welcome.changes,
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
