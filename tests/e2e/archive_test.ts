/**
 * `riftchat log`, `export` and `import` as processes, next to a running hub and without one.
 *
 * It is long because it covers three commands.
 */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../helpers/assert.ts";
import { ChangedHistory, DIRECT } from "../helpers/hubs/changes.ts";
import { DataFolder, lineIn } from "../helpers/hubs/history.ts";
import { START } from "../helpers/hubs/test_hub.ts";
import { FOUND, NOT_FOUND } from "../helpers/searches.ts";
import { bo } from "../helpers/terminal/users.ts";
import { OriginalClient } from "../helpers/clients/original_client.ts";
import { needs, NO_LINUX, NO_PTY } from "../helpers/needs.ts";
import { Pty } from "../helpers/terminal/pty.ts";
import { ClientProgram, HubProgram, Program, run } from "../helpers/program.ts";

/** Folders that are removed when the test ends. */
class Folders implements AsyncDisposable {
  readonly #root = Deno.makeTempDirSync();
  /** The path of a folder that does not exist. */
  of(name: string): string {
    return `${this.#root}/${name}`;
  }
  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.#root, { recursive: true });
  }
}

const hubIn = (data: string) => HubProgram.start(["--history", "on", "--data", data]);

/** Lets ana send messages to the rooms main and dev, and to cy. */
async function conversation(hub: HubProgram): Promise<void> {
  await using cy = new ClientProgram(hub.port, ["-n", "cy"]);
  await cy.waitForArrival("cy");
  for (
    const [room, text] of [["main", "hello\nthere"], ["dev", "in dev"], ["main", "Grüße, the disk is full"]]
  ) {
    await using ana = new ClientProgram(hub.port, ["-n", "ana", "-r", room!]);
    assertEquals(await ana.typeAndFinish(`${text}\n`), 0, ana.stderr);
  }
  const { ReconnectingLink } = await import("../../client/link/reconnecting_link.ts");
  const said = Promise.withResolvers<void>();
  const link = new ReconnectingLink({ hostname: "127.0.0.1", port: hub.port }, {
    name: "ana",
    received: () => {},
    changed: ({ kind }) =>
      kind === "ended" && said.reject(new Error("the link ended before ana had said it")),
    lineChanged: ({ state }) => state.kind === "acknowledged" && said.resolve(),
  });
  const running = link.run();
  link.say("for you alone", { kind: "person", name: "cy" });
  await said.promise;
  link.close();
  await running;
}

async function importText(data: string, text: string): Promise<{ status: number; stderr: string }> {
  await using program = new Program(["import", "--data", data], { stdin: "piped" });
  const [result] = await Promise.all([
    program.finish(),
    program.type(text).then(() => program.endInput()).catch(() => {}),
  ]);
  return result;
}

Deno.test("An export that is imported is exported as the same bytes, and the numbers continue", async () => {
  await using folders = new Folders();
  const [one, two] = [folders.of("one"), folders.of("two")];
  let beside: string;
  {
    await using hub = await hubIn(one);
    await conversation(hub);
    const result = await run(["export", "--data", one]);
    assertEquals([result.status, result.stderr], [0, ""]);
    beside = result.stdout;
    await hub.stop();
  }
  const exported = (await run(["export", "--data", one])).stdout;
  // The running hub has pending messages; the export contains them.
  assertEquals(beside, exported);
  const records = exported.trimEnd().split("\n").map((line) => JSON.parse(line));
  assertEquals(records[0], { kind: "history", version: 1 });
  assertEquals(records.at(-1), { kind: "end", records: records.length - 2 });
  assertEquals(records.filter(({ kind }) => kind === "room" || kind === "direct"), [
    { kind: "room", room: "main", last: 2 },
    { kind: "room", room: "dev", last: 1 },
    { kind: "direct", between: ["ana", "cy"], last: 1 },
  ]);
  assertEquals(records.filter(({ kind }) => kind === "line").map(({ message }) => message), [
    "hello\nthere",
    "Grüße, the disk is full",
    "in dev",
    "for you alone",
  ]);
  const marks = records.filter(({ kind }) => kind === "mark");
  assertEquals(marks.length, 4);
  for (const { digest } of marks) assertMatch(digest, /^[A-Za-z0-9_-]{16}$/);

  const imported = await importText(two, exported);
  assertEquals(imported.status, 0, imported.stderr);
  assertEquals((await run(["export", "--data", two])).stdout, exported);
  // An export of an older version has no digests.
  const older = exported.replaceAll(/,"digest":"[^"]*"/g, "");
  const three = folders.of("three");
  assertEquals((await importText(three, older)).status, 0);
  assertEquals((await run(["export", "--data", three])).stdout, older);
  // A second import is refused and changes nothing.
  const again = await importText(two, exported);
  assertEquals(again.status, 1);
  assertMatch(again.stderr, /the folder must be empty: it has messages already; nothing was imported\n$/);
  await using hub = await hubIn(two);
  const busy = await importText(two, exported);
  assertEquals(busy.status, 1);
  assertMatch(busy.stderr, new RegExp(`nothing was imported\n$`));
  assertStringIncludes(busy.stderr, String(hub.pid));
  await using ana = await bo(hub, "ana");
  await ana.say("goes on");
  const { message } = await ana.until(({ code, message }) =>
    code === 200 && (message as { message: string }).message === "goes on"
  );
  assertEquals((message as { sequence: number }).sequence, 3);
});

