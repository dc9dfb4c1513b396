/**
 * `riftchat join` in a pipe, on a test machine. This file is long because it covers every way in which it ends.
 *
 * @module
 */
import { ExitStatus, type Machine } from "../../../client/machine/mod.ts";
import { MAX_DELAY_MS, PAUSE_MS } from "../../../client/pipe/line_batcher.ts";
import { NAME_TRIES } from "../../../client/link/own_name.ts";
import { join, type JoinOptions } from "../../../client/cli/join.ts";
import type { Sink } from "../../../client/machine/output.ts";
import { jsonLine, MAX_IN_FLIGHT } from "../../../client/pipe/pipe.ts";
import { encryptTcp } from "../../../client/net/tls.ts";
import { connectTcp } from "../../../client/net/mod.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../../helpers/assert.ts";
import { ManualClock, Recorder, TestInput } from "../../helpers/terminal/console.ts";
import { FakeHub } from "../../helpers/hubs/fake_hub.ts";
import { frame, OriginalServer } from "../../helpers/hubs/original_server.ts";
import { ScriptedHub } from "../../helpers/hubs/scripted_hub.ts";
import { keptPort } from "../../helpers/kept_ports.ts";

/** A test machine for `riftchat join`: the test types, reads the output and sends signals. */
class TestMachine {
  readonly typist = new TestInput();
  readonly out = new Recorder();
  readonly err = new Recorder();
  readonly clock = new ManualClock();
  readonly #machine: Machine;
  #signal: (status: number) => void = () => {};
  /** Whether the program listens to signals. */
  listens = false;

  constructor(changes: Partial<Machine> = {}) {
    this.#machine = {
      stdin: () => this.typist.stream,
      stdinIsTerminal: false,
      stdout: this.out,
      stdoutIsTerminal: false,
      stdoutColumns: () => 80,
      stdoutClosed: () => new Promise(() => {}),
      stderr: this.err,
      environment: () => undefined,
      offsetMinutes: () => 0,
      connect: connectTcp,
      encrypt: encryptTcp,
      clock: this.clock,
      onSignal: (ended) => {
        this.#signal = ended;
        this.listens = true;
        return () => this.listens = false;
      },
      ...changes,
    };
  }

  /** Runs `riftchat join`; resolves with its exit status. */
  async join(server: { readonly port: number }, options: Partial<JoinOptions> = {}): Promise<number> {
    const status = await join(
      { address: `127.0.0.1:${server.port}`, json: false, ...options },
      this.#machine,
    );
    // No timer and no listener is left.
    assertEquals(this.clock.waiting, 0);
    assertEquals(this.listens, false);
    return status;
  }

  /** Advances the time when everything that is possible now is done. */
  async passes(ms: number): Promise<void> {
    await settled();
    this.clock.advance(ms);
  }

  signal(status: number): void {
    this.#signal(status);
  }

  /** The lines on stdout, with every time of day as `00:00`. */
  get lines(): string[] {
    return this.out.lines.map((line) => line.replace(/^\d\d:\d\d /, "00:00 "));
  }
}

/** Types everything at once and ends the input. */
async function pipeIn(machine: TestMachine, input: string | Uint8Array): Promise<void> {
  await machine.typist.type(input);
  await machine.typist.end();
}

/** Waits until everything that is possible now is done. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await new Promise<void>((resolve) => setTimeout(resolve));
}

/** The messages that a server has received. */
function saidTo(server: OriginalServer): (string | undefined)[] {
  return server.requests.filter(({ code }) => code === 100).map(({ message }) => message);
}

Deno.test("A piped line is acknowledged before the program ends with status 0", async () => {
  await using server = new OriginalServer("x1");
  const machine = new TestMachine();
  const [status] = await Promise.all([machine.join(server, { name: "ci" }), pipeIn(machine, "deployed\n")]);
  assertEquals(status, ExitStatus.Ok);
  assertEquals(saidTo(server), ["deployed"]);
  assertEquals(machine.lines, [
    "* your name is x1",
    "* x1 joined",
    "* your name is ci",
    "* x1 is now ci",
    "00:00 ci  deployed",
  ]);
  assertEquals(machine.err.text, "");
});

Deno.test("Many lines arrive all and in order, with LF and CRLF", async () => {
  await using server = new OriginalServer();
  const machine = new TestMachine();
  const lines = Array.from({ length: 100 }, (_, i) => `line ${i}`);
  const [status] = await Promise.all([
    machine.join(server, { name: "ana" }),
    pipeIn(machine, lines.slice(0, 50).join("\n") + "\n" + lines.slice(50).join("\r\n")),
  ]);
  assertEquals(status, ExitStatus.Ok);
  assertEquals(saidTo(server).join("\n"), lines.join("\n"));
});

Deno.test("A name is sent in NFC", async () => {
  await using server = new OriginalServer();
  const machine = new TestMachine();
  await Promise.all([machine.join(server, { name: "Jose\u0301" }), machine.typist.end()]);
  assertEquals(server.requests, [{ code: 101, username: "José" }]);
});

