/**
 * The commands of those who keep order, with the answers of a hub: where each holds, what it asks first, and what it
 * says afterwards. `tests/e2e/talk_moderation_test.ts` has them with a whole hub. The file is long because each command
 * has its rows.
 *
 * @module
 */
import { ModerationCommands, type ModerationResult } from "../../../client/moderation/mod.ts";
import { parseInput, parseTerminalInput, type UserPowers } from "../../../client/commands/mod.ts";
import type { Answer, ControlRequest } from "../../../client/link/mod.ts";
import { MAIN, personOf, roomOf, type Target } from "../../../client/model/mod.ts";
import { textOf } from "../../../client/text/style.ts";
import {
  type BanInfo,
  Code,
  type Moderate,
  type Moderated,
  type Powers,
  type ServerMessage,
  type Welcome,
} from "../../../protocol/mod.ts";
import { assertEquals, assertStringIncludes } from "../../helpers/assert.ts";

/** Tuesday 14 November 2023, 22:13:20 UTC. */
const NOW = 1_700_000_000_000;

const OPERATOR: UserPowers = { operator: true, rooms: [] };
const OWNER: UserPowers = { operator: false, rooms: ["dev", "ops"] };

/** A user with some powers, and a hub that answers every 124 and 125. */
class Client {
  readonly requests: ControlRequest[] = [];
  readonly commands: ModerationCommands;
  /** Whom a preview hits. */
  hit: Pick<Moderated, "names" | "others"> = { names: ["bo"], others: 0 };
  /** What is in force. */
  bans: BanInfo[] = [];
  /** Refuses each request with this. */
  refusal: string | undefined;

  constructor(powers: UserPowers | undefined, features: string[] = ["moderation"]) {
    this.commands = new ModerationCommands({
      ask: (request) => Promise.resolve(this.#answer(request)),
      session: () => ({ extended: true, name: "ana", welcome: { features } as Partial<Welcome> as Welcome }),
      now: () => NOW,
      offsetMinutes: () => 0,
    });
    if (powers !== undefined) this.commands.receive({ code: Code.Powers, ...powers });
  }

  #answer(request: ControlRequest): Answer {
    this.requests.push(request);
    if (this.refusal !== undefined) {
      return { code: Code.Refused, error: "not_allowed", message: this.refusal };
    }
    if (request.code === Code.AskBans) return { code: Code.Bans, bans: this.bans };
    const { action, preview = false, room, ...others } = request as Moderate;
    const { target, duration_ms } = others as { target?: string; duration_ms?: number };
    return {
      code: Code.Moderated,
      action,
      ...(target !== undefined && { target }),
      ...(room !== undefined && { room }),
      ...this.hit,
      ...(duration_ms !== undefined && { until: NOW + duration_ms }),
      done: !preview,
    };
  }

  /** Runs what the user types; returns the lines, a question, or the error. */
  async type(line: string, target: Target = MAIN): Promise<string[]> {
    const input = parseTerminalInput(line);
    if (input.kind === "error") return [`! ${input.message}`];
    if (input.kind !== "moderation") throw new Error(`${line} is ${input.kind}`);
    return linesOf(await this.commands.do(input.action, target, input.sure));
  }

  /** The requests since the last call, without what is the same in all. */
  sent(): unknown[] {
    return this.requests.splice(0).map(({ code, ...rest }) =>
      code === Code.Moderate ? rest : { code, ...rest }
    );
  }
}

function linesOf(result: ModerationResult): string[] {
  switch (result.kind) {
    case "done":
      return result.lines.map(textOf);
    case "list":
      return [result.heading, ...result.lines.map(textOf)];
    case "confirm":
      return [...result.lines, `> ${result.input}`];
    case "failed":
      return [`! ${result.message}`];
  }
}

