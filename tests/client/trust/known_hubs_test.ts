/** The file of known hubs. */
import { fingerprintOf } from "../../../identity/mod.ts";
import { DiskFolder } from "../../../client/config/config_folder.ts";
import { type ConfigFolder, NO_CONFIG_FOLDER } from "../../../client/config/mod.ts";
import { KNOWN_HUBS_FILE, KnownHubs, KnownHubsError } from "../../../client/trust/known_hubs.ts";
import { parseAddress } from "../../../client/net/mod.ts";
import type { KnownBy } from "../../../client/trust/verdict.ts";
import { assertEquals, assertRejects, assertStringIncludes } from "../../helpers/assert.ts";

const HUB = { hostname: "Chat.Example.org", port: 8000 };
const CERTIFICATE = new Uint8Array([48, 3, 1, 2, 3]);
const FINGERPRINT = await fingerprintOf(CERTIFICATE);
const PIN: KnownBy = { kind: "pin", fingerprint: FINGERPRINT };
const BASE64 = "MAMBAgM=";

/** Calls back with a folder that has the file, and gives the text of the file afterwards. */
async function inFolder(
  text: string | undefined,
  work: (folder: ConfigFolder) => Promise<void>,
): Promise<string> {
  const path = await Deno.makeTempDir();
  try {
    const folder = new DiskFolder(path);
    if (text !== undefined) await folder.write(KNOWN_HUBS_FILE, text);
    await work(folder);
    return await folder.read(KNOWN_HUBS_FILE) ?? "";
  } finally {
    await Deno.remove(path, { recursive: true });
  }
}

const hubsIn = (folder: ConfigFolder) => new KnownHubs(() => Promise.resolve(folder));

Deno.test("A stored hub is found by another process, in any case of its name", async () => {
  const text = await inFolder(undefined, async (folder) => {
    const hubs = hubsIn(folder);
    await hubs.put(HUB, PIN);
    // The user is told to remove this line, so it must not be the whole file.
    assertEquals((await hubs.find(HUB))?.location, `line 3 of ${folder.pathOf(KNOWN_HUBS_FILE)}`);
    const known = await hubsIn(folder).find({ hostname: "chat.example.org.", port: 8000 });
    assertEquals(known, { by: PIN, location: `line 3 of ${folder.pathOf(KNOWN_HUBS_FILE)}`, stored: true });
    assertEquals(await hubsIn(folder).find({ ...HUB, port: 8001 }), undefined);
    await hubsIn(folder).put({ hostname: "::1", port: 9 }, { kind: "authority" });
    assertEquals((await hubsIn(folder).find({ hostname: "::1", port: 9 }))?.by, { kind: "authority" });
  });
  assertEquals(text.split("\n").slice(2), [
    `chat.example.org:8000 ${FINGERPRINT}`,
    "[::1]:9 authority",
    "",
  ]);
});

Deno.test("An IPv6 address is one hub in any spelling, also in a line written by hand", async () => {
  const spellings = ["2001:db8::1", "2001:DB8:0:0:0:0:0:1", "2001:0db8::0001", "2001:db8::0.0.0.1"];
  for (const written of spellings) {
    const text = await inFolder(`[${written}]:8000 ${FINGERPRINT}\n`, async (folder) => {
      for (const hostname of spellings) {
        const known = await hubsIn(folder).find({ hostname, port: 8000 });
        assertEquals(known?.by, { kind: "pin", fingerprint: FINGERPRINT });
      }
      assertEquals(await hubsIn(folder).find({ hostname: "2001:db8::2", port: 8000 }), undefined);
      assertEquals(await hubsIn(folder).find({ hostname: "2001:db8::1", port: 8001 }), undefined);
      await hubsIn(folder).put({ hostname: written, port: 8000 }, { kind: "authority" });
    });
    assertEquals(text, "[2001:db8::1]:8000 authority\n");
  }
  // A link-local address needs its zone.
  const text = await inFolder(undefined, async (folder) => {
    await hubsIn(folder).put({ hostname: "fe80::A%eth0", port: 1 }, { kind: "authority" });
    assertEquals((await hubsIn(folder).find({ hostname: "FE80::a%eth0", port: 1 }))?.by, {
      kind: "authority",
    });
  });
  assertEquals(text.split("\n").at(-2), "[fe80::a%eth0]:1 authority");
});