Deno.test("An invalid command is reported with its line, costs no other line, and the status is 4", async () => {
  await using server = new OriginalServer();
  const machine = new TestMachine();
  const input = "one\n\n:quti\n:me a!b\n:who\n:\x1b[1mfrob\n::quit\nlast";
  const [status] = await Promise.all([
    machine.join(server, { name: "ana", commands: true }),
    pipeIn(machine, input),
  ]);
  assertEquals(status, ExitStatus.Refused);
  assertEquals(saidTo(server), ["one", ":quit\nlast"]);
  assertEquals(machine.err.lines, [
    "riftchat: line 3: no such command :quti; did you mean :quit?",
    "riftchat: line 4: cannot use that name: a name is made of letters, digits, _, . and -: it has U+0021",
    "riftchat: line 5: cannot list the users: this hub has only the base protocol",
    "riftchat: line 6: no such command :frob; :help lists the commands, and ::frob sends it as a message",
  ]);
});

Deno.test("In a pipe without --commands every line is sent as it is, colons too", async () => {
  await using server = new OriginalServer();
  const machine = new TestMachine();
  const input = ":tada: deployed\n:q\n:join #dev\nsecret\n::error file=a.ts::missing\n:me bo\n";
  const [status] = await Promise.all([machine.join(server), pipeIn(machine, input)]);
  assertEquals(status, ExitStatus.Ok);
  assertEquals(saidTo(server).join("\n"), input.trimEnd());
  assertEquals(machine.err.text, "");
});

Deno.test("The output of a build is sent as text: other characters are left out, and reported once", async () => {
  await using server = new OriginalServer();
  const machine = new TestMachine();
  const input = [
    new TextEncoder().encode(
      "\x1b[1;32mok\x1b[0m\r\n\x1b]0;title\x07 10%\r100%\n\u202egnp\u202e.exe\nbell\x07\n",
    ),
    new TextEncoder().encode("a\0b\nc\0d\n\u2066x\n"),
    Uint8Array.of(0xff, 0xfe, 0x0a, 0xc3),
  ];
  const [status] = await Promise.all([
    machine.join(server, { name: "ci" }),
    (async () => {
      for (const bytes of input) await machine.typist.type(bytes);
      await machine.typist.end();
    })(),
  ]);
  assertEquals(status, ExitStatus.Ok);
  assertEquals(saidTo(server).join("\n"), "ok\n100%\ngnp.exe\nbell\nab\ncd\nx\n\ufffd\ufffd\n\ufffd");
  assertEquals(machine.err.lines, [
    "riftchat: line 3: U+202E is left out, as it would reorder the text; others like it are not reported",
    "riftchat: line 5: U+0000 is left out, as it is not text; others like it are not reported",
    "riftchat: line 8: bytes that are not UTF-8 are sent as U+FFFD; others like it are not reported",
  ]);
});

Deno.test("A line that is too long for one message becomes several, and nothing of it is lost", async () => {
  await using server = new OriginalServer();
  const machine = new TestMachine();
  const words = Array.from({ length: 20_000 }, (_, i) => `wörd${i}`).join(" ");
  const emoji = "👩‍👩‍👧".repeat(1000);
  const input = `first\n${words}\nnext\n${emoji}\nlast`;
  const [status] = await Promise.all([machine.join(server), pipeIn(machine, input)]);
  assertEquals(status, ExitStatus.Ok);
  const said = saidTo(server) as string[];
  for (const text of said) assert(new TextEncoder().encode(text).length <= 4096);
  assertEquals(said[0], "first");
  assertEquals(said.join("").replaceAll("\n", ""), input.replaceAll("\n", ""));
  assertEquals(said.filter((text) => text.includes("\n")).map((text) => text.split("\n").length), [2, 2]);
  // Words and emoji stay whole.
  for (const text of said.slice(1, -1)) {
    assertMatch(text, /(^|\n)(wörd\d+ ?)+(\n|$)|^(👩‍👩‍👧)+$|^(wörd\d+ ?)*\nnext$/u);
  }
});

Deno.test("Lines that arrive together are one message, and a line that comes alone is sent after a pause", async () => {
  await using hub = new FakeHub();
  const machine = new TestMachine();
  const status = machine.join(hub, { name: "ci" });
  const guest = await hub.welcome();
  const hears = async (message: string) => {
    const { ref, ...request } = await guest.receive();
    assertEquals(request, { code: 100, message });
    await guest.send({ code: 207, ref, sequence: 1 });
  };
  await machine.typist.type("\n\none\n\n");
  await machine.typist.type("\ttwo  \r\n\n");
  await machine.passes(PAUSE_MS);
  await hears("one\n\n\ttwo  ");
  await machine.typist.type("three\n");
  await machine.passes(PAUSE_MS);
  await hears("three");
  // While lines keep coming, the first one does not wait forever.
  const steady = Array.from({ length: MAX_DELAY_MS / 20 }, (_, i) => `line ${i}`);
  for (const line of steady) {
    await machine.typist.type(`${line}\n`);
    await machine.passes(20);
  }
  await hears(steady.join("\n"));
  await machine.typist.end();
  await guest.waitForClose();
  assertEquals(await status, ExitStatus.Ok);
});

