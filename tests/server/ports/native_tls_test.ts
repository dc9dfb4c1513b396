/** A port with Deno's own TLS, and what it needs of the system. */
import { openLibc } from "../../../runtime/mod.ts";
import { NativeTlsAcceptor } from "../../../server/ports/native_tls_acceptor.ts";
import { hasNoDelay } from "../../../server/ports/system_sockets.ts";
import type { AcceptedSocket } from "../../../server/ports/mod.ts";
import { assert, assertEquals, assertRejects } from "../../helpers/assert.ts";
import { makeCertificate } from "../../helpers/hubs/certificates.ts";
import { needs, NO_LINUX } from "../../helpers/needs.ts";

openLibc();
const { pem, key } = await makeCertificate({ names: ["localhost"] });
const CERTIFICATE = { chain: pem, key, fingerprint: "one", expiresAt: 0, warnings: [] };

/** Both ends of a connection before the handshake. */
async function connect(
  acceptor: NativeTlsAcceptor,
): Promise<{ client: Deno.TcpConn; accepted: Deno.TcpConn }> {
  const { hostname, port } = acceptor.address;
  const [client, accepted] = await Promise.all([Deno.connect({ hostname, port }), acceptor.accept()]);
  return { client, accepted };
}

/** Both ends of a TLS connection after the handshake. */
async function connectTls(
  acceptor: NativeTlsAcceptor,
): Promise<{ client: Deno.TlsConn; server: AcceptedSocket }> {
  const { client: tcp, accepted } = await connect(acceptor);
  const server = acceptor.secure(accepted);
  const client = await Deno.startTls(tcp, { hostname: "localhost", caCerts: [pem] });
  await Promise.all([client.handshake(), server.handshake()]);
  return { client, server };
}

for (const host of ["127.0.0.1", "::1"]) {
  Deno.test({
    ...needs(
      `Connections accepted on ${host} send without Nagle's delay, also after a new certificate`,
      NO_LINUX,
    ),
    fn: async () => {
      const acceptor = new NativeTlsAcceptor({ host, port: 0 }, CERTIFICATE);
      for (const name of ["one", "two"]) {
        if (name === "two") await acceptor.renew({ ...CERTIFICATE, fingerprint: name });
        assertEquals(acceptor.certificate, name);
        const { client, accepted } = await connect(acceptor);
        assertEquals(hasNoDelay(accepted), true);
        accepted.close();
        client.close();
      }
      acceptor.close();
    },
  });
}

Deno.test({
  ...needs(
    "A connection that is closed during a handshake, or while it writes to a client that reads nothing, ends",
    NO_LINUX,
  ),
  fn: async () => {
    const acceptor = new NativeTlsAcceptor({ host: "127.0.0.1", port: 0 }, CERTIFICATE);
    const silent = await connect(acceptor);
    const unfinished = acceptor.secure(silent.accepted);
    const handshake = unfinished.handshake();
    unfinished.close();
    await assertRejects(() => handshake);
    // The client sees the end at once, though the hub's end waited for it.
    assertEquals(await silent.client.read(new Uint8Array(1)), null);
    silent.client.close();

    const { client, server } = await connectTls(acceptor);
    const bytes = new Uint8Array(65_536);
    let pending: Promise<unknown>;
    // Until the buffers of both ends are full: a write that is not done when a later one of another socket is.
    for (let done = true; done;) {
      done = false;
      pending = server.write(bytes).then(() => done = true);
      const other = await connectTls(acceptor);
      await Promise.all([other.server.write(bytes.subarray(0, 10)), other.client.read(new Uint8Array(10))]);
      other.client.close();
      other.server.close();
    }
    server.close();
    await assertRejects(() => pending!);
    client.close();
    acceptor.close();
  },
});

Deno.test("A connection that waits for nothing is closed as any other, and closing it again does nothing", async () => {
  const acceptor = new NativeTlsAcceptor({ host: "127.0.0.1", port: 0 }, CERTIFICATE);
  const { client, server } = await connectTls(acceptor);
  assertEquals(await server.write(Uint8Array.of(1, 2)), 2);
  await server.closeWrite();
  const buffer = new Uint8Array(9);
  assertEquals(await client.read(buffer), 2);
  assertEquals(await client.read(buffer), null);
  server.close();
  server.close();
  client.close();
  acceptor.close();
  await assertRejects(() => acceptor.accept());
  assert(acceptor.encrypted);
});
