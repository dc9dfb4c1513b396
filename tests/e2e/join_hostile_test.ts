/**
 * The client as a process on servers that are newer, hostile, broken, silent, or of another protocol.
 */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../helpers/assert.ts";
import { frame } from "../helpers/hubs/original_server.ts";
import { ClientProgram } from "../helpers/program.ts";
import { OFFER, ScriptedHub, WELCOME } from "../helpers/hubs/scripted_hub.ts";

/** Starts a client called `ana` and welcomes it. */
async function welcome(hub: ScriptedHub, args: string[] = []): Promise<ClientProgram> {
  const client = new ClientProgram(hub.port, ["-n", "ana", ...args]);
  await hub.send(OFFER);
  assertStringIncludes(await hub.receive(), '"code":102');
  await hub.send(WELCOME);
  return client;
}

/** The `ref` of a received request. */
function refIn(received: string): string {
  return JSON.parse(received.slice(8)).ref;
}

function line(username: string, message: string, sequence?: number): unknown {
  const at = { timestamp: 0, username, message };
  return {
    code: 200,
    message: sequence === undefined ? at : { ...at, sequence, room: "main", verified: false },
  };
}

/** Every character that a terminal would obey or hide, or that would reorder text. */
// deno-lint-ignore no-control-regex
const RAW = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/;

/** A text of dangerous characters: a terminal would clear its screen, ring, overwrite the line and reorder text. */
const NASTY = "a\x1b[2J\x1b]0;t\x07\x9b31m\r\x08\x7f\x00\u202eb\u2066c\u2028d";

Deno.test("Unknown messages and fields of a newer hub are ignored, and printed with --json", async () => {
  for (const args of [[], ["--json"]]) {
    await using hub = new ScriptedHub();
    await using ana = await welcome(hub, args);
    const newer = [
      { code: 299, future: { deep: [1, null, "x"] } },
      { code: 204, username: "bo", why: "tired" },
      { code: 200, message: { timestamp: 0, username: "bo", message: "hi", mood: "good" } },
    ];
    await hub.send(...newer);
    await hub.closeWrite();
    assertEquals((await ana.finishAfterFailure()).status, 5);
    if (args.length > 0) {
      assertEquals(
        ana.stdout,
        [OFFER, WELCOME, ...newer].map((one) => JSON.stringify(one)),
      );
    } else assertEquals(ana.shown.slice(0, 2), ["* your name is ana", "* bo left"]);
  }
});

Deno.test("No field of any message of the hub reaches the terminal unsanitized", async () => {
  for (const args of [[], ["--json"]]) {
    await using hub = new ScriptedHub();
    await using ana = new ClientProgram(hub.port, ["-n", "ana", "--commands", ...args]);
    await hub.send(OFFER);
    await hub.receive();
    await hub.send(
      { ...WELCOME, motd: NASTY, username: NASTY },
      line(NASTY, NASTY, 1),
      line("server", NASTY),
      { code: 201, new: NASTY },
      { code: 202, new: NASTY },
      { code: 203, old: NASTY, new: NASTY },
      { code: 204, username: NASTY },
      { code: 206, error: "muted", message: NASTY },
      { code: 299, [NASTY]: NASTY },
      // A message that cannot be parsed is reported on stderr.
      { code: 200, message: NASTY },
      { code: 201, new: 7, [NASTY]: 1 },
    );
    await ana.type(":who\n");
    const who = refIn(await hub.receive());
    const user = { username: NASTY, rooms: [NASTY], connected_ms: 0, idle_ms: 0, verified: true };
    await hub.send({ code: 209, users: [user], ref: who });
    await ana.type("hello\n");
    const hello = refIn(await hub.receive());
    await hub.send({ code: 206, error: "muted", message: NASTY, ref: hello }, { code: 216, reason: NASTY });
    await hub.closeWrite();
    assertEquals((await ana.finishAfterFailure()).status, 5);
    assert(ana.stdout.length >= 12, ana.stdoutText);
    assert(!RAW.test(ana.stdoutText), JSON.stringify(ana.stdoutText));
    assert(!RAW.test(ana.stderr), JSON.stringify(ana.stderr));
    if (args.length === 0) {
      assertStringIncludes(ana.stdoutText, "a␛[2J␛]0;t␇<U+009B>31m␍␈␡␀<U+202E>b<U+2066>c<U+2028>d");
    }
  }
});

Deno.test("A hostile refusal is sanitized", async () => {
  await using hub = new ScriptedHub();
  await using ana = new ClientProgram(hub.port, ["-n", "ana"]);
  await hub.send(OFFER);
  await hub.receive();
  await hub.send({
    code: 206,
    error: "banned",
    message: `go away${NASTY}\nriftchat: all is well`,
    ref: "hello",
  });
  assertEquals((await ana.finishAfterFailure()).status, 4);
  assertMatch(ana.stderr, /^riftchat: cannot join 127\.0\.0\.1:\d+: go away[^\n]+␊riftchat: all is well\n$/);
  assert(!RAW.test(ana.stderr));
});

