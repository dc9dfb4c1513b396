/**
 * One connection, on a real hub with real sockets where possible, else on a fake socket.
 *
 * @module
 */
import { getLogger } from "@logtape/logtape";
import { Code, encodeFrame, FrameDecoder, parseBody } from "../../../protocol/mod.ts";
import { systemClock, systemTimers } from "../../../runtime/mod.ts";
import { Connection, type Socket } from "../../../server/net/connection.ts";
import { Flusher } from "../../../server/fanout/mod.ts";
import { Hub } from "../../../server/hub/mod.ts";
import { MAX_AUTHOR_LAG_BYTES, MAX_TURN_READS, OUTBOX_PAUSE_BYTES } from "../../../server/limits.ts";
import { startHub } from "../../../server/serve/serve.ts";
import { assert, assertEquals } from "../../helpers/assert.ts";
import { OriginalClient } from "../../helpers/clients/original_client.ts";
import { TestUser } from "../../helpers/hubs/test_hub.ts";

const LOG = getLogger("silent");

function joined(frames: Uint8Array[]): Uint8Array {
  return new Uint8Array(frames.flatMap((frame) => [...frame]));
}

/** A hub without users and the dependencies of a connection; write rounds take no time. */
function dependenciesWithHub() {
  const flusher = new Flusher({ timers: systemTimers, elapsed: () => 0 });
  const hub = new Hub({
    clock: systemClock,
    randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
    roomGrew: (room, bytes) => flusher.roomGrew(room, bytes),
    wakeAfter: () => {},
  });
  return {
    flusher,
    hub,
    dependencies: { hub, flusher, clock: systemClock, timers: systemTimers, internalError: () => {} },
  };
}

/** Sends bytes, closes the sending side at once, and reads the codes of all messages. */
async function sendAndClose(port: number, bytes: Uint8Array): Promise<number[]> {
  using socket = await Deno.connect({ hostname: "127.0.0.1", port });
  await socket.write(bytes);
  await socket.closeWrite();
  const decoder = new FrameDecoder();
  const codes: number[] = [];
  const buffer = new Uint8Array(4096);
  for (let count = await socket.read(buffer); count !== null; count = await socket.read(buffer)) {
    decoder.push(buffer.subarray(0, count));
    for (let body = decoder.next(); body; body = decoder.next()) codes.push(parseBody(body).code);
  }
  return codes;
}

Deno.test("A client that closes its sending side right after an invalid frame still receives the error", async () => {
  const hub = startHub({ host: "127.0.0.1", port: 0, maxConnections: 0 }, LOG);
  for (let i = 0; i < 20; i++) {
    const codes = await sendAndClose(hub.address.port, new TextEncoder().encode("SSH-2.0-OpenSSH_9.2\r\n"));
    assertEquals(codes, [202, 200]);
  }
  await hub.stop();
});

Deno.test("A client that closes its sending side right after a message still receives the message", async () => {
  const hub = startHub({ host: "127.0.0.1", port: 0, maxConnections: 0 }, LOG);
  for (let i = 0; i < 20; i++) {
    const codes = await sendAndClose(hub.address.port, encodeFrame('{"code":100,"message":"hi"}'));
    assertEquals(codes, [202, 201, 200, ...codes.slice(3)]);
  }
  await hub.stop();
});

for (const pairs of [1, 3000]) {
  Deno.test(`A client that joins and leaves a room ${pairs} times without ref receives all of it`, async () => {
    const hub = startHub({ host: "127.0.0.1", port: 0, maxConnections: 0 }, LOG);
    await using ana = await OriginalClient.connect(hub.address.port);
    await ana.sendJson({ code: 102, client: "test/1", username: "ana" });
    await ana.nextOf(201);
    // With an even number of requests before the pairs, the hub pauses after a 108, when the client is in no room.
    await ana.sendJson({ code: 110 });
    await ana.nextOf(215);
    const pair = [{ code: 107, room: "dev" }, { code: 108, room: "dev" }];
    await ana.sendFrames(Array(pairs).fill(pair).flat());
    for (let i = 0; i < pairs; i++) await ana.nextOf(211);
    await hub.stop();
  });
}