Deno.test("Changed messages are exported and imported as the same bytes, and numbers of changes go on", async () => {
  using folder = new DataFolder();
  using copy = new DataFolder();
  const store = new ChangedHistory(folder.open());
  for (const text of ["deleted", "before", "liked"]) store.say("main", text);
  store.say("main", "an answer", { replyTo: 3 });
  store.say(DIRECT, "psst");
  store.change("main", 1, { kind: "delete", by: "op" });
  store.change("main", 2, { kind: "edit", message: "after" });
  for (const by of ["bo", "cy"]) store.change("main", 3, { kind: "react", reaction: "+1", by });
  for (const _ of store.history.catchUp());
  // These are pending in the journal.
  store.change("main", 3, { kind: "react", reaction: "tada", by: "bo" });
  store.change(DIRECT, 1, { kind: "delete" });
  const first = await run(["export", "--data", folder.path]);
  assertEquals([first.status, first.stderr], [0, ""]);
  const lines = first.stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
  assertEquals(lines[0], { kind: "history", version: 2, changes: 6 });
  const common = { kind: "line", room: "main", username: "ana", verified: false };
  assertEquals(
    lines.filter(({ kind }) => kind === "line").slice(0, 4).map(({ timestamp: _, ...line }) => line),
    [
      { ...common, sequence: 1, message: "", deleted: true, change: 1, changed_by: "op" },
      { ...common, sequence: 2, message: "after", edited: START + 2, change: 2, changed_by: "ana" },
      {
        ...common,
        sequence: 3,
        message: "liked",
        reactions: [{ reaction: "+1", count: 2, by: ["bo", "cy"] }, {
          reaction: "tada",
          count: 1,
          by: ["bo"],
        }],
        change: 5,
      },
      { ...common, sequence: 4, message: "an answer", reply_to: 3 },
    ],
  );
  const log = await run(["log", "-r", "main", "--json", "--data", folder.path]);
  assertEquals(log.stdout.split("\n").slice(0, 3).map((line) => line.replace(/.*"message":/, "")), [
    '"","deleted":true}',
    `"after","edited":${START + 2}}`,
    '"liked","reactions":[{"reaction":"+1","count":2},{"reaction":"tada","count":1}]}',
  ]);
  store.history.close();
  assertMatch((await importText(copy.path, first.stdout)).stderr, /^riftchat: 7 records are now in /);
  assertEquals((await run(["export", "--data", copy.path])).stdout, first.stdout);
  assertEquals((await run(["export", "--data", folder.path])).stdout, first.stdout);
  const history = copy.open();
  assertEquals([history.nextChange(), history.line("main", 2)?.message], [7, "after"]);
  history.close();
});

