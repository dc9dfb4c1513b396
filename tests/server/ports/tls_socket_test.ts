/** The server side of TLS, with the TLS of Deno as its client. */
import { secureContext, TlsSocket } from "../../../server/ports/tls_socket.ts";
import { assert, assertEquals, assertRejects } from "../../helpers/assert.ts";
import { makeCertificate } from "../../helpers/hubs/certificates.ts";

const { pem, key } = await makeCertificate({ names: ["localhost"] });
const CONTEXT = secureContext({ chain: pem, key, fingerprint: "", expiresAt: 0, warnings: [] });

/** Both ends of a TCP connection. */
async function connectTcp(): Promise<[client: Deno.TcpConn, accepted: Deno.TcpConn]> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return await Promise.all([
    Deno.connect({ hostname: "127.0.0.1", port: listener.addr.port }),
    listener.accept(),
  ]);
}

/** Both ends of a TLS connection after the handshake. */
async function connectTls(): Promise<{ client: Deno.TlsConn; server: TlsSocket; tcp: Deno.TcpConn }> {
  const [conn, tcp] = await connectTcp();
  const server = new TlsSocket(tcp, CONTEXT);
  const client = await Deno.startTls(conn, { hostname: "localhost", caCerts: [pem] });
  await Promise.all([client.handshake(), server.handshake()]);
  return { client, server, tcp };
}

type Reader = Pick<Deno.Conn, "read">;
type Writer = Pick<Deno.Conn, "write">;

async function writeAll(writer: Writer, bytes: Uint8Array): Promise<void> {
  while (bytes.length > 0) bytes = bytes.subarray(await writer.write(bytes));
}

async function readBytes(reader: Reader, length: number, size = 10_000): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length;) at += (await reader.read(bytes.subarray(at, at + size)))!;
  return bytes;
}

Deno.test("Bytes arrive whole and in order, in both directions at once", async () => {
  const { client, server } = await connectTls();
  const bytes = Uint8Array.from({ length: 1_000_000 }, (_, i) => i * 7 + (i >> 8));
  const [atServer, atClient] = await Promise.all([
    readBytes(server, bytes.length),
    readBytes(client, bytes.length),
    writeAll(client, bytes),
    writeAll(server, bytes),
  ]);
  assertEquals([atServer, atClient], [bytes, bytes]);
  server.close();
  client.close();
});

Deno.test("A client that closes its sending side still receives, and then the end", async () => {
  const { client, server } = await connectTls();
  await writeAll(client, Uint8Array.of(1));
  await client.closeWrite();
  const buffer = new Uint8Array(10);
  assertEquals(await server.read(buffer), 1);
  assertEquals(await server.read(buffer), null);
  await writeAll(server, Uint8Array.of(2, 3));
  await server.closeWrite();
  assertEquals(await readBytes(client, 2), Uint8Array.of(2, 3));
  assertEquals(await client.read(buffer), null);
  server.close();
  client.close();
});

Deno.test("What nobody takes stays with the client", async () => {
  const { client, server, tcp } = await connectTls();
  let readFromTcp = 0;
  const read = tcp.read.bind(tcp);
  tcp.read = async (buffer) => {
    const count = await read(buffer);
    readFromTcp += count ?? 0;
    return count;
  };
  const bytes = new Uint8Array(30_000_000).fill(7);
  const written = writeAll(client, bytes);
  // Far more than is read in one turn of the event loop.
  for (let turns = 0; turns < 1000; turns++) await new Promise((resume) => setTimeout(resume, 0));
  assert(readFromTcp < 100_000, `${readFromTcp} bytes were read`);
  assertEquals(await readBytes(server, bytes.length, 65_536), bytes);
  await written;
  server.close();
  client.close();
});

Deno.test("close ends a pending handshake, read and write at once, and may be called again", async () => {
  const [silent, tcp] = await connectTcp();
  const unsecured = new TlsSocket(tcp, CONTEXT);
  const handshake = unsecured.handshake();
  unsecured.close();
  await assertRejects(() => handshake, Deno.errors.Interrupted);
  assertEquals(await silent.read(new Uint8Array(1)), null);
  silent.close();

  const { client, server } = await connectTls();
  const pending = Promise.all([
    assertRejects(() => server.read(new Uint8Array(1)), Deno.errors.Interrupted),
    assertRejects(() => writeAll(server, new Uint8Array(20_000_000))),
  ]);
  server.close();
  server.close();
  await pending;
  await assertRejects(() => server.read(new Uint8Array(1)), Deno.errors.Interrupted);
  await assertRejects(() => server.write(new Uint8Array(1)));
  client.close();
});

Deno.test("A client that closes its sending side during the handshake ends it", async () => {
  for (const bytes of [[], [22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3]]) {
    const [client, tcp] = await connectTcp();
    const server = new TlsSocket(tcp, CONTEXT);
    await writeAll(client, Uint8Array.from(bytes));
    await client.closeWrite();
    await assertRejects(() => server.handshake(), Deno.errors.UnexpectedEof);
    server.close();
    client.close();
  }
});

Deno.test("Who does not speak TLS is told so by an alert", async () => {
  const [client, tcp] = await connectTcp();
  const server = new TlsSocket(tcp, CONTEXT);
  await writeAll(client, new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n"));
  await assertRejects(() => server.handshake());
  server.close();
  const alert = new Uint8Array(100);
  await client.read(alert);
  assertEquals(alert[0], 21);
  client.close();
});
