/** What a hub serves over HTTP, over real sockets. */
import { assert, assertEquals, assertMatch } from "../../helpers/assert.ts";
import { Home, TlsHub } from "../../helpers/hubs/tls_hub.ts";
import { WebHub } from "../../helpers/hubs/web_hub.ts";

Deno.test("A script posts, reads and streams over the port for HTTP", async () => {
  await using hub = await WebHub.start();
  const { url } = hub;
  const stream = await fetch(`${url}/rooms/main/stream`, { headers: { accept: "application/x-ndjson" } });
  const reader = stream.body!.pipeThrough(new TextDecoderStream()).getReader();
  const posted = await fetch(`${url}/rooms/main`, { method: "POST", body: "deployed" });
  assertEquals(posted.status, 201);
  await posted.body?.cancel();
  let seen = "";
  while (!seen.includes("deployed")) seen += (await reader.read()).value;
  await reader.cancel();
});

Deno.test("A WebSocket is opened for the page of the hub and for programs, and for no other page", async () => {
  await using hub = await WebHub.start();
  const { port, url } = hub;
  const upgrade = (headers: string) =>
    hub.exchange(
      `GET /ws HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n${headers}connection: close\r\n\r\n`,
    );
  const asks =
    "upgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: AQIDBAUGBwgJCgsMDQ4PEA==\r\n";
  assertMatch(await upgrade(""), /^HTTP\/1\.1 426 /);
  assertMatch(await upgrade(asks), /^HTTP\/1\.1 426 /);
  for (const origin of ["", url]) {
    const socket = new WebSocket(`${url.replace("http", "ws")}/ws`, {
      headers: origin === "" ? {} : { origin },
    } as never);
    socket.binaryType = "arraybuffer";
    const { promise: first, resolve } = Promise.withResolvers<string>();
    socket.onmessage = ({ data }) => resolve(new TextDecoder().decode(data));
    assertMatch(await first, /"code":202/);
    const closed = new Promise((resolve) => socket.onclose = resolve);
    socket.close();
    await closed;
  }
  for (const origin of ["https://evil.example", "null", `http://127.0.0.1:${port + 1}`]) {
    const request = `GET /ws HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\norigin: ${origin}\r\n` +
      `connection: upgrade\r\n${asks}\r\n`;
    using conn = await Deno.connect({ hostname: "127.0.0.1", port });
    await conn.write(new TextEncoder().encode(request));
    const bytes = new Uint8Array(4096);
    const count = await conn.read(bytes);
    assertMatch(new TextDecoder().decode(bytes.subarray(0, count ?? 0)), /^HTTP\/1\.1 403 /, origin);
  }
});

Deno.test("A name that the hub is not known by is refused, on every path; --web-hosts makes it known", async () => {
  await using hub = await WebHub.start({ hosts: ["chat.example.org", "*.lan.example"] });
  const statusFor = async (host: string, path = "/openapi.json") =>
    /^HTTP\/1\.1 (\d+)/.exec(
      await hub.exchange(`GET ${path} HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`),
    )?.[1];
  for (
    const host of [
      "127.0.0.1",
      "localhost:1",
      "[::1]:80",
      "chat.example.org",
      "CHAT.example.org:8000",
      "a.lan.example",
    ]
  ) {
    assertEquals(await statusFor(host), "200", host);
  }
  for (const host of ["evil.example", "lan.example", "a.b.lan.example", "127.0.0.1.evil.example"]) {
    for (const path of ["/", "/openapi.json", "/rooms/main/messages", "/ws"]) {
      assertEquals(await statusFor(host, path), "421", host + path);
    }
  }
});

