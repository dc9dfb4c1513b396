/**
 * The limits of connections and addresses: on a real hub with real sockets, and with a clock that the test moves where
 * a limit is a long time.
 *
 * This file is long because it holds the fake connection that most of its cases share.
 *
 * @module
 */
import { getLogger } from "@logtape/logtape";
import { encodeFrame } from "../../../protocol/mod.ts";
import { Addresses, LogLimit } from "../../../server/admission/mod.ts";
import { type Clock, systemClock, systemTimers } from "../../../runtime/mod.ts";
import { Connection, type Socket } from "../../../server/net/connection.ts";
import { Flusher } from "../../../server/fanout/mod.ts";
import { Hub } from "../../../server/hub/mod.ts";
import {
  CHECK_INTERVAL_MS,
  type ConnectionLimits,
  DEAD_MS,
  DEFAULT_CONNECTION_LIMITS,
  FULL_RETRY_MS,
  MAX_FRAME_MS,
  MAX_MISSED_HEARTBEATS,
} from "../../../server/limits.ts";
import type { Acceptor } from "../../../server/ports/mod.ts";
import { Listener } from "../../../server/net/listener.ts";
import { startHub } from "../../../server/serve/serve.ts";
import { assert, assertEquals, assertStringIncludes } from "../../helpers/assert.ts";
import { OriginalClient, type Received } from "../../helpers/clients/original_client.ts";
import { withDeadline } from "../../helpers/deadline.ts";
import { ManualClock } from "../../helpers/terminal/console.ts";

const LOG = getLogger("silent");

function newHub(flusher: Flusher, clock: Clock): Hub {
  return new Hub({
    clock,
    randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
    roomGrew: (room, bytes) => flusher.roomGrew(room, bytes),
    wakeAfter: () => {},
  });
}

const textOf = ({ message }: Received) => (message as { message?: string } | undefined)?.message;

/** A clock that only the test moves: a machine that is slow for a moment is no pause of a client. */
class PacedClock extends ManualClock {
  /** The time of a request after a burst of two, in milliseconds. */
  static readonly EACH_MS = 50;
  /** The rate limit of a hub with this clock. */
  readonly rate = { burst: 2, perSecond: 1000 / PacedClock.EACH_MS };
  #waits = Promise.withResolvers<void>();

  override after(ms: number, action: () => void): () => void {
    if (ms === PacedClock.EACH_MS) this.#waits.resolve();
    return super.after(ms, action);
  }

  /** Implements `Timers`. */
  soon(run: () => void): void {
    systemTimers.soon(run);
  }

  /** Starts a hub with this clock and its rate limit. */
  startHub() {
    const options = { host: "127.0.0.1", port: 0, maxConnections: 0, rate: this.rate };
    return startHub(options, LOG, { clock: this, timers: this });
  }

