/** The client as a process on our hub: conversations and pipes. */
import { assert, assertEquals, assertMatch } from "../helpers/assert.ts";
import { OriginalClient, type Received } from "../helpers/clients/original_client.ts";
import { ClientProgram, HubProgram } from "../helpers/program.ts";
import { keptPort } from "../helpers/kept_ports.ts";
import { bodiesOf, RecordingProxy } from "../helpers/wire/recording_proxy.ts";

/** Connects an original client that listens, and waits until it is announced. */
async function listenIn(hub: HubProgram): Promise<OriginalClient> {
  const listener = await OriginalClient.connect(hub.port);
  await listener.beAnnounced();
  return listener;
}

/** The author and the text of a message. */
function said({ message }: Received): string {
  const { username, message: text } = message as { username: string; message: string };
  return `${username}: ${text}`;
}

/** The text of a message. */
function textOf({ message }: Received): string {
  return (message as { message: string }).message;
}

/** What an original client has received, in short. */
function told(client: OriginalClient): string[] {
  return client.received.map((message) => {
    switch (message.code) {
      case 200:
        return said(message);
      case 203:
        return `${message.old} is now ${message.new}`;
      case 204:
        return `${message.username} left`;
      default:
        return `${message.code} ${message.new}`;
    }
  });
}

Deno.test("Two clients and an original one talk, and each sees the right lines, in order", async () => {
  await using hub = await HubProgram.start();
  await using ana = new ClientProgram(hub.port, ["-n", "ana", "--commands"]);
  await ana.waitForArrival("ana");
  await using old = await listenIn(hub);
  const first = old.username;
  await ana.waitForShown(`* ${first} joined`);
  await old.rename("old");
  await ana.waitForShown(`* ${first} is now old`);
  await using bo = new ClientProgram(hub.port, ["--commands"]);
  const second = (await bo.lineWhere((line) => line.startsWith("* your name is "))).slice(15);
  await bo.waitForShown(`* ${second} joined`);

  await ana.type("hello\n");
  await bo.waitForShown("00:00 ana  hello");
  await old.say("grüße 👋 from\n1999");
  await bo.waitForShown("      │ 1999");
  await bo.type(":username bo\n");
  await bo.waitForShown(`* ${second} is now bo`);
  await bo.type("::q is how one quits\n\t two  words \n");
  await bo.waitForShown("      │ \t two  words ");
  // Nobody else sees any of this.
  await bo.type(":who\n:help\n:quti\n:me ANA\n:frob\n:\n: x\n");
  await bo.waitForShown("::TEXT                    send :TEXT, with the colon");
  await bo.waitForLog(/line 10: .*\n/);
  await bo.type("done\n:quit\nnever said\n");
  await ana.waitForShown("* bo left");
  assertEquals((await bo.finish()).status, 4);
  assertEquals(await ana.typeAndFinish(":q\n"), 0);
  await old.until(({ code, username }) => code === 204 && username === "ana");

  const talk = [
    "00:00 ana  hello",
    "00:00 old  grüße 👋 from",
    "      │ 1999",
    `* ${second} is now bo`,
    "00:00 bo  :q is how one quits",
    "      │ \t two  words ",
    "00:00 bo  done",
  ];
  assertEquals(ana.shownAfterJoin("ana"), [
    `* ${first} joined`,
    `* ${first} is now old`,
    `* ${second} joined`,
    ...talk,
    "* bo left",
  ]);
  assertEquals(old.received[0]?.code, 202);
  assertEquals(told(old).slice(1), [
    `202 ${first}`,
    `201 ${first}`,
    "202 old",
    `${first} is now old`,
    `201 ${second}`,
    "ana: hello",
    "old: grüße 👋 from\n1999",
    `${second} is now bo`,
    "bo: :q is how one quits\n\t two  words ",
    "bo: done",
    "bo left",
    "ana left",
  ]);
  const [people, help] = [
    bo.shown.indexOf("* 3 here"),
    bo.shown.indexOf(":quit, :q, :exit          leave the chat"),
  ];
  assert(people > 0 && help > 0);
  assertEquals(bo.shown.slice(people + 1, people + 4).map((line) => line.replace(/\d+s/g, "0s")), [
    "  ana  #main  here 0s  idle 0s",
    "  old  #main  here 0s  idle 0s",
    "  bo   #main  here 0s  idle 0s",
  ]);
  const aside = [...bo.shown.slice(people, people + 4), ...bo.shown.slice(help, help + 5)];
  assertEquals(bo.shownAfterJoin(second).filter((line) => !aside.includes(line)), [
    ...talk.slice(0, 3),
    "* your name is bo",
    ...talk.slice(3),
  ]);
  assertEquals(bo.stderr.trimEnd().split("\n").sort(), [
    "riftchat: line 10: no such command :; :help lists the commands, and :: sends it as a message",
    "riftchat: line 6: no such command :quti; did you mean :quit?",
    "riftchat: line 7: cannot use the name ANA: ana is online already",
    "riftchat: line 8: no such command :frob; :help lists the commands, and ::frob sends it as a message",
    "riftchat: line 9: no such command :; :help lists the commands, and :: sends it as a message",
  ]);
  assertEquals(ana.stderr, "");
});

