/** The identity of a hub: it is known from the first proof on, and nothing is sent to another hub in its place. */
import { KNOWN_HUBS_FILE, KnownHubs, KnownHubsError } from "../../../client/trust/known_hubs.ts";
import { SecureConnector } from "../../../client/trust/secure_connector.ts";
import type { TrustOptions } from "../../../client/trust/verdict.ts";
import { DiskFolder } from "../../../client/config/config_folder.ts";
import { encryptTcp } from "../../../client/net/tls.ts";
import { generatePrivateKey, keyFingerprint, publicKeyBlob, toBase64 } from "../../../identity/mod.ts";
import { systemClock } from "../../../runtime/mod.ts";
import { assertEquals, assertRejects, assertStringIncludes } from "../../helpers/assert.ts";
import { connectFar } from "../../helpers/hubs/far.ts";
import { testInFolder } from "../../helpers/ssh_keygen.ts";

const [hubKey, otherKey] = await Promise.all([generatePrivateKey("hub"), generatePrivateKey("other")]);
const [hub, other] = [hubKey, otherKey].map(({ key }) => toBase64(publicKeyBlob(key))) as [string, string];
const FAR = { hostname: "hub.example.org", port: 8000 };

/** Connects to a plain hub that seems to have an IP address, and returns what is known of its identity. */
async function checkOf(
  path: string,
  { trust = {}, address = FAR, ip = "192.0.2.1", notices = [] as string[] } = {},
) {
  using server = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const connector = new SecureConnector({
    trust: trust as TrustOptions,
    known: new KnownHubs(() => Promise.resolve(new DiskFolder(path))),
    connect: connectFar(() => (server.addr as Deno.NetAddr).port, ip),
    encrypt: encryptTcp,
    clock: systemClock,
    tellPlain: false,
    notify: (notice) => notices.push(notice),
  });
  const connecting = connector.connect(address);
  using there = await server.accept();
  await there.write(new TextEncoder().encode("words"));
  const connection = await connecting;
  connection.close();
  return connection.identityCheck!;
}

const linesIn = (path: string) =>
  Deno.readTextFileSync(`${path}/${KNOWN_HUBS_FILE}`).split("\n").filter((line) => /^[^#]/.test(line));

testInFolder(
  "Another identity, or none, is refused; the text has both and says what to do",
  undefined,
  async (path) => {
    const first = await checkOf(path);
    assertEquals(await first.whyRefused(hub), undefined);
    await first.proven(hub);
    assertEquals(linesIn(path), [`hub.example.org:8000 identity:${hub}`]);
    const later = await checkOf(path);
    assertEquals(await later.whyRefused(hub), undefined);
    const changed = (await later.whyRefused(other))!;
    for (const key of [hubKey.key, otherKey.key]) assertStringIncludes(changed, await keyFingerprint(key));
    assertStringIncludes(changed, `if the new one is right, remove line 3 of ${path}/${KNOWN_HUBS_FILE}`);
    assertStringIncludes((await later.whyRefused("no key"))!, "but it shows no key");
    assertStringIncludes((await later.whyRefused(undefined))!, "but shows none now");
    const insecure = await checkOf(path, { trust: { insecure: true } });
    assertEquals(await insecure.whyRefused(undefined), undefined);
    assertStringIncludes((await insecure.whyRefused(other))!, "its identity has changed");
    // A refused hub is not stored.
    assertEquals(linesIn(path), [`hub.example.org:8000 identity:${hub}`]);
  },
);

testInFolder("A hub that has moved is told, and known at both addresses", undefined, async (path) => {
  await (await checkOf(path)).proven(hub);
  const notices: string[] = [];
  const moved = await checkOf(path, { address: { hostname: "new.example.org", port: 9 }, notices });
  assertEquals(await moved.whyRefused(hub), undefined);
  await moved.proven(hub);
  await moved.proven(hub);
  assertEquals(notices, ["new.example.org:9 is the hub that is known as hub.example.org:8000"]);
  assertEquals(linesIn(path), [
    `hub.example.org:8000 identity:${hub}`,
    `new.example.org:9 identity:${hub}`,
  ]);
});

testInFolder(
  "A hub on this machine without TLS is not stored: its user may change its data",
  undefined,
  async (path) => {
    const local = await checkOf(path, { address: { hostname: "localhost", port: 8000 }, ip: "127.0.0.1" });
    await local.proven(hub);
    assertEquals(await local.whyRefused(other), undefined);
    assertEquals(await Array.fromAsync(Deno.readDir(path)), []);
  },
);

testInFolder(
  "Certificate and identity are in one line, and a change of one keeps the other",
  undefined,
  async (path) => {
    const known = new KnownHubs(() => Promise.resolve(new DiskFolder(path)));
    const again = new KnownHubs(() => Promise.resolve(new DiskFolder(path)));
    const fingerprint = `SHA256:${"A".repeat(42)}E`;
    await known.put(FAR, { kind: "pin", fingerprint });
    await again.putIdentity(FAR, hub);
    assertEquals(linesIn(path), [`hub.example.org:8000 ${fingerprint} identity:${hub}`]);
    await known.put(FAR, { kind: "authority" });
    assertEquals(linesIn(path), [`hub.example.org:8000 authority identity:${hub}`]);
    const { by, identity } = (await new KnownHubs(() => Promise.resolve(new DiskFolder(path))).find(FAR))!;
    assertEquals([by, identity], [{ kind: "authority" }, hub]);
  },
);

testInFolder("A line with an identity that is no key is an error", undefined, async (path) => {
  for (const rest of ["identity:", "identity:AAAA", "authority identity:no", `identity:${hub} authority`]) {
    await Deno.writeTextFile(`${path}/${KNOWN_HUBS_FILE}`, `hub.example.org:8000 ${rest}\n`);
    const known = new KnownHubs(() => Promise.resolve(new DiskFolder(path)));
    await assertRejects(() => known.find(FAR), KnownHubsError);
  }
});