  /** Waits until a client waits for the rate limit. */
  async untilThrottled(): Promise<void> {
    await withDeadline(this.#waits.promise, () => "waiting for a client over its rate limit");
    this.#waits = Promise.withResolvers();
  }
}

Deno.test("A flood waits with its sender: all of it arrives at the limited rate, and nobody else waits", async () => {
  const clock = new PacedClock();
  const hub = clock.startHub();
  await using flooder = await OriginalClient.connect(hub.address.port);
  await using ana = await OriginalClient.connect(hub.address.port);
  await flooder.nextOf(202);
  await ana.nextOf(202);
  for (let i = 0; i < 8; i++) await flooder.say(`flood ${i}`);
  const said = (text: string) => ana.received.some((message) => textOf(message) === text);
  const receives = (text: string) => ana.until((message) => textOf(message) === text);
  // Two at once, the other six 50 ms apart.
  await receives("flood 0");
  await receives("flood 1");
  await clock.untilThrottled();
  await ana.say("and I?");
  await receives("and I?");
  for (let i = 2; i < 8; i++) {
    if (i > 2) await clock.untilThrottled();
    clock.advance(PacedClock.EACH_MS - 1);
    assertEquals(said(`flood ${i}`), false);
    clock.advance(1);
    await receives(`flood ${i}`);
  }
  await hub.stop();
});

Deno.test("A client over its rate limit is notified once by 206 too_fast, a base client is not", async () => {
  const clock = new PacedClock();
  const hub = clock.startHub();
  await using base = await OriginalClient.connect(hub.address.port);
  await using ana = await OriginalClient.connect(hub.address.port);
  // The hello counts as well.
  for (const [client, waits, ...first] of [[base, 4], [ana, 5, { code: 102, client: "test/1" }]] as const) {
    const lines = Array.from({ length: 6 }, (_, i) => ({ code: 100, message: `${i}`, ref: `${i}` }));
    await client.sendFrames([...first, ...lines]);
    for (let i = 0; i < waits; i++) {
      await clock.untilThrottled();
      clock.advance(PacedClock.EACH_MS);
    }
  }
  await ana.until(({ code, ref }) => code === 207 && ref === "5");
  const refusals = ana.received.filter(({ code }) => code === 206);
  assertEquals(refusals.map(({ error, ref }) => [error, ref]), [["too_fast", undefined]]);
  assertEquals(refusals[0]!.retry_after_ms, PacedClock.EACH_MS);
  while (base.received.filter(({ message }) => (message as { room?: string })?.room === "main").length < 12) {
    await base.next();
  }
  const toldBase = base.received.filter(({ code, message }) =>
    code > 205 || (message as { username?: string } | undefined)?.username === "server"
  );
  assertEquals(toldBase, []);
  await hub.stop();
});

Deno.test("Refused requests count for the rate limit like others, and pings a tenth", async () => {
  const rate = { burst: 3, perSecond: 0.001 };
  const hub = startHub({ host: "127.0.0.1", port: 0, maxConnections: 0, rate }, LOG);
  await using ana = await OriginalClient.connect(hub.address.port);
  await ana.sendJson({ code: 102, client: "test/1" });
  await ana.sendJson({ code: 100, message: "" });
  for (let i = 0; i < 15; i++) await ana.sendJson({ code: 110, ref: `ping ${i}` });
  await ana.until(({ ref }) => ref === "ping 8");
  await ana.until(({ error }) => error === "too_fast");
  // The next request would wait for a minute or more; a shutdown ends that wait.
  await hub.stop();
  const last = await ana.until(({ code, ref }) => code === 205 || ref === "ping 11");
  assertEquals(last.code, 205);
});

/** A port whose clients seem to connect from another address. */
function acceptorFrom(socket: Deno.TcpListener, address: () => string): Acceptor {
  const accept = async () => {
    const conn = await socket.accept();
    const remoteAddr = { ...conn.remoteAddr, hostname: address() };
    return {
      remoteAddr,
      setNoDelay: () => conn.setNoDelay(),
      setKeepAlive: () => conn.setKeepAlive(),
      read: (buffer: Uint8Array) => conn.read(buffer),
      write: (bytes: Uint8Array) => conn.write(bytes),
      closeWrite: () => conn.closeWrite(),
      close: () => conn.close(),
    } as unknown as Deno.TcpConn;
  };
  return {
    address: socket.addr,
    encrypted: false,
    isWeb: false,
    ending: 0,
    accept,
    secure: () => undefined,
    renew: () => Promise.resolve(),
    close: () => socket.close(),
  };
}

Deno.test("An address at its connection limit is refused with the reason until it has disconnected", async () => {
  const socket = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  let address = "192.0.2.1";
  const flusher = new Flusher({ timers: systemTimers, elapsed: () => systemClock.elapsed() });
  const dependencies = {
    hub: newHub(flusher, systemClock),
    flusher,
    clock: systemClock,
    timers: systemTimers,
  };
  const addresses = new Addresses({ atOnce: 2, perMinute: 0, trusted: [] });
  const logLimit = new LogLimit({ log: LOG, timers: systemTimers });
  const listener = new Listener([acceptorFrom(socket, () => address)], 0, {
    ...dependencies,
    log: LOG,
    logLimit,
    addresses,
    internalError: () => {},
  });
  const running = listener.run();
  const connect = () => OriginalClient.connect(socket.addr.port);
  {
    await using one = await connect();
    await using two = await connect();
    await using three = await connect();
    for (const client of [one, two]) await client.nextOf(202);
    const refusal = await three.nextOf(200);
    assertStringIncludes(String(textOf(refusal)), "your address has 2 connections");
    assertEquals([refusal.error, refusal.retry_after_ms], ["too_many_from_address", FULL_RETRY_MS]);
    await three.closed;
    address = "192.0.2.2";
    await using other = await connect();
    await other.nextOf(202);
    await two.say("hello, so that my leaving is announced");
    await two.nextOf(200);
    await two[Symbol.asyncDispose]();
    await one.nextOf(204);
    address = "192.0.2.1";
    await using again = await connect();
    await again.nextOf(202);
  }
  listener.close();
  listener.closeAll("the test is over");
  await running;
  await listener.drain();
  logLimit.flush();
  flusher.stop();
});

/** A connection with a socket and a clock that the test controls. */
class FakeConnection implements AsyncDisposable {
  now = 0;
  /** Whether writes are done at once. */
  writesFinish = true;
  readonly written: string[] = [];
  readonly connection: Connection;
  readonly hub: Hub;
  readonly #flusher = new Flusher({ timers: systemTimers, elapsed: () => systemClock.elapsed() });
  readonly #halfClosed = Promise.withResolvers<void>();
  readonly #ended: Promise<string>;
  #finishRead: (bytes: Uint8Array | null) => void = () => {};
  #reading = Promise.withResolvers<void>();
  #finishWrite: () => void = () => {};

