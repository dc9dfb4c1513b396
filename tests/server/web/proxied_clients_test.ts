/**
 * The port for browsers: WebSockets of the chat, by which address clients are counted and limited, and what is believed
 * of what a proxy says.
 *
 * @module
 */
import { encodeFrame } from "../../../protocol/mod.ts";
import { readNetwork } from "../../../server/admission/mod.ts";
import { forwardedClient } from "../../../server/web/forwarded.ts";
import { assertEquals, assertMatch } from "../../helpers/assert.ts";
import { withDeadline } from "../../helpers/deadline.ts";
import { Home, TlsHub } from "../../helpers/hubs/tls_hub.ts";
import { WebHub } from "../../helpers/hubs/web_hub.ts";

const UPGRADE = (host: string, more = "") =>
  `GET /ws HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n` +
  `Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${more}\r\n`;

/** A binary message of a client, as WebSockets have them; its mask is zero. */
function masked(payload: Uint8Array): Uint8Array {
  return Uint8Array.of(0x82, 0x80 | payload.length, 0, 0, 0, 0, ...payload);
}

/** Reads until a text has come. What a hub sends on a WebSocket is not masked. */
async function readUntil(socket: Deno.TcpConn, wanted: string): Promise<void> {
  const buffer = new Uint8Array(65_536);
  let text = "";
  while (!text.includes(wanted)) {
    const count = await withDeadline(socket.read(buffer), () => `waiting for ${wanted} after ${text}`);
    if (count === null) throw new Error(`the hub has closed after ${text}`);
    text += new TextDecoder("latin1").decode(buffer.subarray(0, count));
  }
}

Deno.test("A client on a WebSocket is a client of the chat; what it sends at once or later arrives", async () => {
  await using hub = await WebHub.start();
  const say = masked(encodeFrame('{"code":100,"message":"from a page"}'));
  const upgrade = new TextEncoder().encode(UPGRADE(`127.0.0.1:${hub.port}`));
  for (const isAtOnce of [true, false]) {
    using socket = await Deno.connect({ hostname: "127.0.0.1", port: hub.port });
    await socket.write(isAtOnce ? Uint8Array.of(...upgrade, ...say) : upgrade);
    if (!isAtOnce) {
      await readUntil(socket, '"code":202');
      await socket.write(say);
    }
    await readUntil(socket, '"message":"from a page"');
  }
});

Deno.test("Clients of a proxy are counted by the address that it names, with limits for all that they do", async () => {
  const addresses = { atOnce: 2, perMinute: 0, trusted: [] };
  const proxies = [readNetwork("127.0.0.1")];
  await using hub = await WebHub.start({ proxies, addresses });
  const host = `127.0.0.1:${hub.port}`;
  const sockets: Deno.TcpConn[] = [];
  const open = async (client: string): Promise<string> => {
    const socket = await Deno.connect({ hostname: "127.0.0.1", port: hub.port });
    sockets.push(socket);
    await socket.write(new TextEncoder().encode(UPGRADE(host, `X-Forwarded-For: 1.2.3.4, ${client}\r\n`)));
    const buffer = new Uint8Array(4096);
    const count = await socket.read(buffer);
    return new TextDecoder("latin1").decode(buffer.subarray(0, count ?? 0)).split(" ")[1]!;
  };
  assertEquals(await open("203.0.113.7"), "101");
  assertEquals(await open("203.0.113.7"), "101");
  assertEquals(await open("203.0.113.7"), "429");
  assertEquals(await open("203.0.113.8"), "101");
  for (const socket of sockets) socket.close();
});

Deno.test("The client of a proxy is the last address that is not one of a proxy", () => {
  const isProxy = (address: string) => address.startsWith("10.");
  const cases: [header: string | undefined, address: string][] = [
    [undefined, "10.0.0.1"],
    ["", "10.0.0.1"],
    ["203.0.113.7", "203.0.113.7"],
    ["1.2.3.4, 203.0.113.7", "203.0.113.7"],
    ["1.2.3.4, 203.0.113.7, 10.0.0.2", "203.0.113.7"],
    ["10.0.0.3, 10.0.0.2", "10.0.0.3"],
    ["2001:db8::0:7", "2001:db8::7"],
    ["::ffff:203.0.113.7", "203.0.113.7"],
    ["203.0.113.7, unknown", "10.0.0.1"],
    ["1.2.3.4, nonsense, 10.0.0.2", "10.0.0.2"],
  ];
  for (const [header, address] of cases) {
    const headers = new Headers(header === undefined ? {} : { "x-forwarded-for": header });
    assertEquals(forwardedClient(headers, { address: "10.0.0.1", secure: false }, isProxy).address, address);
  }
  const proto = (value: string) => new Headers({ "x-forwarded-proto": value });
  const proxy = { address: "10.0.0.1", secure: false };
  assertEquals(forwardedClient(proto("https"), proxy, isProxy).secure, true);
  assertEquals(forwardedClient(proto("http"), { ...proxy, secure: true }, isProxy).secure, false);
});

Deno.test("A client beyond the limit of connections gets 503 at once, and takes no place", async () => {
  await using hub = await WebHub.start({ maxConnections: 2 });
  const open = () => Deno.connect({ hostname: "127.0.0.1", port: hub.port });
  using first = await open();
  using second = await open();
  const request = "GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n";
  for (let i = 0; i < 3; i++) {
    const answer = await hub.exchange(request);
    assertMatch(answer, /^HTTP\/1\.1 503 /);
    assertMatch(answer, /\r\nretry-after: \d+\r\n/);
    assertMatch(answer, /"word":"server_full"/);
  }
  // Both are served: those that were refused have not taken their places.
  for (const socket of [first, second]) {
    await socket.write(new TextEncoder().encode(request));
    await readUntil(socket, "HTTP/1.1 200 OK");
  }
});

Deno.test("A TLS client beyond the limit that asks for HTTP is refused in HTTP", async () => {
  using home = new Home();
  await using hub = await TlsHub.start(["--port", "0", "--tls", "--max-connections", "1"], { env: home.env });
  using _first = await Deno.connect({ hostname: "127.0.0.1", port: hub.port });
  const caCerts = [await Deno.readTextFile(`${home.env.XDG_DATA_HOME}/riftchat/default/hub.pem`)];
  const connection = {
    hostname: "127.0.0.1",
    port: hub.port,
    caCerts,
    unsafelyDisableHostnameVerification: true,
  };
  const browser = await Deno.connectTls({ ...connection, alpnProtocols: ["http/1.1"] });
  const answer = await new Response(browser.readable).text();
  assertMatch(answer, /^HTTP\/1\.1 503 [^]*"word":"server_full"/);
});