Deno.test("A command of an operator holds for the whole hub, with a room for that one, and says which", async () => {
  const ana = new Client(OPERATOR);
  const table: [typed: string, sent: object, said: string][] = [
    [
      ":kick bo",
      { action: "kick", target: "bo" },
      "bo was disconnected from the hub and may come back; :ban bo",
    ],
    [
      ":kick #dev bo too loud",
      { action: "kick", target: "bo", room: "dev", reason: "too loud" },
      "bo was put out of #dev and may come back; :ban #dev bo keeps them out",
    ],
    [
      ":ban! bo 2h  spam, again",
      { action: "ban", target: "bo", duration_ms: 7_200_000, reason: "spam, again" },
      "bo is banned from the whole hub until Wednesday 15 November 2023, 00:14 (2 hours); put out: bo; :unban bo lifts",
    ],
    [
      ":ban! #dev bo",
      { action: "ban", target: "bo", room: "dev" },
      "bo is banned from #dev until it is lifted; put out",
    ],
    [":unban bo", { action: "unban", target: "bo" }, "bo is not banned from the whole hub any more"],
    [":unban #dev bo", { action: "unban", target: "bo", room: "dev" }, "bo is not banned from #dev any more"],
    [
      ":mute! bo 30m",
      { action: "mute", target: "bo", duration_ms: 1_800_000 },
      "bo is muted on the whole hub until 22:44 (30 minutes); :unmute bo lifts it",
    ],
    [
      ":mute! #dev bo",
      { action: "mute", target: "bo", room: "dev" },
      "bo is muted in #dev until it is lifted; :unmute #dev bo",
    ],
    [":unmute bo", { action: "unmute", target: "bo" }, "bo is not muted on the whole hub any more"],
    [
      ":slow 10s",
      { action: "slow", every_ms: 10_000 },
      "everyone on the hub is told of the slow mode; :slow off ends it",
    ],
    [
      ":slow #dev 1m",
      { action: "slow", every_ms: 60_000, room: "dev" },
      "everyone in #dev is told of the slow mode; :slow #dev off ends it",
    ],
    [":slow off", { action: "slow", every_ms: 0 }, "everyone on the hub is told that slow mode is off"],
    [":lockdown owned", { action: "lockdown", mode: "owned" }, "only owners of names may come to the hub"],
    [
      ":lockdown invited",
      { action: "lockdown", mode: "invited" },
      "only owners of names and those with an invite may come to the hub",
    ],
    [":lockdown off", { action: "lockdown", mode: "off" }, "everyone may come to the hub"],
    [":announce! back at 9", { action: "announce", text: "back at 9" }, "announced to everyone on the hub"],
    [
      ":mod #dev bo",
      { action: "mod", target: "bo", room: "dev" },
      "bo may keep order in #dev now; :unmod #dev bo ends",
    ],
    [
      ":unmod #dev bo",
      { action: "unmod", target: "bo", room: "dev" },
      "bo may not keep order in #dev any more",
    ],
  ];
  for (const [typed, sent, said] of table) {
    const [line = "", ...others] = await ana.type(typed, roomOf("ops"));
    assertEquals(others, [], typed);
    assertStringIncludes(line, said, typed);
    assertEquals(ana.sent(), [sent], typed);
  }
});

Deno.test("A command of an owner holds for the current room; elsewhere the room must be named", async () => {
  const ana = new Client(OWNER);
  for (
    const [typed, sent] of [
      [":kick bo", { action: "kick", target: "bo" }],
      [":ban! bo", { action: "ban", target: "bo" }],
      [":unban bo", { action: "unban", target: "bo" }],
      [":mute! bo", { action: "mute", target: "bo" }],
      [":unmute bo", { action: "unmute", target: "bo" }],
      [":slow 10s", { action: "slow", every_ms: 10_000 }],
      [":mod bo", { action: "mod", target: "bo" }],
      [":unmod bo", { action: "unmod", target: "bo" }],
    ] as const
  ) {
    const [line = ""] = await ana.type(typed, roomOf("DEV"));
    assertEquals(ana.sent(), [{ ...sent, room: "dev" }], typed);
    assertStringIncludes(line, "#dev", typed);
    for (const target of [MAIN, personOf("bo")]) {
      const [elsewhere = ""] = await ana.type(typed, target);
      assertStringIncludes(elsewhere, `! Cannot `, typed);
      assertStringIncludes(
        elsewhere,
        `you keep order in #dev, #ops, and this is ${target === MAIN ? "#main" : "@bo"}; `,
      );
      assertStringIncludes(elsewhere, `name the room: ${typed.replace("!", "").replace(" ", " #dev ")}`);
    }
    assertEquals(ana.sent(), []);
  }
  assertEquals(await ana.type(":lockdown owned"), [
    "! Cannot lock the hub: only operators of this hub may do that",
  ]);
  assertEquals(await ana.type(":announce hi"), [
    "! Cannot announce that: only operators of this hub may do that",
  ]);
  assertEquals(ana.sent(), []);
});