for (const input of ["deployed\n", "deployed", "\n\ndeployed\r\n\n"]) {
  Deno.test(`${JSON.stringify(input)} in a pipe is sent, shown and acknowledged`, async () => {
    await using hub = await HubProgram.start();
    await using old = await listenIn(hub);
    await using ci = new ClientProgram(hub.port, ["-n", "ci"]);
    assertEquals(await ci.typeAndFinish(input), 0);
    assertEquals(ci.shown.filter((line) => line.startsWith("* your name ")), ["* your name is ci"]);
    assertEquals(ci.shownAfterJoin("ci"), ["00:00 ci  deployed"]);
    assertEquals(ci.stderr, "");
    assertEquals(said(await old.nextOf(200)), "ci: deployed");
    assertEquals((await old.next()).code, 204);
  });
}

Deno.test("10,000 piped lines arrive all, in order, and are shown", async () => {
  await using hub = await HubProgram.start();
  await using old = await listenIn(hub);
  await using ci = new ClientProgram(hub.port, ["-n", "ci"]);
  const lines = Array.from({ length: 10_000 }, (_, i) => `line ${i}`);
  assertEquals(await ci.typeAndFinish(lines.join("\n")), 0);
  assertEquals(ci.shownAfterJoin("ci").map((line) => line.replace(/^(00:00 ci {2}| {6}│ )/, "")), lines);
  assertEquals(ci.stderr, "");
  const texts: string[] = [];
  while (texts.join("\n").length < lines.join("\n").length) {
    texts.push(textOf(await old.nextOf(200)));
  }
  assertEquals(texts.join("\n"), lines.join("\n"));
  assert(texts.length < 100, `${texts.length} messages for lines that arrived together`);
});

Deno.test("The output of a build is sent as text, and nothing in it makes the client fail", async () => {
  await using hub = await HubProgram.start();
  await using old = await listenIn(hub);
  await using ci = new ClientProgram(hub.port, ["-n", "ci"]);
  const long = `cc ${"-Ilib/é ".repeat(700)}main.c`;
  const utf8 = new TextEncoder();
  const input = [
    utf8.encode(`\x1b[1mmake\x1b[0m: all\r\n 10%\r\x1b[K100%\n\n${long}\n`),
    Uint8Array.of(0xff, 0xfe, 0x0a),
    utf8.encode("\u202egnp.exe\x00\nlast"),
  ];
  assertEquals(await ci.typeAndFinish(new Uint8Array(await new Blob(input).arrayBuffer())), 0);
  assertEquals(ci.stderr.trimEnd().split("\n").sort(), [
    "riftchat: line 5: bytes that are not UTF-8 are sent as U+FFFD; others like it are not reported",
    "riftchat: line 6: U+0000 is left out, as it is not text; others like it are not reported",
    "riftchat: line 6: U+202E is left out, as it would reorder the text; others like it are not reported",
  ]);
  const [first = "", ...rest] = [await old.nextOf(200), await old.nextOf(200), await old.nextOf(200)]
    .map(textOf);
  assertEquals(first, "make: all\n100%");
  assertEquals(rest.join(""), `${long}\n\ufffd\ufffd\ngnp.exe\nlast`);
});

