/** What a guard says to whom: a hub that is plain notices nothing, and one that is slow is waited for. */
import { NO_CONFIG_FOLDER } from "../../../client/config/mod.ts";
import { SecureConnector } from "../../../client/trust/secure_connector.ts";
import { QUIET_MS } from "../../../client/trust/tls_probe.ts";
import { KnownHubs } from "../../../client/trust/known_hubs.ts";
import { connectTcp } from "../../../client/net/mod.ts";
import { encryptTcp } from "../../../client/net/tls.ts";
import { assertEquals } from "../../helpers/assert.ts";
import { ManualClock } from "../../helpers/terminal/console.ts";

/** A guard on a clock that a test turns, and a server that it connects to. */
class Scene implements Disposable {
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

Deno.test("A hub that speaks first is plain: not a byte is said to it, no time passes, and nothing of its words is lost", async () => {
  using scene = new Scene();
  const connecting = scene.connect();
  using there = await scene.server.accept();
  await there.write(new TextEncoder().encode("words"));
  const connection = await connecting;
  assertEquals(connection.security, { encrypted: false });
  assertEquals([await text(connection, 3), await text(connection, 3)], ["wor", "ds"]);
  await there.write(new TextEncoder().encode("more"));
  assertEquals(await text(connection), "more");
  await there.closeWrite();
  assertEquals(await text(connection), null);
  await connection.closeWrite();
  // All that it ever said.
  assertEquals(await text(there), null);
  connection.close();
});

Deno.test("A hub that is silent is asked on another connection, and where it speaks on the first one after all, it is plain", async () => {
  using scene = new Scene();
  const connecting = scene.connect();
  using first = await scene.server.accept();
  // The clock begins to run when the guard waits.
  while (scene.clock.waiting === 0) await new Promise((resume) => setTimeout(resume, 1));
  scene.clock.advance(QUIET_MS);
  using second = await scene.server.accept();
  const buffer = new Uint8Array(16);
  await second.read(buffer);
  assertEquals([buffer[0], buffer[1]], [22, 3]);
  await first.write(new TextEncoder().encode("late words"));
  const connection = await connecting;
  assertEquals(connection.security, { encrypted: false });
  assertEquals(await text(connection), "late words");
  connection.close();
  // The other one is gone.
  while (await second.read(buffer).catch(() => null) !== null);
});

Deno.test("Nothing is left open where somebody gives up while a hub is silent", async () => {
  using scene = new Scene();
  const abort = new AbortController();
  const connecting = scene.connect(abort.signal);
  using first = await scene.server.accept();
  while (scene.clock.waiting === 0) await new Promise((resume) => setTimeout(resume, 1));
  abort.abort();
  const error = await connecting.then(() => undefined, (error) => error);
  assertEquals(error?.kind, "left");
  assertEquals(await first.read(new Uint8Array(1)).catch(() => null), null);
});