Deno.test("A failed connection carries out no more requests than its outbox has room for replies", async () => {
  const requests = joined([
    encodeFrame('{"code":102,"client":"test/1"}'),
    ...Array.from({ length: 16_000 }, () => encodeFrame('{"code":106}')),
  ]);
  let at = 0;
  let closed = false;
  const socket: Socket = {
    read(buffer) {
      if (closed) return Promise.reject(new Deno.errors.BadResource("closed"));
      const some = requests.subarray(at, at += buffer.length);
      buffer.set(some);
      return Promise.resolve(some.length);
    },
    // The read buffer has its full size by then, and one read holds thousands of requests.
    write: (bytes) =>
      at < requests.length / 2
        ? Promise.resolve(bytes.length)
        : Promise.reject(new Deno.errors.BrokenPipe("the client has gone")),
    closeWrite: () => Promise.resolve(),
    close: () => void (closed = true),
  };
  const flusher = new Flusher({ timers: systemTimers, elapsed: () => systemClock.elapsed() });
  const clock = systemClock;
  const hub = new Hub({
    clock,
    randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
    roomGrew: (room, bytes) => flusher.roomGrew(room, bytes),
    wakeAfter: () => {},
  });
  const connection = new Connection(socket, {
    hub,
    flusher,
    clock,
    timers: systemTimers,
    internalError: () => {},
  });
  const reason = await new Promise((resolve) => connection.run((_connection, reason) => resolve(reason)));
  assertEquals(reason, "reset");
  assertEquals([closed, hub.sessionCount], [true, 0]);
  assert(connection.session.outbox.byteLength < 2 * OUTBOX_PAUSE_BYTES);
  flusher.stop();
});

Deno.test("A connection that closes while it is throttled carries out no more requests", async () => {
  let closed = false;
  const requests = joined(Array.from({ length: 7 }, () => encodeFrame('{"code":100,"message":"a"}')));
  const socket: Socket = {
    read(buffer) {
      if (closed) return Promise.reject(new Deno.errors.BadResource("closed"));
      buffer.set(requests);
      return Promise.resolve(requests.length);
    },
    write: (bytes) => Promise.resolve(bytes.length),
    closeWrite: () => Promise.resolve(),
    close: () => void (closed = true),
  };
  const flusher = new Flusher({ timers: systemTimers, elapsed: () => 0 });
  const hub = new Hub({
    clock: systemClock,
    randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
    roomGrew: (room, bytes) => flusher.roomGrew(room, bytes),
    wakeAfter: () => {},
    refused: () => connection.close("gone"),
  });
  const connection = new Connection(socket, {
    hub,
    flusher,
    clock: systemClock,
    timers: systemTimers,
    rate: { burst: 3, perSecond: 1 },
    internalError: () => {},
  });
  const reason = await new Promise((resolve) => connection.run((_connection, reason) => resolve(reason)));
  assertEquals([reason, hub.counters.received[Code.Say], hub.sessionCount], ["gone", 3, 0]);
  flusher.stop();
});

Deno.test("A client that sends faster than it is served does not block the others", async () => {
  const frame = encodeFrame('{"code":999}');
  let reads = 0;
  let turns = 0;
  const socket: Socket = {
    read(buffer) {
      if (++reads > 200) return Promise.resolve(null);
      buffer.set(frame);
      return Promise.resolve(frame.length);
    },
    write: (bytes) => Promise.resolve(bytes.length),
    closeWrite: () => Promise.resolve(),
    close: () => {},
  };
  const timers = { ...systemTimers, soon: (run: () => void) => systemTimers.soon(() => (turns++, run())) };
  const flusher = new Flusher({ timers, elapsed: () => 0 });
  const hub = new Hub({
    clock: systemClock,
    randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
    roomGrew: (room, bytes) => flusher.roomGrew(room, bytes),
    wakeAfter: () => {},
  });
  const dependencies = { hub, flusher, clock: systemClock, timers, internalError: () => {} };
  await new Promise<void>((resolve) => new Connection(socket, dependencies).run(() => resolve()));
  assert(turns >= 10, `it was served 200 times in ${turns} turns`);
  flusher.stop();
});

