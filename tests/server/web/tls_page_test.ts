/**
 * The page on the TLS port of a hub with a certificate of an authority, and the end of a hub while it serves.
 *
 * @module
 */
import { join } from "node:path";
import { assert, assertEquals, assertMatch } from "../../helpers/assert.ts";
import { withDeadline } from "../../helpers/deadline.ts";
import { makeCertificate } from "../../helpers/hubs/certificates.ts";
import { Home } from "../../helpers/hubs/tls_hub.ts";
import { WebHub } from "../../helpers/hubs/web_hub.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);

Deno.test("With a certificate of an authority its names are known, and browsers use HTTPS only", async () => {
  using home = new Home();
  const authority = await makeCertificate({ names: ["Test Authority"], ca: true });
  const { pem, key } = await makeCertificate({ names: ["chat.example.org", "*.lan.example"], by: authority });
  const [cert, keyFile] = [join(home.path, "cert.pem"), join(home.path, "key.pem")];
  await Deno.writeTextFile(cert, pem);
  await Deno.writeTextFile(keyFile, key, { mode: 0o600 });
  await using hub = await home.hub(["--tls", "--tls-cert", cert, "--tls-key", keyFile]);
  const ask = async (request: string): Promise<string> => {
    using socket = await Deno.connectTls({
      hostname: "127.0.0.1",
      port: hub.port,
      caCerts: [authority.pem],
      unsafelyDisableHostnameVerification: true,
      alpnProtocols: ["http/1.1"],
    });
    await socket.write(bytesOf(request));
    const buffer = new Uint8Array(65_536);
    const count = await withDeadline(socket.read(buffer), () => `waiting for the answer to ${request}`);
    return new TextDecoder("latin1").decode(buffer.subarray(0, count ?? 0));
  };
  const get = (host: string) =>
    ask(`GET /openapi.json HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  assertMatch(
    await get(`chat.example.org:${hub.port}`),
    /^HTTP\/1\.1 200 [^]*\r\nstrict-transport-security: max-age=/,
  );
  assertMatch(await get("bo.lan.example"), /^HTTP\/1\.1 200 /);
  assertMatch(await get("evil.example"), /^HTTP\/1\.1 421 /);
  const open = (origin: string) =>
    ask(
      "GET /ws HTTP/1.1\r\nHost: chat.example.org\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: ${origin}\r\n\r\n`,
    );
  assertMatch(await open("https://chat.example.org"), /^HTTP\/1\.1 101 /);
  // Somebody in the middle can make this page, without a certificate.
  assertMatch(await open("http://chat.example.org"), /^HTTP\/1\.1 403 /);
});

Deno.test("A hub with TLS and a port for HTTP logs the addresses of both", async () => {
  using home = new Home();
  await using hub = await home.hub(["--tls", "--web", "127.0.0.1:0"]);
  await hub.waitForLog(/the page for browsers is at https:/);
  assertMatch(hub.stderr, new RegExp(`page for browsers is at https://127\\.0\\.0\\.1:${hub.tlsPort}/\\n`));
  const [, port] = /HTTP on 127\.0\.0\.1:(\d+)\n/.exec(hub.stderr)!;
  const response = await fetch(`http://127.0.0.1:${port}/`);
  await response.body?.cancel();
  assertEquals(response.status, 200);
});

Deno.test("A hub stops while clients are idle, within a head, on a stream and on a WebSocket", async () => {
  const hub = await WebHub.start();
  const host = `Host: 127.0.0.1:${hub.port}\r\n`;
  const requests = [
    "",
    `GET /openapi.json HTTP/1.1\r\n${host}`,
    `GET /openapi.json HTTP/1.1\r\n${host}\r\n`,
    `GET /rooms/main/stream HTTP/1.1\r\n${host}\r\n`,
    `GET /ws HTTP/1.1\r\n${host}Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n` +
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
  ];
  const answers = await Promise.all(requests.map(async (request) => {
    const socket = await Deno.connect({ hostname: "127.0.0.1", port: hub.port });
    if (request !== "") await socket.write(bytesOf(request));
    const isAnswered = request.endsWith("\r\n\r\n");
    let text = "";
    const first = Promise.withResolvers<void>();
    const end = (async () => {
      const buffer = new Uint8Array(65_536);
      try {
        for (let count = await socket.read(buffer); count !== null; count = await socket.read(buffer)) {
          text += new TextDecoder("latin1").decode(buffer.subarray(0, count));
          first.resolve();
        }
      } catch {
        // The hub has closed with bytes that it had not read.
      }
      socket.close();
      return text;
    })();
    if (isAnswered) await first.promise;
    return { end };
  }));
  await withDeadline(hub.hub.stop(), () => "waiting for the hub to stop");
  const texts = await Promise.all(answers.map(({ end }) => withDeadline(end, () => "waiting for the end")));
  assertEquals(texts.slice(0, 2), ["", ""]);
  assertMatch(texts[2]!, /^HTTP\/1\.1 200 /);
  assertMatch(texts[3]!, /^HTTP\/1\.1 200 [^]*\r\n0\r\n\r\n$/);
  assert(texts[4]!.includes('"code":205'), texts[4]);
});
