/** The commands about messages that were sent: what they ask the hub for, and what they say. */
import { MessageCommands } from "../../../client/messages/mod.ts";
import { parseTerminalInput } from "../../../client/commands/mod.ts";
import type { Answer, ControlRequest } from "../../../client/link/mod.ts";
import { MAIN, personOf, type Target } from "../../../client/model/mod.ts";
import { textOf } from "../../../client/text/style.ts";
import { Code, type PastLine, type Welcome } from "../../../protocol/mod.ts";
import { assertEquals } from "../../helpers/assert.ts";

const AT = Date.UTC(2026, 10, 24, 14, 3);
const line = (
  sequence: number,
  username: string,
  message: string,
  rest: Partial<PastLine> = {},
): PastLine => ({
  timestamp: AT,
  username,
  message,
  sequence,
  ...rest,
});
const DONE: Answer = { code: Code.Done, ref: "1" };

/** Runs commands of ana; returns what was asked, said and shown. */
function commandsOf(
  shown: PastLine[],
  { answer = () => DONE, features = ["changes"], moderates = false }: {
    answer?: (request: ControlRequest) => Answer;
    features?: string[];
    moderates?: boolean;
  } = {},
) {
  const asked: unknown[] = [];
  const commands = new MessageCommands({
    ask: (request) => {
      asked.push(request);
      return Promise.resolve(answer(request));
    },
    session: () => ({ extended: true, name: "ana", welcome: { features } as unknown as Welcome }),
    shownIn: () => shown,
    moderates: () => moderates,
    say: (text, target, replyTo) => void asked.push({ say: text, to: target.name, replyTo }),
    numbersShownBy: ":set numbers on and :history",
    offsetMinutes: () => 0,
  });
  const run = async (typed: string, target: Target = MAIN): Promise<string[]> => {
    const input = parseTerminalInput(typed);
    if (input.kind !== "message") return [JSON.stringify(input)];
    const result = await commands.do(input.action, target, input.sure);
    switch (result.kind) {
      case "done":
        return result.lines.map(textOf);
      case "failed":
        return [`! ${result.message}`, ...result.input === undefined ? [] : [`> ${result.input}`]];
      case "confirm":
        return [...result.lines, `> ${result.input}`];
      case "line":
        return [`> ${result.input}`];
    }
  };
  return { run, commands, asked: () => asked.splice(0) };
}

const SHOWN = [
  line(1, "ana", "helo wrld"),
  line(2, "bo", "hi"),
  line(3, "ana", "", { deleted: true }),
  line(4, "bo", "", { deleted: true }),
];

Deno.test("Without a number a command is about the last message that was not deleted", async () => {
  const { run, asked } = commandsOf(SHOWN);
  assertEquals(await run(":edit"), ["> :edit 1 helo wrld"]);
  assertEquals(await run(":delete"), [
    "your message 1, 14:03 is deleted for everyone then: helo wrld",
    "> :delete 1",
  ]);
  assertEquals(await run(":reply-to"), ["> :reply-to 2 "]);
  assertEquals(asked(), []);
  assertEquals(await run(":delete!"), []);
  assertEquals(await run(":react +1"), []);
  assertEquals(asked(), [
    { code: Code.DeleteLines, room: "main", sequence: 1 },
    { code: Code.React, room: "main", sequence: 2, reaction: "+1" },
  ]);
});

Deno.test("A number names the message, and an own message is proved by its id", async () => {
  const answer = (request: ControlRequest): Answer =>
    request.code === Code.AskHistory
      ? { code: Code.History, room: request.room, messages: [line(9, "bo", "earlier")], ref: "1" } as Answer
      : DONE;
  const { run, asked, commands } = commandsOf(SHOWN, { answer });
  commands.noteId(MAIN, 1, "id-1");
  commands.noteId(personOf("bo"), 1, "id-2");
  await run(":delete 1");
  await run(":edit 1 hello\nworld");
  await run(":edit 1 hello", personOf("bo"));
  await run(":react tada 9", personOf("bo"));
  await run(":reply-to 2 2 is right");
  assertEquals(asked(), [
    { code: Code.DeleteLines, room: "main", sequence: 1, id: "id-1" },
    { code: Code.EditLine, room: "main", sequence: 1, message: "hello\nworld", id: "id-1" },
    { code: Code.EditLine, room: "@bo", sequence: 1, message: "hello", id: "id-2" },
    { code: Code.AskHistory, room: "@bo", before: 10, limit: 1 },
    { code: Code.React, room: "@bo", sequence: 9, reaction: "tada" },
    { say: "2 is right", to: "main", replyTo: 2 },
  ]);
  assertEquals(await run(":edit 1 helo wrld"), ["-- your message 1, 14:03 has this text already"]);
  assertEquals(asked(), []);
});

Deno.test("A reaction that the user has is taken back", async () => {
  const { run, asked } = commandsOf([
    line(2, "bo", "hi", { reactions: [{ reaction: "+1", count: 2, mine: true }] }),
  ]);
  await run(":react +1");
  await run(":react ok");
  assertEquals(asked(), [
    { code: Code.React, room: "main", sequence: 2, reaction: "+1", remove: true },
    { code: Code.React, room: "main", sequence: 2, reaction: "ok" },
  ]);
});

Deno.test("A reaction to a message that is not on the screen is taken back, too", async () => {
  const reactions = [{ reaction: "+1", count: 1, mine: true as const }];
  const page = { code: Code.History, room: "main", messages: [line(2, "bo", "hi", { reactions })], ref: "1" };
  const answer = ({ code }: ControlRequest): Answer => code === Code.AskHistory ? page as Answer : DONE;
  const { run, asked } = commandsOf([], { answer });
  await run(":react +1 2");
  assertEquals(asked().at(-1), { code: Code.React, room: "main", sequence: 2, reaction: "+1", remove: true });
});

