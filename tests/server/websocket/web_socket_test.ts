/**
 * WebSockets over real connections: with the client of the package `ws`, and with frames that are made by hand.
 *
 * The file is long because all cases need the same two ends of a connection.
 *
 * @module
 */
import { systemTimers } from "../../../runtime/mod.ts";
import { LINGER_MS } from "../../../server/limits.ts";
import {
  checkUpgrade,
  FramedCopies,
  upgradeHeaders,
  WebSocketError,
  WebSocketSocket,
} from "../../../server/websocket/mod.ts";
import { answerHead } from "../../../server/http/mod.ts";
import { assert, assertEquals, assertRejects } from "../../helpers/assert.ts";
import { connectWs, type WsClient } from "../../helpers/clients/ws_client.ts";
import { joined, type ServerFrame, ServerFrames, webFrame } from "../../helpers/wire/web_frames.ts";

const BINARY = 2, CLOSE = 8, PING = 9, PONG = 10;

/** Makes a WebSocket of an accepted connection. */
function webSocketOf(tcp: Pick<Deno.TcpConn, "read" | "write" | "closeWrite" | "close">, early?: Uint8Array) {
  const copies = new FramedCopies({ timers: systemTimers, reuses: () => 0 });
  return new WebSocketSocket(tcp, { copies, timers: systemTimers }, early);
}

/** A client without WebSocket code of its own, and the WebSocket of the hub. */
async function connectRaw(early?: Uint8Array) {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const [client, tcp] = await Promise.all([
    Deno.connect({ hostname: "127.0.0.1", port: listener.addr.port }),
    listener.accept(),
  ]);
  const meter = { read: 0 };
  const metered = {
    read: async (buffer: Uint8Array) => {
      const count = await tcp.read(buffer);
      meter.read += count ?? 0;
      return count;
    },
    write: (bytes: Uint8Array) => tcp.write(bytes),
    closeWrite: () => tcp.closeWrite(),
    close: () => tcp.close(),
  };
  return { client, server: webSocketOf(metered, early), meter };
}

async function writeAll(writer: Pick<Deno.Conn, "write">, bytes: Uint8Array): Promise<void> {
  while (bytes.length > 0) bytes = bytes.subarray(await writer.write(bytes));
}

/** Reads that many bytes. */
async function readBytes(reader: Pick<Deno.Conn, "read">, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length;) at += (await reader.read(bytes.subarray(at)))!;
  return bytes;
}

/** Reads the frames of the hub until there are as many, or, without a count, until the connection ends. */
async function readFrames(client: Deno.TcpConn, count = Infinity): Promise<ServerFrame[]> {
  const frames = new ServerFrames();
  const read: ServerFrame[] = [];
  const buffer = new Uint8Array(65_536);
  while (read.length < count) {
    const bytes = await client.read(buffer);
    if (bytes === null) break;
    read.push(...frames.push(buffer.subarray(0, bytes)));
  }
  assertEquals(frames.rest, 0);
  return read;
}

const codeOf = ({ payload }: ServerFrame) =>
  payload.length === 0 ? undefined : payload[0]! << 8 | payload[1]!;
const reasonOf = ({ payload }: ServerFrame) => new TextDecoder().decode(payload.subarray(2));
const some = (length: number, seed = 7) => Uint8Array.from({ length }, (_, i) => i * seed + (i >> 8));

/** Accepts one client of the package `ws`. */
async function connectWsClient(): Promise<{ client: WsClient; server: WebSocketSocket }> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const client = connectWs(`ws://127.0.0.1:${listener.addr.port}/ws`);
  const opened = new Promise<void>((resolve, reject) => client.on("open", resolve).on("error", reject));
  const tcp = await listener.accept();
  const buffer = new Uint8Array(4096);
  let text = "";
  while (!text.endsWith("\r\n\r\n")) {
    text += new TextDecoder().decode(buffer.subarray(0, (await tcp.read(buffer))!));
  }
  const lines = text.trimEnd().split("\r\n").slice(1).map((line) => line.split(": ") as [string, string]);
  const headers = new Headers(lines);
  assertEquals(checkUpgrade("GET", headers), undefined);
  await writeAll(tcp, answerHead(101, await upgradeHeaders(headers)));
  await opened;
  return { client, server: webSocketOf(tcp) };
}

