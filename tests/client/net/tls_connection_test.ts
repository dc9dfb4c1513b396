/** The client side of TLS with the certificate of the connection in use. */
import { createServer } from "node:tls";
import { connectTcp, loadTls } from "../../../client/net/mod.ts";
import { isVersion3 } from "../../../client/net/tls.ts";
import { TlsConnection } from "../../../client/net/tls_connection.ts";
import { fingerprintOf } from "../../../identity/mod.ts";
import { assert, assertEquals, assertRejects } from "../../helpers/assert.ts";
import { makeCertificate, type TestCertificate } from "../../helpers/hubs/certificates.ts";

const { TlsError, encryptTcp } = await loadTls();
const CERTIFICATE = await makeCertificate({ names: ["localhost"] });

/** The client's end of a connection, and the server's. */
async function pair() {
  using listener = Deno.listenTls({
    hostname: "127.0.0.1",
    port: 0,
    cert: CERTIFICATE.pem,
    key: CERTIFICATE.key,
  });
  const accepting = listener.accept();
  const tcp = await connectTcp({ hostname: "127.0.0.1", port: listener.addr.port });
  const client = new TlsConnection(tcp, "localhost");
  const server = await accepting;
  const [der] = await Promise.all([client.handshake(), server.handshake()]);
  return { client, server, der, tcp };
}

type Reader = { read(buffer: Uint8Array): Promise<number | null> };
type Writer = { write(bytes: Uint8Array): Promise<number> };

async function writeAll(writer: Writer, bytes: Uint8Array): Promise<void> {
  while (bytes.length > 0) bytes = bytes.subarray(await writer.write(bytes));
}

async function readBytes(reader: Reader, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length;) at += (await reader.read(bytes.subarray(at, at + 10_000)))!;
  return bytes;
}

Deno.test("It tells the certificate of the other side, and carries bytes both ways at once", async () => {
  const { client, server, der } = await pair();
  assertEquals(der, CERTIFICATE.der);
  const bytes = Uint8Array.from({ length: 1_000_000 }, (_, i) => i * 7 + (i >> 8));
  const [atServer, atClient] = await Promise.all([
    readBytes(server, bytes.length),
    readBytes(client, bytes.length),
    writeAll(client, bytes),
    writeAll(server, bytes),
  ]);
  assertEquals([atServer, atClient], [bytes, bytes]);
  client.close();
  server.close();
});

Deno.test("What nobody takes stays with the server", async () => {
  const { client, server, tcp } = await pair();
  let readFromTcp = 0;
  const read = tcp.read.bind(tcp);
  tcp.read = async (buffer) => {
    const count = await read(buffer);
    readFromTcp += count ?? 0;
    return count;
  };
  const bytes = new Uint8Array(30_000_000).fill(7);
  const written = writeAll(server, bytes);
  // Far more than is read in one turn of the event loop.
  for (let turns = 0; turns < 1000; turns++) await new Promise((resume) => setTimeout(resume, 0));
  assert(readFromTcp < 200_000, `${readFromTcp} bytes were read`);
  assertEquals(await readBytes(client, bytes.length), bytes);
  await written;
  client.close();
  server.close();
});

Deno.test("A client that closes its sending side still receives, and then the end", async () => {
  const { client, server } = await pair();
  await writeAll(client, Uint8Array.of(1));
  await client.closeWrite();
  const buffer = new Uint8Array(10);
  assertEquals([await server.read(buffer), await server.read(buffer)], [1, null]);
  await writeAll(server, Uint8Array.of(2));
  assertEquals(await client.read(buffer), 1);
  server.close();
  assertEquals(await client.read(buffer), null);
  client.close();
});

Deno.test("Closing it ends a pending read, and may be repeated", async () => {
  const { client, server } = await pair();
  const reading = client.read(new Uint8Array(10));
  client.close();
  client.close();
  await assertRejects(() => reading, Deno.errors.Interrupted);
  await assertRejects(() => client.write(Uint8Array.of(1)));
  server.close();
});

Deno.test("A server that closes during the handshake, and one that does not speak TLS, are told apart", async () => {
  const parameters = { serverName: "localhost", certificate: "any" } as const;
  for (const [answer, kind] of [["", "failed"], ["\0\0\0\x10no TLS at all...".repeat(20), "other"]]) {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const tcp = await connectTcp({ hostname: "127.0.0.1", port: listener.addr.port });
    const server = await listener.accept();
    const error = assertRejects(() => encryptTcp(tcp, parameters), TlsError);
    await server.read(new Uint8Array(1000));
    await server.write(new TextEncoder().encode(answer));
    if (answer === "") server.close();
    assertEquals((await error).kind, kind);
    if (answer !== "") server.close();
  }
});

Deno.test("Giving up during the handshake closes the connection", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const tcp = await connectTcp({ hostname: "127.0.0.1", port: listener.addr.port });
  using server = await listener.accept();
  const abort = new AbortController();
  const encrypting = encryptTcp(tcp, { serverName: "localhost", certificate: "any" }, abort.signal);
  const buffer = new Uint8Array(1000);
  assert(await server.read(buffer) !== null);
  abort.abort();
  await assertRejects(() => encrypting, TlsError);
  assertEquals(await server.read(buffer).catch(() => null), null);
});

