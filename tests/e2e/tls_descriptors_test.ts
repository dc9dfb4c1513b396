/** Connections with TLS that the hub ends: their file descriptors are free at once, whatever TLS waits for. */
import { assert, assertEquals } from "../helpers/assert.ts";
import { OriginalClient } from "../helpers/clients/original_client.ts";
import { withDeadline } from "../helpers/deadline.ts";
import { needs, NO_LINUX, OLD_RUNTIME } from "../helpers/needs.ts";
import { Home, TlsHub } from "../helpers/hubs/tls_hub.ts";

/** The number of sockets that a process has open. */
async function countSockets(pid: number): Promise<number> {
  const { stdout } = await new Deno.Command("ls", { args: ["-l", `/proc/${pid}/fd`] }).output();
  return new TextDecoder().decode(stdout).match(/socket:/g)?.length ?? 0;
}

/** Counts the sockets of a hub that somebody has talked at: by then its connection to itself is among them. */
async function countAfterTalk(home: Home, hub: TlsHub): Promise<number> {
  assertEquals((await home.says(hub.address, ["--accept-new"])).status, 0);
  return await countSockets(hub.pid);
}

/** Waits until a process has no more than so many sockets open. */
async function waitForSockets(pid: number, count: number): Promise<void> {
  const end = performance.now() + 5000;
  for (;;) {
    const open = await countSockets(pid);
    if (open <= count) return;
    assert(performance.now() < end, `${open} sockets are open 5 s after the end of their connections`);
  }
}

/** Reads until the other side closes or resets the connection. */
async function readToEnd(conn: Deno.Conn): Promise<void> {
  const buffer = new Uint8Array(65_536);
  const read = () => withDeadline(conn.read(buffer).catch(() => null), () => "waiting for the hub to close");
  while (await read() !== null);
}

const connectTcp = ({ tlsPort }: TlsHub) => Deno.connect({ hostname: "127.0.0.1", port: tlsPort });

/** The beginning of a ClientHello: a record of 512 bytes, of which 11 came. */
const HALF_HELLO = Uint8Array.of(22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3);

Deno.test({
  ...needs(
    "A silent client and one with half a handshake are disconnected after the time limit",
    NO_LINUX ?? OLD_RUNTIME,
  ),
  fn: async () => {
    using home = new Home();
    await using hub = await home.hub();
    const before = await countAfterTalk(home, hub);
    const [silent, half] = [await connectTcp(hub), await connectTcp(hub)];
    await half.write(HALF_HELLO);
    await Promise.all([readToEnd(silent), readToEnd(half)]);
    await waitForSockets(hub.pid, before);
    silent.close();
    half.close();
  },
});

Deno.test({
  ...needs(
    "A TLS client that stopped reading is disconnected, and so is one at the end of the hub",
    NO_LINUX ?? OLD_RUNTIME,
  ),
  fn: async () => {
    using home = new Home();
    await using hub = await home.hub([
      "--tls-port",
      "0",
      "--max-lag",
      "20000",
      "--rate-limit",
      "off",
      "--log-level",
      "info",
    ]);
    const connectTls = async () => {
      const conn = await Deno.connectTls({
        hostname: "127.0.0.1",
        port: hub.tlsPort,
        caCerts: [await Deno.readTextFile(`${home.env.XDG_DATA_HOME}/riftchat/default/hub.pem`)],
        unsafelyDisableHostnameVerification: true,
      });
      await conn.handshake();
      return conn;
    };
    await using ana = await OriginalClient.connect(hub.port);
    await ana.nextOf(202);
    const before = await countSockets(hub.pid);
    const stalled = await connectTls();
    const line = "x".repeat(4000);
    const flood = async (ended: () => boolean) => {
      while (!ended()) {
        await ana.say(line);
        await ana.until(({ message }) => (message as { message?: string } | undefined)?.message === line);
      }
    };
    await flood(() => hub.stderr.includes("you read too slowly"));
    await waitForSockets(hub.pid, before);
    stalled.close();
    // Another one has a write pending when the hub stops.
    const other = await connectTls();
    for (let i = 0; i < 1500; i++) await ana.say(line);
    await hub.stop();
    assertEquals(await hub.status, 0);
    other.close();
  },
});

Deno.test({
  ...needs(
    "Silent TLS clients that take all file descriptors do not lower the capacity for good",
    NO_LINUX ?? OLD_RUNTIME,
  ),
  fn: async () => {
    using home = new Home();
    await using hub = await TlsHub.start(["--port", "0", "--no-history", "--tls"], {
      env: home.env,
      openFiles: 96,
    });
    const before = await countAfterTalk(home, hub);
    const silent: Deno.Conn[] = [];
    for (let i = 0; i < 120; i++) silent.push(await connectTcp(hub));
    await hub.waitForLog(/no file descriptors are left/);
    await Promise.all(silent.map(readToEnd));
    await waitForSockets(hub.pid, before);
    await hub.waitForLog(/file descriptors are free again: the hub accepts up to 10000 connections again/);
    // Refused connections, which may take a second to read the reason, leave descriptors for files.
    assert(!hub.stderr.includes("cannot accept connections"), hub.stderr);
    assertEquals((await home.says(hub.address, ["--accept-new"])).status, 0);
    for (const conn of silent) conn.close();
  },
});
