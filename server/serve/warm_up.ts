/**
 * The warm-up of a hub. Right after the start the program runs conversations on hubs of its own, on loopback, so
 * that the JavaScript engine has compiled the code for messages before clients connect. After a restart all clients may
 * come back at once. Measured: the first 3,000 messages then take half of the time.
 *
 * Rules: a conversation contains everything that happens on a hub: clients connect, rename and disconnect, the hub
 * shuts down, messages arrive in the JSON of our clients and in that of Python; and it runs more than once. The engine
 * discards compiled code when something happens for the first time: after a warm-up with messages only, the first
 * client that connects would undo most of it.
 *
 * It takes 0.3 seconds of one core, `WARM_UP_MS` at most. No client can see it.
 *
 * @module
 */
import { type Logger, systemClock } from "../../runtime/mod.ts";
import { type ClientMessage, Code, encodeFrame, serialize } from "../../protocol/mod.ts";
import { openInMemory } from "../history/mod.ts";
import { type ConnectionLimits, WARM_UP_BURSTS, WARM_UP_MS } from "../limits.ts";
import type { Rate } from "../admission/mod.ts";
import { startHub } from "./serve.ts";

/** A rate limit that is never reached: the code that counts must be compiled as well. */
const UNREACHABLE_RATE: Rate = { burst: 1_000_000, perSecond: 1_000_000 };
/** Few: one write to each costs as much as ten messages. */
const CLIENTS = 4;
const MESSAGES_PER_BURST = 32;
/** The number of bursts between two events other than messages. */
const BURSTS_BETWEEN_EVENTS = 8;

const TEXT = "What a fine hub this is going to be! ".repeat(2);
/** The messages. Two in a row always differ; else only the path for a repeated message would be compiled. */
const BURSTS = Array.from({ length: 4 }, (_, i) => {
  const texts = Array.from({ length: MESSAGES_PER_BURST }, (_, k) => `${TEXT}${i}.${k}`);
  const write = i % 2 === 0 ? serializeSay : (message: string) => `{"code": 100, "message": "${message}"}`;
  return concatenate(texts.map((text) => encodeFrame(write(text))));
});

/** So many bytes at once that the hub pauses reading until all clients have them; reads then have their full size. */
const FLOOD = concatenate(Array.from({ length: 96 }, (_, i) => BURSTS[i % BURSTS.length]!));
/** The number of bursts before the one flood of a conversation. */
const BURSTS_BEFORE_FLOOD = 12;

/** Properties of the real hub. A warm-up with others would make the engine discard the compiled code. */
export interface WarmUpOptions {
  /** Whether messages are stored; the warm-up stores them in memory. */
  stored?: boolean;
  /** Whether clients have a rate limit. */
  rateLimited?: boolean;
  /** The limits of connections: the same object, not a copy. */
  limits?: ConnectionLimits | undefined;
}

/**
 * Runs the warm-up.
 *
 * @param log a log that is not shown
 * @param options properties of the real hub
 * @returns resolves at the end; rejects if this machine has no loopback interface
 */
export async function warmUp(log: Logger, options: WarmUpOptions = {}): Promise<void> {
  const end = systemClock.elapsed() + WARM_UP_MS;
  const last = WARM_UP_BURSTS.length - 1;
  for (const [i, bursts] of WARM_UP_BURSTS.entries()) {
    if (systemClock.elapsed() < end) await runConversation(log, { bursts, floods: i < last }, end, options);
  }
}

/** What happens in a conversation: the number of bursts, and whether there is a flood. */
interface Scenario {
  bursts: number;
  floods: boolean;
}

/** Runs one conversation, from the start of its hub to the end. */
async function runConversation(
  log: Logger,
  { bursts, floods }: Scenario,
  end: number,
  options: WarmUpOptions,
): Promise<void> {
  const { stored = false, rateLimited = false, limits } = options;
  const history = stored ? openInMemory(systemClock.elapsed) : undefined;
  const hub = startHub({
    host: "127.0.0.1",
    port: 0,
    maxConnections: 0,
    rate: rateLimited ? UNREACHABLE_RATE : undefined,
    limits,
    history,
  }, log);
  const clients: Deno.TcpConn[] = [];
  try {
    for (let i = 0; i < CLIENTS; i++) {
      clients.push(await Deno.connect({ hostname: "127.0.0.1", port: hub.address.port }));
    }
    const [author, ...others] = clients as [Deno.TcpConn, Deno.TcpConn];
    for (const client of others) readUntilClosed(client);
    const other = others[0]!;
    const buffer = new Uint8Array(65_536);
    await send(other, frames([{ code: Code.Hello, client: "warm-up" }]));
    for (let i = 0; i < bursts && systemClock.elapsed() < end; i++) {
      await send(author, BURSTS[i % BURSTS.length]!);
      if (floods && i === BURSTS_BEFORE_FLOOD) {
        await Promise.all([send(other, FLOOD), readBytes(author, FLOOD.length, buffer)]);
      }
      if (i % BURSTS_BETWEEN_EVENTS === 0) {
        const ref = String(i);
        await send(
          other,
          frames([
            { code: Code.Rename, username: `client${i}` },
            { code: Code.Say, message: `“${TEXT}”, ${i}`, ref },
            { code: Code.Ping, ref },
          ]),
        );
        const visitor = await Deno.connect({ hostname: "127.0.0.1", port: hub.address.port });
        clients.push(visitor);
        await send(visitor, frames([{ code: Code.Rename, username: `visitor${i}` }]));
        await visitor.closeWrite();
        readUntilClosed(visitor);
      }
      // The hub answers each burst with at least one byte, so this read always ends.
      await author.read(buffer);
    }
  } finally {
    for (const client of clients) client.close();
    await hub.stop();
  }
}

function serializeSay(message: string): string {
  return serialize({ code: Code.Say, message });
}

function frames(messages: ClientMessage[]): Uint8Array {
  return concatenate(messages.map((message) => encodeFrame(serialize(message))));
}

function concatenate(frames: Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(frames.reduce((sum, frame) => sum + frame.length, 0));
  let at = 0;
  for (const frame of frames) {
    bytes.set(frame, at);
    at += frame.length;
  }
  return bytes;
}

async function send(client: Deno.TcpConn, bytes: Uint8Array): Promise<void> {
  for (let sent = 0; sent < bytes.length;) sent += await client.write(bytes.subarray(sent));
}

/** Reads at least so many bytes, if so many come: a message is longer when the hub sends it than when it arrives. */
async function readBytes(client: Deno.TcpConn, bytes: number, buffer: Uint8Array): Promise<void> {
  for (let taken = 0; taken < bytes;) taken += await client.read(buffer) ?? Infinity;
}

/** Reads until either side closes the connection; never rejects. */
async function readUntilClosed(client: Deno.TcpConn): Promise<void> {
  const buffer = new Uint8Array(65_536);
  try {
    while (await client.read(buffer) !== null);
  } catch {
    // It was closed during a read, or reset. Both end it.
  }
}