Deno.test("Lines that come while the hub is slow become one message, and no more is read than fits", async () => {
  await using hub = new FakeHub();
  const machine = new TestMachine();
  const status = machine.join(hub, { name: "ci" });
  const guest = await hub.welcome();
  const line = "x".repeat(1000);
  let read = 0;
  const typing = (async () => {
    for (; read < 1000; read++) await machine.typist.type(`${read} ${line}\n`);
    await machine.typist.end();
  })();
  const said: string[] = [];
  const answer = async () => {
    const { ref, message } = await guest.receive();
    said.push(message as string);
    return () => guest.send({ code: 207, ref, sequence: said.length });
  };
  const answers: (() => Promise<void>)[] = [];
  while (answers.length < MAX_IN_FLIGHT) answers.push(await answer());
  await settled();
  const most = (MAX_IN_FLIGHT + 2) * 4;
  assert(read <= most, `${read} lines were read, of which at most ${most} fit`);
  for (const tell of answers) await tell();
  while (said.join("\n").length < 1_003_889) await (await answer())();
  await typing;
  await guest.waitForClose();
  assertEquals(await status, ExitStatus.Ok);
  assertEquals(said.join("\n"), Array.from({ length: 1000 }, (_, i) => `${i} ${line}`).join("\n"));
});

Deno.test("On an older hub lines wait for the name that a dead connection has, and that is reported once", async () => {
  await using hub = new FakeHub();
  const machine = new TestMachine();
  const status = machine.join(hub, { name: "ci" });
  const first = await hub.welcome();
  await machine.typist.type("one\n");
  await machine.passes(PAUSE_MS);
  assertEquals((await first.receive()).message, "one");
  first.close();
  await machine.err.until("connecting again\n");
  await machine.typist.type("two\n");
  await machine.typist.end();
  for (let tries = 0; tries < NAME_TRIES; tries++) {
    await machine.passes(10_000);
    await hub.refuse("name_taken");
  }
  const second = await hub.welcome("x7f3");
  await machine.err.until("until it is free\n");
  for (const answer of ["name_taken", undefined]) {
    await machine.passes(10_000);
    const { username, ref } = await second.receiveOf(101);
    assertEquals(username, "ci");
    await second.send(
      answer === undefined
        ? { code: 202, new: "ci", ref }
        : { code: 206, error: answer, message: `no: ${answer}`, ref },
    );
  }
  for (const message of ["one", "two"]) {
    const { ref, ...request } = await second.receiveOf(100);
    assertEquals(request, { code: 100, message });
    await second.send({ code: 207, ref, sequence: 1 });
  }
  await second.waitForClose();
  assertEquals(await status, ExitStatus.Ok);
  const [lost, ...rest] = machine.err.lines;
  assertMatch(lost!, /^riftchat: connection lost: .+; connecting again$/);
  assertEquals(rest, [
    "riftchat: connected again",
    "riftchat: cannot get the name ci back yet: no: name_taken; messages wait until it is free",
  ]);
});

Deno.test("After a loss it connects again and sends again what was not acknowledged, in order", async () => {
  await using hub = new FakeHub();
  const machine = new TestMachine();
  const status = machine.join(hub, { name: "ci" });
  const first = await hub.welcome();
  await machine.typist.type("one\n");
  await machine.passes(PAUSE_MS);
  const { ref } = await first.receive();
  await first.send({ code: 207, ref, sequence: 1 });
  await machine.typist.type("two\n");
  await machine.passes(PAUSE_MS);
  await first.receive();
  first.close();
  await machine.err.until("connecting again\n");
  await machine.typist.type("three\n");
  await machine.typist.end();
  await machine.passes(2000);
  const second = await hub.welcome();
  for (const message of ["two", "three"]) {
    const { ref, ...request } = await second.receive();
    assertEquals(request, { code: 100, message });
    await second.send({ code: 207, ref, sequence: 2 });
  }
  await second.waitForClose();
  assertEquals(await status, ExitStatus.Ok);
  assertMatch(
    machine.err.text,
    /^riftchat: connection lost: [^\n]+; connecting again\nriftchat: connected again\n$/,
  );
});

Deno.test(
  "To a hub with a history each message is sent with an id, and again with the same one after each loss",
  async () => {
    await using hub = new FakeHub();
    const machine = new TestMachine();
    const status = machine.join(hub, { name: "ci", rooms: ["dev"] });
    const welcome = { rooms: ["main", "dev"], features: ["rooms", "history"] };
    const input = pipeIn(machine, "one\n");
    const ids: unknown[] = [];
    for (let i = 0; i < 4; i++) {
      const guest = await hub.welcome("ci", welcome);
      assertEquals(guest.hello.rooms, ["dev"]);
      const { ref, id, ...request } = await guest.receive();
      assertEquals(request, { code: 103, room: "dev", message: "one" });
      ids.push(id);
      if (i < 3) {
        guest.close();
        await machine.err.until("connecting again\n");
        await machine.passes(20_000);
      } else {
        await guest.send({ code: 207, ref, sequence: 1 });
        await guest.waitForClose();
      }
    }
    await input;
    assertEquals(await status, ExitStatus.Ok);
    assertEquals(new Set(ids).size, 1);
    assertMatch(String(ids[0]), /^[0-9a-z]{16}-1$/);
  },
);

