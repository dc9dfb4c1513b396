/** Changes of messages in pipes: `tail` and `join`, as text and as JSON, live and after a lost connection. */
import { assert, assertEquals, assertMatch } from "../helpers/assert.ts";
import { OriginalClient } from "../helpers/clients/original_client.ts";
import { DataFolder } from "../helpers/hubs/history.ts";
import { ClientProgram, HubProgram, Program } from "../helpers/program.ts";
import { FlakyProxy } from "../helpers/wire/flaky_proxy.ts";

/** A client of the extension, which waits for the answer to each of its requests. */
async function author(hub: { port: number }, username: string) {
  const client = await OriginalClient.connect(hub.port);
  let last = 0;
  const ask = async (request: Record<string, unknown>): Promise<Record<string, unknown>> => {
    const ref = String(++last);
    await client.sendJson({ ...request, ref });
    return await client.until((message) => message.ref === ref);
  };
  await ask({ code: 102, client: "test/1", username });
  let said = 0;
  return {
    ask,
    say: (message: string, rest: Record<string, unknown> = {}) =>
      ask({ code: 103, room: "main", message, id: `${username}-${++said}`, ...rest }),
    edit: (sequence: number, message: string) =>
      ask({ code: 127, room: "main", sequence, message, id: `${username}-${sequence}` }),
    delete: (sequence: number) => ask({ code: 126, room: "main", sequence, id: `${username}-${sequence}` }),
    [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
  };
}

const lineWith = (program: Program, pattern: RegExp) => program.lineWhere((line) => pattern.test(line));

Deno.test("tail prints changes after their messages, and those that were missed after a reconnect", async () => {
  using folder = new DataFolder();
  await using hub = await HubProgram.start(["--history", "on", "--data", folder.path]);
  await using bo = await author(hub, "bo");
  await using cable = new FlakyProxy(hub.port);
  for (const text of ["one", "two", "three"]) assertEquals((await bo.say(text)).code, 207);
  await using text = new Program(["tail", `127.0.0.1:${cable.port}`, "--no-presence", "--no-identity"]);
  await using json = new Program([
    "tail",
    `127.0.0.1:${cable.port}`,
    "--no-presence",
    "--json",
    "--no-identity",
  ]);
  for (const program of [text, json]) await lineWith(program, /three/);
  await bo.edit(1, "1\nand more");
  await bo.ask({ code: 128, room: "main", sequence: 2, reaction: "+1" });
  await bo.say("four", { reply_to: 1 });
  for (const program of [text, json]) await lineWith(program, /four/);

  cable.hold();
  cable.closeClients();
  cable.closeHubEnds();
  for (const program of [text, json]) await program.waitForLog(/connection lost/);
  await bo.delete(3);
  await bo.say("five");
  await bo.edit(5, "5");
  cable.release();
  for (const program of [text, json]) await lineWith(program, /deleted/);
  await bo.say("end");
  for (const program of [text, json]) await lineWith(program, /end/);

  assertEquals(text.stdout.map((line) => line.replace(/^\d\d:\d\d /, "")), [
    "bo  one",
    "bo  two",
    "bo  three",
    "* bo edited message 1 of bo: 1",
    "      │ and more",
    "* bo reacted to message 2 of bo with +1 (+1: 1)",
    "bo (reply to 1)  four",
    "bo  5 (edited)",
    "* bo deleted message 3 of bo",
    "bo  end",
  ]);
  const records = json.stdout.map((line) => JSON.parse(line));
  assertEquals(
    records.map(({ timestamp: _, username: __, verified: ___, room: ____, edited, ...rest }) => ({
      ...rest,
      ...(edited === undefined ? {} : { edited: typeof edited }),
    })),
    [
      { kind: "line", sequence: 1, message: "one" },
      { kind: "line", sequence: 2, message: "two" },
      { kind: "line", sequence: 3, message: "three" },
      { kind: "changed", sequence: 1, change: 1, by: "bo", message: "1\nand more", edited: "number" },
      {
        kind: "changed",
        sequence: 2,
        change: 2,
        by: "bo",
        reaction: "+1",
        reactions: [{ reaction: "+1", count: 1 }],
      },
      { kind: "line", sequence: 4, message: "four", reply_to: 1 },
      { kind: "line", sequence: 5, message: "5", edited: "number" },
      { kind: "changed", sequence: 3, change: 3, deleted: true },
      { kind: "line", sequence: 6, message: "end" },
    ],
  );
});

Deno.test("Stored messages are printed in their last form", async () => {
  using folder = new DataFolder();
  await using hub = await HubProgram.start(["--history", "on", "--data", folder.path]);
  await using bo = await author(hub, "bo");
  for (const text of ["one", "two", "three"]) await bo.say(text);
  await bo.edit(1, "1");
  await bo.delete(2);
  await bo.ask({ code: 128, room: "main", sequence: 3, reaction: "+1" });
  const tail = async (...args: string[]) => {
    await using program = new Program([
      "tail",
      `127.0.0.1:${hub.port}`,
      "--count",
      "3",
      "--no-identity",
      ...args,
    ]);
    const { stdout } = await program.finish();
    return stdout.trimEnd().split("\n");
  };
  assertEquals((await tail("--no-presence")).map((line) => line.replace(/^\d\d:\d\d /, "")), [
    "bo  1 (edited)",
    "bo  (deleted)",
    "bo  three (+1: 1)",
  ]);
  const [first, second, third] = (await tail("--no-presence", "--json")).map((line) => JSON.parse(line));
  assert(typeof first.edited === "number");
  assertEquals([first.message, second.message, second.deleted], ["1", "", true]);
  assertEquals(third.reactions, [{ reaction: "+1", count: 1 }]);
});

Deno.test("join in a pipe prints changes, and sends an answer to a message by --json-input", async () => {
  using folder = new DataFolder();
  await using hub = await HubProgram.start(["--history", "on", "--data", folder.path]);
  await using bo = await author(hub, "bo");
  await bo.say("one");
  const options = ["-n", "bot", "--no-identity"];
  await using bot = new Program(["join", `127.0.0.1:${hub.port}`, ...options, "--json", "--json-input"], {
    stdin: "piped",
  });
  await using plain = new ClientProgram(hub.port, ["-n", "plain", "--no-identity"]);
  await lineWith(plain, /plain joined/);
  await bot.type(
    '{"message":"yes","reply_to":1}\n{"message":"no","reply_to":0}\n{"message":"x","reply_to":"1"}\n',
  );
  await lineWith(plain, /^\d\d:\d\d ~bot \(reply to 1\) {2}yes$/);
  await bo.edit(1, "ONE");
  await lineWith(plain, /^\* bo edited message 1 of bo: ONE$/);
  await lineWith(bot, /"code":226/);
  await bot.endInput();
  const { status, stderr } = await bot.finish();
  assertEquals(status, 4);
  assertMatch(stderr, /line 2: .*reply_to must be the number of a message/);
  assertMatch(stderr, /line 3: .*reply_to must be the number of a message/);
});
