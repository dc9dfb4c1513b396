/**
 * The `OriginalClient` of the tests and `protocol/`, which share no code, understand each other over a real socket.
 * Also the behaviour of that client on which tests rely.
 *
 * @module
 */
import {
  type ClientMessage,
  encodeFrame,
  FrameDecoder,
  parseClientMessage,
  serialize,
  type ServerMessage,
} from "../../protocol/mod.ts";
import { assert, assertEquals, assertRejects, assertStringIncludes } from "../helpers/assert.ts";
import {
  OriginalClient,
  type OriginalClientOptions,
  pythonJson,
} from "../helpers/clients/original_client.ts";
import { bytesOf, frameOf } from "../helpers/wire/wire_cases.ts";

/** The server's end of one connection, with the codec of `protocol/`. */
class ServerEnd implements Disposable {
  readonly #connection: Deno.Conn;
  readonly #decoder = new FrameDecoder();

  constructor(connection: Deno.Conn) {
    this.#connection = connection;
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let start = 0; start < bytes.length;) start += await this.#connection.write(bytes.subarray(start));
  }

  async read(): Promise<ClientMessage | undefined> {
    const chunk = new Uint8Array(4096);
    for (;;) {
      const body = this.#decoder.next();
      if (body !== undefined) return parseClientMessage(body);
      const count = await this.#connection.read(chunk);
      if (count === null) throw new Error("the client has closed");
      this.#decoder.push(chunk.slice(0, count));
    }
  }

  [Symbol.dispose](): void {
    try {
      this.#connection.close();
    } catch (error) {
      if (!(error instanceof Deno.errors.BadResource)) throw error;
    }
  }
}

/** Connects a client and a server's end, and closes both after the test. */
async function connected(
  test: (client: OriginalClient, server: ServerEnd) => Promise<void>,
  options?: OriginalClientOptions,
): Promise<void> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepting = listener.accept();
  await using client = await OriginalClient.connect(listener.addr.port, options);
  using server = new ServerEnd(await accepting);
  await test(client, server);
}

const BASE: ServerMessage[] = [
  { code: 202, new: "ana" },
  { code: 201, new: "ana" },
  { code: 200, message: { timestamp: 1_700_000_000_000, username: "Аня", message: 'é😀\n"\\' } },
  { code: 203, old: "ana", new: "Аня" },
  { code: 204, username: "bob" },
  { code: 205 },
];

Deno.test("The original's client writes JSON as Python does", () => {
  assertEquals(
    pythonJson({ code: 100, message: 'é😀\x7f\n\t\0"\\/' }),
    '{"code": 100, "message": "\\u00e9\\ud83d\\ude00\\u007f\\n\\t\\u0000\\"\\\\/"}',
  );
  assertEquals(
    pythonJson({ é: [1, -1.5, true, null, {}, [], "\u2028"] }),
    '{"\\u00e9": [1, -1.5, true, null, {}, [], "\\u2028"]}',
  );
});

Deno.test("Messages and names that the original's client sends are read correctly", () =>
  connected(async (client, server) => {
    await client.rename("Аня");
    await client.say('é😀\n"\\');
    await client.sendJson({ code: 110, ref: "1" });
    assertEquals(await server.read(), { code: 101, username: "Аня" });
    assertEquals(await server.read(), { code: 100, message: 'é😀\n"\\' });
    assertEquals(await server.read(), { code: 110, ref: "1" });
  }));

Deno.test("The original's client reads the whole base, in one write or byte by byte, and stores every byte", () =>
  connected(async (client, server) => {
    const frames = BASE.map((message) => encodeFrame(serialize(message)));
    await server.write(bytesOf(...frames));
    for (const message of BASE) assertEquals<unknown>(await client.next(), message);
    for (const byte of bytesOf(...frames)) await server.write(Uint8Array.of(byte));
    for (const message of BASE) assertEquals<unknown>(await client.next(), message);
    assertEquals(client.frames, [...frames, ...frames]);
    assertEquals<unknown>(client.received, [...BASE, ...BASE]);
    assertEquals(client.username, "ana");
  }));

