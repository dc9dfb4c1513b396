/**
 * What a connection and the door of a hub hold against those who ask too much: on a real hub with real sockets, and with
 * a clock that the test turns where the limit is a long time.
 *
 * @module
 */
import { getLogger } from "@logtape/logtape";
import { encodeFrame } from "../../../protocol/mod.ts";
import { Addresses } from "../../../server/admission/mod.ts";
import { type Clock, systemClock, systemTimers } from "../../../runtime/mod.ts";
import { Connection, type Socket } from "../../../server/net/connection.ts";
import { Flusher, Hub } from "../../../server/hub/mod.ts";
import {
  CHECK_INTERVAL_MS,
  type ConnectionLimits,
  DEAD_MS,
  DEFAULT_CONNECTION_LIMITS,
  FULL_RETRY_MS,
  MAX_FRAME_MS,
  MAX_MISSED_HEARTBEATS,
} from "../../../server/limits.ts";
import type { Acceptor } from "../../../server/net/acceptor.ts";
import { Listener } from "../../../server/net/listener.ts";
import { startHub } from "../../../server/serve/serve.ts";
import { assert, assertEquals, assertStringIncludes } from "../../helpers/assert.ts";
import { OriginalClient, type Received } from "../../helpers/clients/original_client.ts";

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

Deno.test("A flood waits with the one who makes it: all of it comes, in its time, and nobody else waits", async () => {
  const rate = { burst: 2, perSecond: 20 };
  const hub = startHub({ host: "127.0.0.1", port: 0, maxConnections: 0, rate }, LOG);
  await using flooder = await OriginalClient.connect(hub.address.port);
  await using ana = await OriginalClient.connect(hub.address.port);
  await flooder.nextOf(202);
  await ana.nextOf(202);
  const start = performance.now();
  for (let i = 0; i < 8; i++) await flooder.say(`flood ${i}`);
  await ana.until((message) => textOf(message) === "flood 0");
  await ana.say("and I?");
  const seen: string[] = [];
  await ana.until((message) => {
    const text = textOf(message);
    if (text !== undefined) seen.push(text);
    return text === "flood 7";
  });
  // Two at once, the other six a twentieth of a second apart.
  assert(performance.now() - start >= 299);
  assertEquals(
    seen.filter((text) => text.startsWith("flood")),
    [1, 2, 3, 4, 5, 6, 7].map((i) => `flood ${i}`),
  );
  const mine = seen.indexOf("and I?");
  assert(mine >= 0 && mine < seen.indexOf("flood 4"), seen.join());
  await hub.stop();
});

Deno.test("Whoever asks faster than it may is told so once, by 206 too_fast, and a base client is told nothing", async () => {
  const rate = { burst: 2, perSecond: 20 };
  const hub = startHub({ host: "127.0.0.1", port: 0, maxConnections: 0, rate }, LOG);
  await using base = await OriginalClient.connect(hub.address.port);
  await using ana = await OriginalClient.connect(hub.address.port);
  await ana.sendJson({ code: 102, client: "test/1", username: "ana" });
  for (const client of [base, ana]) {
    for (let i = 0; i < 6; i++) await client.sendJson({ code: 100, message: `${i}`, ref: `${i}` });
  }
  await ana.until(({ code, ref }) => code === 207 && ref === "5");
  const refusals = ana.received.filter(({ code }) => code === 206);
  assertEquals(refusals.map(({ error, ref }) => [error, ref]), [["too_fast", undefined]]);
  const retryAfterMs = Number(refusals[0]!.retry_after_ms);
  assert(retryAfterMs > 0 && retryAfterMs <= 50, String(retryAfterMs));
  while (base.received.filter(({ message }) => (message as { room?: string })?.room === "main").length < 12) {
    await base.next();
  }
  const toldBase = base.received.filter(({ code, message }) =>
    code > 205 || (message as { username?: string } | undefined)?.username === "server"
  );
  assertEquals(toldBase, []);
  await hub.stop();
});

