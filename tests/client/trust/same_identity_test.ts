/** Hubs with certificates of their own and one identity: which of them a client trusts, and what nobody can pass on. */
import { KnownHubs } from "../../../client/trust/known_hubs.ts";
import { SecureConnector } from "../../../client/trust/secure_connector.ts";
import type { TrustOptions } from "../../../client/trust/verdict.ts";
import { encryptTcp } from "../../../client/net/tls.ts";
import { type Address, type Connection, connectTcp, LinkError } from "../../../client/net/mod.ts";
import { NO_CONFIG_FOLDER } from "../../../client/config/mod.ts";
import {
  CERTIFICATE_NAMESPACE,
  certificateStatement,
  fingerprintOf,
  generatePrivateKey,
  publicKeyBlob,
  signerOf,
  signMessage,
  toBase64,
} from "../../../identity/mod.ts";
import { systemClock } from "../../../runtime/mod.ts";
import { assertEquals, assertRejects, assertStringIncludes } from "../../helpers/assert.ts";
import { makeCertificate, type TestCertificate } from "../../helpers/hubs/certificates.ts";
import { pinTest as test } from "../../helpers/hubs/tls_hub.ts";

const [chatKey, malloryKey] = await Promise.all([generatePrivateKey("chat"), generatePrivateKey("mallory")]);
const [chat, mallory] = [chatKey, malloryKey].map(({ key }) => toBase64(publicKeyBlob(key))) as [
  string,
  string,
];

/** A server with TLS that says nothing. */
class Server implements Disposable {
  readonly #listener: Deno.TlsListener;

  private constructor(certificate: TestCertificate, readonly fingerprint: string) {
    this.#listener = Deno.listenTls({
      hostname: "127.0.0.1",
      port: 0,
      cert: certificate.pem,
      key: certificate.key,
    });
    this.#run();
  }

  static async start(): Promise<Server> {
    const certificate = await makeCertificate({ names: ["127.0.0.1"] });
    return new Server(certificate, await fingerprintOf(certificate.der));
  }

  get address(): Address {
    return { hostname: "127.0.0.1", port: this.#listener.addr.port, tls: true };
  }

  /** The signature of its certificate by a key. */
  async signedBy(key: typeof chatKey): Promise<string> {
    const identity = toBase64(publicKeyBlob(key.key));
    const message = new TextEncoder().encode(certificateStatement(identity, this.fingerprint));
    return toBase64(await signMessage(await signerOf(key), { namespace: CERTIFICATE_NAMESPACE, message }));
  }

  async #run(): Promise<void> {
    for (;;) {
      try {
        const connection = await this.#listener.accept();
        connection.handshake().catch(() => {}).finally(async () => {
          await connection.read(new Uint8Array(1)).catch(() => {});
          connection.close();
        });
      } catch (error) {
        // A client that leaves during its handshake ends only its own connection.
        if (error instanceof Deno.errors.BadResource || error instanceof Deno.errors.Interrupted) return;
      }
    }
  }

  [Symbol.dispose](): void {
    this.#listener.close();
  }
}

/** A client, which has no known hubs at first. */
function client(trust: TrustOptions = {}) {
  const known = new KnownHubs(() => Promise.resolve(NO_CONFIG_FOLDER));
  const connector = new SecureConnector({
    trust,
    known,
    connect: connectTcp,
    encrypt: encryptTcp,
    clock: systemClock,
    tellPlain: false,
    notify: () => {},
  });
  return { known, connector };
}

/** Ends a connection, and returns what it was. */
function ended(connection: Connection): Connection {
  connection.close();
  return connection;
}

/** A client that has joined a hub of the chat by its fingerprint. */
async function joined(first: Server) {
  const joined = client({ fingerprints: [first.fingerprint] });
  const { identityCheck } = ended(await joined.connector.connect(first.address));
  assertEquals(await identityCheck!.whyRefused(chat, await first.signedBy(chatKey)), undefined);
  await identityCheck!.proven(chat);
  return joined;
}