Deno.test("A connection that does not come back is given up, and the lines that are lost are reported", async () => {
  const hub = new FakeHub();
  const machine = new TestMachine();
  const status = machine.join(hub, { name: "ci", retry: "5m" });
  const guest = await hub.welcome();
  await machine.typist.type("one\ntwo\n");
  await machine.passes(PAUSE_MS);
  await guest.receive();
  await hub[Symbol.asyncDispose]();
  await machine.err.until("connecting again\n");
  await machine.typist.type("three\nfour\n");
  await machine.typist.end();
  await machine.passes(299_000);
  await machine.passes(2000);
  assertEquals(await status, ExitStatus.Lost);
  const [lost = "", unsent] = machine.err.lines.slice(-2);
  assertMatch(lost, /^riftchat: connection to 127\.0\.0\.1:\d+ lost: .+; 2 lines were not acknowledged$/);
  assertEquals(unsent, "riftchat: 2 lines were not sent, from line 3 on");
});

Deno.test("A refusal of the hub is reported with the lines, and the status is 4", async () => {
  await using hub = new FakeHub();
  const machine = new TestMachine();
  const status = machine.join(hub, { name: "ci" });
  const guest = await hub.welcome();
  await machine.typist.type("\none\ntwo\n");
  await machine.typist.end();
  const { ref } = await guest.receive();
  await guest.send({ code: 206, error: "not_allowed", message: "Cannot say this: no", ref });
  await guest.waitForClose();
  assertEquals(await status, ExitStatus.Refused);
  assertEquals(machine.err.lines, ["riftchat: lines 2 to 3: cannot say this: no"]);
});

Deno.test("On a terminal an error has no line number, and the status is 0", async () => {
  await using server = new OriginalServer();
  const machine = new TestMachine({ stdinIsTerminal: true });
  const status = machine.join(server, { name: "ana" });
  await machine.typist.type(":quti\n");
  await machine.err.until("\n");
  await machine.typist.type(":q\n");
  assertEquals(await status, ExitStatus.Ok);
  assertEquals(machine.err.lines, ["riftchat: no such command :quti; did you mean :quit?"]);
});

Deno.test("After :quit nothing more is sent, and the lines before it are acknowledged", async () => {
  await using server = new OriginalServer();
  const machine = new TestMachine();
  const status = machine.join(server, { name: "ana", commands: true });
  await machine.typist.type("one\n:quit\ntwo\n");
  assertEquals(await status, ExitStatus.Ok);
  assertEquals(saidTo(server), ["one"]);
  assertStringIncludes(machine.out.text, "ana  one\n");
});

Deno.test("A new name applies to the lines after the command", async () => {
  await using server = new OriginalServer("x1");
  const machine = new TestMachine();
  await Promise.all([machine.join(server, { commands: true }), pipeIn(machine, "one\n:me bo\ntwo\n")]);
  assertEquals(machine.lines.slice(2), [
    "00:00 x1  one",
    "* your name is bo",
    "* x1 is now bo",
    "00:00 bo  two",
  ]);
});

Deno.test("Help is printed to stdout", async () => {
  await using server = new OriginalServer();
  const machine = new TestMachine();
  const [status] = await Promise.all([machine.join(server, { commands: true }), pipeIn(machine, ":help\n")]);
  assertEquals(status, ExitStatus.Ok);
  assertStringIncludes(machine.out.text, "\n:quit, :q, :exit");
  assertEquals(machine.err.text, "");
});

Deno.test("With --json each message is one compact line of JSON, unknown ones too", async () => {
  await using server = new OriginalServer("x1");
  const machine = new TestMachine();
  const status = machine.join(server, { json: true, commands: true });
  await machine.out.until("201");
  await server.writeRaw(frame({ code: 299, future: { deep: [1, "\u009b\u202e\u{e0041}"] } }));
  await server.writeRaw(frame({ code: 200, message: "unreadable" }));
  await pipeIn(machine, ":help\nhé\u200bllo\n");
  assertEquals(await status, ExitStatus.Ok);
  const lines = machine.out.lines.map((line) => line.replace(/"timestamp":\d+/, '"timestamp":0'));
  assertEquals(lines, [
    '{"code":202,"new":"x1"}',
    '{"code":201,"new":"x1"}',
    '{"code":299,"future":{"deep":[1,"\\u009b\\u202e\\udb40\\udc41"]}}',
    '{"code":200,"message":"unreadable"}',
    '{"code":200,"message":{"timestamp":0,"username":"x1","message":"hé\\u200bllo"}}',
  ]);
  assertStringIncludes(machine.err.text, ":quit, :q, :exit");
  assertStringIncludes(
    machine.err.text,
    "riftchat: cannot read a message with code 200: message must be ",
  );
});

Deno.test({
  name: "A line of JSON equals the message and has no character that a terminal would obey",
  permissions: "none",
  fn() {
    const body = { code: 1, text: "\x00\x1b[2J\x7f\x9b\u202e\u2028\ud800 \u{1f3f4}\u{e0067}\u{e007f}👩‍👩‍👧 é\n" };
    const line = jsonLine(body);
    assertEquals(JSON.parse(line), body);
    // deno-lint-ignore no-control-regex
    assert(!/[\x00-\x09\x0b-\x1f\x7f-\x9f\p{Cf}\p{Zl}\p{Cs}]/u.test(line));
    assertMatch(line, /^[^\n]*\n$/);
  },
});