Deno.test("A moderator of a room is made in a room: the current one, or the one that is named", async () => {
  const ana = new Client(OPERATOR);
  await ana.type(":mod bo", roomOf("dev"));
  assertEquals(ana.sent(), [{ action: "mod", target: "bo", room: "dev" }]);
  assertEquals(await ana.type(":mod bo", personOf("bo")), [
    "! Cannot let bo keep order: name the room: :mod #ROOM bo",
  ]);
  assertEquals(ana.sent(), []);
});

Deno.test("A ban or mute that hits nobody but its target is done at once; any other is asked about", async () => {
  const ana = new Client(OPERATOR);
  for (const word of ["ban", "mute"] as const) {
    ana.hit = { names: ["Bo"], others: 0 };
    assertEquals((await ana.type(`:${word} bo`)).length, 1);
    assertEquals(ana.sent(), [
      { action: word, target: "bo", preview: true },
      { action: word, target: "bo" },
    ]);
    ana.hit = { names: ["bo"], others: 3 };
    const address = word === "ban" ? " +address" : "";
    assertEquals(await ana.type(`:${word} #dev bo${address} 2h spam`), [
      `this ${word}s bo ${
        word === "ban" ? "from" : "in"
      } #dev until Wednesday 15 November 2023, 00:14 (2 hours): spam`,
      "it hits bo and 3 others here",
      `> :${word}! #dev bo${address} 2h spam`,
    ]);
    assertEquals(ana.sent(), [{
      action: word,
      target: "bo",
      room: "dev",
      duration_ms: 7_200_000,
      reason: "spam",
      ...(word === "ban" && { address: true }),
      preview: true,
    }]);
    ana.hit = { names: ["bo", "cy"], others: 0 };
    assertEquals((await ana.type(`:${word} bo`))[1], "it hits bo and cy");
    ana.sent();
  }
  ana.hit = { names: [], others: 0 };
  assertEquals(
    (await ana.type(":ban 2001:db8::/32"))[1],
    "it hits nobody who is here, and whoever comes from there",
  );
  ana.sent();
  for (const target of ["192.0.2.7", "SHA256:ab/12", "ssh-ed25519 AAAA/12"]) {
    assertEquals((await ana.type(`:ban ${target}`)).length, 1);
    assertEquals(ana.sent().length, 2);
  }
  ana.hit = { names: [], others: 1 };
  assertEquals(
    (await ana.type(":ban 192.0.2.0/24 1w"))[1],
    "it hits 1 user here, and whoever comes from there",
  );
  ana.hit = { names: Array.from({ length: 12 }, (_, i) => `u${i}`), others: 5 };
  assertEquals((await ana.type(":ban 192.0.2.0/24 8d")).slice(1), [
    "it hits u0, u1, u2, u3, u4, u5, u6, u7, u8, u9 and 7 others here, and whoever comes from there",
    "> :ban! 192.0.2.0/24 8d",
  ]);
});