const closed = (client: WsClient) =>
  new Promise<[code: number, reason: string]>((resolve) =>
    client.on("close", (code, reason) => resolve([code, new TextDecoder().decode(reason)]))
  );

/** Reads until the client closes. */
async function readToEnd(server: WebSocketSocket): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  const buffer = new Uint8Array(1000);
  for (let count = await server.read(buffer); count !== null; count = await server.read(buffer)) {
    pieces.push(buffer.slice(0, count));
  }
  return joined(...pieces);
}

for (const length of [1, 125, 126, 65_535, 65_536, 1_000_000]) {
  Deno.test(`A message of ${length} bytes goes to the client of ws and back`, async () => {
    const { client, server } = await connectWsClient();
    const bytes = some(length);
    const received = new Promise<Uint8Array>((resolve) => {
      const pieces: Uint8Array[] = [];
      client.on("message", (data) => {
        pieces.push(new Uint8Array(data));
        if (pieces.reduce((sum, piece) => sum + piece.length, 0) === length) resolve(joined(...pieces));
      });
    });
    client.send(bytes);
    const atServer = await readBytes(server, length);
    await writeAll(server, atServer);
    assertEquals([atServer, await received], [bytes, bytes]);
    const end = closed(client);
    client.close(1000, "bye");
    assertEquals(await server.read(new Uint8Array(10)), null);
    server.close();
    assertEquals(await end, [1000, ""]);
  });
}

Deno.test("The client of ws may send a message in fragments, and pings between them", async () => {
  const { client, server } = await connectWsClient();
  const pong = new Promise<Uint8Array>((resolve) => client.on("pong", resolve));
  client.send(some(300), { fin: false, binary: true });
  client.ping(Uint8Array.of(5, 6));
  client.send(some(200, 3), { fin: true, binary: true });
  assertEquals(await readBytes(server, 500), joined(some(300), some(200, 3)));
  assertEquals(new Uint8Array(await pong), Uint8Array.of(5, 6));
  const end = closed(client);
  const read = readToEnd(server);
  client.close(3001);
  assertEquals(await read, new Uint8Array(0));
  server.close();
  assertEquals(await end, [3001, ""]);
});

Deno.test("The client of ws sees that the hub has finished, and answers", async () => {
  const { client, server } = await connectWsClient();
  const end = closed(client);
  const read = readToEnd(server);
  await server.closeWrite();
  assertEquals(await read, new Uint8Array(0));
  server.close();
  assertEquals(await end, [1000, ""]);
});

Deno.test("The client of ws is told that the hub goes away", async () => {
  const { client, server } = await connectWsClient();
  const end = closed(client);
  server.close();
  assertEquals(await end, [1001, ""]);
});

Deno.test("The client of ws is told that text is not understood", async () => {
  const { client, server } = await connectWsClient();
  const end = closed(client);
  client.send("hi");
  await assertRejects(() => server.read(new Uint8Array(100)), WebSocketError, "this one is text");
  server.close();
  assertEquals(await end, [1003, "only binary messages are understood, and this one is text"]);
});

