/** The client as a process on a server that behaves like the original, faults included. */
import { assertEquals, assertMatch } from "../helpers/assert.ts";
import { OriginalServer } from "../helpers/hubs/original_server.ts";
import { ClientProgram } from "../helpers/program.ts";
import { ScriptedHub } from "../helpers/hubs/scripted_hub.ts";
import { RecordingProxy } from "../helpers/wire/recording_proxy.ts";

/** The bytes of compact JSON texts, each as a frame. */
function frames(...bodies: string[]): Uint8Array {
  const frames = bodies.map((body) => {
    const bytes = new TextEncoder().encode(body);
    const header = new Uint8Array(8);
    new DataView(header.buffer).setBigUint64(0, BigInt(bytes.length));
    return [...header, ...bytes];
  });
  return Uint8Array.from(frames.flat());
}

/**
 * The address of a hub without TLS. With another one the client asks for TLS on a second connection when this process
 * is busy for 300 ms, and the server tells everybody of that user.
 */
const plain = ({ port }: { port: number }) => `rift://127.0.0.1:${port}`;

Deno.test("On an original server the client sends, receives and renames with the base protocol only", async () => {
  await using server = new OriginalServer("x1y2z3");
  await using tap = new RecordingProxy(server.port);
  await using ana = new ClientProgram(plain(tap), ["-n", "ana", "--commands"]);
  assertEquals(await ana.typeAndFinish('hello\ngrüße 👋 "\\/"\t~\n::me\n:username José\nbye'), 0);
  assertEquals(ana.shown, [
    "* your name is x1y2z3",
    "* x1y2z3 joined",
    "* your name is ana",
    "* x1y2z3 is now ana",
    "00:00 ana  hello",
    '      │ grüße 👋 "\\/"\t~',
    "      │ :me",
    "* your name is José",
    "* ana is now José",
    "00:00 José  bye",
  ]);
  assertEquals(ana.stderr, "");
  assertEquals(
    tap.fromClient,
    frames(
      '{"code":101,"username":"ana"}',
      '{"code":100,"message":"hello\\ngrüße 👋 \\"\\\\/\\"\\t~\\n:me"}',
      '{"code":101,"username":"José"}',
      '{"code":100,"message":"bye"}',
    ),
  );
});

Deno.test("On an original server without a name the client sends nothing before its first line", async () => {
  await using server = new OriginalServer("x1y2z3");
  await using tap = new RecordingProxy(server.port);
  await using ana = new ClientProgram(plain(tap), ["--commands"]);
  assertEquals(await ana.typeAndFinish("hello\n:quit\nnever said\n"), 0);
  assertEquals(tap.fromClient, frames('{"code":100,"message":"hello"}'));
});

Deno.test("On a server with only the base protocol each message waits for the echo of the one before", async () => {
  await using hub = new ScriptedHub();
  await using ci = new ClientProgram(plain(hub));
  await hub.send({ code: 202, new: "x1" });
  const lines = Array.from({ length: 20 }, (_, i) => `${i}${"x".repeat(4000)}`);
  const status = ci.typeAndFinish(lines.join("\n"));
  for (const message of lines) {
    let heard = await hub.receive();
    while (heard.length < message.length + 8) heard += await hub.receive();
    assertEquals(heard, new TextDecoder().decode(frames(`{"code":100,"message":"${message}"}`)));
    await hub.send({ code: 200, message: { timestamp: 0, username: "x1", message } });
  }
  assertEquals(await hub.receive(), "");
  await hub.closeWrite();
  assertEquals(await status, 0);
});

Deno.test("A burst of 100 lines arrives whole on a server that takes one frame a read", async () => {
  await using server = new OriginalServer();
  await using ci = new ClientProgram(plain(server), ["-n", "ci"]);
  const lines = Array.from({ length: 100 }, (_, i) => `line ${i} ${"x".repeat(i * 20)}`);
  assertEquals(await ci.typeAndFinish(lines.join("\n")), 0);
  const [rename, ...said] = server.requests;
  assertEquals(rename, { code: 101, username: "ci" });
  assertEquals(said.map(({ message }) => message).join("\n"), lines.join("\n"));
  assertEquals(ci.shown.slice(4).map((line) => line.replace(/^(00:00 ci {2}| {6}│ )/, "")), lines);
});

Deno.test("On an original server :who is refused with the reason, and costs no other line", async () => {
  await using server = new OriginalServer();
  await using ana = new ClientProgram(plain(server), ["-n", "ana", "--commands"]);
  assertEquals(await ana.typeAndFinish("one\n:who\n:quti\ntwo\n"), 4);
  assertEquals(
    ana.stderr,
    "riftchat: line 2: cannot list the users: this hub has only the base protocol\n" +
      "riftchat: line 3: no such command :quti; did you mean :quit?\n",
  );
  assertEquals(server.requests.slice(1).map(({ message }) => message), ["one", "two"]);
});

Deno.test("Two clients talk on an original server, until it goes down", async () => {
  await using server = new OriginalServer("x1", "x2");
  await using ana = new ClientProgram(plain(server), ["-n", "ana", "--commands"]);
  await ana.waitForShown("* x1 is now ana");
  await using bo = new ClientProgram(plain(server), ["-n", "bo", "--json"]);
  await ana.waitForShown("* x2 is now bo");
  await bo.type("hello, ana\n");
  await ana.waitForShown("00:00 bo  hello, ana");
  await ana.type("hello, bo\n");
  await ana.waitForShown("00:00 ana  hello, bo");
  await ana.type(":me Ána\n");
  await ana.waitForShown("* ana is now Ána");
  await server.down();
  const [end] = await Promise.all([ana.finishAfterFailure(), bo.finishAfterFailure()]);
  assertEquals([end.status, await bo.status], [5, 5]);
  assertEquals(ana.shown.at(-1), "* the hub is going down");
  assertEquals(end.stderr, `riftchat: connection to 127.0.0.1:${server.port} lost: the hub shut down\n`);
  assertEquals(bo.stdout.map((line) => line.replace(/"timestamp":\d{13}/, '"timestamp":0')), [
    '{"code":202,"new":"x2"}',
    '{"code":201,"new":"x2"}',
    '{"code":202,"new":"bo"}',
    '{"code":203,"old":"x2","new":"bo"}',
    '{"code":200,"message":{"timestamp":0,"username":"bo","message":"hello, ana"}}',
    '{"code":200,"message":{"timestamp":0,"username":"ana","message":"hello, bo"}}',
    '{"code":203,"old":"ana","new":"Ána"}',
    '{"code":205}',
  ]);
});

Deno.test("If an original server is killed the status is 5", async () => {
  await using server = new OriginalServer("x1");
  await using ana = new ClientProgram(plain(server));
  await ana.waitForShown("* x1 joined");
  await server[Symbol.asyncDispose]();
  const { stderr, status } = await ana.finishAfterFailure();
  assertEquals(status, 5);
  assertMatch(stderr, /^riftchat: connection to 127\.0\.0\.1:\d+ lost: [^\n]+\n$/);
});