Deno.test("The original's client reads the longest frame, and the extension with all its fields", () =>
  connected(async (client, server) => {
    const long = frameOf(`{"code":999,"x":"${"x".repeat(65_517)}"}`);
    assertEquals(long.length, 8 + 65_536);
    const newer = frameOf('{"code":202,"new":"ana","server":{"version":"1.0.0"}}');
    await server.write(bytesOf(long, newer));
    assertEquals((await client.nextOf(202)).server, { version: "1.0.0" });
    assertEquals(client.frames, [long, newer]);
  }));

Deno.test("The original's client skips messages that a test does not wait for", () =>
  connected(async (client, server) => {
    await server.write(bytesOf(...BASE.map((message) => frameOf(serialize(message)))));
    assertEquals((await client.nextOf(201)).new, "ana");
    assertEquals((await client.until((message) => message.old === "ana")).code, 203);
    assertEquals((await client.next()).code, 204);
  }));

Deno.test("The original's client returns the messages before the end, then rejects", () =>
  connected(async (client, server) => {
    await server.write(frameOf('{"code":205}'));
    server[Symbol.dispose]();
    assertEquals(await client.closed, undefined);
    assertEquals<unknown>(await client.next(), { code: 205 });
    await assertRejects(() => client.next(), Error, "has ended");
    await assertRejects(() => client.nextOf(200), Error, '{"code": 205}');
  }));

Deno.test("The original's client rejects pending calls when the server closes", () =>
  connected(async (client, server) => {
    const waiting = [client.next(), client.nextOf(200)];
    server[Symbol.dispose]();
    for (const each of waiting) await assertRejects(() => each, Error, "has ended");
  }));

for (
  const [what, bytes, message] of [
    ["half a header", bytesOf([0, 0, 0]), "3 bytes of a frame"],
    ["half a frame", frameOf('{"code":205}').subarray(0, -1), "19 bytes of a frame"],
    ["a length over the limit", bytesOf([0, 0, 0, 1, 0, 0, 0, 2], "{}"), "4294967298"],
    ["a length of 1", frameOf("1"), "1 bytes"],
    ["broken JSON", frameOf("{]"), "JSON"],
    ["no code", frameOf('{"new":"ana"}'), "without a code"],
    ["null", frameOf("null"), "without a code"],
  ] as const
) {
  Deno.test(`The original's client reports a server that ends with ${what}`, () =>
    connected(async (client, server) => {
      await server.write(bytes);
      server[Symbol.dispose]();
      assertStringIncludes(String((await client.closed)?.message), message);
      const error = await assertRejects(() => client.next());
      assert(error.cause instanceof Error);
    }));
}

Deno.test("The original's client rejects at the deadline and works after it", () =>
  connected(async (client, server) => {
    await assertRejects(() => client.next(), Error, "No message came in 500 ms");
    await server.write(frameOf('{"code":205}'));
    assertEquals<unknown>(await client.nextOf(205), { code: 205 });
  }, { deadlineMs: 500 }));

Deno.test("The original's client does not read while it is paused", () =>
  connected(async (client, server) => {
    client.pause();
    client.pause();
    const frame = frameOf(`{"code":999,"x":"${"x".repeat(3000)}"}`);
    await server.write(frame);
    for (let i = 0; i < 50; i++) {
      await client.rename("ana");
      await server.read();
    }
    assertEquals(client.received, []);
    client.resume();
    assertEquals((await client.next()).code, 999);
  }));

Deno.test("The original's client may be closed twice, while it waits, and while it is paused", () =>
  connected(async (client) => {
    client.pause();
    const waiting = client.next();
    await Promise.all([client.close(), assertRejects(() => waiting, Error, "was closed here")]);
    await client.close();
    assertEquals(await client.closed, undefined);
    await assertRejects(() => client.say("too late"));
  }));
