/** Clients through WebSockets and through TCP on one hub, with the real connection of the hub between. */
import { encodeFrame, FrameDecoder, parseBody } from "../../../protocol/mod.ts";
import { systemClock, systemTimers } from "../../../runtime/mod.ts";
import { WebConnection } from "../../../load/web_connection.ts";
import { Flusher, segmentReuses } from "../../../server/fanout/mod.ts";
import { Hub } from "../../../server/hub/mod.ts";
import { Connection, type Socket } from "../../../server/net/mod.ts";
import { FramedCopies, upgradeHeaders, WebSocketSocket } from "../../../server/websocket/mod.ts";
import { answerHead } from "../../../server/http/mod.ts";
import { assert, assertEquals, assertRejects } from "../../helpers/assert.ts";

/** A hub that takes clients of TCP and, if they send a handshake, of WebSocket on one port. */
class TwoDoorHub {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #flusher = new Flusher({ timers: systemTimers, elapsed: () => systemClock.elapsed() });
  readonly #hub = new Hub({
    clock: systemClock,
    randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
    roomGrew: (room, bytes) => this.#flusher.roomGrew(room, bytes),
    wakeAfter: () => {},
  });
  readonly #copies = new FramedCopies({ timers: systemTimers, reuses: segmentReuses });
  readonly #ended: Promise<string>[] = [];
  readonly #connections: Connection[] = [];
  /** What was written to the sockets of WebSockets, after their handshakes. */
  readonly webWrites: Uint8Array[] = [];

  /** Connects a client. */
  async connect(web: boolean): Promise<ChatClient> {
    const { port } = this.#listener.addr;
    const [tcp, accepted] = await Promise.all([
      Deno.connect({ hostname: "127.0.0.1", port }),
      this.#listener.accept(),
    ]);
    if (!web) {
      this.#serve(accepted);
      return new ChatClient(tcp);
    }
    const [client] = await Promise.all([
      WebConnection.open(tcp, `127.0.0.1:${port}`),
      this.#upgrade(accepted),
    ]);
    return new ChatClient(client);
  }

  /** Stops; returns why each connection ended. */
  async stop(): Promise<string[]> {
    for (const connection of this.#connections) connection.close("stopped");
    this.#flusher.stop();
    this.#copies.forget();
    this.#listener.close();
    return await Promise.all(this.#ended);
  }

  async #upgrade(tcp: Deno.TcpConn): Promise<void> {
    const buffer = new Uint8Array(4096);
    const text = new TextDecoder().decode(buffer.subarray(0, (await tcp.read(buffer))!));
    const key = /^Sec-WebSocket-Key: (.*)\r$/m.exec(text)![1]!;
    const headers = await upgradeHeaders(new Headers({ "sec-websocket-key": key }));
    await tcp.write(answerHead(101, headers));
    const socket: Socket = {
      read: (buffer) => tcp.read(buffer),
      write: (bytes) => {
        this.webWrites.push(bytes);
        return tcp.write(bytes);
      },
      closeWrite: () => tcp.closeWrite(),
      close: () => tcp.close(),
    };
    this.#serve(new WebSocketSocket(socket, { copies: this.#copies, timers: systemTimers }));
  }

  #serve(socket: Deno.TcpConn | WebSocketSocket): void {
    const connection = new Connection(socket, {
      hub: this.#hub,
      flusher: this.#flusher,
      clock: systemClock,
      timers: systemTimers,
      internalError: (_session, error) => {
        throw error;
      },
    });
    this.#connections.push(connection);
    this.#ended.push(new Promise((resolve) => connection.run((_connection, reason) => resolve(reason))));
  }
}

/** A client that sends and collects messages. */
class ChatClient {
  readonly #connection: Pick<Deno.Conn, "read" | "write" | "close">;
  readonly #decoder = new FrameDecoder();
  readonly #buffer = new Uint8Array(5000);

  constructor(connection: Pick<Deno.Conn, "read" | "write" | "close">) {
    this.#connection = connection;
  }

  async send(...bodies: object[]): Promise<void> {
    for (const body of bodies) {
      let bytes = encodeFrame(JSON.stringify(body)).slice();
      while (bytes.length > 0) bytes = bytes.subarray(await this.#connection.write(bytes));
    }
  }

  /** Reads the texts of chat messages until there are as many. */
  async texts(count: number): Promise<string[]> {
    const texts: string[] = [];
    while (texts.length < count) {
      const body = this.#decoder.next();
      if (body === undefined) {
        const bytes = await this.#connection.read(this.#buffer);
        assert(bytes !== null, "the hub has closed");
        this.#decoder.push(this.#buffer.slice(0, bytes));
        continue;
      }
      const message = parseBody(body) as unknown as { code: number; message?: { message?: string } };
      const text = message.message?.message;
      if (message.code === 200 && text?.startsWith("text ")) texts.push(text);
    }
    return texts;
  }

  close(): void {
    this.#connection.close();
  }
}

Deno.test("Clients through WebSockets and TCP receive all messages of each other, in the same order", async () => {
  const hub = new TwoDoorHub();
  const clients = [await hub.connect(false), await hub.connect(true), await hub.connect(true)];
  const each = 200;
  // Long texts, so that the log uses its memory again.
  const text = (client: number, i: number) => `text ${client} ${i} ${"x".repeat(1000 + 10 * client)}`;
  const received = clients.map((client) => client.texts(3 * each));
  for (let i = 0; i < each; i++) {
    await Promise.all(clients.map((client, n) => client.send({ code: 100, message: text(n, i) })));
  }
  const [first, ...others] = await Promise.all(received);
  for (const other of others) assertEquals(other, first!);
  for (let n = 0; n < 3; n++) {
    const own = first!.filter((line) => line.startsWith(`text ${n} `));
    assertEquals(own, Array.from({ length: each }, (_, i) => text(n, i)));
  }
  for (const client of clients) client.close();
  await hub.stop();
});

Deno.test("A message to many WebSockets is one write to each, header included, of the same bytes", async () => {
  const hub = new TwoDoorHub();
  const author = await hub.connect(false);
  const readers = await Promise.all(Array.from({ length: 20 }, () => hub.connect(true)));
  // After the first message has arrived, nothing else waits to be written.
  for (let sent = 1; sent <= 2; sent++) {
    hub.webWrites.length = 0;
    await author.send({ code: 100, message: `text ${"x".repeat(300)}` });
    await Promise.all([author, ...readers].map((client) => client.texts(1)));
  }
  assertEquals(hub.webWrites.length, 20);
  assertEquals(new Set(hub.webWrites).size, 1);
  for (const client of [author, ...readers]) client.close();
  await hub.stop();
});

Deno.test("A hub that does not answer as a WebSocket is named", async () => {
  const answers: [answer: string, error: string][] = [
    ["HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n", '"HTTP/1.1 404 Not Found"'],
    ["\0\0\0\u0007{}", "does not answer as a WebSocket"],
  ];
  for (const [answer, error] of answers) {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const tcp = await Deno.connect({ hostname: "127.0.0.1", port: listener.addr.port });
    using accepted = await listener.accept();
    await accepted.write(new TextEncoder().encode(answer));
    await accepted.closeWrite();
    await assertRejects(() => WebConnection.open(tcp, "localhost"), Error, error);
  }
});