Deno.test("Colours are only for terminals, and not if NO_COLOR is set", async () => {
  for (
    const [terminal, noColour, coloured] of [[true, "", true], [true, "1", false], [
      false,
      "",
      false,
    ]] as const
  ) {
    await using server = new OriginalServer();
    const machine = new TestMachine({
      stdoutIsTerminal: terminal,
      environment: (name) => name === "NO_COLOR" ? noColour : undefined,
    });
    await Promise.all([machine.join(server), pipeIn(machine, "hi\n")]);
    assertEquals(machine.out.text.includes("\x1b["), coloured);
  }
});

/** A stdout whose reader leaves when it has read something, and what it has read. */
function outputOfHead(): { stdout: Sink; seen: Recorder } {
  const seen = new Recorder(1000);
  const stdout: Sink = {
    write: (bytes) =>
      seen.text === "" ? seen.write(bytes) : Promise.reject(new Deno.errors.BrokenPipe("closed")),
  };
  return { stdout, seen };
}

Deno.test("If the reader of stdout leaves, such as head, the rest of a piped input is still sent", async () => {
  await using server = new OriginalServer();
  const { stdout, seen } = outputOfHead();
  const machine = new TestMachine({ stdout });
  const status = machine.join(server, { name: "ana" });
  await seen.until("\n");
  await server.say("bo", "one");
  await server.say("bo", "two");
  const lines = Array.from({ length: 10_000 }, (_, i) => `line ${i + 1}`);
  await pipeIn(machine, lines.join("\n"));
  assertEquals(await status, ExitStatus.Ok);
  assertEquals(saidTo(server).join("\n"), lines.join("\n"));
  assertEquals(machine.err.text, "");
});

Deno.test("If the reader of stdout leaves while a user types, the program ends quietly", async () => {
  await using server = new OriginalServer();
  const { stdout, seen } = outputOfHead();
  const machine = new TestMachine({ stdout, stdinIsTerminal: true });
  const status = machine.join(server, { name: "ana" });
  await seen.until("\n");
  await server.say("bo", "one");
  await server.say("bo", "two");
  assertEquals(await status, ExitStatus.Ok);
  assertEquals(machine.err.text, "");
});

Deno.test("Everything received is printed before the program ends, however slow the reader is", async () => {
  await using server = new OriginalServer();
  const seen = new Recorder(16);
  const stdout: Sink = {
    write: async (bytes) => {
      await new Promise<void>((resolve) => setTimeout(resolve));
      return await seen.write(bytes);
    },
  };
  const machine = new TestMachine({ stdout });
  const [status] = await Promise.all([machine.join(server, { name: "ana" }), pipeIn(machine, "one\n")]);
  assertEquals(status, ExitStatus.Ok);
  assertMatch(seen.text, /ana {2}one\n$/);
});

Deno.test("If stdout cannot be written for another reason, the status is 1 and the input is still sent", async () => {
  await using server = new OriginalServer();
  const stdout: Sink = { write: () => Promise.reject(new Error("No space left on device (os error 28)")) };
  const machine = new TestMachine({ stdout });
  const status = machine.join(server);
  await machine.err.until("no space left on device\n");
  await pipeIn(machine, "one\n");
  assertEquals(await status, ExitStatus.Fault);
  assertEquals(saidTo(server), ["one"]);
  assertEquals(machine.err.lines, ["riftchat: cannot write to stdout: no space left on device"]);
});

Deno.test("While nobody reads stderr no more input is read, and no error is lost", async () => {
  await using server = new OriginalServer();
  const { promise: freed, resolve: free } = Promise.withResolvers<void>();
  const seen = new Recorder(1 << 20);
  const stderr: Sink = {
    write: async (bytes) => {
      await freed;
      return await seen.write(bytes);
    },
  };
  const machine = new TestMachine({ stderr });
  const status = machine.join(server, { name: "ana", commands: true });
  const piece = ":quti\n".repeat(1000);
  let pieces = 0;
  const typing = (async () => {
    for (; pieces < 20; pieces++) await machine.typist.type(piece);
    await machine.typist.end();
  })();
  await machine.out.until("is now ana");
  for (let turn = 0; turn < 100; turn++) await new Promise<void>((resolve) => setTimeout(resolve));
  assert(pieces < 5, `${pieces} thousand lines were read`);
  free();
  await typing;
  assertEquals(await status, ExitStatus.Refused);
  assertEquals(seen.lines.length, 20_000);
});

Deno.test("If the input cannot be read the status is 1, and the lines before are sent", async () => {
  await using server = new OriginalServer();
  const stdin = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (saidTo(server).length === 0 && controller.desiredSize === 1) {
        controller.enqueue(new TextEncoder().encode("one\n"));
      } else controller.error(new Error("Is a directory (os error 21)"));
    },
  }, { highWaterMark: 1 });
  const machine = new TestMachine({ stdin: () => stdin });
  assertEquals(await machine.join(server), ExitStatus.Fault);
  assertStringIncludes(machine.err.text, "riftchat: cannot read the input: is a directory\n");
});

Deno.test(
  "If the hub is lost the status is 5, and the reason is reported",
  async () => {
    await using server = new OriginalServer();
    const machine = new TestMachine();
    const status = machine.join(server, { name: "ana", retry: "0" });
    await machine.out.until("is now ana");
    await server[Symbol.asyncDispose]();
    await machine.err.until("lost: ");
    await machine.typist.end();
    assertEquals(await status, ExitStatus.Lost);
    assertMatch(machine.err.text, /^riftchat: connection to 127\.0\.0\.1:\d+ lost: .+\n$/);
  },
);

