/** Hubs behind a proxy: `serve --proxy`, with the header of the PROXY protocol before everything else. */
import { needs, OLD_RUNTIME } from "../helpers/needs.ts";
import { assert, assertEquals, assertMatch } from "../helpers/assert.ts";
import { OriginalClient } from "../helpers/clients/original_client.ts";
import { withDeadline } from "../helpers/deadline.ts";
import { Home } from "../helpers/hubs/tls_hub.ts";
import { PageHub } from "../helpers/hubs/page_hub.ts";
import { HubProgram, run } from "../helpers/program.ts";

const ascii = (text: string) => new TextEncoder().encode(text);

/** A header of version 1 for a client of this address. */
const headerOf = (address: string, port = 51201) =>
  ascii(`PROXY TCP${address.includes(":") ? 6 : 4} ${address} ${address} ${port} 8000\r\n`);

/** A header of version 2. */
function binaryHeader(command: number, ...address: number[]): Uint8Array {
  const signature = [0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a];
  const rest = address.length === 0 ? [] : [...address, 10, 0, 0, 5, 200, 1, 31, 64];
  return Uint8Array.of(...signature, command, 0x11, 0, rest.length, ...rest);
}

/** Connects as a proxy does for a client. */
async function connect({ port }: HubProgram, header: Uint8Array): Promise<OriginalClient> {
  const client = await OriginalClient.connect(port);
  await client.sendRaw(header);
  return client;
}

/** Sends a password from an address; returns 210 if it is admitted, otherwise the error. */
async function guess(hub: HubProgram, address: string, password: string): Promise<unknown> {
  await using client = await connect(hub, headerOf(address));
  await client.nextOf(202);
  await client.sendJson({ code: 102, client: "test/1", ref: "hello", password });
  const { code, error, retry_after_ms } = await client.until(({ ref, code }) =>
    ref === "hello" || code === 210
  );
  if (error === "too_fast") assert(Number(retry_after_ms) > 0);
  return error ?? code;
}

Deno.test("Behind a proxy, limits and the log go by the address in the PROXY header", async () => {
  const flags = ["--proxy", "127.0.0.1", "--max-per-address", "1", "--log-level", "info"];
  await using hub = await HubProgram.start(flags);
  await using ana = await connect(hub, headerOf("203.0.113.7"));
  await ana.nextOf(202);
  await hub.waitForLog(/c1 connected from 203\.0\.113\.7:51201/);
  await using bo = await connect(hub, headerOf("203.0.113.8"));
  await bo.nextOf(202);
  // The same address as ana, in the other version and in another notation.
  for (const header of [binaryHeader(0x21, 203, 0, 113, 7), headerOf("::ffff:203.0.113.7")]) {
    await using second = await connect(hub, header);
    assertEquals((await second.next()).error, "too_many_from_address");
    await second.closed;
  }
  await hub.waitForLog(/refused 203\.0\.113\.7:51201: your address has 1 connections already/);
  await using di = await connect(hub, headerOf("2001:db8::1"));
  await di.nextOf(202);
  await using di2 = await connect(hub, headerOf("2001:db8::2"));
  assertEquals((await di2.next()).error, "too_many_from_address");
  // The proxy itself, which is on this machine and so has no limit.
  let proxies = 0;
  for (const header of [ascii("PROXY UNKNOWN\r\n"), binaryHeader(0x20)]) {
    await using own = await connect(hub, header);
    await own.nextOf(202);
    await hub.waitForLog(new RegExp(`(?:connected from 127\\.0\\.0\\.1:\\d+\n[^]*){${++proxies}}`));
  }
  await ana.close();
  let again = await connect(hub, headerOf("203.0.113.7"));
  // Until the hub has noticed that ana has left.
  while ((await again.next()).code !== 202) {
    await again.close();
    again = await connect(hub, headerOf("203.0.113.7"));
  }
  await again.close();
});

