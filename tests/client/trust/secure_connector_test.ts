/** The probe of a connector: a plain hub receives no TLS, and a slow one is waited for. */
import { NO_CONFIG_FOLDER } from "../../../client/config/mod.ts";
import { SecureConnector } from "../../../client/trust/secure_connector.ts";
import { QUIET_MS } from "../../../client/trust/tls_probe.ts";
import { KnownHubs } from "../../../client/trust/known_hubs.ts";
import { connectTcp } from "../../../client/net/mod.ts";
import { encryptTcp } from "../../../client/net/tls.ts";
import { assertEquals } from "../../helpers/assert.ts";
import { ManualClock } from "../../helpers/terminal/console.ts";

/** A connector with a manual clock, and a server that it connects to. */
class ConnectorBench implements Disposable {
  readonly clock = new ManualClock();
  readonly server = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly connector = new SecureConnector({
    trust: {},
    known: new KnownHubs(() => Promise.resolve(NO_CONFIG_FOLDER)),
    connect: connectTcp,
    encrypt: encryptTcp,
    clock: this.clock,
    notify: () => {},
  });

  connect(signal?: AbortSignal) {
    return this.connector.connect({ hostname: "127.0.0.1", port: this.server.addr.port }, signal);
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
  assertEquals(connection.security, { encrypted: false });
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
  assertEquals(connection.security, { encrypted: false });
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