const ERRORS: [name: string, bytes: Uint8Array, code: number, reason: string][] = [
  ["an unmasked frame", webFrame(BINARY, [1], { mask: undefined }), 1002, "must be masked"],
  ["a frame of 2 GiB", webFrame(BINARY, [1], { length: 2n ** 31n }), 1009, "at most 1048576 bytes"],
  ["a fragmented ping", webFrame(PING, [1], { fin: false }), 1002, "fragmented"],
  ["an unknown opcode", webFrame(3, [1]), 1002, "unknown opcode 3"],
  ["the code 1005", webFrame(CLOSE, [3, 237]), 1002, "invalid code"],
];
for (const [name, bytes, code, reason] of ERRORS) {
  Deno.test(`After ${name} the client is told why, though it has sent more that is not read`, async () => {
    const { client, server } = await connectRaw();
    await writeAll(client, joined(webFrame(BINARY, [7]), bytes, new Uint8Array(100_000)));
    const buffer = new Uint8Array(64);
    assertEquals([await server.read(buffer), buffer[0]], [1, 7]);
    const failed = assertRejects(() => server.read(buffer), WebSocketError, reason);
    const [frame, ...others] = await readFrames(client);
    assertEquals([frame!.opcode, codeOf(frame!), others.length], [CLOSE, code, 0]);
    assert(reasonOf(frame!).includes(reason), reasonOf(frame!));
    client.close();
    await failed;
    server.close();
  });
}

Deno.test("A client that goes on after its error is cut off", async () => {
  const { client, server } = await connectRaw();
  const flood = async () => {
    await writeAll(client, webFrame(BINARY, [1], { mask: undefined }));
    for (;;) await client.write(new Uint8Array(65_536));
  };
  const flooded = flood().then(() => "written", () => "cut off");
  const began = performance.now();
  await assertRejects(() => server.read(new Uint8Array(256)), WebSocketError);
  assert(performance.now() - began >= LINGER_MS / 2, "the rest was not discarded");
  server.close();
  assertEquals(await flooded, "cut off");
  client.close();
});

Deno.test("A close frame is answered with its code, and nothing is written after that", async () => {
  const { client, server } = await connectRaw();
  await writeAll(client, joined(webFrame(BINARY, [1]), webFrame(CLOSE, [0x0f, 0xa1]), webFrame(BINARY, [2])));
  assertEquals(await readToEnd(server), Uint8Array.of(1));
  assertEquals(await server.write(some(10)), 10);
  server.close();
  const frames = await readFrames(client);
  assertEquals(frames.map((frame) => [frame.opcode, codeOf(frame)]), [[CLOSE, 4001]]);
  client.close();
});

Deno.test("A connection that ends between frames has left, and one that ends within a frame has failed", async () => {
  for (const [bytes, failed] of [[webFrame(BINARY, [1]), false], [webFrame(BINARY, [1, 2]), true]] as const) {
    const { client, server } = await connectRaw();
    await writeAll(client, bytes.subarray(0, webFrame(BINARY, [1]).length));
    await client.closeWrite();
    assertEquals(await server.read(new Uint8Array(10)), 1);
    const next = server.read(new Uint8Array(10));
    if (failed) await assertRejects(() => next, WebSocketError, "within a frame");
    else assertEquals(await next, null);
    server.close();
    client.close();
  }
});

Deno.test("Bytes that came with the handshake are read first, however small the buffer", async () => {
  const { client, server } = await connectRaw(joined(webFrame(BINARY, some(50)), webFrame(PING, [3])));
  await writeAll(client, webFrame(BINARY, some(50, 3)));
  const bytes: number[] = [];
  const buffer = new Uint8Array(7);
  while (bytes.length < 100) bytes.push(...buffer.slice(0, (await server.read(buffer))!));
  assertEquals(Uint8Array.from(bytes), joined(some(50), some(50, 3)));
  const [pong] = await readFrames(client, 1);
  assertEquals([pong!.opcode, [...pong!.payload]], [PONG, [3]]);
  server.close();
  client.close();
});

