/**
 * The signatures of the handshake: that of the client, over a link to a hub that follows a script, and that of the hub.
 *
 * @module
 */
import { whyUnproven } from "../../../client/link/hello_proof.ts";
import { Link, type LinkOptions } from "../../../client/link/link.ts";
import { connectTcp, LinkError } from "../../../client/net/mod.ts";
import { Credentials } from "../../../client/trust/mod.ts";
import {
  fromBase64,
  generatePrivateKey,
  HELLO_NAMESPACE,
  helloStatement,
  HUB_NAMESPACE,
  hubStatement,
  type PrivateKey,
  publicKeyBlob,
  signerOf,
  signMessage,
  toBase64,
  verifyMessage,
} from "../../../identity/mod.ts";
import type { Hello } from "../../../protocol/mod.ts";
import { assert, assertEquals, assertRejects, assertStringIncludes } from "../../helpers/assert.ts";
import { OFFER, ScriptedHub, WELCOME } from "../../helpers/hubs/scripted_hub.ts";

const [ana, hubKey, other] = await Promise.all(["ana", "hub", "other"].map(generatePrivateKey)) as [
  PrivateKey,
  PrivateKey,
  PrivateKey,
];
const blobOf = ({ key }: PrivateKey) => toBase64(publicKeyBlob(key));
const identity = blobOf(hubKey);
const nonce = "bm9uY2Ugb2YgdGhlIGh1Yg==";
const OFFER_WITH_KEY = { ...OFFER, server: { ...OFFER.server, nonce, identity } };

function open(hub: ScriptedHub, options: Partial<LinkOptions> = {}): Promise<Link> {
  return Link.open({ hostname: "127.0.0.1", port: hub.port }, {
    received: () => {},
    name: "ana",
    ...options,
  });
}

/** Returns the next 102 that the hub receives. */
async function hello(hub: ScriptedHub): Promise<Hello> {
  const text = await hub.receive();
  return JSON.parse(text.slice(text.indexOf("{")));
}

/** Signs for a hub what it must have signed for a hello. */
async function signed(by: PrivateKey, statement: string, namespace = HUB_NAMESPACE): Promise<string> {
  const message = new TextEncoder().encode(statement);
  return toBase64(await signMessage(await signerOf(by), { namespace, message }));
}

/** Checks that a hello is signed by ana for a name. */
async function assertSigned({ key, signature, username }: Hello, name: string): Promise<void> {
  assertEquals([key, username], [blobOf(ana), name]);
  const message = new TextEncoder().encode(helloStatement(identity, nonce, name));
  const signer = await verifyMessage(fromBase64(signature!)!, { namespace: HELLO_NAMESPACE, message });
  assertEquals(signer, ana.key);
}

Deno.test("A hello has a signature for its name, and another name another signature", async () => {
  await using hub = new ScriptedHub();
  const opening = open(hub, { identity: await signerOf(ana), suffixName: true });
  await hub.send(OFFER_WITH_KEY);
  const first = await hello(hub);
  await assertSigned(first, "ana");
  assertEquals(fromBase64(first.nonce!)!.length, 16);
  const refused = { code: 206, message: "Cannot use the name ana", ref: "hello" };
  await hub.send({ ...refused, error: "name_taken" });
  await assertSigned(await hello(hub), "ana-2");
  await hub.send({ ...refused, error: "name_owned", free: "ana-7" });
  const last = await hello(hub);
  await assertSigned(last, "ana-7");
  assertEquals(last.nonce, first.nonce);
  const identity_signature = await signed(hubKey, hubStatement(last.nonce!, nonce, identity));
  await hub.send({ ...WELCOME, username: "ana-7", identity_signature });
  const link = await opening;
  assertEquals(link.name, "ana-7");
  link.close();
});

Deno.test("A hub without an identity gets no key, no signature and no nonce", async () => {
  await using hub = new ScriptedHub();
  const opening = open(hub, { identity: await signerOf(ana) });
  await hub.send(OFFER);
  const { key, signature, nonce } = await hello(hub);
  assertEquals([key, signature, nonce], [undefined, undefined, undefined]);
  await hub.send(WELCOME);
  (await opening).close();
});