test("Another hub of the chat is trusted and known when it signs its certificate", async () => {
  using first = await Server.start();
  using second = await Server.start();
  const { connector, known } = await joined(first);
  const connection = ended(await connector.connect(second.address));
  assertEquals(connection.security?.verified, undefined);
  const { identityCheck } = connection;
  assertEquals(await identityCheck!.whyRefused(chat, await second.signedBy(chatKey)), undefined);
  assertEquals([connection.security?.verified, connector.security.verified], ["pin", "pin"]);
  assertEquals(await known.find(second.address), undefined);
  await identityCheck!.proven(chat);
  const { by, identity } = (await known.find(second.address))!;
  assertEquals([by, identity], [{ kind: "pin", fingerprint: second.fingerprint }, chat]);
});

test("A hub that cannot sign its certificate with the identity of the chat is refused", async () => {
  using first = await Server.start();
  using second = await Server.start();
  const { connector, known } = await joined(first);
  for (
    const [what, identity, signature] of [
      ["no identity", undefined, undefined],
      ["no signature", chat, undefined],
      ["the signature of another hub, passed on", chat, await first.signedBy(chatKey)],
      ["its own identity", mallory, await second.signedBy(malloryKey)],
      ["its own signature under the identity of the chat", chat, await second.signedBy(malloryKey)],
    ] as const
  ) {
    const { identityCheck, security } = ended(await connector.connect(second.address));
    const why = await identityCheck!.whyRefused(identity, signature);
    assertStringIncludes(why ?? "", `its certificate is unknown: ${second.fingerprint}`, what);
    assertEquals(security?.verified, undefined);
  }
  assertEquals(await known.find(second.address), undefined);
});

test("Without a hub that is trusted, an identity alone proves nothing", async () => {
  using second = await Server.start();
  const { connector } = client();
  const error = await assertRejects(() => connector.connect(second.address), LinkError);
  assertEquals(error.kind, "untrusted");
  assertEquals(connector.question?.fingerprint, second.fingerprint);
  // The identity of a hub without TLS may be that of somebody in the middle.
  using plain = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const connecting = connector.connect({ hostname: "127.0.0.1", port: plain.addr.port, tls: false });
  using there = await plain.accept();
  await there.write(new Uint8Array(1));
  await ended(await connecting).identityCheck!.proven(chat);
  await assertRejects(() => connector.connect(second.address), LinkError);
});

test("Another certificate of a known hub counts if its known identity signs it, and is not stored", async () => {
  using hub = await Server.start();
  const { connector, known } = client();
  const pin = { kind: "pin", fingerprint: "SHA256:" + "A".repeat(43) } as const;
  await known.put(hub.address, pin);
  await assertRejects(() => connector.connect(hub.address), LinkError);
  await known.putIdentity(hub.address, chat);
  const { identityCheck } = ended(await connector.connect(hub.address));
  for (
    const [identity, signature] of [
      [undefined, undefined],
      [chat, undefined],
      [mallory, await hub.signedBy(malloryKey)],
    ] as const
  ) {
    assertStringIncludes(
      await identityCheck!.whyRefused(identity, signature) ?? "",
      `its certificate has changed: ${pin.fingerprint} is known, but it shows ${hub.fingerprint}`,
    );
  }
  assertEquals(await identityCheck!.whyRefused(chat, await hub.signedBy(chatKey)), undefined);
  await identityCheck!.proven(chat);
  assertEquals((await known.find(hub.address))?.by, pin);
});

test("After a hub with TLS none of the chat is joined without", async () => {
  using first = await Server.start();
  const { connector } = await joined(first);
  using plain = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const connecting = connector.connect({ hostname: "127.0.0.1", port: plain.addr.port });
  connecting.catch(() => {});
  using there = await plain.accept();
  await there.write(new TextEncoder().encode("words without TLS"));
  const { message } = await assertRejects(() => connecting, LinkError);
  assertStringIncludes(message, "it does not speak TLS");
});
