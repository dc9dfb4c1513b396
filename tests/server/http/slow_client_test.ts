/**
 * Clients of HTTP that are slow on purpose: on real sockets, with timers that the test moves.
 *
 * @module
 */
import { HttpConnection } from "../../../server/http/mod.ts";
import type { HttpHandler } from "../../../server/http/mod.ts";
import { HTTP_BODY_MS, HTTP_HEAD_MS, HTTP_IDLE_MS, HTTP_WRITE_MS } from "../../../server/limits.ts";
import { assert, assertEquals, assertMatch } from "../../helpers/assert.ts";
import { withDeadline } from "../../helpers/deadline.ts";

/** Timers that run when the test says so. */
class TestTimers {
  readonly pending = new Map<number, { ms: number; run: () => void }>();
  #next = 0;
  #changed = Promise.withResolvers<void>();

  after(ms: number, run: () => void): () => void {
    const id = this.#next++;
    this.pending.set(id, { ms, run });
    this.#changed.resolve();
    this.#changed = Promise.withResolvers<void>();
    return () => this.pending.delete(id);
  }

  soon(run: () => void): void {
    queueMicrotask(run);
  }

  /** Waits until what the limit is for makes no progress any more, and lets its time pass. */
  async stalled(ms: number): Promise<void> {
    for (let last = -1; last !== this.#next;) {
      last = this.#next;
      await new Promise((resume) => setTimeout(resume, 50));
    }
    await this.pass(ms);
  }

  /** Waits until a limit of this length is in force, and lets its time pass. */
  async pass(ms: number): Promise<void> {
    for (;;) {
      const found = this.pending.entries().find(([, timer]) => timer.ms === ms);
      if (found !== undefined) {
        this.pending.delete(found[0]);
        return found[1].run();
      }
      await withDeadline(this.#changed.promise, () => `waiting for a limit of ${ms} ms`);
    }
  }
}

/** A served connection, and the client of it. */
async function connect(handler: HttpHandler) {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const [client, socket] = await Promise.all([
    Deno.connect({ hostname: "127.0.0.1", port: listener.addr.port }),
    listener.accept(),
  ]);
  listener.close();
  const timers = new TestTimers();
  const errors: unknown[] = [];
  const served = new HttpConnection(socket, {
    handler,
    address: "127.0.0.1",
    secure: false,
    timers,
    wall: () => 0,
    internalError: (error) => errors.push(error),
  }).serve();
  return {
    client,
    timers,
    send: (text: string) => client.write(new TextEncoder().encode(text)),
    /** Waits for the end of the connection, at which nothing may be left. */
    async end() {
      await withDeadline(served, () => "waiting for the end of the connection");
      try {
        client.close();
      } catch (error) {
        // The test has closed it.
        if (!(error instanceof Deno.errors.BadResource)) throw error;
      }
      assertEquals(errors, []);
      assertEquals(timers.pending.size, 0);
    },
  };
}

const readsBody: HttpHandler = async ({ body }) => ({ status: 200, body: await body(100) });
const HEAD = "POST / HTTP/1.1\r\nHost: localhost\r\n";

Deno.test("A head that is not complete in time ends the connection, however many bytes of it come", async () => {
  const { send, timers, end } = await connect(readsBody);
  for (const char of "GET / HTTP/1.1\r\nX-A: b\r\n") await send(char);
  await timers.pass(HTTP_HEAD_MS);
  await end();
});

Deno.test("A body that is not complete in time ends the connection, with a length and in chunks", async () => {
  for (const body of ["Content-Length: 10\r\n\r\nabc", "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n"]) {
    const { send, timers, end } = await connect(readsBody);
    await send(HEAD + body);
    await timers.pass(HTTP_BODY_MS);
    await end();
  }
});

Deno.test("A client that is silent after an answer is disconnected after a while", async () => {
  const { client, send, timers, end } = await connect(() => ({ status: 200, body: "hi" }));
  await send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const buffer = new Uint8Array(1000);
  const count = await client.read(buffer);
  assertMatch(new TextDecoder().decode(buffer.subarray(0, count!)), /^HTTP\/1\.1 200 OK[^]*hi$/);
  await timers.pass(HTTP_IDLE_MS);
  await end();
});

Deno.test("A client that does not read its answer is disconnected, and its stream ended", async () => {
  let isEnded = false;
  async function* endless(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) yield new Uint8Array(65_536);
    } finally {
      isEnded = true;
    }
  }
  const { send, timers, end } = await connect(() => ({ status: 200, body: endless() }));
  await send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  // Each write has its limit. Those that end in time cancel it; the last one waits.
  await timers.stalled(HTTP_WRITE_MS);
  await end();
  assert(isEnded);
});

Deno.test("A client that goes within its body is no internal error", async () => {
  for (const reset of [false, true]) {
    const { client, send, end } = await connect(readsBody);
    await send(HEAD + "Content-Length: 10\r\n\r\nabc");
    if (reset) client.close();
    else await client.closeWrite();
    await end();
  }
});

Deno.test("The signal of a stream is aborted when its client goes, also after it has sent more", async () => {
  const { promise: isAborted, resolve } = Promise.withResolvers<void>();
  const { promise: isRead, resolve: read } = Promise.withResolvers<void>();
  const { client, send, end } = await connect(({ signal }) => ({
    status: 200,
    body: (async function* () {
      signal.onabort = () => resolve();
      yield new TextEncoder().encode("begin");
      await isRead;
      await isAborted;
    })(),
  }));
  await send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  await client.read(new Uint8Array(1000));
  await send("GET / HTTP/1.1\r\n");
  await new Promise((resume) => setTimeout(resume));
  await client.closeWrite();
  read();
  await withDeadline(isAborted, () => "waiting for the signal");
  await end();
});