Deno.test("The input that confirms a command means the same command, without a question", async () => {
  const ana = new Client(OPERATOR);
  ana.hit = { names: ["bo"], others: 1 };
  for (
    const typed of [
      ":ban bo",
      ":ban #dev bo 90s",
      ":ban bo +address 36h  a reason",
      ":ban @ana",
      ":ban SHA256:abc 3w",
      ":ban ssh-ed25519 AAAA",
      ":ban 2001:db8::/32 because",
      ":mute bo 100d",
      ":announce  two  spaces",
    ]
  ) {
    const [question = ""] = (await ana.type(typed)).filter((line) => line.startsWith("> "));
    const [first, second] = [parseTerminalInput(typed), parseTerminalInput(question.slice(2))];
    assertEquals<unknown>(second, { ...first, sure: true }, typed);
    assertEquals<unknown>(parseInput(question.slice(2)), second);
  }
});

Deno.test("An announcement is asked about first, and a preview sends nothing", async () => {
  const ana = new Client(OPERATOR);
  assertEquals(await ana.type(":announce back at 9"), [
    "everyone on the hub reads then: back at 9",
    "> :announce! back at 9",
  ]);
  assertEquals(ana.sent(), []);
});

Deno.test("Only commands that may ask have a form that does not", async () => {
  const ana = new Client(OPERATOR);
  for (const word of ["kick", "unban", "slow", "lockdown", "mod", "quit"]) {
    assertEquals(parseTerminalInput(`:${word}! bo`).kind, "error", word);
    assertEquals(parseInput(`:${word}! bo`).kind, "error", word);
  }
  assertEquals(await ana.type(":ban!"), ["! usage: :ban! [#ROOM] NAME|KEY|ADDRESS [TIME] [REASON]"]);
});

Deno.test("Who may not moderate is told who may, and what helps instead; nothing is sent", async () => {
  for (const powers of [undefined, { operator: false, rooms: [] }]) {
    const bo = new Client(powers);
    const nobody = "only operators of this hub, and the owners and moderators of rooms, may do that";
    for (const word of ["kick", "ban", "mute"]) {
      assertEquals(await bo.type(`:${word} cy`), [
        `! Cannot ${word} cy: ${nobody}; :ignore cy hides the messages from you`,
      ]);
    }
    assertEquals(await bo.type(":bans"), [`! Cannot list the bans: ${nobody}`]);
    assertEquals(await bo.type(":slow off"), [`! Cannot use slow mode: ${nobody}`]);
    assertEquals(bo.sent(), []);
  }
  const ana = new Client(OPERATOR, []);
  assertEquals(await ana.type(":ban bo"), ["! Cannot ban bo: this hub has no such commands"]);
  assertEquals(ana.sent(), []);
});

Deno.test("The refusal of a hub is an error with its reason", async () => {
  const ana = new Client(OPERATOR);
  ana.refusal = "Cannot ban bo: that is an operator of the hub";
  assertEquals(await ana.type(":ban bo"), ["! Cannot ban bo: that is an operator of the hub"]);
  ana.refusal = "no \x1b[2J";
  assertEquals(await ana.type(":bans #dev"), ["! Cannot list the bans: no \x1b[2J"]);
});

Deno.test("What is in force is listed, and its targets are offered for :unban and :unmute", async () => {
  const ana = new Client(OPERATOR);
  assertEquals(await ana.type(":bans"), [
    "nothing is in force: no ban, no mute, no slow mode and no lockdown",
  ]);
  ana.bans = [
    { kind: "ban", target: "bo", by: "ana", at: NOW - 86_400_000, until: NOW + 3_599_001, reason: "spam" },
    { kind: "mute", target: "cy", room: "dev", by: "ana", at: NOW },
    { kind: "slow", room: "dev", by: "ana", at: NOW, every_ms: 10_000 },
    { kind: "lockdown", by: "ana", at: NOW, mode: "owned" },
    { kind: "later", by: "\x1b[2J", at: 9e15 },
  ];
  assertEquals(await ana.type(":bans"), [
    "in force: 5 entries",
    "  ban       bo                         on the whole hub, until 23:14 (1 hour left), by ana on Monday 13 " +
    "November 2023: spam",
    "  mute      cy                         in #dev, until it is lifted, by ana on Tuesday 14 November 2023",
    "  slow      one message in 10 seconds  in #dev, until it is lifted, by ana on Tuesday 14 November 2023",
    "  lockdown  owned                      on the whole hub, until it is lifted, by ana on Tuesday 14 November 2023",
    "  later                                on the whole hub, until it is lifted, by \u241b[2J",
  ]);
  assertEquals(ana.commands.targets, ["bo", "cy"]);
  assertEquals(await ana.type(":slow #DEV"), [
    "-- each user may send one message in 10 seconds in #DEV; :slow #DEV off ends that",
  ]);
  assertEquals(await ana.type(":slow"), ["-- slow mode is off in every room of the hub"]);
  assertStringIncludes((await ana.type(":lockdown"))[0]!, "only owners of names may come");
});

