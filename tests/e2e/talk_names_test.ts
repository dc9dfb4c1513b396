/** Names that belong to keys, on a terminal: the mark of others, the commands, and users who are ignored by key. */
import { Code, type ServerOffer } from "../../protocol/mod.ts";
import { assert, assertEquals, assertStringIncludes } from "../helpers/assert.ts";
import { OriginalClient } from "../helpers/clients/original_client.ts";
import { TestKey } from "../helpers/clients/test_key.ts";
import { DataFolder } from "../helpers/hubs/history.ts";
import { HubProgram } from "../helpers/program.ts";
import { bo, joinHub, terminalTest as test } from "../helpers/terminal/users.ts";

const [laptop, phone] = await Promise.all([TestKey.make(), TestKey.make()]);

/** A hub where names can belong to keys. */
const hubIn = ({ path }: DataFolder) => HubProgram.start(["--history", "on", "--data", path]);

/** Connects somebody with a key under a name. */
async function comes(hub: HubProgram, key: TestKey, username: string): Promise<OriginalClient> {
  const client = await OriginalClient.connect(hub.port);
  const { server } = await client.nextOf(Code.YourName) as unknown as { server: ServerOffer };
  const proof = key.proof({ identity: server.identity!, nonce: server.nonce }, username);
  await client.sendJson({ code: Code.Hello, client: "test/1", username, ref: "h", ...proof });
  await client.until(({ ref }) => ref === "h");
  return client;
}

/** Takes a name with a key, says something under it, and leaves. */
async function own(hub: HubProgram, key: TestKey, username: string, text: string): Promise<void> {
  await using user = await comes(hub, key, username);
  await user.say(text);
  await user.until(({ code, message }) =>
    code === Code.Said && (message as { message: string }).message === text
  );
}

test("A dim ~ is before a name that is not its user's: in messages, lists, histories and searches", async () => {
  using folder = new DataFolder();
  await using hub = await hubIn(folder);
  await using guest = await bo(hub, "gil");
  await guest.say("before you came");
  await own(hub, laptop, "olga", "mine before");
  await using pty = await joinHub(hub, "ana", []);
  await pty.until(/^\d\d:\d\d ~gil {2,3}before you came$/);
  await pty.until(/^\d\d:\d\d olga {2,3}mine before$/);
  await guest.say("live");
  await pty.until(/^\d\d:\d\d ~gil {2,3}live$/);
  await own(hub, laptop, "olga", "mine now");
  await pty.until(/^\d\d:\d\d olga {2,3}mine now$/);
  await pty.type(":search live\r");
  await pty.until(/^── live in #main ──/);
  await pty.until(/^── end ──$/);
  assertEquals(pty.allRows.filter((row) => /^\d\d:\d\d gil/.test(row)), []);
  await pty.type(":who\r");
  await pty.until(/^ ~gil {2}#main/);
  assertStringIncludes(pty.output, "\x1b[2m~");
  await using plain = await joinHub(hub, "cy", [], { env: { LANG: "C", LC_ALL: "", NO_COLOR: "1" } });
  await guest.say("plain");
  await plain.until(/^\d\d:\d\d ~gil {2,}plain$/);
});

test("Who has a name is told, and a guest is told why they have no keys", async () => {
  using folder = new DataFolder();
  await using hub = await hubIn(folder);
  await own(hub, laptop, "olga", "mine");
  await using pty = await joinHub(hub, "ana", []);
  await pty.type(":whois olga\r");
  await pty.until(/^-- olga: not online, owned since /);
  await pty.until(/^ {2}key SHA256:/);
  await pty.type(":whois gil\r");
  await pty.until(/^-- gil: not online, nobody owns the name$/);
});

test("A hub without keys offers none of the commands, and says why one does nothing", async () => {
  await using hub = new (await import("../helpers/hubs/hub_here.ts")).HubHere();
  await using pty = await joinHub(hub, "ana", []);
  await pty.type(":help\r");
  await pty.until(/:ignore/);
  assertEquals(pty.allRows.filter((row) => /:(release|whois|keys?) /.test(row)), []);
  await pty.type(":keys\r");
  await pty.until(/^! Cannot list the keys: on this hub no name belongs to anybody$/);
  await pty.type("hello\r");
  await pty.until(/^\d\d:\d\d ana {2}hello$/);
});

test("An ignored user is ignored by key: after a rename, a restart, and under a name of another time", async () => {
  using config = new DataFolder();
  using folder = new DataFolder();
  await using hub = await hubIn(folder);
  await own(hub, phone, "pest", "mine");
  {
    await using pty = await joinHub(hub, "ana", [], { config: config.path });
    await pty.type(":ignore pest\r");
    await pty.until(/^-- pest is ignored by key, also under other names$/);
    await pty.type(":ignore\r");
    await pty.until(/^-- ignored: pest \(by key\)$/);
    await pty.type(":quit\r");
    assertEquals(await pty.status, 0);
  }
  assertStringIncludes(await Deno.readTextFile(`${config.path}/riftchat/preferences.toml`), '"pest SHA256:');
  await using pty = await joinHub(hub, "ana", [], { config: config.path });
  await using pest = await comes(hub, phone, "angel");
  // The hub has answered about angel at some time after they came.
  const ignored = () => pty.allRows.filter((row) => row.startsWith("-- ignored: "));
  while (ignored().at(-1) !== "-- ignored: pest (by key, now angel)") {
    const count = ignored().length;
    await pty.type(":ignore\r");
    await pty.until(() => ignored().length > count);
  }
  await pest.say("you cannot see this");
  await pest.nextOf(Code.Said);
  await own(hub, laptop, "olga", "you can see this");
  await pty.until(/olga {2,}you can see this$/);
  assert(!pty.allRows.some((row) => row.includes("you cannot see this")), pty.allRows.join("\n"));
  await pty.type(":unignore angel\r");
  await pty.until(/^-- pest is no longer ignored$/);
  await pest.say("visible again");
  await pty.until(/angel {2,}visible again$/);
});