Deno.test("An author that does not read is not read from once it is far behind, until it reads", async () => {
  // 64 bytes, so that complete frames fill every buffer.
  const frame = encodeFrame(`{"code":100,"message":"${"flood ".repeat(5)}"}`.padEnd(56));
  const lines = 4 * 1024 * 1024 / frame.length;
  let said = 0;
  let received = 0;
  let take: (() => void) | undefined;
  const decoder = new FrameDecoder();
  const socket: Socket = {
    read(buffer) {
      const count = Math.min(buffer.length / frame.length, lines - said);
      if (count === 0) return new Promise(() => {});
      for (let i = 0; i < count; i++) buffer.set(frame, i * frame.length);
      said += count;
      return Promise.resolve(count * frame.length);
    },
    write: (bytes) =>
      new Promise((resolve) => {
        take = () => {
          decoder.push(bytes);
          for (let body = decoder.next(); body; body = decoder.next()) {
            received += parseBody(body).code === Code.Said ? 1 : 0;
          }
          resolve(bytes.length);
        };
      }),
    closeWrite: () => Promise.resolve(),
    close: () => {},
  };
  const { flusher, dependencies } = dependenciesWithHub();
  const connection = new Connection(socket, dependencies);
  connection.run(() => {});
  /** Lets turns pass until no message has arrived for as many turns as one connection may have reads in a row. */
  const quiet = async () => {
    for (let turns = 0, before = said; turns < MAX_TURN_READS; turns++) {
      await new Promise<void>((resume) => systemTimers.soon(resume));
      if (said !== before) turns = 0;
      before = said;
    }
  };
  await quiet();
  const stopped = said;
  assert(connection.lagBytes > MAX_AUTHOR_LAG_BYTES, `it is only ${connection.lagBytes} bytes behind`);
  // The lag is checked after every 16 messages.
  assert(
    connection.lagBytes < MAX_AUTHOR_LAG_BYTES + 16 * 1024,
    `it is ${connection.lagBytes} bytes behind`,
  );
  assert(stopped < lines / 4, `${stopped} of ${lines} lines were read`);
  while (take !== undefined) {
    const taken = take;
    take = undefined;
    taken();
    await quiet();
  }
  assertEquals(said, lines);
  assertEquals(received, lines);
  flusher.stop();
});

Deno.test("An author far behind is read from once it has caught up, whatever others send", async () => {
  let reads = 0;
  let arrives: (bytes: Uint8Array) => void = () => {};
  let take: () => void = () => {};
  const socket: Socket = {
    read: (buffer) => {
      reads++;
      return new Promise((resolve) => {
        arrives = (bytes) => (buffer.set(bytes), resolve(bytes.length));
      });
    },
    write: (bytes) => new Promise((resolve) => take = () => resolve(bytes.length)),
    closeWrite: () => Promise.resolve(),
    close: () => {},
  };
  const { flusher, hub, dependencies } = dependenciesWithHub();
  const connection = new Connection(socket, dependencies);
  connection.run(() => {});
  const ben = new TestUser(hub);
  const long = "x".repeat(4000);
  const othersSay = (bytes: number) => {
    for (let said = 0; said < bytes; said += long.length) ben.sends({ code: Code.Say, message: long });
  };
  const turns = async () => {
    for (let i = 0; i < 10; i++) await new Promise<void>((resume) => systemTimers.soon(resume));
  };
  othersSay(MAX_AUTHOR_LAG_BYTES + 100_000);
  arrives(encodeFrame('{"code":100,"message":"hi"}'));
  await turns();
  assertEquals(reads, 1, "it is too far behind to be read from");
  // It reads more than its excess, and less than what the others send meanwhile.
  for (let taken = 0; taken < 3; taken++) {
    othersSay(400_000);
    take();
    await turns();
  }
  assert(connection.lagBytes > 2 * MAX_AUTHOR_LAG_BYTES, `it is only ${connection.lagBytes} bytes behind`);
  assertEquals(reads, 2);
  flusher.stop();
});