Deno.test("An invalid line is reported with its number, and nothing is imported", async () => {
  await using folders = new Folders();
  const data = folders.of("data");
  const first = '{"kind":"history","version":1}';
  const room = '{"kind":"room","room":"main","last":2}';
  const line = '{"kind":"line","room":"main","sequence":1,"timestamp":1,"username":"ana","verified":false,' +
    '"message":"hi"}';
  // `tests/server/archive/record_reader_test.ts` tests every invalid line.
  for (
    const [lines, wanted] of [
      [
        [],
        /^riftchat: line 1: the last line must have kind end: the input ends without it; nothing was imported\n$/,
      ],
      [["x"], /^riftchat: line 1: it must be one JSON object: it is x; nothing was imported\n$/],
      [
        [first, room, line],
        /^riftchat: line 4: the last line must have kind end[^\n]*; nothing was imported\n$/,
      ],
      [
        [first, room, line, line],
        /^riftchat: line 4: sequence must be a whole number from 2: it is 1; nothing was imported\n$/,
      ],
    ] as [string[], RegExp][]
  ) {
    const result = await importText(data, lines.map((line) => line + "\n").join(""));
    assertEquals(result.status, 1);
    assertMatch(result.stderr, wanted);
    const exported = await run(["export", "--data", data]);
    assertEquals(exported.stdout, `${first}\n{"kind":"end","records":0}\n`);
  }
});

Deno.test("An import that is killed leaves nothing behind", async () => {
  await using folders = new Folders();
  const data = folders.of("data");
  const [first, room] = ['{"kind":"history","version":1}', '{"kind":"room","room":"main","last":100000}'];
  await using program = new Program(["import", "--data", data], { stdin: "piped" });
  const lines = Array.from({ length: 5000 }, (_, i) =>
    JSON.stringify({
      kind: "line",
      room: "main",
      sequence: i + 1,
      timestamp: 1,
      username: "ana",
      verified: false,
      message: `line ${i} ${"x".repeat(1000)}`,
    }));
  // Once more is read than a pipe holds, some of it has been written.
  await program.type([first, room, ...lines].join("\n") + "\n");
  program.kill("SIGKILL");
  await program.status;
  const { stdout, status } = await run(["export", "--data", data]);
  assertEquals([stdout, status], [`${first}\n{"kind":"end","records":0}\n`, 0]);
});

Deno.test("log prints stored messages next to a running hub, filtered as requested", async () => {
  await using folders = new Folders();
  const data = folders.of("data");
  await using hub = await hubIn(data);
  await conversation(hub);
  const texts = async (...args: string[]) => {
    const { stdout, stderr, status } = await run(["log", "--data", data, ...args]);
    assertEquals([stderr, status], ["", 0]);
    return stdout.replaceAll(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/gm, "TIME");
  };
  const all = "TIME #main ~ana  hello\n                    │ there\nTIME #dev ~ana  in dev\n" +
    "TIME #main ~ana  Grüße, the disk is full\n";
  assertEquals(await texts(), all);
  assertEquals(await texts("--direct"), `${all}TIME @ ~ana > cy  for you alone\n`);
  assertEquals(await texts("--room", "#Dev"), "TIME #dev ~ana  in dev\n");
  assertEquals(await texts("--match", "disk empty"), "");
  assertEquals(await texts("--match", "DISK gruße"), "TIME #main ~ana  Grüße, the disk is full\n");
  assertEquals(await texts("--since", "1h"), all);
  assertEquals(await texts("--since", "2999-01-01"), "");
  assertEquals(await texts("--until", "1h"), "");
  assertEquals(await texts("--until", "2999-01-01"), all);
  assertMatch(
    await texts("--room", "dev", "--time", "iso"),
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z #dev ~ana {2}in dev\n$/,
  );
  const { stdout } = await run(["log", "--data", data, "--room", "dev", "--json"]);
  assertEquals({ ...JSON.parse(stdout), timestamp: 0 }, {
    kind: "line",
    room: "dev",
    sequence: 1,
    timestamp: 0,
    username: "ana",
    verified: false,
    message: "in dev",
  });
  const missing = await run(["log", "--data", data, "--room", "nosuch", "-r", "#DEV", "-r", "Ops"]);
  assertMatch(missing.stdout, /^[^\n]* #dev ~ana {2}in dev\n$/);
  assertEquals(
    [missing.stderr, missing.status],
    ["riftchat: no messages are stored for #nosuch, #Ops; rooms with stored messages: #main, #dev\n", 1],
  );
});

Deno.test("log --match finds what a search of the hub finds, in every script", async () => {
  using folder = new DataFolder();
  const data = folder.path;
  const history = folder.open();
  history.insert([...FOUND, ...NOT_FOUND].map(([, message]) => lineIn(history, "main", message)));
  history.close();
  for (const [what, message, match] of [...FOUND.filter((_, i) => i % 6 === 1), NOT_FOUND[0]!]) {
    const { stdout, stderr } = await run(["log", "--data", data, "--json", "--match", match]);
    const messages = stdout.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line).message);
    assertEquals([messages.includes(message), stderr], [what !== NOT_FOUND[0]![0], ""], what);
  }
});

