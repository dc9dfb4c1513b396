/**
 * A rehearsal: right after its start the program holds conversations with itself, on hubs of its own on loopback, so
 * that the JavaScript engine has compiled what every line of chat goes through when the guests come. After a restart
 * they may all come at once. Measured: the first 3,000 lines then take half of the time.
 *
 * Rules: it is everything that happens in a conversation, people coming, renaming and leaving and the hub going down
 * included, in the JSON of our clients and in that of Python, and more than once. The engine throws away what it has compiled when something happens that never
 * happened before: after a rehearsal of lines alone, the first guest would undo most of it.
 *
 * It takes three tenths of a second of one core, `REHEARSAL_MS` at most, and nobody sees anything of it.
 *
 * @module
 */
import type { Logger } from "@logtape/logtape";
import { type ClientMessage, Code, encodeFrame, serialize } from "../../protocol/mod.ts";
import { systemClock } from "../../runtime/mod.ts";
import { openInMemory } from "../history/mod.ts";
import { type ConnectionLimits, WARM_UP_BURSTS, WARM_UP_MS } from "../limits.ts";
import type { Rate } from "../admission/mod.ts";
import { startHub } from "./serve.ts";

/** A rate that nobody reaches: what it takes to count is rehearsed too. */
const ANY_RATE: Rate = { burst: 1_000_000, perSecond: 1_000_000 };
/** Few: a write to each costs as much as ten lines. */
const LISTENERS = 4;
const LINES_A_BURST = 32;
/** How many bursts are between two events that are no lines. */
const BURSTS_A_SCENE = 8;

const LINE = "What a fine hub this is going to be! ".repeat(2);
/** What is said; no two lines in a row are the same, as what is remembered of the last one would be all that is compiled. */
const BURSTS = Array.from({ length: 4 }, (_, i) => {
  const lines = Array.from({ length: LINES_A_BURST }, (_, k) => `${LINE}${i}.${k}`);
  const write = i % 2 === 0 ? serializeSay : (message: string) => `{"code": 100, "message": "${message}"}`;
  return joined(lines.map((line) => encodeFrame(write(line))));
});

/** So much at once that the hub stops reading until it is told to everyone, which takes reads of their greatest size. */
const FLOOD = joined(Array.from({ length: 96 }, (_, i) => BURSTS[i % BURSTS.length]!));
/** After how many bursts of a conversation that comes, once. */
const BURSTS_BEFORE_FLOOD = 12;

/** How the real hub is: what differs would have the engine throw away what it has compiled. */
export interface WarmUpOptions {
  /** Whether what is said is kept; here it is, in memory. */
  kept?: boolean;
  /** Whether there is a rate for each client. */
  rated?: boolean;
  /** The very limits that connections have. */
  limits?: ConnectionLimits;
}

/**
 * Holds a rehearsal.
 *
 * @param log a log that nobody reads
 * @param like how the real hub is
 * @returns when it is over; rejects where this machine has no loopback to rehearse on
 */
export async function warmUp(log: Logger, like: WarmUpOptions = {}): Promise<void> {
  const end = systemClock.elapsed() + WARM_UP_MS;
  const last = WARM_UP_BURSTS.length - 1;
  for (const [i, bursts] of WARM_UP_BURSTS.entries()) {
    if (systemClock.elapsed() < end) await play(log, { bursts, floods: i < last }, end, like);
  }
}

/** What is said in a conversation: how many bursts, and whether somebody floods it once. */
interface Script {
  bursts: number;
  floods: boolean;
}

/** One conversation, from the start of its hub to the end. */
async function play(
  log: Logger,
  { bursts, floods }: Script,
  end: number,
  like: WarmUpOptions,
): Promise<void> {
  const { kept = false, rated = false, limits } = like;
  const history = kept ? openInMemory(systemClock.elapsed) : undefined;
  const hub = startHub({
    host: "127.0.0.1",
    port: 0,
    maxConnections: 0,
    rate: rated ? ANY_RATE : undefined,
    limits,
    history,
  }, log);
  const guests: Deno.TcpConn[] = [];
  try {
    for (let i = 0; i < LISTENERS; i++) {
      guests.push(await Deno.connect({ hostname: "127.0.0.1", port: hub.address.port }));
    }
    const [speaker, ...others] = guests as [Deno.TcpConn, Deno.TcpConn];
    for (const guest of others) listen(guest);
    const other = others[0]!;
    const buffer = new Uint8Array(65_536);
    await send(other, frames([{ code: Code.Hello, client: "rehearsal" }]));
    for (let i = 0; i < bursts && systemClock.elapsed() < end; i++) {
      await send(speaker, BURSTS[i % BURSTS.length]!);
      if (floods && i === BURSTS_BEFORE_FLOOD) {
        await Promise.all([send(other, FLOOD), take(speaker, FLOOD.length, buffer)]);
      }
      if (i % BURSTS_A_SCENE === 0) {
        const ref = String(i);
        await send(
          other,
          frames([
            { code: Code.Rename, username: `guest${i}` },
            { code: Code.Say, message: `“${LINE}”, ${i}`, ref },
            { code: Code.Ping, ref },
          ]),
        );
        const passer = await Deno.connect({ hostname: "127.0.0.1", port: hub.address.port });
        guests.push(passer);
        await send(passer, frames([{ code: Code.Rename, username: `passer${i}` }]));
        await passer.closeWrite();
        listen(passer);
      }
      // At least something comes back for each burst, so that this waits for the hub and never for ever.
      await speaker.read(buffer);
    }
  } finally {
    for (const guest of guests) guest.close();
    await hub.stop();
  }
}

function serializeSay(message: string): string {
  return serialize({ code: Code.Say, message });
}

function frames(messages: ClientMessage[]): Uint8Array {
  return joined(messages.map((message) => encodeFrame(serialize(message))));
}

function joined(frames: Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(frames.reduce((sum, frame) => sum + frame.length, 0));
  let at = 0;
  for (const frame of frames) {
    bytes.set(frame, at);
    at += frame.length;
  }
  return bytes;
}

async function send(guest: Deno.TcpConn, bytes: Uint8Array): Promise<void> {
  for (let sent = 0; sent < bytes.length;) sent += await guest.write(bytes.subarray(sent));
}

/** Reads so many bytes, if so many come: what everyone is told of a line is longer than what was said. */
async function take(guest: Deno.TcpConn, bytes: number, buffer: Uint8Array): Promise<void> {
  for (let taken = 0; taken < bytes;) taken += await guest.read(buffer) ?? Infinity;
}

/** Reads until the guest is closed, here or there; never rejects. */
async function listen(guest: Deno.TcpConn): Promise<void> {
  const buffer = new Uint8Array(65_536);
  try {
    while (await guest.read(buffer) !== null);
  } catch {
    // It was closed here in the middle of a read, or reset: the rehearsal is over for it either way.
  }
}