Deno.test("A hub that shuts down is reported as such", async () => {
  await using server = new OriginalServer();
  const machine = new TestMachine();
  const status = machine.join(server, { name: "ana", retry: "0" });
  await machine.out.until("is now ana");
  await server.down();
  await machine.err.until("lost: ");
  await machine.typist.end();
  assertEquals(await status, ExitStatus.Lost);
  assertEquals(machine.lines.at(-1), "* the hub is going down");
  assertMatch(machine.err.text, /lost: the hub shut down\n$/);
});

Deno.test(
  "Lines that were not acknowledged or not sent when the hub was lost are counted",
  async () => {
    const long = "x".repeat(4091);
    for (
      const [input, unanswered, unsent] of [
        ["one\n", "1 line was", undefined],
        [`one\n\ntwo\n\n${long}\nfour`, "2 lines were", "2 lines were not sent, from line 5 on"],
        [`one\n \n${long}\n\n`, "1 line was", "line 3 was not sent"],
        ["one\ntwo\n\n\n", "2 lines were", undefined],
      ] as const
    ) {
      await using hub = new ScriptedHub();
      const machine = new TestMachine();
      const status = machine.join(hub, { retry: "0" });
      await hub.send({ code: 202, new: "x1" });
      await pipeIn(machine, input);
      await hub.receive();
      await hub.closeWrite();
      assertEquals(await status, ExitStatus.Lost);
      const lost = `connection to 127.0.0.1:${hub.port} lost: the hub closed the connection`;
      assertEquals(machine.err.lines, [
        `riftchat: ${lost}; ${unanswered} not acknowledged`,
        ...unsent === undefined ? [] : [`riftchat: ${unsent}`],
      ]);
    }
  },
);

Deno.test("After a failure the rest of the input is read and counted, however long it takes", async () => {
  await using hub = new ScriptedHub();
  const machine = new TestMachine();
  let hasEnded = false;
  const status = machine.join(hub, { retry: "0" }).finally(() => hasEnded = true);
  await hub.send({ code: 202, new: "x1" });
  await machine.typist.type("one\n");
  await machine.passes(PAUSE_MS);
  await hub.receive();
  await hub.closeWrite();
  await machine.err.until("1 line was not acknowledged\n");
  for (let i = 0; i < 1000; i++) await machine.typist.type(`${i}\n\n`);
  await settled();
  assertEquals(hasEnded, false);
  await machine.typist.end();
  assertEquals(await status, ExitStatus.Lost);
  assertEquals(machine.err.lines.slice(1), ["riftchat: 1000 lines were not sent, from line 2 on"]);
});

Deno.test("A signal ends the reading of an input that is not sent", async () => {
  const server = new OriginalServer();
  await server[Symbol.asyncDispose]();
  const machine = new TestMachine();
  const status = machine.join(server, { retry: "0" });
  await machine.err.until("connection refused");
  await machine.typist.type("one\n");
  await settled();
  machine.signal(ExitStatus.Terminated);
  assertEquals(await status, ExitStatus.Terminated);
});

Deno.test("In a pipe with --commands nothing after a :join is sent, as it is meant for another room", async () => {
  for (const command of [":join #dev", ":j", ":query bo"]) {
    await using server = new OriginalServer();
    const machine = new TestMachine();
    const [status] = await Promise.all([
      machine.join(server, { commands: true }),
      pipeIn(machine, `one\n${command}\nsecret\n\nmore\n`),
    ]);
    assertEquals(status, ExitStatus.Refused);
    assertEquals(saidTo(server), ["one"]);
    assertEquals(machine.err.lines, [
      `riftchat: line 2: ${command.split(" ")[0]} works on a terminal only; --room names the room to send to`,
      "riftchat: 2 lines were not sent, from line 3 on",
    ]);
  }
});

Deno.test("The first connection is retried like a lost one, and then the input is sent", async () => {
  const port = keptPort();
  const machine = new TestMachine();
  const status = machine.join({ port }, { name: "ci" });
  const input = pipeIn(machine, "deployed\n");
  await machine.err.until("trying again for up to 60 s\n");
  await using server = new OriginalServer({ port }, "x1");
  await machine.passes(59_000);
  assertEquals(await status, ExitStatus.Ok);
  await input;
  assertEquals(saidTo(server), ["deployed"]);
  assertMatch(
    machine.err.text,
    /^riftchat: cannot reach [^\n]+ connection refused[^\n]+; trying again for up to 60 s\nriftchat: connected\n$/,
  );
});

Deno.test("A first connection that fails for too long is given up, with a status of its own", async () => {
  const server = new OriginalServer();
  await server[Symbol.asyncDispose]();
  const machine = new TestMachine();
  const status = machine.join(server, { retry: "5m" });
  const input = pipeIn(machine, "one\ntwo\n");
  await machine.err.until("trying again for up to 300 s\n");
  await machine.passes(300_000);
  assertEquals(await status, ExitStatus.Unreachable);
  await input;
  const [, gaveUp = "", ...unsent] = machine.err.lines;
  assertMatch(gaveUp, /^riftchat: cannot reach 127\.0\.0\.1:\d+: connection refused; .+; gave up$/);
  assertEquals(unsent, ["riftchat: 2 lines were not sent, from line 1 on"]);
});