Deno.test("A line written by hand names the hub as a user types it", async () => {
  const written = [
    "chat.example.org",
    "Chat.example.org.",
    "rifts://chat.example.org",
    "rifts://chat.example.org:8000/",
  ];
  for (const hub of [...written, "chat.example.org.:8000"]) {
    const text = await inFolder(`${hub} ${FINGERPRINT}\n`, async (folder) => {
      const warnings: string[] = [];
      const hubs = new KnownHubs(() => Promise.resolve(folder), (warning) => warnings.push(warning));
      assertEquals((await hubs.find(HUB))?.by, PIN, hub);
      assertEquals(warnings, []);
      await hubs.put(HUB, { kind: "authority" });
    });
    assertEquals(text, "chat.example.org:8000 authority\n");
  }
  await inFolder(`bücher.example:9 ${FINGERPRINT}\n`, async (folder) => {
    for (const typed of ["bücher.example:9", "BÜCHER.example.:9", "xn--bcher-kva.example:9"]) {
      assertEquals((await hubsIn(folder).find(parseAddress(typed)))?.by, PIN, typed);
    }
  });
});

Deno.test("A line that begins with no address is reported once, with its file and number", async () => {
  const lines = [
    "host:99999",
    "[chat.example.org]:8000",
    "rift://chat.example.org",
    "*.example.org",
    "https://x",
  ];
  for (const line of lines) {
    await inFolder(`# mine\n${line} ${FINGERPRINT}\n`, async (folder) => {
      const warnings: string[] = [];
      const hubs = new KnownHubs(() => Promise.resolve(folder), (warning) => warnings.push(warning));
      assertEquals([await hubs.find(HUB), await hubs.find(HUB)], [undefined, undefined]);
      assertEquals(warnings.length, 1, line);
      assertStringIncludes(
        warnings[0]!,
        `line 2 of ${folder.pathOf(KNOWN_HUBS_FILE)} is ignored: no hub can be at "`,
      );
      await hubs.put(HUB, PIN);
      assertStringIncludes((await folder.read(KNOWN_HUBS_FILE))!, line);
    });
  }
});

Deno.test("Other lines of the file do not change, and a hub that is stored again keeps its line", async () => {
  const before =
    `# mine\n\nother:1 what is this\nchat.example.org:8000 authority\n# between\nCHAT.example.org:8000 old`;
  const text = await inFolder(before, async (folder) => {
    await hubsIn(folder).put(HUB, PIN);
    await hubsIn(folder).put({ hostname: "new", port: 1 }, { kind: "authority" });
  });
  assertEquals(
    text,
    `# mine\n\nother:1 what is this\nchat.example.org:8000 ${FINGERPRINT}\n# between\nnew:1 authority\n`,
  );
});

Deno.test("A line may have the certificate after its fingerprint", async () => {
  for (const rest of ["  ", ` ${BASE64}`]) {
    await inFolder(`chat.example.org:8000  ${FINGERPRINT}${rest}\n`, async (folder) => {
      assertEquals((await hubsIn(folder).find(HUB))?.by, PIN);
    });
  }
});

Deno.test("A line about the hub that cannot be read is an error, and does not make the hub unknown", async () => {
  const other = `SHA256:${"A".repeat(43)}`;
  for (
    const rest of [
      "",
      "yes",
      "authority too",
      `${FINGERPRINT} x!`,
      `${other} ${BASE64}`,
      `${FINGERPRINT} ${BASE64} x`,
    ]
  ) {
    await inFolder(`\nchat.example.org:8000 ${rest}\n`, async (folder) => {
      await assertRejects(() => hubsIn(folder).find(HUB), KnownHubsError, "Cannot use line 2 of ");
    });
  }
});

Deno.test("Without a file a hub is known to this process only", async () => {
  const hubs = hubsIn(NO_CONFIG_FOLDER);
  assertEquals(await hubs.put(HUB, PIN), undefined);
  assertEquals(await hubs.find(HUB), { by: PIN, location: "since this program was started", stored: false });
  assertEquals(await hubsIn(NO_CONFIG_FOLDER).find(HUB), undefined);
});

Deno.test("A byte order mark before the first line of the file does not hide its hub", async () => {
  await inFolder(`\ufeffchat.example.org:8000 ${FINGERPRINT}\n`, async (folder) => {
    assertEquals((await hubsIn(folder).find(HUB))?.by, { kind: "pin", fingerprint: FINGERPRINT });
  });
});
