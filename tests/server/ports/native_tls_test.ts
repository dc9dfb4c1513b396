/** A port with Deno's own TLS, and what it needs of the system. */
import { openLibc } from "../../../runtime/mod.ts";
import { NativeTlsAcceptor } from "../../../server/ports/native_tls_acceptor.ts";
import { hasNoDelay } from "../../../server/ports/system_sockets.ts";
import type { AcceptedSocket } from "../../../server/ports/mod.ts";
import { assert, assertEquals, assertRejects, assertThrows } from "../../helpers/assert.ts";
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
  const { socket: server } = acceptor.secure(accepted);
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
        const { client, accepted } = await connect(acceptor);
        assertEquals(acceptor.secure(accepted).certificate, name);
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
    const { socket: unfinished } = acceptor.secure(silent.accepted);
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

/** A free port with the certificate `one`, and what its timer would run. */
function openPort(host = "127.0.0.1"): { acceptor: NativeTlsAcceptor; ends: Set<() => void> } {
  const ends = new Set<() => void>();
  const timer = {
    after(_ms: number, run: () => void) {
      ends.add(run);
      return () => void ends.delete(run);
    },
  };
  return { acceptor: new NativeTlsAcceptor({ host, port: 0 }, CERTIFICATE, false, timer), ends };
}

/** Connects without a handshake, as often as told. */
function dial({ address: { hostname, port } }: NativeTlsAcceptor, count: number): Promise<Deno.TcpConn[]> {
  return Promise.all(Array.from({ length: count }, () => Deno.connect({ hostname, port })));
}

/** Accepts connections, and tells how many get which certificate. */
async function acceptAll(acceptor: NativeTlsAcceptor, count: number): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (let i = 0; i < count; i++) {
    const { socket, certificate } = acceptor.secure(await acceptor.accept());
    counts[certificate] = (counts[certificate] ?? 0) + 1;
    socket.close();
  }
  return counts;
}

for (const host of ["127.0.0.1", "::1"]) {
  Deno.test({
    ...needs(
      `Connections on ${host} that wait while certificates change are accepted, and later ones get the last one`,
      NO_LINUX,
    ),
    fn: async () => {
      const { acceptor, ends } = openPort(host);
      const clients: Deno.TcpConn[] = [];
      const names = ["one", "two", "three", "four"];
      for (const name of names) {
        if (name !== "one") await acceptor.renew({ ...CERTIFICATE, fingerprint: name });
        clients.push(...await dial(acceptor, 20));
      }
      assertEquals(await acceptAll(acceptor, 80), { one: 20, two: 20, three: 20, four: 20 });
      // When an old socket ends, the system numbers the others anew.
      for (const end of [...ends]) {
        end();
        clients.push(...await dial(acceptor, 20));
        assertEquals(await acceptAll(acceptor, 20), { four: 20 });
      }
      assertEquals(ends.size, 0);
      for (const client of clients) client.close();
      acceptor.close();
    },
  });
}

Deno.test({
  ...needs("A port whose certificate has changed is taken for others, and free once it is closed", NO_LINUX),
  fn: async () => {
    const { acceptor } = openPort();
    const { hostname, port } = acceptor.address;
    await acceptor.renew({ ...CERTIFICATE, fingerprint: "two" });
    assertThrows(() => new NativeTlsAcceptor({ host: hostname, port }, CERTIFICATE), Deno.errors.AddrInUse);
    // A hub that waits for a connection meanwhile, and one that does not.
    const waiting = assertRejects(() => acceptor.accept(), Deno.errors.BadResource);
    acceptor.close();
    await waiting;
    await assertRejects(() => dial(acceptor, 1), Deno.errors.ConnectionRefused);
  },
});
