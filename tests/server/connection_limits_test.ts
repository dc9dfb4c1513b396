/**
 * What a connection and the door of a hub hold against those who ask too much: on a real hub with real sockets, and with
 * a clock that the test turns where the limit is a long time.
 *
 * @module
 */
import { getLogger } from "@logtape/logtape";
import { encodeFrame } from "../../protocol/mod.ts";
import { Addresses } from "../../server/addresses.ts";
import { type Clock, systemClock, systemTimers } from "../../server/clock.ts";
import { Connection, type Socket } from "../../server/connection.ts";
import { Flusher } from "../../server/flush.ts";
import { Hub } from "../../server/hub.ts";
import { MAX_FRAME_MS } from "../../server/limits.ts";
import type { Door } from "../../server/door.ts";
import { Listener } from "../../server/listener.ts";
import { startHub } from "../../server/serve.ts";
import { assert, assertEquals, assertStringIncludes } from "../helpers/assert.ts";
import { OriginalClient, type Received } from "../helpers/original_client.ts";

const LOG = getLogger("silent");

function newHub(flusher: Flusher, clock: Clock): Hub {
  return new Hub({
    clock,
    randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
    spoken: (room, bytes) => flusher.spoken(room, bytes),
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

Deno.test("Signs of life do not count for the rate, refused requests do", async () => {
  const rate = { burst: 3, perSecond: 0.001 };
  const hub = startHub({ host: "127.0.0.1", port: 0, maxConnections: 0, rate }, LOG);
  await using ana = await OriginalClient.connect(hub.address.port);
  await ana.sendJson({ code: 102, client: "test/1" });
  for (let i = 0; i < 50; i++) await ana.sendJson({ code: 110, ref: `ping ${i}` });
  await ana.until(({ ref }) => ref === "ping 49");
  await ana.sendJson({ code: 100, message: "" });
  await ana.nextOf(206);
  await ana.sendJson({ code: 100, message: "", ref: "the last of three" });
  await ana.nextOf(206);
  await ana.sendJson({ code: 110, ref: "too late" });
  // It waits for a quarter of an hour now; that the hub goes down ends that as well.
  await hub.stop();
  const last = await ana.until(({ code, ref }) => code === 205 || ref === "too late");
  assertEquals(last.code, 205);
});

/** A door whose clients seem to come from somewhere else. */
function seenFrom(socket: Deno.TcpListener, address: () => string): Door {
  const accept = async () => {
    const conn = await socket.accept();
    const remoteAddr = { ...conn.remoteAddr, hostname: address() };
    return {
      remoteAddr,
      setNoDelay: () => conn.setNoDelay(),
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
  const flusher = new Flusher(systemTimers);
  const ports = { hub: newHub(flusher, systemClock), flusher, clock: systemClock, timers: systemTimers };
  const addresses = new Addresses({ atOnce: 2, perMinute: 0, trusted: [] });
  const listener = new Listener([seenFrom(socket, () => address)], 0, {
    ...ports,
    log: LOG,
    addresses,
    fault: () => {},
  });
  const running = listener.run();
  const connect = () => OriginalClient.connect(socket.addr.port);
  {
    await using one = await connect();
    await using two = await connect();
    await using three = await connect();
    for (const client of [one, two]) await client.nextOf(202);
    assertStringIncludes(String(textOf(await three.nextOf(200))), "your address has 2 connections");
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
  listener.cut("the test is over");
  await running;
  await listener.drain();
  flusher.stop();
});

Deno.test("A frame that is not whole in time ends the session, however its bytes trickle; one that is does not", async () => {
  let now = 0;
  const clock = { wall: () => now, elapsed: () => now };
  let give: (bytes: Uint8Array | null) => void = () => {};
  let asked = Promise.withResolvers<void>();
  const written: string[] = [];
  const told = Promise.withResolvers<void>();
  const socket: Socket = {
    read(buffer) {
      const { promise, resolve } = Promise.withResolvers<number | null>();
      give = (bytes) => {
        if (bytes !== null) buffer.set(bytes);
        resolve(bytes?.length ?? null);
      };
      asked.resolve();
      return promise;
    },
    write: (bytes) => (written.push(new TextDecoder().decode(bytes)), Promise.resolve(bytes.length)),
    closeWrite: () => Promise.resolve(told.resolve()),
    close: () => give(null),
  };
  /** Lets some bytes arrive, and waits until they are dealt with. */
  const arrives = async (bytes: Uint8Array) => {
    asked = Promise.withResolvers();
    give(bytes);
    await asked.promise;
  };
  const flusher = new Flusher(systemTimers);
  const connection = new Connection(socket, {
    hub: newHub(flusher, clock),
    flusher,
    clock,
    timers: systemTimers,
    fault: () => {},
  });
  const ended = new Promise<void>((resolve) => connection.run(() => resolve()));
  await asked.promise;
  const frame = encodeFrame('{"code":100,"message":"hi"}');

  // A whole frame and the beginning of the next; the time is that of the next.
  await arrives(frame.subarray(0, 5));
  now = MAX_FRAME_MS - 1;
  connection.checkFrame(now);
  await arrives(frame.subarray(5));
  connection.checkFrame(now += MAX_FRAME_MS);
  assertEquals(connection.session.over, false);
  // The end of one and the beginning of the next: its time begins now.
  await arrives(frame.subarray(0, 9));
  now += MAX_FRAME_MS - 1;
  await arrives(Uint8Array.of(...frame.subarray(9), ...frame.subarray(0, 5)));
  connection.checkFrame(now += MAX_FRAME_MS - 1);
  assertEquals(connection.session.over, false);
  await arrives(frame.subarray(5));
  await arrives(frame.subarray(0, 5));
  for (let i = 5; i < 10; i++) {
    connection.checkFrame(now += MAX_FRAME_MS / 5 - 1);
    await arrives(frame.subarray(i, i + 1));
  }
  assertEquals(connection.session.over, false);
  connection.checkFrame(now += 5);
  assertEquals(connection.session.over, true);
  await told.promise;
  connection.close("the test is over");
  await ended;
  assertStringIncludes(written.join(""), "it must be whole 30 s after its first byte");
  flusher.stop();
});