Deno.test("A guest signs nothing, and checks the hub all the same", async () => {
  await using hub = new ScriptedHub();
  const opening = assertRejects(() => open(hub), LinkError);
  await hub.send(OFFER_WITH_KEY);
  const { key, signature, nonce } = await hello(hub);
  assertEquals([key, signature, typeof nonce], [undefined, undefined, "string"]);
  await hub.send(WELCOME);
  const { kind, message } = await opening;
  assertEquals(kind, "untrusted");
  assertStringIncludes(message, "it does not prove that it is the hub it says: it has not signed");
});

Deno.test("A hub proves its identity only with its own key, for this connection and this purpose", async () => {
  const statement = hubStatement("bWluZQ==", nonce, identity);
  const why = (signature: string | undefined) => whyUnproven({ identity, statement, signature });
  assertEquals(await why(await signed(hubKey, statement)), undefined);
  assertEquals(await why(undefined), "it has not signed");
  assertEquals(await why("no base64!"), "its signature is no base64");
  assert(await why("AAAA") !== undefined);
  assertEquals(await why(await signed(other, statement)), "it has signed with another key");
  assertEquals(
    await why(await signed(hubKey, hubStatement("b3RoZXI=", nonce, identity))),
    "the signature does not fit",
  );
  assertEquals(
    await why(await signed(hubKey, statement, HELLO_NAMESPACE)),
    "the signature is for another purpose",
  );
});

Deno.test("If the agent does not sign, the link is not opened, and the error says what to do", async () => {
  await using hub = new ScriptedHub();
  const sign = () => Promise.reject(new Error("Cannot use ssh-agent: it is locked"));
  const opening = assertRejects(() => open(hub, { identity: { ...ana, sign } }), LinkError);
  await hub.send(OFFER_WITH_KEY);
  const { kind, message } = await opening;
  assertEquals([kind, message], [
    "no_key",
    `cannot join 127.0.0.1:${hub.port}: cannot use ssh-agent: it is locked; --no-identity joins as a guest`,
  ]);
  assertEquals(await hub.receive(), "");
});

Deno.test("A user can leave while the agent asks, and a late signature is not sent", async () => {
  await using hub = new ScriptedHub();
  const asked = Promise.withResolvers<void>(), answered = Promise.withResolvers<Uint8Array<ArrayBuffer>>();
  const leaving = new AbortController();
  const sign = () => {
    asked.resolve();
    return answered.promise;
  };
  const opening = assertRejects(
    () => open(hub, { identity: { ...ana, sign }, signal: leaving.signal }),
    LinkError,
  );
  await hub.send(OFFER_WITH_KEY);
  await asked.promise;
  leaving.abort();
  assertEquals((await opening).kind, "left");
  answered.resolve(new Uint8Array(64));
  assertEquals(await hub.receive(), "");
});

Deno.test("Nothing is sent to a hub with another identity than the known one, or without", async () => {
  for (const offer of [OFFER_WITH_KEY, OFFER, { code: 202, new: "x7f3" }]) {
    await using hub = new ScriptedHub();
    const shown: (string | undefined)[] = [];
    const connect = async (...args: Parameters<typeof connectTcp>) => {
      const identityCheck = {
        whyRefused: (identity: string | undefined) => {
          shown.push(identity);
          return Promise.resolve("its identity has changed");
        },
        proven: () => Promise.reject(new Error("it is not proven")),
      };
      return Object.assign(await connectTcp(...args), { identityCheck });
    };
    const options = { connect, identity: await signerOf(ana), credentials: new Credentials("secret") };
    const opening = assertRejects(() => open(hub, options), LinkError);
    await hub.send(offer);
    const { kind, message } = await opening;
    assertEquals([kind, message], [
      "untrusted",
      `cannot join 127.0.0.1:${hub.port}: its identity has changed`,
    ]);
    assertEquals(shown, [offer === OFFER_WITH_KEY ? identity : undefined]);
    assertEquals(await hub.receive(), "");
  }
});