  constructor(limits: Partial<ConnectionLimits> = {}) {
    const clock = { wall: () => this.now, elapsed: () => this.now };
    const socket: Socket = {
      read: (buffer) => {
        const { promise, resolve } = Promise.withResolvers<number | null>();
        this.#finishRead = (bytes) => {
          if (bytes !== null) buffer.set(bytes);
          resolve(bytes?.length ?? null);
        };
        this.#reading.resolve();
        return promise;
      },
      write: (bytes) => {
        const { promise, resolve } = Promise.withResolvers<number>();
        this.#finishWrite = () => {
          this.written.push(new TextDecoder().decode(bytes));
          resolve(bytes.length);
        };
        if (this.writesFinish) this.#finishWrite();
        return promise;
      },
      closeWrite: () => Promise.resolve(this.#halfClosed.resolve()),
      close: () => (this.#finishWrite(), this.#finishRead(null)),
    };
    this.hub = newHub(this.#flusher, clock);
    this.connection = new Connection(socket, {
      hub: this.hub,
      flusher: this.#flusher,
      clock,
      timers: systemTimers,
      limits: { ...DEFAULT_CONNECTION_LIMITS, ...limits },
      internalError: () => {},
    });
    this.#ended = new Promise((resolve) => this.connection.run((_connection, reason) => resolve(reason)));
  }

  /** Whether the hub has ended its session. */
  get ended(): boolean {
    return this.connection.session.closed;
  }

  /** Lets bytes arrive, and waits until the next read. */
  async receive(bytes: Uint8Array): Promise<void> {
    await this.#reading.promise;
    this.#reading = Promise.withResolvers();
    this.#finishRead(bytes);
    await this.#reading.promise;
  }

  /** Lets bytes arrive, and a turn pass; the connection may or may not read again. */
  async receivePart(bytes: Uint8Array): Promise<void> {
    await this.#reading.promise;
    this.#reading = Promise.withResolvers();
    this.#finishRead(bytes);
    await new Promise<void>((resume) => systemTimers.after(0, resume));
  }

  /** Completes all writes from now on, and waits until the next read. */
  async finishWrites(): Promise<void> {
    this.writesFinish = true;
    this.#finishWrite();
    await this.#reading.promise;
  }

  /** Moves the clock by some milliseconds, with the periodic checks of the listener. */
  advance(ms: number): void {
    for (const end = this.now + ms; this.now < end;) {
      this.now = Math.min(end, this.now + CHECK_INTERVAL_MS);
      this.connection.check(this.now);
    }
  }

  /** Waits for the half-close; returns everything that was written. */
  async allWritten(): Promise<string> {
    await this.#halfClosed.promise;
    return this.written.join("");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.connection.close("the test is over");
    await this.#ended;
    this.#flusher.stop();
  }
}

const say = (text: string) => encodeFrame(JSON.stringify({ code: 100, message: text }));

Deno.test("An incomplete frame ends the session after its time limit, even if bytes trickle in", async () => {
  await using fake = new FakeConnection();
  const { connection } = fake;
  const frame = say("hi");

  // A complete frame and the start of the next: the time limit is that of the next.
  await fake.receive(frame.subarray(0, 5));
  fake.now = MAX_FRAME_MS - 1;
  connection.check(fake.now);
  await fake.receive(frame.subarray(5));
  connection.check(fake.now += MAX_FRAME_MS);
  assertEquals(fake.ended, false);
  // The end of one and the start of the next: its time limit starts now.
  await fake.receive(frame.subarray(0, 9));
  fake.now += MAX_FRAME_MS - 1;
  await fake.receive(Uint8Array.of(...frame.subarray(9), ...frame.subarray(0, 5)));
  connection.check(fake.now += MAX_FRAME_MS - 1);
  assertEquals(fake.ended, false);
  await fake.receive(frame.subarray(5));
  await fake.receive(frame.subarray(0, 5));
  for (let i = 5; i < 10; i++) {
    connection.check(fake.now += MAX_FRAME_MS / 5 - 1);
    await fake.receive(frame.subarray(i, i + 1));
  }
  assertEquals(fake.ended, false);
  connection.check(fake.now += 5);
  assertEquals(fake.ended, true);
  assertStringIncludes(await fake.allWritten(), "a frame must be complete within 30 s");
});

Deno.test("The time limit of a frame stops while the hub does not read from a client far behind", async () => {
  await using fake = new FakeConnection({ lagBytes: 400 });
  fake.writesFinish = false;
  const frame = say("x".repeat(200));
  await fake.receivePart(Uint8Array.of(...frame, ...frame.subarray(0, 5)));
  assert(fake.connection.lagBytes > 200);
  fake.advance(MAX_FRAME_MS + CHECK_INTERVAL_MS);
  assertEquals(fake.ended, false);
  // Once the client has caught up, it is read from, and the time counts.
  await fake.finishWrites();
  fake.advance(MAX_FRAME_MS - 1);
  assertEquals(fake.ended, false);
  fake.advance(1);
  assertEquals(fake.ended, true);
});

Deno.test("Without a time limit for frames, a frame may take any time", async () => {
  await using fake = new FakeConnection({ frameMs: 0 });
  await fake.receive(say("hi").subarray(0, 5));
  fake.advance(100 * MAX_FRAME_MS);
  assertEquals(fake.ended, false);
});

Deno.test("A client that reads nothing counts as dead after a while", async () => {
  await using fake = new FakeConnection();
  await fake.receive(say("the first"));
  fake.writesFinish = false;
  await fake.receive(say("the second"));
  await new Promise<void>((resume) => systemTimers.after(20, resume));
  fake.advance(DEAD_MS - CHECK_INTERVAL_MS);
  assertEquals(fake.ended, false);
  fake.advance(2 * CHECK_INTERVAL_MS);
  assertEquals([fake.ended, fake.hub.counters.drops.get("dead")], [true, 1]);
});

Deno.test("A client that has promised heartbeats counts as dead without them, another one does not", async () => {
  const hello = (ping?: number) =>
    encodeFrame(
      JSON.stringify({ code: 102, client: "test/1", ...(ping === undefined ? {} : { ping_ms: ping }) }),
    );
  const ping = encodeFrame('{"code":110}');
  await using silent = new FakeConnection();
  await silent.receive(hello());
  silent.advance(100 * DEAD_MS);
  assertEquals(silent.ended, false);

  await using promised = new FakeConnection();
  await promised.receive(hello(60_000));
  for (let i = 0; i < 10; i++) {
    promised.advance(DEAD_MS - 1);
    assertEquals(promised.ended, false);
    await promised.receive(ping);
  }
  promised.advance(DEAD_MS);
  assertEquals(promised.ended, true);
  assertStringIncludes(
    await promised.allWritten(),
    '"reason":"your connection seems dead: your client sent nothing for 180 s","retry_after_ms":',
  );

  await using slow = new FakeConnection();
  await slow.receive(hello(DEAD_MS));
  slow.advance(MAX_MISSED_HEARTBEATS * DEAD_MS - 1);
  assertEquals(slow.ended, false);
  slow.advance(CHECK_INTERVAL_MS);
  assertEquals(slow.ended, true);

  await using lifted = new FakeConnection({ deadMs: 0 });
  await lifted.receive(hello(60_000));
  lifted.advance(100 * DEAD_MS);
  assertEquals(lifted.ended, false);
});