Deno.test("A full hub is waited for; a ban is not", async () => {
  await using hub = new FakeHub();
  const machine = new TestMachine();
  const status = machine.join(hub, { name: "ci" });
  await hub.refuse("server_full");
  await machine.err.until("no: server_full; trying again for up to 60 s\n");
  await machine.passes(2000);
  await hub.refuse("banned");
  await pipeIn(machine, "one\n");
  assertEquals(await status, ExitStatus.Refused);
  assertEquals(machine.err.lines.slice(1), [
    `riftchat: cannot join 127.0.0.1:${hub.port}: no: banned`,
    "riftchat: line 1 was not sent",
  ]);
});

Deno.test("A name that is taken gets a suffix in a pipe, but not with --exact-name", async () => {
  await using hub = new FakeHub();
  const machine = new TestMachine();
  const status = machine.join(hub, { name: "ci" });
  const guest = await hub.refuse("name_taken");
  const { username, ref } = await guest.receive();
  assertEquals(username, "ci-2");
  await guest.send({ code: 206, error: "too_fast", message: "You are too fast", retry_after_ms: 500 });
  await guest.welcome("ci-2", ref);
  await pipeIn(machine, "one\n");
  const said = await guest.receive();
  await guest.send({ code: 207, ref: said.ref, sequence: 1 });
  await guest.waitForClose();
  assertEquals(await status, ExitStatus.Ok);
  assertEquals(machine.err.lines, ["riftchat: the name ci is taken: your name is ci-2"]);

  const exact = new TestMachine();
  const refused = exact.join(hub, { name: "ci", exactName: true });
  await hub.refuse("name_taken");
  await pipeIn(exact, "one\n");
  assertEquals(await refused, ExitStatus.Refused);
  assertEquals(exact.err.lines.at(-1), "riftchat: line 1 was not sent");
});

Deno.test("A user who types is told of each wait for the rate limit of which the hub tells", async () => {
  await using hub = new FakeHub();
  const machine = new TestMachine({ stdinIsTerminal: true });
  const status = machine.join(hub, { name: "ana" });
  const guest = await hub.welcome();
  const throttled = { code: 206, error: "too_fast", message: "You are too fast", retry_after_ms: 500 };
  for (const text of ["one", "two"]) {
    await machine.typist.type(text + "\n");
    const { ref } = await guest.receive();
    await guest.send(throttled, { code: 207, ref, sequence: 1 });
  }
  await machine.typist.type(":q\n");
  await guest.waitForClose();
  assertEquals(await status, ExitStatus.Ok);
  const told =
    "riftchat: you send faster than the hub's rate limit allows: messages wait their turn, none is lost";
  assertEquals(machine.err.lines, [told, told]);
});

Deno.test("A wait for the rate limit of the hub is reported to a pipe once, on stderr", async () => {
  for (const json of [false, true]) {
    await using hub = new FakeHub();
    const machine = new TestMachine();
    const status = machine.join(hub, { name: "ci", json });
    const guest = await hub.welcome();
    const throttled = { code: 206, error: "too_fast", message: "You are too fast", retry_after_ms: 500 };
    await guest.send(throttled, throttled);
    await pipeIn(machine, "one\n");
    const { ref } = await guest.receive();
    await guest.send({ code: 207, ref, sequence: 1 });
    await guest.waitForClose();
    assertEquals(await status, ExitStatus.Ok);
    assertEquals(machine.err.lines, [
      "riftchat: you send faster than the hub's rate limit allows: messages wait their turn, none is lost",
    ]);
    assertEquals(machine.out.text.includes("too fast"), json);
  }
});

Deno.test("On a hub with the extension a line is acknowledged by its 207", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const hub = (async () => {
    using connection = await listener.accept();
    listener.close();
    const chunk = new Uint8Array(1024);
    await connection.write(
      frame({ code: 202, new: "x1", server: { version: "1.0.0", protocol: 1, nonce: "00" } }),
    );
    await connection.read(chunk);
    const limits = { text_bytes: 4096, name_chars: 32, body_bytes: 65536 };
    const rest = { rooms: ["main"], limits, features: [], retention_ms: 0, ref: "hello" };
    await connection.write(frame({ code: 210, username: "ci", ...rest }));
    await connection.read(chunk);
    await connection.write(frame({ code: 207, ref: "1", sequence: 1 }));
    assertEquals(await connection.read(chunk), null);
  })();
  const machine = new TestMachine();
  const server = { port: listener.addr.port } as OriginalServer;
  const [status] = await Promise.all([
    machine.join(server, { name: "ci" }),
    pipeIn(machine, "deployed\n"),
    hub,
  ]);
  assertEquals(status, ExitStatus.Ok);
  assertEquals(machine.lines, ["* your name is ci"]);
});

Deno.test("If no hub is there the status is 3, and one line says why", async () => {
  const port = keptPort();
  const machine = new TestMachine();
  const [status] = await Promise.all([machine.join({ port }, { retry: "0" }), machine.typist.end()]);
  assertEquals(status, ExitStatus.Unreachable);
  assertEquals(machine.err.lines, [
    `riftchat: cannot reach 127.0.0.1:${port}: connection refused; is a hub running there? (riftchat serve)`,
  ]);
});

