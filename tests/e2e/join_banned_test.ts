/** What a client does that is banned or kicked, and one whose messages a room refuses, in a pipe and on a terminal. */
import { assert, assertEquals } from "../helpers/assert.ts";
import { FakeHub, type FakeHubConnection } from "../helpers/hubs/fake_hub.ts";
import { ClientProgram } from "../helpers/program.ts";
import { Pty } from "../helpers/terminal/pty.ts";
import { terminalTest } from "../helpers/terminal/users.ts";

const WELCOME = { features: ["rooms", "ping", "moderation"] };
const BANNED = "you are banned from this hub until 2026-11-28 10:00 UTC (2 h): spam; ask ana@example.com";

const ENDS: [how: string, error: string, reason: string][] = [
  ["banned", "banned", BANNED],
  ["kicked", "kicked", "ana has put you out: too loud"],
];

for (const [how, error, reason] of ENDS) {
  Deno.test(`A client in a pipe that is ${how} does not connect again: it says why, and the status is 4`, async () => {
    await using hub = new FakeHub();
    await using bo = new ClientProgram(hub.port, ["-n", "bo", "--retry", "forever"]);
    const guest = await hub.welcome("bo", WELCOME);
    await guest.send({ code: 216, reason, error, retry_after_ms: 1000 });
    guest.close();
    // It reads its input to the end, so that the writer does not fail.
    await bo.waitForLog(/\n/);
    const status = await bo.typeAndFinish();
    assertEquals([status, bo.stderr], [4, `riftchat: you were put out: ${reason}\n`]);
  });
}

Deno.test("A client that is banned before it talks says why, and the status is 4, whatever --retry says", async () => {
  for (
    const refuse of [
      // The address is banned.
      (guest: FakeHubConnection) =>
        guest.send({
          code: 200,
          message: { timestamp: 0, username: "server", message: BANNED },
          error: "banned",
          retry_after_ms: 1000,
        }),
      // The name or the key is banned.
      async (guest: FakeHubConnection) => {
        await guest.send({ code: 202, new: "x7f3", server: { version: "1.0.0", protocol: 1, nonce: "00" } });
        const { ref } = await guest.receive();
        await guest.send({ code: 206, error: "banned", message: BANNED, ref, retry_after_ms: 1000 });
      },
    ]
  ) {
    await using hub = new FakeHub();
    await using bo = new ClientProgram(hub.port, ["-n", "bo", "--retry", "forever"]);
    const guest = await hub.accept();
    await refuse(guest);
    guest.close();
    // It reads its input to the end, so that the writer does not fail.
    await bo.waitForLog(/\n/);
    const status = await bo.typeAndFinish();
    assertEquals([status, bo.stderr], [4, `riftchat: cannot join 127.0.0.1:${hub.port}: ${BANNED}\n`]);
  }
});

terminalTest(
  "A client on a terminal that is banned ends with status 4, and the reason stays on the screen",
  async () => {
    await using hub = new FakeHub();
    const started = Pty.start(["join", `127.0.0.1:${hub.port}`, "-n", "bo"], { columns: 120 });
    const guest = await hub.welcome("bo", WELCOME);
    await using bo = await started;
    await bo.until(/^-- connected/);
    await guest.send({ code: 216, reason: BANNED, error: "banned" });
    guest.close();
    assertEquals(await bo.status, 4);
    assert(bo.allRows.includes(`riftchat: you were put out: ${BANNED}`), bo.allRows.join("\n"));
  },
);

terminalTest(
  "A user who is muted or too fast for slow mode reads why, and gets the message back",
  async () => {
    await using hub = new FakeHub();
    const started = Pty.start(["join", `127.0.0.1:${hub.port}`, "-n", "bo"], { columns: 120 });
    const guest = await hub.welcome("bo", WELCOME);
    await using bo = await started;
    await bo.until(/^-- connected/);
    for (
      const [refusal, shown] of [
        [
          { error: "muted", message: "you are muted on this hub until 2026-11-28 10:00 UTC (2 h): spam" },
          /^! Cannot send to #main: you are muted on this hub until 2026-11-28 10:00 UTC \(2 h\): spam$/,
        ],
        [
          {
            error: "too_fast",
            message: "Cannot send this message: slow mode: one in 10 s, the next in 8 s",
            retry_after_ms: 8000,
          },
          /^! Cannot send this message: slow mode: one in 10 s, the next in 8 s$/,
        ],
      ] as const
    ) {
      await bo.type("hello\r");
      for (let request = await guest.receive();; request = await guest.receive()) {
        if (request.message !== "hello") continue;
        await guest.send({ code: 206, ...refusal, ref: request.ref });
        break;
      }
      await bo.until(shown);
      await bo.until(() => bo.cursorRow === "> hello|");
      await bo.type("\x15");
    }
  },
);

Deno.test("Lines of a pipe wait for slow mode, in order, and it says so once", async () => {
  await using hub = new FakeHub();
  await using bo = new ClientProgram(hub.port, ["-n", "bo"]);
  const guest = await hub.welcome("bo", WELCOME);
  const finished = bo.typeAndFinish("one\ntwo\n");
  const texts: unknown[] = [];
  for (let i = 0; texts.length < 3;) {
    const { code, message, ref } = await guest.receive();
    if (code !== 103) {
      await guest.send({ code: code === 110 ? 215 : 207, ref });
      continue;
    }
    texts.push(message);
    if (i++ < 2) {
      const text = "Cannot send this message: slow mode";
      await guest.send({ code: 206, error: "too_fast", message: text, retry_after_ms: 20, ref });
    } else await guest.send({ code: 207, ref, sequence: i });
  }
  assertEquals(texts, ["one\ntwo", "one\ntwo", "one\ntwo"]);
  await guest.waitForClose();
  assertEquals(await finished, 0);
  assertEquals(
    bo.stderr,
    "riftchat: slow mode: messages wait their turn, none is lost (Cannot send this message: slow mode)\n",
  );
});
