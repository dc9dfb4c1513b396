/**
 * The stream of a room: its messages and their changes as they come, and before them what was missed.
 *
 * @module
 */
import {
  Code,
  type LineChange,
  type LineChanged,
  MAX_HISTORY_LINES,
  nameKey,
  type PastLine,
} from "../../protocol/mod.ts";
import type { Timers } from "../../runtime/mod.ts";
import { STREAM_KEEP_ALIVE_MS } from "../limits.ts";
import { Problem } from "./problem.ts";
import { pageOf, type RoomClient } from "./requests.ts";
import { eventId, type StreamFormat, type StreamPosition } from "./stream_format.ts";

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
 * Streams the messages of a room and their changes, each once and in order, until the client or the hub ends it, or the
 * client is no member of the room any more.
 *
 * A stream that goes on begins with the changes that were missed of messages that the client has; then come the missed
 * messages, as they are now. A change that came while these were read and that they show already is left out. The
 * changes are read first: so whoever goes on after one of these messages gets each change that it does not show.
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
  const { client, room, epoch, lastChange } = roomClient;
  const position: StreamPosition = {
    sequence: from?.sequence ?? client.membershipIn(room)!.sinceSequence,
    change: lastChange,
    epoch,
  };
  const ofMessage = (line: PastLine) => {
    position.sequence = line.sequence!;
    return utf8.encode(format.message(line, eventId(position)));
  };
  const ofChange = (change: LineChange) => {
    position.change = Math.max(position.change ?? 0, change.change);
    return utf8.encode(format.change(change, eventId(position)));
  };
  /** The numbers of the changes that wait, and that the missed messages show already. */
  const shown = new Set<number>();
  /** The missed changes have all changes up to this number of messages up to that one. */
  let listed = { last: 0, newest: 0 };
  try {
    yield utf8.encode(format.start);
    if (from !== undefined && roomClient.hasHistory) {
      position.sequence = await lastKept(roomClient, from);
      const missed = await changesSince(roomClient, { ...from, sequence: position.sequence });
      listed = { last: missed.last ?? 0, newest: position.sequence };
      for (const change of missed.changes) {
        position.change = change.change;
        yield ofChange(change);
      }
      position.change = missed.last;
      for await (const lines of missedBy(roomClient, position.sequence, shown)) {
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
        const { change, sequence } = message;
        const isListed = change <= listed.last && sequence <= listed.newest;
        if (!shown.delete(change) && !isListed) yield ofChange(changeIn(message));
        else position.change = Math.max(position.change ?? 0, change);
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

/** The changes of the room that wait and came before the last answer, so that this shows them. */
function changesBeforeAnswer({ client, room }: RoomClient): LineChanged[] {
  return client.beforeAnswer.filter((message): message is LineChanged =>
    message.code === Code.LineChanged && nameKey(message.room) === nameKey(room)
  );
}

/**
 * Reads the changes since a position of the messages up to there.
 *
 * @returns the changes, each message once, and the number of the last one that they take into account
 */
async function changesSince(
  { client, room, lastChange, epoch }: RoomClient,
  { sequence: newest, change, epoch: seenIn }: StreamPosition,
): Promise<{ changes: LineChange[]; last: number | undefined }> {
  if (change === undefined || lastChange === undefined) return { changes: [], last: lastChange };
  const changes: LineChange[] = [];
  let last = change;
  let known = seenIn === undefined ? {} : { epoch: seenIn };
  // In another epoch the numbers may begin anew. A hub that makes no progress is asked no more.
  for (let more = seenIn !== epoch || last < lastChange, isFirst = true; more; isFirst = false) {
    const page = await client.ask({ code: Code.AskChanges, after: last, ...known });
    if (page.code !== Code.Changes) throw new Error(`the hub answers a 129 with code ${page.code}`);
    for (const change of page.changes) {
      if (nameKey(change.room) === nameKey(room) && change.sequence <= newest) changes.push(change);
    }
    more = page.more === true && (isFirst || page.last > last);
    last = page.last;
    known = epoch === undefined ? {} : { epoch };
  }
  return { changes, last };
}

/**
 * Finds up to which message the hub has those that a client has: after it came back with another history, from there on
 * the client has other ones.
 *
 * @returns the number of the last one, at most that of the position
 */
async function lastKept({ client, room, epoch }: RoomClient, from: StreamPosition): Promise<number> {
  let { sequence } = from;
  while (from.epoch !== undefined && from.epoch !== epoch) {
    const known = { seen: sequence, epoch: from.epoch };
    const { restored_after: kept } = await pageOf(client, { room, after: sequence, limit: 1, ...known });
    if (kept === undefined || kept >= sequence) break;
    sequence = kept;
  }
  return sequence;
}

/**
 * Reads the messages between one and those that come as they are sent, oldest first.
 *
 * @returns pages
 */
async function* missedBy(
  roomClient: RoomClient,
  sequence: number,
  shown: Set<number>,
): AsyncGenerator<PastLine[], undefined> {
  const { client, room } = roomClient;
  const before = client.membershipIn(room)!.sinceSequence + 1;
  for (let after = sequence;;) {
    const page = await pageOf(client, { room, after, before, limit: MAX_HISTORY_LINES });
    const read = new Set(page.messages.map(({ sequence }) => sequence));
    for (const { change, sequence } of changesBeforeAnswer(roomClient)) {
      if (read.has(sequence)) shown.add(change);
    }
    yield page.messages;
    const last = page.messages.at(-1)?.sequence;
    if (!page.more || last === undefined) return undefined;
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