Deno.test("An invalid address or name is a usage error, and the input is read to its end", async () => {
  const cases: [options: Partial<JoinOptions>, says: string][] = [
    [
      { address: "host:99999" },
      'cannot join "host:99999": the port must be a number from 1 to 65535: it is "99999"',
    ],
    [{ address: "a\x1bb" }, 'cannot join "a␛b": the host must be a name or an IP address: it is "a␛b"'],
    [{ name: "a b" }, "cannot use that name: a name is made of letters, digits, _, . and -: it has a space"],
    [{ name: "" }, "cannot use that name: it must be 1 to 32 characters: it has 0"],
    [
      { retry: "soon" },
      "cannot take --retry soon: it must be a time of at most 24d, such as 90s, 5m or 2h, or 0, or forever",
    ],
    [{ name: "server" }, "cannot use the name server: it is reserved for the hub"],
  ];
  await using server = new OriginalServer();
  for (const [options, says] of cases) {
    const machine = new TestMachine();
    const status = machine.join(server, options);
    await pipeIn(machine, "not sent\n");
    assertEquals(await status, ExitStatus.Usage);
    assertEquals(machine.err.lines, [`riftchat: ${says}`]);
  }
});

Deno.test("HOST and PORT of the environment are the address, as with the original", async () => {
  await using server = new OriginalServer();
  const environment: Record<string, string> = { HOST: "127.0.0.1", PORT: String(server.port) };
  const machine = new TestMachine({ environment: (name) => environment[name] });
  const [status] = await Promise.all([
    machine.join(server, { address: undefined, name: "ana" }),
    pipeIn(machine, "hi\n"),
  ]);
  assertEquals(status, ExitStatus.Ok);
  assertEquals(saidTo(server), ["hi"]);
});

Deno.test("A signal ends the program with its own status", async () => {
  for (const status of [ExitStatus.Interrupted, ExitStatus.Terminated, ExitStatus.HungUp]) {
    await using server = new OriginalServer();
    const machine = new TestMachine();
    const ended = machine.join(server, { name: "ana" });
    await machine.out.until("is now ana");
    machine.signal(status);
    assertEquals(await ended, status);
    assertEquals(machine.err.text, "");
  }
});

Deno.test("A signal ends the program while it connects", async () => {
  await using server = new OriginalServer();
  const { promise: asked, resolve: ask } = Promise.withResolvers<void>();
  const machine = new TestMachine({
    connect: () => {
      ask();
      return Promise.withResolvers<never>().promise;
    },
  });
  const ended = machine.join(server);
  await asked;
  machine.signal(ExitStatus.Interrupted);
  assertEquals(await ended, ExitStatus.Interrupted);
});

Deno.test("A signal ends the program if stdout is stuck: after a second, or at once if it comes twice", async () => {
  for (
    const hurry of [
      (machine: TestMachine) => machine.clock.advance(1000),
      (machine: TestMachine) => machine.signal(1),
    ]
  ) {
    await using server = new OriginalServer();
    const { promise: stuck, resolve: getStuck } = Promise.withResolvers<void>();
    const { promise: freed, resolve: free } = Promise.withResolvers<number>();
    const machine = new TestMachine({
      stdout: {
        write: () => {
          getStuck();
          return freed;
        },
      },
    });
    const ended = machine.join(server);
    await stuck;
    machine.signal(ExitStatus.Interrupted);
    hurry(machine);
    assertEquals(await ended, ExitStatus.Interrupted);
    free(1 << 20);
  }
});

Deno.test("A signal ends the program if stderr is stuck", async () => {
  await using server = new OriginalServer();
  const { promise: stuck, resolve: getStuck } = Promise.withResolvers<void>();
  const { promise: freed, resolve: free } = Promise.withResolvers<number>();
  const stderr: Sink = {
    write: () => {
      getStuck();
      return freed;
    },
  };
  const machine = new TestMachine({ stderr });
  const ended = machine.join(server, { name: "ana", commands: true });
  await machine.typist.type(":quti\n");
  await stuck;
  machine.signal(ExitStatus.Terminated);
  machine.clock.advance(1000);
  assertEquals(await ended, ExitStatus.Terminated);
  free(1 << 20);
});

Deno.test("A terminal without UTF-8 gets ASCII, a pipe gets UTF-8", async () => {
  for (const stdoutIsTerminal of [true, false]) {
    await using server = new OriginalServer("x1");
    const environment = (name: string) => ({ TERM: "dumb", LC_ALL: "C" })[name];
    const machine = new TestMachine({ stdoutIsTerminal, environment });
    const input = pipeIn(machine, "naïve – 👋\none\n:é\n");
    const [status] = await Promise.all([machine.join(server, { commands: true }), input]);
    assertEquals(status, ExitStatus.Refused);
    const said = stdoutIsTerminal ? "na\\u00efve - \\u{1f44b}" : "naïve – 👋";
    assert(machine.lines.includes(`00:00 x1  ${said}`), machine.out.text);
    assertStringIncludes(machine.err.text, stdoutIsTerminal ? ":\\u00e9" : ":é");
  }
});