Deno.test("No message can look like another one, and no name like a message", async () => {
  await using hub = new ScriptedHub();
  await using ana = await welcome(hub);
  await hub.send(
    line("bo", "hi\n* cy left\n00:00 cy  I resign\r\n! the hub says so", 1),
    line("cy  I resign\n00:00 bo", "hi", 2),
    line("", "hi", 3),
    { code: 204, username: "bo left\n* cy" },
  );
  await hub.closeWrite();
  await ana.finishAfterFailure();
  assertEquals(ana.shown.slice(1).map((text) => text.replace(/^\d\d:\d\d/, "00:00")), [
    "00:00 bo  hi",
    "      │ * cy left",
    "      │ 00:00 cy  I resign␍",
    "      │ ! the hub says so",
    "00:00 cy␠␠I␠resign␊00:00␠bo  hi",
    "00:00 <no name>  hi",
    "* bo␠left␊*␠cy left",
  ]);
});

Deno.test("If the hub ends the connection its reason is reported, and the status is 5", async () => {
  await using hub = new ScriptedHub();
  await using ana = await welcome(hub);
  await hub.send({ code: 216, reason: "you read too slowly" });
  await hub.closeWrite();
  assertEquals((await ana.finishAfterFailure()).status, 5);
  assertEquals(ana.shown, [
    "* your name is ana",
    "* the hub ends this connection: you read too slowly",
  ]);
  assertEquals(
    ana.stderr,
    `riftchat: connection to 127.0.0.1:${hub.port} lost: the hub ended it: you read too slowly\n`,
  );
});

Deno.test("A refused line is reported with its number and the reason, and the status is 4", async () => {
  await using hub = new ScriptedHub();
  await using ana = await welcome(hub);
  const said = ana.typeAndFinish("\none");
  const one = refIn(await hub.receive());
  await hub.send({ code: 206, error: "muted", message: "you are muted for 5 min", ref: one });
  await hub.receive();
  await hub.closeWrite();
  assertEquals([await said, ana.stderr], [
    4,
    "riftchat: line 2: cannot send to #main: you are muted for 5 min\n",
  ]);
});

for (
  const [what, bytes, reason] of [
    ["half a frame", frame({ code: 204, username: "bo" }).subarray(0, 20), "the hub closed the connection"],
    [
      "a length beyond the limit",
      Uint8Array.of(255, 255, 255, 255, 255, 255, 255, 255),
      "the hub broke the protocol: ",
    ],
    ["invalid JSON", Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 2, 123, 123), "the hub broke the protocol: "],
    ["an array", frame([1]), "the hub broke the protocol: "],
  ] as [string, Uint8Array, string][]
) {
  Deno.test(`If the hub sends ${what} the status is 5`, async () => {
    await using hub = new ScriptedHub();
    await using ana = await welcome(hub);
    await hub.send(bytes);
    await hub.closeWrite();
    assertEquals((await ana.finishAfterFailure()).status, 5);
    assertStringIncludes(ana.stderr, `riftchat: connection to 127.0.0.1:${hub.port} lost: ${reason}`);
    assertMatch(ana.stderr, /^[^\n]+\n$/);
  });
}

for (
  const [what, bytes] of [
    ["closes at once", new Uint8Array()],
    ["speaks HTTP", new TextEncoder().encode("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")],
    ["speaks SSH", new TextEncoder().encode("SSH-2.0-OpenSSH_9.6\r\n")],
    ["sends noise", Uint8Array.from({ length: 4096 }, (_, i) => (i * 7919) >> 3 & 0xff)],
    ["sends half a frame and closes", frame({ code: 202, new: "x1" }).subarray(0, 12)],
  ] as [string, Uint8Array][]
) {
  Deno.test(`A server that ${what} is not a hub: the status is 3`, async () => {
    await using hub = new ScriptedHub();
    await using ana = new ClientProgram(hub.port, ["-n", "ana"]);
    await hub.send(bytes);
    await hub.closeWrite();
    assertEquals((await ana.finishAfterFailure()).status, 3);
    assertMatch(
      ana.stderr,
      /^riftchat: cannot reach 127\.0\.0\.1:\d+: [^\n]+; is that a RiftChat hub\?\n$/,
    );
    assertEquals(ana.stdoutText, "");
  });
}

Deno.test("The client gives up a server that is silent, or stops in the middle of a frame, after 10 s", async () => {
  await using web = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    () => new Response("hello"),
  );
  await using silent = new ScriptedHub();
  await using stopped = new ScriptedHub();
  const endsOf = async (port: number) => {
    await using client = new ClientProgram(port);
    const { stdout, stderr, status } = await client.finishAfterFailure();
    return [stdout, stderr, status];
  };
  const ends = Promise.all([web.addr.port, silent.port, stopped.port].map(endsOf));
  await stopped.send(frame({ code: 202, new: "x1" }).subarray(0, 12));
  const why = "no welcome within 10 s; is that a RiftChat hub?";
  assertEquals(
    await ends,
    [web.addr.port, silent.port, stopped.port].map((port) => [
      "",
      `riftchat: cannot reach 127.0.0.1:${port}: ${why}\n`,
      3,
    ]),
  );
});