Deno.test("A header in many packets works, with the first message right behind it", async () => {
  await using hub = await HubProgram.start(["--proxy", "10.0.0.0/8, 127.0.0.0/8", "--log-level", "info"]);
  await using ana = await OriginalClient.connect(hub.port);
  const hello = ascii('{"code":102,"client":"test/1"}');
  for (const byte of headerOf("203.0.113.7")) await ana.sendRaw(Uint8Array.of(byte));
  await ana.sendRaw(Uint8Array.of(0, 0, 0, 0, 0, 0, 0, hello.length, ...hello));
  await ana.nextOf(210);
  await using bo = await OriginalClient.connect(hub.port);
  await bo.sendRaw(
    Uint8Array.of(...binaryHeader(0x21, 203, 0, 113, 8), 0, 0, 0, 0, 0, 0, 0, hello.length, ...hello),
  );
  await bo.nextOf(210);
  await hub.waitForLog(/c1 connected from 203\.0\.113\.7:51201/);
  await hub.waitForLog(/c2 connected from 203\.0\.113\.8:51201/);
});

Deno.test("A connection from a proxy without a valid header is closed, and one log line says why", async () => {
  await using hub = await HubProgram.start(["--proxy", "127.0.0.1"]);
  // A check whether the port is open is no fault.
  (await Deno.connect({ hostname: "127.0.0.1", port: hub.port })).close();
  for (const bytes of [ascii("\0\0\0\0\0\0\0\x0e"), ascii("PROXY TCP5 "), ascii("GET / HTTP/1.1\r\n\r\n")]) {
    await using client = await connect(hub, bytes);
    await client.closed;
    assertEquals(client.received, []);
  }
  await using ana = await connect(hub, headerOf("203.0.113.7"));
  await ana.nextOf(202);
  await hub.waitForLog(/its PROXY header is not valid: the connection does not begin with one/);
  assertEquals(await hub.stop(), 0);
  assertEquals(hub.stderr.match(/closed a connection from the proxy 127\.0\.0\.1:\d+: .*/g)?.length, 1);
});

Deno.test("A connection from a proxy that sends no header in time is closed, and so is one at the end", async () => {
  await using hub = await HubProgram.start(["--proxy", "127.0.0.1"]);
  await using half = await connect(hub, ascii("PROXY TCP4 203.0.113"));
  await withDeadline(half.closed, () => "waiting for the hub to close");
  await hub.waitForLog(/its PROXY header is not valid: it was not complete within 10 s/);
  await using _silent = await OriginalClient.connect(hub.port);
  assertEquals(await hub.stop(), 0);
});

Deno.test("A PROXY header from elsewhere is a bad frame, whatever it says", async () => {
  await using hub = await HubProgram.start(["--proxy", "10.0.0.0/8,::1", "--log-level", "info"]);
  for (const header of [headerOf("203.0.113.7"), binaryHeader(0x21, 203, 0, 113, 7)]) {
    await using ana = await OriginalClient.connect(hub.port);
    await ana.nextOf(202);
    await ana.sendRaw(header);
    const { message } = await ana.nextOf(200);
    assertMatch((message as { message: string }).message, /Cannot read a body of \d+ bytes/);
    await ana.closed;
  }
  assert(!hub.stderr.includes("203.0.113"), hub.stderr);
});

Deno.test("The wait after wrong passwords goes by the address in the PROXY header", async () => {
  using home = new Home();
  const password = home.write("password", "sesame\n");
  await using hub = await HubProgram.start(["--proxy", "127.0.0.1", "--password-file", password]);
  for (let i = 0; i < 3; i++) assertEquals(await guess(hub, "203.0.113.7", "wrong"), "bad_password");
  assertEquals(await guess(hub, "203.0.113.7", "sesame"), "too_fast");
  assertEquals(await guess(hub, "203.0.113.8", "sesame"), 210);
});

Deno.test("An IPv6 /48 with an address for each guess is slowed, and users elsewhere are admitted", async () => {
  using home = new Home();
  const password = home.write("password", "sesame\n");
  await using hub = await HubProgram.start(["--proxy", "127.0.0.1", "--password-file", password]);
  const guesses = [];
  for (let i = 0; i < 40; i++) {
    guesses.push(await guess(hub, `2001:db8:1:${(i * 256).toString(16)}::1`, `guess ${i}`));
  }
  assertEquals(guesses.slice(0, 16), Array(16).fill("bad_password"));
  // More time than it takes for one more guess may pass on a slow machine.
  assert(guesses.filter((error) => error === "too_fast").length > 20, String(guesses));
  assertEquals(await guess(hub, "2001:db8:1:fff0::1", "sesame"), "too_fast");
  assertEquals(await guess(hub, "2001:db8:2::1", "sesame"), 210);
});