Deno.test("An invalid command is reported with its line, and costs no other line", async () => {
  await using hub = await HubProgram.start();
  await using old = await listenIn(hub);
  await using ci = new ClientProgram(hub.port, ["-n", "ci", "--commands"]);
  assertEquals(await ci.typeAndFinish(`one\n:quti\n:me ${old.username}\n:me\n:me a!b\nlast`), 4);
  assertEquals(
    ci.stderr,
    [
      "riftchat: line 2: no such command :quti; did you mean :quit?",
      `riftchat: line 3: cannot use the name ${old.username}: ${old.username} is online already`,
      "riftchat: line 4: usage: :me NAME",
      "riftchat: line 5: cannot use that name: a name is made of letters, digits, _, . and -: it has U+0021",
      "",
    ].join("\n"),
  );
  assertEquals([await old.nextOf(200), await old.nextOf(200)].map(said), ["ci: one", "ci: last"]);
});

Deno.test("After a restart of the hub the client connects again and sends the rest of the lines", async () => {
  await using hub = await HubProgram.start(["--port", String(keptPort())]);
  await using ci = new ClientProgram(hub.port, ["-n", "ci", "--retry", "1m"]);
  await ci.waitForArrival("ci");
  await ci.type("one\n");
  await ci.waitForShown("00:00 ci  one");
  await hub.stop();
  await ci.waitForLog(/connection lost: the hub shut down; connecting again/);
  await using again = await HubProgram.start(["--port", String(hub.port)]);
  await using old = await listenIn(again);
  assertEquals(await ci.typeAndFinish("two\nthree\n"), 0);
  assertEquals(said(await old.nextOf(200)), "ci: two\nthree");
  assertMatch(ci.stderr, /\nriftchat: connected again\n$/);
});

Deno.test("With --json each message is one line, as it is on the wire, and nothing else is printed", async () => {
  await using hub = await HubProgram.start();
  await using tap = new RecordingProxy(hub.port);
  await using ana = new ClientProgram(tap.port, ["--json", "--commands", "-n", "ana"]);
  await ana.lineWhere((line) => JSON.parse(line).code === 210);
  await using old = await listenIn(hub);
  await old.say('grüße 👋\n\t\u200d"\\/');
  await ana.lineWhere((line) => JSON.parse(line).code === 200);
  assertEquals(await ana.typeAndFinish(":who\n:help\n:me ana2\n:quti\nbye"), 4);
  const bodies = bodiesOf(tap.fromServer);
  // A character that a terminal would hide is escaped.
  assertEquals(ana.stdout, bodies.map((body) => body.replace("\u200d", "\\u200d")));
  const codes = ana.stdout.map((line): number => JSON.parse(line).code);
  // Answers and messages to everyone each have their own order.
  assertEquals(codes.filter((code) => [202, 206, 207, 209, 210].includes(code)), [202, 210, 209, 202, 207]);
  assertEquals(codes.slice(codes.indexOf(200)).filter((code) => [200, 203].includes(code)), [200, 203, 200]);
  assertMatch(ana.stderr, /^riftchat: :quit, :q, :exit /);
  assertMatch(ana.stderr, /\nriftchat: line 4: no such command :quti; did you mean :quit\?\n$/);
});

Deno.test("Only text is printed to a pipe, with and without NO_COLOR", async () => {
  await using hub = await HubProgram.start();
  for (const env of [{ NO_COLOR: "" }, { NO_COLOR: "1" }]) {
    await using ana = new ClientProgram(hub.port, ["-n", "ana", "--commands"], {
      TERM: "xterm-256color",
      ...env,
    });
    assertEquals(await ana.typeAndFinish("hello\n:who\n:help\n:quti\n"), 4);
    assertMatch(ana.stdoutText, /\d\d:\d\d ana {2}hello\n/);
    // deno-lint-ignore no-control-regex
    assert(!/[\x00-\x08\x0b-\x1f\x7f-\x9f]/.test(ana.stdoutText + ana.stderr));
  }
});