Deno.test("log --follow prints new messages until it is interrupted or its reader closes the pipe", async () => {
  await using folders = new Folders();
  const data = folders.of("data");
  await using hub = await hubIn(data);
  await using ana = await bo(hub, "ana");
  await using follower = new Program(["log", "--data", data, "--follow"]);
  await using other = new Program(["log", "--data", data, "-f"]);
  for (const text of ["one", "two"]) {
    await ana.say(text);
    assertMatch((await follower.line())!, new RegExp(` #main ~ana {2}${text}$`));
    await other.line();
  }
  follower.kill("SIGINT");
  assertEquals([await follower.status, follower.stderr], [130, ""]);
  await other.closeOutput();
  for (let gone = false; !gone;) {
    await ana.say("more");
    gone = await Promise.race([other.status.then(() => true), ana.nextOf(200).then(() => false)]);
  }
  assertEquals([await other.status, other.stderr], [0, ""]);
});

Deno.test("log --follow prints what becomes of messages that it has printed, also of those of a search", async () => {
  await using folders = new Folders();
  const data = folders.of("data");
  await using hub = await hubIn(data);
  await using ana = await OriginalClient.connect(hub.port);
  let last = 0;
  const change = async (request: Record<string, unknown>) => {
    const ref = String(++last);
    await ana.sendJson({ room: "main", ...request, ref });
    return await ana.until((message) => message.ref === ref);
  };
  const say = (message: string, id: string) => change({ code: 103, message, id });
  await change({ code: 102, client: "test/1", username: "ana" });
  await say("disk one", "a");
  await change({ code: 127, sequence: 1, message: "disk 1", id: "a" });
  const follow = (...args: string[]) => new Program(["log", "--data", data, "--follow", ...args]);
  await using text = follow();
  await using json = follow("--json");
  await using search = follow("--match", "disk");
  await using other = follow("--room", "other");
  for (const program of [text, json, search]) assertMatch((await program.line())!, /disk 1/);
  const records: Record<string, unknown>[] = [];
  // Each program prints what a message is when it looks: what changes again before is printed once.
  const prints = async (wanted: RegExp) => {
    assertMatch((await text.line())!, wanted);
    records.push(JSON.parse((await json.line())!));
  };
  await say("two", "b");
  await prints(/two/);
  await change({ code: 127, sequence: 1, message: "disk full", id: "a" });
  await prints(/ #main \* message 1 of ana is now: {2}disk full \(edited\)$/);
  // A search prints what becomes of what it has found.
  assertMatch((await search.line())!, / #main \* message 1 of ana is now: {2}disk full \(edited\)$/);
  await change({ code: 128, sequence: 2, reaction: "+1" });
  await prints(/ #main \* message 2 of ana is now: {2}two \(\+1: 1\)$/);
  await change({ code: 126, sequence: 2, id: "b" });
  await prints(/ #main \* ana deleted message 2 of ana$/);
  await change({ code: 126, sequence: 1, id: "a" });
  await prints(/ #main \* ana deleted message 1 of ana$/);
  assertMatch((await search.line())!, / #main \* ana deleted message 1 of ana$/);
  assertEquals(
    records.map(({ kind, room, sequence, by, message, reactions, deleted }) => [
      ...[kind, room, sequence, by, message, reactions, deleted],
    ]),
    [
      ["line", "main", 2, undefined, "two", undefined, undefined],
      ["changed", "main", 1, undefined, "disk full", [], undefined],
      ["changed", "main", 2, undefined, "two", [{ reaction: "+1", count: 1 }], undefined],
      ["changed", "main", 2, "ana", undefined, undefined, true],
      ["changed", "main", 1, "ana", undefined, undefined, true],
    ],
  );
  assertEquals(other.stdout, []);
});

Deno.test({
  ...needs("log --follow ends when its reader closes the pipe, before another message comes", NO_LINUX),
  fn: async () => {
    await using folders = new Folders();
    const data = folders.of("data");
    await using hub = await hubIn(data);
    await using ana = await bo(hub, "ana");
    await using follower = new Program(["log", "--data", data, "--follow"]);
    await ana.say("one");
    assertMatch((await follower.line())!, / #main ~ana {2}one$/);
    await follower.closeOutput();
    assertEquals([await follower.status, follower.stderr], [0, ""]);
  },
});

Deno.test("A folder without a history and invalid arguments are reported", async () => {
  await using folders = new Folders();
  const nowhere = folders.of("nowhere");
  for (const command of ["log", "export"]) {
    const { stdout, stderr, status } = await run([command, "--data", nowhere]);
    assertEquals([stdout, status], ["", 1]);
    assertEquals(
      stderr,
      `riftchat: cannot read a history in ${nowhere}: there is none; use --data to name another folder\n`,
    );
  }
  assert(!await Deno.stat(nowhere).then(() => true, () => false), "the folder was made");
  const wrong: [string[], RegExp][] = [
    [["log", "--since", "soon"], /cannot take --since soon: it must be a time such as 2h/],
    [["log", "--until", "2026-02-30"], /cannot take --until 2026-02-30: [^\n]* a day that exists/],
    [["log", "--until", "1h", "-f"], /cannot take both --until and --follow/],
    [["log", "--match", "--"], /cannot take --match --: it must contain a letter or a digit/],
    [["log", "--instance", "A B"], /cannot take --instance A B: it must be 1 to 32/],
    [["export", "--data", "x", "--instance", "y"], /cannot take both --data and --instance/],
    [["import", "--data", ""], /cannot take --data: it must be the path of a folder: it is empty/],
  ];
  for (const [args, wanted] of wrong) {
    const { stderr, status } = await run(args);
    assertEquals(status, 2, stderr);
    assertMatch(stderr, wanted);
  }
});

Deno.test({
  ...needs("On a terminal, import says what it waits for", NO_PTY),
  async fn() {
    await using folders = new Folders();
    await using pty = await Pty.start(["import", "--data", folders.of("data")], {
      columns: 120,
      config: folders.of("c"),
    });
    await pty.until(
      /^riftchat: waiting for an export on stdin: riftchat import < FILE reads a file; Ctrl-C stops$/,
    );
  },
});

Deno.test("log, export and import use the data folder of the config file of the hub, as serve does", async () => {
  await using folders = new Folders();
  const data = folders.of("data");
  await Deno.mkdir(data);
  const config = folders.of("data/hub.toml");
  await Deno.writeTextFile(config, 'data = "history"\n');
  const env = { RIFTCHAT_CONFIG: config, RIFTCHAT_DATA: "" };
  const text = [
    '{"kind":"history","version":1}',
    '{"kind":"room","room":"main","last":1}',
    '{"kind":"line","room":"main","sequence":1,"timestamp":1,"username":"ana","verified":false,"message":"hello"}',
    '{"kind":"end","records":2}',
    "",
  ].join("\n");
  await using program = new Program(["import"], { stdin: "piped", env });
  await program.type(text);
  await program.endInput();
  assertEquals(await program.status, 0, program.stderr);
  assertStringIncludes(program.stderr, `2 records are now in ${data}/history\n`);
  assertEquals((await run(["export"], { env })).stdout, text);
  assertMatch((await run(["log", "--time", "iso"], { env })).stdout, /^1970-01-01T\S+ #main ana {2}hello\n$/);
  const elsewhere = await run(["log"], { env: { ...env, RIFTCHAT_DATA: folders.of("none") } });
  assertStringIncludes(elsewhere.stderr, folders.of("none"));
  await Deno.writeTextFile(config, "data = 1\n");
  const wrong = await run(["log"], { env });
  assertEquals(wrong.status, 2);
  assertMatch(wrong.stderr, /^riftchat: cannot use .*hub\.toml, line 1/);
});