Deno.test("TLS clients that ask for HTTP get it, others the chat; every answer protects the page", async () => {
  using home = new Home();
  await using hub = await TlsHub.start(["--port", "0", "--tls"], { env: home.env });
  const pem = await Deno.readTextFile(`${home.env.XDG_DATA_HOME}/riftchat/default/hub.pem`);
  const connect = (alpnProtocols?: string[]) =>
    Deno.connectTls({
      hostname: "127.0.0.1",
      port: hub.port,
      caCerts: [pem],
      unsafelyDisableHostnameVerification: true,
      ...(alpnProtocols === undefined ? {} : { alpnProtocols }),
    });
  const browser = await connect(["h2", "http/1.1"]);
  await browser.write(
    new TextEncoder().encode("GET /openapi.json HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"),
  );
  const answer = await new Response(browser.readable).text();
  assertMatch(answer, /^HTTP\/1\.1 200 OK\r\n/);
  assert(answer.includes("x-content-type-options: nosniff\r\n"), answer);
  assert(!answer.includes("strict-transport-security"), "the certificate is the hub's own");
  const program = await connect();
  const bytes = new Uint8Array(1000);
  const count = await program.read(bytes);
  assertMatch(new TextDecoder().decode(bytes.subarray(8, count ?? 0)), /^\{"code":202/);
  program.close();
});

Deno.test("--web off serves nothing over HTTP on the TLS port", async () => {
  using home = new Home();
  await using hub = await TlsHub.start(["--port", "0", "--tls", "--web", "off"], { env: home.env });
  const pem = await Deno.readTextFile(`${home.env.XDG_DATA_HOME}/riftchat/default/hub.pem`);
  const conn = await Deno.connectTls({
    hostname: "127.0.0.1",
    port: hub.port,
    caCerts: [pem],
    unsafelyDisableHostnameVerification: true,
    alpnProtocols: ["http/1.1"],
  });
  const bytes = new Uint8Array(1000);
  const count = await conn.read(bytes);
  assertMatch(new TextDecoder().decode(bytes.subarray(8, count ?? 0)), /^\{"code":202/);
  conn.close();
});

Deno.test("The page may connect to the other hubs of the chat, and their pages to this hub", async () => {
  const peers = ["https://b.example.org", "http://c.example.org:8080", "rifts://b.example.org:8000"];
  await using hub = await WebHub.start({ peers });
  const page = await fetch(`${hub.url}/`);
  await page.body?.cancel();
  const policy = page.headers.get("content-security-policy")!;
  assertMatch(
    policy,
    new RegExp(
      `connect-src 'self' ws://127.0.0.1:${hub.port} wss://127.0.0.1:${hub.port} wss://b\\.example\\.org ` +
        "ws://c\\.example\\.org:8080;",
    ),
  );
  const statusFor = async (origin: string) => {
    const { port } = hub;
    using conn = await Deno.connect({ hostname: "127.0.0.1", port });
    await conn.write(new TextEncoder().encode(
      `GET /ws HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\norigin: ${origin}\r\nconnection: upgrade\r\n` +
        "upgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: AQIDBAUGBwgJCgsMDQ4PEA==\r\n\r\n",
    ));
    const bytes = new Uint8Array(4096);
    const count = await conn.read(bytes);
    return /^HTTP\/1\.1 (\d+)/.exec(new TextDecoder().decode(bytes.subarray(0, count ?? 0)))?.[1];
  };
  for (const origin of ["https://b.example.org", "https://b.example.org:443", "http://c.example.org:8080"]) {
    assertEquals(await statusFor(origin), "101", origin);
  }
  for (
    const origin of [
      "http://b.example.org",
      "https://b.example.org:8000",
      "https://c.example.org:8080",
      "https://evil.example",
      "rifts://b.example.org:8000",
      "null",
    ]
  ) {
    assertEquals(await statusFor(origin), "403", origin);
  }
  // A cluster may name others while the hub runs.
  hub.hub.hubs = ["https://evil.example"];
  assertEquals(await statusFor("https://evil.example"), "101");
  assertEquals(await statusFor("https://b.example.org"), "403");
});