Deno.test("The user is told of new and lost powers once, and not again after a reconnect", () => {
  const { commands } = new Client(undefined);
  const told = (operator: boolean, ...rooms: string[]) =>
    commands.receive({ code: Code.Powers, operator, rooms });
  assertEquals(told(true, "dev"), [
    "you are an operator of this hub: :help lists the commands that keep order on all of it",
  ]);
  assertEquals(commands.powers, { operator: true, rooms: ["dev"] });
  commands.connecting();
  assertEquals(commands.powers, undefined);
  assertEquals(told(true, "dev"), []);
  assertEquals(told(false, "dev", "ops"), [
    "you are not an operator of this hub any more",
    "you may keep order in #ops now; :help lists the commands",
  ]);
  assertEquals(told(false), ["you may not keep order in #dev, #ops any more"]);
  assertEquals(told(false, "dev"), ["you may keep order in #dev now; :help lists the commands"]);
  // At the first connection an owner knows of the rooms.
  assertEquals(
    new Client(undefined).commands.receive({ code: Code.Powers, operator: false, rooms: ["dev"] }),
    [],
  );
});

Deno.test("The first powers are told if they come after the handshake, but for a room of the user's own", () => {
  const welcome = { code: Code.Welcome } as Welcome;
  const joined: ServerMessage = { code: Code.Joined, new: "ana" };
  const mayModerate: Powers = { code: Code.Powers, operator: false, rooms: ["dev"] };
  const at = (...messages: ServerMessage[]) => {
    const { commands } = new Client(undefined);
    return messages.flatMap((message) => commands.receive(message, (room) => room === "own"));
  };
  assertEquals(at(welcome, mayModerate, joined), []);
  assertEquals(at(welcome, joined, mayModerate), [
    "you may keep order in #dev now; :help lists the commands",
  ]);
  assertEquals(at(welcome, joined, { ...mayModerate, rooms: ["own"] }), []);
});

Deno.test("Operands that mean nothing are errors that say what is expected", () => {
  for (
    const [line, error] of [
      [":kick", "usage: :kick [#ROOM] NAME [REASON]"],
      [":kick #dev", "usage: :kick NAME [REASON]"],
      [":kick a!b", "Cannot use the name a!b"],
      [":ban #dev", "usage: :ban NAME [TIME] [REASON], with a name, a key or an address"],
      [":ban #a!b bo", "Cannot use"],
      [":ban bo 6000w", "Cannot ban anybody for 6000w: at most 10 years"],
      [
        `:ban bo ${"x".repeat(161)}`,
        "Cannot use that reason: it must be one line of at most 160 characters: it has 161",
      ],
      [":ban bo a\x07b", "Cannot use that reason: it must be one line"],
      [":unban bo cy", "usage: :unban NAME"],
      [":mute", "usage: :mute [#ROOM] NAME [TIME] [REASON]"],
      [":slow often", "usage: :slow TIME, such as :slow 10s, or :slow off"],
      [":slow 7h", "Cannot slow down to 7h: at most 6h"],
      [":lockdown on", "usage: :lockdown owned, :lockdown invited or :lockdown off"],
      [":announce", "usage: :announce TEXT"],
      [":bans 5 6", "usage: :bans [#ROOM]"],
      [":mod bo cy", "usage: :mod NAME"],
    ] as const
  ) {
    const input = parseTerminalInput(line);
    assertStringIncludes(input.kind === "error" ? input.message : input.kind, error, line);
  }
});
