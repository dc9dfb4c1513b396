/** `riftchat join` for bots: lines of JSON on stdin, and `--quiet`. */
import { assertEquals, assertMatch } from "../helpers/assert.ts";
import { OriginalClient } from "../helpers/clients/original_client.ts";
import { HubProgram, Program } from "../helpers/program.ts";

/** Connects a client of the extension to some rooms. */
async function member(hub: { port: number }, username: string, ...rooms: string[]): Promise<OriginalClient> {
  const client = await OriginalClient.connect(hub.port);
  await client.sendJson({ code: 102, client: "test/1", username, rooms, ref: "1" });
  await client.until(({ code }) => code === 210);
  await client.sendJson({ code: 110 });
  await client.until(({ code }) => code === 215);
  return client;
}

Deno.test("join --json-input sends each line to its room or user; -q prints and announces nothing", async () => {
  await using hub = await HubProgram.start();
  await using ana = await member(hub, "ana", "dev");
  await using bot = new Program(
    ["join", `127.0.0.1:${hub.port}`, "-n", "bot", "-r", "dev", "-q", "--json-input"],
    { stdin: "piped" },
  );
  const lines = [
    { message: ":q is text\nin two lines" },
    { room: "main", message: "in main" },
    { to: "ana", message: "for ana" },
    { room: "#dev", message: "in dev", other: 1 },
  ];
  await bot.type(lines.map((line) => JSON.stringify(line) + "\n").join(""));
  await bot.type('{"message":7}\nno JSON\n{"room":"ops","message":"x"}\n');
  await bot.endInput();
  const { status, stdout, stderr } = await bot.finish();
  assertEquals([status, stdout], [4, ""]);
  assertMatch(stderr, /^riftchat: line 5: [^\n]*message must be a string$/m);
  assertMatch(stderr, /^riftchat: line 6: [^\n]*JSON/m);
  assertMatch(stderr, /^riftchat: line 7: /m);
  await ana.sendJson({ code: 110 });
  await ana.until(({ code }) => code === 215);
  await ana.sendJson({ code: 103, room: "dev", message: "end" });
  await ana.until(({ message }) => JSON.stringify(message)?.includes('"end"') ?? false);
  const seen = ana.received.filter(({ code }) => code === 200 || code === 213).map(({ message }) => {
    const { room, to, message: text } = message as Record<string, string>;
    return `${room ?? `@${to}`} ${text}`;
  });
  assertEquals(seen.sort(), [
    "@ana for ana",
    "dev :q is text\nin two lines",
    "dev end",
    "dev in dev",
    "main in main",
  ]);
  const about = ana.received.filter(({ new: name, username }) => [name, username].includes("bot"));
  assertEquals(about, []);
});

Deno.test("A bot answers where it was asked", async () => {
  await using hub = await HubProgram.start();
  await using ana = await member(hub, "ana", "dev");
  await using bot = new Program(
    ["join", `127.0.0.1:${hub.port}`, "-n", "bot", "-r", "dev", "--json", "--json-input"],
    { stdin: "piped" },
  );
  await bot.lineWhere((line) => JSON.parse(line).code === 211);
  await ana.sendJson({ code: 103, room: "dev", message: "status?" });
  const { message } = JSON.parse(await bot.lineWhere((line) => JSON.parse(line).code === 200));
  await bot.type(JSON.stringify({ room: message.room, message: `fine, ${message.username}` }) + "\n");
  const answer = await ana.until(({ message }) => JSON.stringify(message)?.includes("fine") ?? false);
  assertEquals((answer.message as { room: string }).room, "dev");
  await bot.endInput();
  assertEquals((await bot.finish()).status, 0);
});