Deno.test("Refused requests count for the rate as others do, and signs of life a tenth of that", async () => {
  const rate = { burst: 3, perSecond: 0.001 };
  const hub = startHub({ host: "127.0.0.1", port: 0, maxConnections: 0, rate }, LOG);
  await using ana = await OriginalClient.connect(hub.address.port);
  await ana.sendJson({ code: 102, client: "test/1" });
  await ana.sendJson({ code: 100, message: "" });
  for (let i = 0; i < 15; i++) await ana.sendJson({ code: 110, ref: `ping ${i}` });
  await ana.until(({ ref }) => ref === "ping 8");
  await ana.until(({ error }) => error === "too_fast");
  // The next waits for a minute or more now; that the hub goes down ends that as well.
  await hub.stop();
  const last = await ana.until(({ code, ref }) => code === 205 || ref === "ping 11");
  assertEquals(last.code, 205);
});

/** A door whose clients seem to come from somewhere else. */
function seenFrom(socket: Deno.TcpListener, address: () => string): Acceptor {
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
  return { address: socket.addr, encrypted: false, accept, close: () => socket.close() };
}

Deno.test("An address that has as many connections as it may is told so; others come in, and it too when one has left", async () => {
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
  const listener = new Listener([seenFrom(socket, () => address)], 0, {
    ...dependencies,
    log: LOG,
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
    await two.say("I am here, so that it is told when I leave");
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
  flusher.stop();
});

/** A connection whose socket and clock are the test's. */
class Bench implements AsyncDisposable {
  now = 0;
  /** Whether what is written is taken. */
  takes = true;
  readonly written: string[] = [];
  readonly connection: Connection;
  readonly hub: Hub;
  readonly #flusher = new Flusher({ timers: systemTimers, elapsed: () => systemClock.elapsed() });
  readonly #told = Promise.withResolvers<void>();
  readonly #ended: Promise<string>;
  #give: (bytes: Uint8Array | null) => void = () => {};
  #asked = Promise.withResolvers<void>();
  #take: () => void = () => {};

  constructor(limits: Partial<ConnectionLimits> = {}) {
    const clock = { wall: () => this.now, elapsed: () => this.now };
    const socket: Socket = {
      read: (buffer) => {
        const { promise, resolve } = Promise.withResolvers<number | null>();
        this.#give = (bytes) => {
          if (bytes !== null) buffer.set(bytes);
          resolve(bytes?.length ?? null);
        };
        this.#asked.resolve();
        return promise;
      },
      write: (bytes) => {
        const { promise, resolve } = Promise.withResolvers<number>();
        this.#take = () => {
          this.written.push(new TextDecoder().decode(bytes));
          resolve(bytes.length);
        };
        if (this.takes) this.#take();
        return promise;
      },
      closeWrite: () => Promise.resolve(this.#told.resolve()),
      close: () => (this.#take(), this.#give(null)),
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

  /** Whether the hub has ended it. */
  get over(): boolean {
    return this.connection.session.closed;
  }

  /** Lets some bytes arrive, and waits until they are dealt with. */
  async arrives(bytes: Uint8Array): Promise<void> {
    await this.#asked.promise;
    this.#asked = Promise.withResolvers();
    this.#give(bytes);
    await this.#asked.promise;
  }

  /** Lets some bytes arrive, and a turn pass; whether more is read then is the connection's to say. */
  async comes(bytes: Uint8Array): Promise<void> {
    await this.#asked.promise;
    this.#asked = Promise.withResolvers();
    this.#give(bytes);
    await new Promise<void>((resume) => systemTimers.after(0, resume));
  }

  /** Takes what is written from now on, and waits until it is read from. */
  async takesAll(): Promise<void> {
    this.takes = true;
    this.#take();
    await this.#asked.promise;
  }

  /** Lets time pass by some milliseconds, looked after in steps as the listener does. */
  pass(ms: number): void {
    for (const end = this.now + ms; this.now < end;) {
      this.now = Math.min(end, this.now + CHECK_INTERVAL_MS);
      this.connection.check(this.now);
    }
  }

  /** Waits until the client has been told all that it is told; gives what it was told. */
  async told(): Promise<string> {
    await this.#told.promise;
    return this.written.join("");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.connection.close("the test is over");
    await this.#ended;
    this.#flusher.stop();
  }
}

const say = (text: string) => encodeFrame(JSON.stringify({ code: 100, message: text }));

Deno.test("A frame that is not whole in time ends the session, however its bytes trickle; one that is does not", async () => {
  await using bench = new Bench();
  const { connection } = bench;
  const frame = say("hi");

  // A whole frame and the beginning of the next; the time is that of the next.
  await bench.arrives(frame.subarray(0, 5));
  bench.now = MAX_FRAME_MS - 1;
  connection.check(bench.now);
  await bench.arrives(frame.subarray(5));
  connection.check(bench.now += MAX_FRAME_MS);
  assertEquals(bench.over, false);
  // The end of one and the beginning of the next: its time begins now.
  await bench.arrives(frame.subarray(0, 9));
  bench.now += MAX_FRAME_MS - 1;
  await bench.arrives(Uint8Array.of(...frame.subarray(9), ...frame.subarray(0, 5)));
  connection.check(bench.now += MAX_FRAME_MS - 1);
  assertEquals(bench.over, false);
  await bench.arrives(frame.subarray(5));
  await bench.arrives(frame.subarray(0, 5));
  for (let i = 5; i < 10; i++) {
    connection.check(bench.now += MAX_FRAME_MS / 5 - 1);
    await bench.arrives(frame.subarray(i, i + 1));
  }
  assertEquals(bench.over, false);
  connection.check(bench.now += 5);
  assertEquals(bench.over, true);
  assertStringIncludes(await bench.told(), "a frame must be complete within 30 s");
});

Deno.test("The time of a frame does not pass while the hub does not read on, since its client is far behind", async () => {
  await using bench = new Bench({ lagBytes: 400 });
  bench.takes = false;
  const frame = say("x".repeat(200));
  await bench.comes(Uint8Array.of(...frame, ...frame.subarray(0, 5)));
  assert(bench.connection.lagBytes > 200);
  bench.pass(MAX_FRAME_MS + CHECK_INTERVAL_MS);
  assertEquals(bench.over, false);
  // Once it has taken that, it is read from, and the time counts.
  await bench.takesAll();
  bench.pass(MAX_FRAME_MS - 1);
  assertEquals(bench.over, false);
  bench.pass(1);
  assertEquals(bench.over, true);
});

Deno.test("Without a limit for frames one may take as long as it likes", async () => {
  await using bench = new Bench({ frameMs: 0 });
  await bench.arrives(say("hi").subarray(0, 5));
  bench.pass(100 * MAX_FRAME_MS);
  assertEquals(bench.over, false);
});

Deno.test("Whoever takes nothing of what is written counts as gone after a while, whoever takes some of it does not", async () => {
  await using bench = new Bench();
  await bench.arrives(say("the first"));
  bench.takes = false;
  await bench.arrives(say("the second"));
  await new Promise<void>((resume) => systemTimers.after(20, resume));
  bench.pass(DEAD_MS - CHECK_INTERVAL_MS);
  assertEquals(bench.over, false);
  bench.pass(2 * CHECK_INTERVAL_MS);
  assertEquals([bench.over, bench.hub.counters.drops.get("dead")], [true, 1]);
});

Deno.test("A client that has promised signs of life counts as gone without them; one that has not may be silent for ever", async () => {
  const hello = (ping?: number) =>
    encodeFrame(
      JSON.stringify({ code: 102, client: "test/1", ...(ping === undefined ? {} : { ping_ms: ping }) }),
    );
  const ping = encodeFrame('{"code":110}');
  await using silent = new Bench();
  await silent.arrives(hello());
  silent.pass(100 * DEAD_MS);
  assertEquals(silent.over, false);

  await using promised = new Bench();
  await promised.arrives(hello(60_000));
  for (let i = 0; i < 10; i++) {
    promised.pass(DEAD_MS - 1);
    assertEquals(promised.over, false);
    await promised.arrives(ping);
  }
  promised.pass(DEAD_MS);
  assertEquals(promised.over, true);
  assertStringIncludes(
    await promised.told(),
    '"reason":"your connection seems dead: your client sent nothing for 180 s","retry_after_ms":',
  );

  await using slow = new Bench();
  await slow.arrives(hello(DEAD_MS));
  slow.pass(MAX_MISSED_HEARTBEATS * DEAD_MS - 1);
  assertEquals(slow.over, false);
  slow.pass(CHECK_INTERVAL_MS);
  assertEquals(slow.over, true);

  await using lifted = new Bench({ deadMs: 0 });
  await lifted.arrives(hello(60_000));
  lifted.pass(100 * DEAD_MS);
  assertEquals(lifted.over, false);
});