Deno.test("A pong waits until the frame that is partly written is complete", async () => {
  const { client, server } = await connectRaw();
  const bytes = joined(...Array(16).fill(some(1_000_000)));
  // More than the operating system takes at once.
  const count = await server.write(bytes);
  assert(count < bytes.length, "all was written at once, so the test shows nothing");
  await writeAll(client, joined(webFrame(PING, [1]), webFrame(PING, [2]), webFrame(BINARY, [9])));
  const buffer = new Uint8Array(100);
  assertEquals([await server.read(buffer), buffer[0]], [1, 9]);
  const frames = readFrames(client, 3);
  await writeAll(server, bytes.subarray(count));
  await writeAll(server, Uint8Array.of(8));
  const [first, pong, last] = await frames;
  assertEquals([first!.opcode, first!.payload.length], [BINARY, bytes.length]);
  assert(first!.payload.every((byte, i) => byte === bytes[i]), "the message was changed");
  assertEquals([pong!.opcode, [...pong!.payload]], [PONG, [2]]);
  assertEquals([last!.opcode, [...last!.payload]], [BINARY, [8]]);
  server.close();
  client.close();
});

Deno.test("A write goes on with the rest of its bytes, whatever part the operating system takes", async () => {
  const sizes = [1, 1, 1, 1, 5, 2, 1000, 3];
  const written: number[] = [];
  let turn = 0;
  const server = webSocketOf({
    read: () => new Promise(() => {}),
    write: (bytes) => {
      const part = bytes.subarray(0, sizes[turn++ % sizes.length]);
      written.push(...part);
      return Promise.resolve(part.length);
    },
    closeWrite: () => Promise.resolve(),
    close: () => {},
  });
  const messages = [some(200), some(3), some(70_000, 3)];
  for (const message of messages) await writeAll(server, message);
  const frames = new ServerFrames().push(Uint8Array.from(written));
  assertEquals(frames, messages.map((payload) => ({ opcode: BINARY, payload })));
});

Deno.test("Other bytes than the rest of a message are refused", async () => {
  const server = webSocketOf({
    read: () => new Promise(() => {}),
    write: () => Promise.resolve(10),
    closeWrite: () => Promise.resolve(),
    close: () => {},
  });
  assertEquals(await server.write(some(100)), 8);
  await assertRejects(() => server.write(some(100)), Error, "92 bytes of a message are left, not 100");
});

Deno.test("A flood of 300 MB stalls at the wire when nobody reads", async () => {
  const { client, server, meter } = await connectRaw();
  const message = webFrame(BINARY, some(1_000_000));
  let sent = 0;
  const flood = async () => {
    while (sent < 300_000_000) {
      for (let at = 0; at < message.length;) {
        const count = await client.write(message.subarray(at));
        at += count;
        sent += count;
      }
    }
  };
  const flooded = flood().catch(() => {});
  const buffer = new Uint8Array(1000);
  await readBytes(server, 100_000);
  // The client writes as long as the operating system takes it: until then, the number grows in each turn.
  for (let before = -1, same = 0; same < 50; before = sent) {
    same = before === sent ? same + 1 : 0;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  assert(sent < 50_000_000, `${sent} bytes were taken`);
  assert(meter.read < 100_000 + 1_000_000, `${meter.read} bytes were read`);
  assert((await server.read(buffer))! > 0);
  server.close();
  await flooded;
  client.close();
});

Deno.test("A flood of pings does not keep others from their turn, and no more than one pong waits", async () => {
  const { client, server } = await connectRaw();
  const pings = joined(...Array.from({ length: 2000 }, (_, i) => webFrame(PING, [i & 255])));
  let stop = false;
  const flood = async () => {
    while (!stop) await client.write(pings);
  };
  const flooded = flood().catch(() => {});
  const read = server.read(new Uint8Array(4096)).catch(() => {});
  // The client reads no pong, so the hub soon waits with one, and then the client with its pings.
  let turns = 0;
  for (; turns < 100; turns++) await new Promise((resolve) => setTimeout(resolve, 1));
  assertEquals(turns, 100);
  stop = true;
  server.close();
  await Promise.all([flooded, read]);
  client.close();
});