Deno.test({
  ...needs("On a TLS port the PROXY header comes before the handshake", OLD_RUNTIME),
  async fn() {
    using home = new Home();
    await using hub = await home.hub([
      ...["--tls", "--proxy", "127.0.0.1", "--max-per-address", "1"],
      ...["--log-level", "info"],
    ]);
    const caCerts = [await Deno.readTextFile(`${home.env.XDG_DATA_HOME}/riftchat/default/hub.pem`)];
    const connectTls = async (address: string) => {
      const tcp = await Deno.connect({ hostname: "127.0.0.1", port: hub.port });
      await tcp.write(headerOf(address));
      return await Deno.startTls(tcp, {
        hostname: "127.0.0.1",
        caCerts,
        unsafelyDisableHostnameVerification: true,
      });
    };
    const firstFrame = async (conn: Deno.Conn) => {
      const buffer = new Uint8Array(4096);
      return new TextDecoder().decode(buffer.subarray(8, (await conn.read(buffer))!));
    };
    using ana = await connectTls("203.0.113.7");
    assertMatch(await firstFrame(ana), /"code":202/);
    await hub.waitForLog(/c1 connected from 203\.0\.113\.7:51201 with TLS/);
    using second = await connectTls("203.0.113.7");
    assertMatch(await firstFrame(second), /too_many_from_address/);
    using bo = await connectTls("203.0.113.8");
    assertMatch(await firstFrame(bo), /"code":202/);
  },
});

Deno.test("serve --proxy takes networks only", async () => {
  for (const networks of ["proxy.example.net", "10.0.0.0/33", "*"]) {
    const { status, stderr } = await run(["serve", "--proxy", networks]);
    assertEquals(status, 2);
    assertMatch(stderr, /--proxy.*must be networks such as 10\.0\.0\.0\/8/s);
  }
});

Deno.test("On the port for HTTP a PROXY header names the client, and its requests cannot name another", async () => {
  const flags = ["--proxy", "127.0.0.1", "--max-per-address", "1", "--log-level", "debug"];
  await using hub = await PageHub.start(flags);
  /** Opens a WebSocket as a proxy does; returns the connection and the status. */
  const open = async (header: Uint8Array, more = "", step = 1000): Promise<[Deno.TcpConn, string]> => {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port: hub.webPort });
    const request = ascii(
      `GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${more}\r\n`,
    );
    const bytes = Uint8Array.of(...header, ...request);
    for (let at = 0; at < bytes.length; at += step) await connection.write(bytes.subarray(at, at + step));
    const buffer = new Uint8Array(4096);
    const count = await withDeadline(connection.read(buffer), () => "waiting for an answer");
    return [connection, new TextDecoder("latin1").decode(buffer.subarray(0, count ?? 0)).split(" ")[1] ?? ""];
  };
  const opened: Deno.TcpConn[] = [];
  const status = async (...request: Parameters<typeof open>) => {
    const [connection, found] = await open(...request);
    opened.push(connection);
    return found;
  };
  try {
    assertEquals(await status(headerOf("203.0.113.7")), "101");
    await hub.program.waitForLog(/c1 connected from 203\.0\.113\.7:51201/);
    // The same client in the other version, byte by byte, and one that claims to be somebody else.
    assertEquals(await status(binaryHeader(0x21, 203, 0, 113, 7), "", 1), "429");
    assertEquals(await status(headerOf("203.0.113.7"), "X-Forwarded-For: 203.0.113.9\r\n"), "429");
    assertEquals(await status(headerOf("203.0.113.8"), "X-Forwarded-For: 203.0.113.7\r\n"), "101");
    // Without a header the request names the client, also when it comes byte by byte.
    const named = "X-Forwarded-For: 203.0.113.7\r\n";
    assertEquals(await status(new Uint8Array(), named), "429");
    assertEquals(await status(new Uint8Array(), "X-Forwarded-For: 203.0.113.10\r\n", 1), "101");
    // A proxy that speaks for itself names the client in the request.
    assertEquals(await status(ascii("PROXY UNKNOWN\r\n"), named), "429");
    // A header that is not valid is not taken for a request.
    assertEquals(await status(ascii("PROXY TCP4 203.0.113.300 ")), "");
    await hub.program.waitForLog(/closed a connection from the proxy .*its PROXY header is not valid/);
  } finally {
    for (const connection of opened) connection.close();
  }
});