Deno.test("A connection with another certificate than the given one is refused, with both fingerprints", async () => {
  using listener = Deno.listenTls({
    hostname: "127.0.0.1",
    port: 0,
    cert: CERTIFICATE.pem,
    key: CERTIFICATE.key,
  });
  const accepting = listener.accept();
  const tcp = await connectTcp({ hostname: "127.0.0.1", port: listener.addr.port });
  const fingerprint = `SHA256:${"A".repeat(43)}`;
  const error = await assertRejects(
    () => encryptTcp(tcp, { serverName: "localhost", certificate: { fingerprint } }),
    TlsError,
  );
  assertEquals(error.message, `it is ${await fingerprintOf(CERTIFICATE.der)}, not ${fingerprint}`);
  (await accepting).close();
});

/** Makes certificates until two have the same length. */
async function equallyLong(): Promise<[TestCertificate, TestCertificate]> {
  for (;;) {
    const [one, other] = [await makeCertificate(), await makeCertificate()];
    if (one.der.length === other.der.length) return [one, other];
  }
}

function indexOf(bytes: Uint8Array, part: Uint8Array): number {
  return bytes.findIndex((_, at) => part.every((byte, i) => bytes[at + i] === byte));
}

Deno.test("A server without the key of its certificate is refused", async () => {
  // In TLS 1.2 the certificate comes in the clear, so a relay can replace it. The server signs with another key.
  const [own, stolen] = await equallyLong();
  const server = createServer({ cert: own.pem, key: own.key, minVersion: "TLSv1.2", maxVersion: "TLSv1.2" });
  const listening = Promise.withResolvers<number>();
  server.on("tlsClientError", () => {});
  server.listen(0, "127.0.0.1", () => listening.resolve((server.address() as { port: number }).port));
  const port = await listening.promise;
  using relay = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const client = await connectTcp({ hostname: "127.0.0.1", port: relay.addr.port });
  const there = await relay.accept();
  const hub = await Deno.connect({ hostname: "127.0.0.1", port });
  const encrypting = assertRejects(
    () => encryptTcp(client, { serverName: "localhost", certificate: "any" }),
    TlsError,
  );
  const buffer = new Uint8Array(16_384);
  await writeAll(hub, buffer.slice(0, (await there.read(buffer))!));
  const flight = buffer.slice(0, (await hub.read(buffer))!);
  const at = indexOf(flight, own.der);
  assert(at > 0, "the certificate is not in the first bytes of the server");
  flight.set(stolen.der, at);
  await writeAll(there, flight);
  const error = await encrypting;
  assertEquals(error.kind, "certificate");
  // The client ends the handshake, perhaps with an alert, before it sends its key (a record of type 22).
  assert(await there.read(buffer) === null || buffer[0] === 21, `a record of type ${buffer[0]}`);
  there.close();
  hub.close();
  await new Promise((resolve) => server.close(resolve));
});

/** A certificate of X.509 version 1, made with `openssl x509 -req -signkey`. Valid until 2126. */
const VERSION_1 = `-----BEGIN CERTIFICATE-----
MIIBLDCB0wIUdvZSNI5bCnZVXwrokWMin0Y+DzUwCgYIKoZIzj0EAwIwGDEWMBQG
A1UEAwwNSHViIG9mIGEgdGVzdDAgFw0yNjExMjcxOTU5MjFaGA8yMTI2MTEwMzE5
NTkyMVowGDEWMBQGA1UEAwwNSHViIG9mIGEgdGVzdDBZMBMGByqGSM49AgEGCCqG
SM49AwEHA0IABEAaIIQaO0sM9wJpDDV0LT8y2LWHt+OrP1/D8JVua7M2s9bqAFz/
xm/nGa8TeUaEaDVSBIvWqlFBNcmx8iyiaNUwCgYIKoZIzj0EAwIDSAAwRQIgU7uU
nfrx2HLLap2GONRTfH59nTModzK+1iRtc0MNNcYCIQDJy00EzJwkBVlHZUyyvEcN
BT+/10pmdJBPoo1r+8WsNA==
-----END CERTIFICATE-----
`;

Deno.test("A certificate before X.509 version 3 is refused: with it the runtime checks no key", async () => {
  // The key is another one.
  const server = createServer({ cert: VERSION_1, key: CERTIFICATE.key });
  const listening = Promise.withResolvers<number>();
  server.on("tlsClientError", () => {});
  server.listen(0, "127.0.0.1", () => listening.resolve((server.address() as { port: number }).port));
  const tcp = await connectTcp({ hostname: "127.0.0.1", port: await listening.promise });
  const error = await assertRejects(
    () => encryptTcp(tcp, { serverName: "localhost", certificate: "any" }),
    TlsError,
    "it is an X.509 certificate before version 3",
  );
  assertEquals(error.kind, "certificate");
  await new Promise((resolve) => server.close(resolve));
});

Deno.test("Incomplete certificates are not of version 3", () => {
  assert(isVersion3(CERTIFICATE.der));
  for (let length = 0; length < 9; length++) {
    assertEquals(isVersion3(CERTIFICATE.der.subarray(0, length)), false);
  }
});
