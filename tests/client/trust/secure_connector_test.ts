/** Hubs without TLS: they receive none, a slow one is waited for, and the user is told. */
import { NO_CONFIG_FOLDER } from "../../../client/config/mod.ts";
import { SecureConnector } from "../../../client/trust/secure_connector.ts";
import { QUIET_MS } from "../../../client/trust/tls_probe.ts";
import { KnownHubs } from "../../../client/trust/known_hubs.ts";
import type { TrustOptions } from "../../../client/trust/verdict.ts";
import { type Address, LinkError } from "../../../client/net/mod.ts";
import { encryptTcp } from "../../../client/net/tls.ts";
import { assert, assertEquals, assertStringIncludes } from "../../helpers/assert.ts";
import { connectFar } from "../../helpers/hubs/far.ts";
import { ManualClock } from "../../helpers/terminal/console.ts";

/** A connector with a manual clock, and a server that it connects to. */
class ConnectorBench implements Disposable {
  readonly notices: string[] = [];
  readonly clock = new ManualClock();
  readonly server = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly connector: SecureConnector;

  constructor(trust: TrustOptions = {}, hubAddress = "127.0.0.1") {
    this.connector = new SecureConnector({
      trust,
      known: new KnownHubs(() => Promise.resolve(NO_CONFIG_FOLDER)),
      connect: connectFar(() => this.server.addr.port, hubAddress),
      encrypt: encryptTcp,
      clock: this.clock,
      tellPlain: true,
      notify: (notice) => this.notices.push(notice),
    });
  }

  connect(signal?: AbortSignal) {
    return this.connector.connect({ hostname: "127.0.0.1", port: this.server.addr.port }, signal);
  }

  /** Connects to a plain hub; gives the connection, or the error. */
  async connectPlain(address: Address) {
    const connecting = this.connector.connect(address).catch((error: Error) => error);
    using there = await this.server.accept();
    await there.write(new TextEncoder().encode("words"));
    return await connecting;
  }

  [Symbol.dispose](): void {
    this.server.close();
    assertEquals(this.clock.waiting, 0);
  }
}

const text = async (connection: { read(buffer: Uint8Array): Promise<number | null> }, size = 100) => {
  const buffer = new Uint8Array(size);
  const count = await connection.read(buffer);
  return count === null ? null : new TextDecoder().decode(buffer.subarray(0, count));
};

Deno.test("A hub that speaks first is plain: it receives no byte, at once, and none of its bytes is lost", async () => {
  using bench = new ConnectorBench();
  const connecting = bench.connect();
  using there = await bench.server.accept();
  await there.write(new TextEncoder().encode("words"));
  const connection = await connecting;
  assertEquals(connection.security, { encrypted: false, local: true });
  assertEquals([await text(connection, 3), await text(connection, 3)], ["wor", "ds"]);
  await there.write(new TextEncoder().encode("more"));
  assertEquals(await text(connection), "more");
  await there.closeWrite();
  assertEquals(await text(connection), null);
  await connection.closeWrite();
  // It sent nothing before that.
  assertEquals(await text(there), null);
  connection.close();
});

Deno.test("A silent hub is asked on a second connection; if it then speaks on the first, it is plain", async () => {
  using bench = new ConnectorBench();
  const connecting = bench.connect();
  using first = await bench.server.accept();
  // The connector waits as soon as a timer is set.
  while (bench.clock.waiting === 0) await new Promise((resume) => setTimeout(resume, 1));
  bench.clock.advance(QUIET_MS);
  using second = await bench.server.accept();
  const buffer = new Uint8Array(16);
  await second.read(buffer);
  assertEquals([buffer[0], buffer[1]], [22, 3]);
  await first.write(new TextEncoder().encode("late words"));
  const connection = await connecting;
  assertEquals(connection.security, { encrypted: false, local: true });
  assertEquals(await text(connection), "late words");
  connection.close();
  // The second connection is closed.
  while (await second.read(buffer).catch(() => null) !== null);
});

Deno.test("Aborting while a hub is silent leaves nothing open", async () => {
  using bench = new ConnectorBench();
  const abort = new AbortController();
  const connecting = bench.connect(abort.signal);
  using first = await bench.server.accept();
  while (bench.clock.waiting === 0) await new Promise((resume) => setTimeout(resume, 1));
  abort.abort();
  const error = await connecting.then(() => undefined, (error) => error);
  assertEquals(error?.kind, "left");
  assertEquals(await first.read(new Uint8Array(1)).catch(() => null), null);
});

const FAR = "192.0.2.1";

Deno.test("A plain hub on another machine is reported once, before anything is sent to it", async () => {
  using bench = new ConnectorBench({}, FAR);
  for (let count = 0; count < 2; count++) {
    const connection = await bench.connectPlain({ hostname: "chat.example.org", port: 8000 });
    assert(!(connection instanceof Error));
    assertEquals(connection.security, { encrypted: false, local: false });
    connection.close();
  }
  assertEquals(bench.notices, [
    "chat.example.org:8000 does not encrypt: others on the way can read and change all messages; to join it without " +
    "this notice, use rift://chat.example.org:8000; to require encryption, use rifts://chat.example.org:8000",
  ]);
});

Deno.test("A hub is on this machine only if its name and its address say so", async () => {
  const cases: [hostname: string, ip: string, notices: number][] = [
    ["hub.localhost", FAR, 1],
    ["hub.localhost", "127.0.0.1", 0],
    ["hub.localhost.", "::1", 0],
    ["localhost", "::ffff:127.0.0.1", 0],
    ["localhost", FAR, 1],
    ["chat.example.org", "127.0.0.1", 1],
  ];
  for (const [hostname, ip, notices] of cases) {
    using bench = new ConnectorBench({}, ip);
    const connection = await bench.connectPlain({ hostname, port: 8000 });
    assert(!(connection instanceof Error));
    assertEquals([connection.security?.local, bench.notices.length], [notices === 0, notices]);
    connection.close();
  }
});

Deno.test("A plain hub is not reported if the user asked for no encryption", async () => {
  for (const [trust, tls] of [[{}, { tls: false }], [{ insecure: true }, {}]] as const) {
    using bench = new ConnectorBench(trust, FAR);
    const connection = await bench.connectPlain({ hostname: "chat.example.org", port: 8000, ...tls });
    assert(!(connection instanceof Error));
    assertEquals(bench.notices, []);
    connection.close();
  }
});

Deno.test("--accept-new refuses a plain hub, here too, unless the user asked for no encryption", async () => {
  for (const ip of [FAR, "127.0.0.1"]) {
    using bench = new ConnectorBench({ acceptNew: true }, ip);
    const refused = await bench.connectPlain({ hostname: "localhost", port: 8000 });
    assert(refused instanceof LinkError);
    assertEquals(refused.kind, "untrusted");
    assertStringIncludes(refused.message, "to join it without encryption, use rift://localhost:8000");
    const accepted = await bench.connectPlain({ hostname: "chat.example.org", port: 8000, tls: false });
    assert(!(accepted instanceof Error));
    accepted.close();
  }
});