Deno.test("The messages of a user are deleted after the user has seen how many", async () => {
  const { run, asked } = commandsOf([], { answer: () => ({ ...DONE, count: 37 }) });
  assertEquals(await run(":delete bo 10m"), [
    "37 messages of bo in #main, those of the last 10 minutes, are deleted for everyone then",
    "> :delete! bo 600s",
  ]);
  assertEquals(await run(":delete! bo 600s"), ["-- 37 messages of bo in #main deleted"]);
  const request = { code: Code.DeleteLines, room: "main", username: "bo", within_ms: 600_000 };
  assertEquals(asked(), [{ ...request, preview: true }, request]);
  const none = commandsOf([], { answer: () => ({ ...DONE, count: 0 }) });
  assertEquals(await none.run(":delete bo 10m"), ["-- bo has said nothing in #main in the last 10 minutes"]);
});

Deno.test("A message that was not shown is fetched to be edited, and only the user's own one can be", async () => {
  const stored = [line(7, "ana", "old"), line(8, "bo", "theirs"), line(9, "ana", "", { deleted: true })];
  const answer = (request: ControlRequest): Answer => {
    const before = "before" in request ? request.before ?? 0 : 0;
    return {
      code: Code.History,
      room: "main",
      more: false,
      messages: stored.filter((one) => one.sequence! < before).slice(-1),
    };
  };
  const { run } = commandsOf([], { answer });
  assertEquals(await run(":edit 7"), ["> :edit 7 old"]);
  assertEquals(await run(":edit 8"), ["! Cannot edit message 8: it is a message of bo"]);
  assertEquals(await run(":edit 9"), ["! Cannot edit message 9: it was deleted"]);
  assertEquals(await run(":edit 99"), ["! Cannot edit message 99: #main has no message 99"]);
});

Deno.test("What the hub refuses is said, and a new text comes back", async () => {
  const answer = (): Answer => ({
    code: Code.Refused,
    error: "not_allowed",
    message: "Cannot edit this message: it is older than 24 hours",
  });
  const { run } = commandsOf(SHOWN, { answer });
  assertEquals(await run(":edit 1 new"), [
    "! Cannot edit message 1: it is older than 24 hours",
    "> :edit 1 new",
  ]);
  assertEquals(await run(":delete 1"), ["! Cannot delete message 1: it is older than 24 hours"]);
});

Deno.test("Without such a message, or on a hub without the feature, the error says so", async () => {
  const { run } = commandsOf([]);
  assertEquals(await run(":edit"), [
    "! Cannot edit a message: none of the last messages of #main on the screen is yours; " +
    ":set numbers on and :history show the numbers of others",
  ]);
  assertEquals(await run(":react +1"), [
    "! Cannot react to a message: there is no message of another user in #main on the screen; name one by its " +
    "number, which :set numbers on and :history show",
  ]);
  const old = commandsOf(SHOWN, { features: [] });
  for (
    const [typed, wanted] of [[":edit", "edit a message"], [":react +1 3", "react to message 3"]] as const
  ) {
    assertEquals(await old.run(typed), [
      `! Cannot ${wanted}: on this hub messages cannot be changed, answered or reacted to`,
    ]);
  }
  assertEquals(old.asked(), []);
});

Deno.test("Operands that mean nothing are refused before the hub is asked", () => {
  for (
    const [typed, message] of [
      [
        ":delete bo",
        "Cannot delete that: it must be the number of a message, or a name and a time, such as bo 10m",
      ],
      [
        ":delete bo 10x",
        "Cannot delete that: it must be the number of a message, or a name and a time, such as bo 10m",
      ],
      [
        ":delete 0",
        "Cannot delete message 0: it must be the number of a message, which :set numbers on and :history show",
      ],
      [
        ":edit one",
        "Cannot edit one: it must be the number of a message, which :set numbers on and :history show",
      ],
      [
        ":react two words",
        "Cannot react to words: it must be the number of a message, which :set numbers on and :history show",
      ],
      [
        ":react 123456789",
        "Cannot react with that: it must be one word of at most 8 characters, such as +1 or an emoji",
      ],
      [":mentions never", "Cannot show your mentions since never: it must be a time such as 30m, 2h or 3d"],
    ] as const
  ) assertEquals(parseTerminalInput(typed), { kind: "error", message }, typed);
  assertEquals(parseTerminalInput(":delete @3 10m"), {
    kind: "message",
    action: { kind: "deleteAll", username: "3", ms: 600_000 },
  });
});

Deno.test("Who moderates a room and has said nothing there begins with the last message of anybody", async () => {
  const moderator = commandsOf([
    line(6, "cy", "one"),
    line(7, "bo", "two"),
    line(8, "bo", "", { deleted: true }),
  ], {
    moderates: true,
  });
  assertEquals(await moderator.run(":delete"), [
    "message 7 of bo, 14:03 is deleted for everyone then: two",
    "> :delete 7",
  ]);
  assertEquals((await moderator.run(":delete!"))[0]?.startsWith("! Cannot delete a message: none of"), true);
  assertEquals(moderator.asked(), []);
  const withOwn = commandsOf(SHOWN, { moderates: true });
  assertEquals((await withOwn.run(":delete")).at(-1), "> :delete 1");
  assertEquals(
    (await commandsOf([]).run(":delete"))[0]?.startsWith("! Cannot delete a message: none of"),
    true,
  );
});
