/** Rooms and lines to one person, as people on terminals live with them. Long, as three people are in most of it. */
import { assert, assertEquals } from "../helpers/assert.ts";
import { FakeHub } from "../helpers/hubs/fake_hub.ts";
import { OriginalServer } from "../helpers/hubs/original_server.ts";
import {
  ana,
  bo as baseClient,
  receives,
  terminalTest as test,
  withoutTime,
} from "../helpers/terminal/users.ts";
import { HubProgram } from "../helpers/program.ts";
import { Pty, type PtyOptions } from "../helpers/terminal/pty.ts";

const ALT_1 = "\x1b1";
const ALT_2 = "\x1b2";
const ALT_9 = "\x1b9";

/** Seats somebody at a terminal who is in some rooms from the beginning. */
async function seat(
  hub: { port: number },
  name: string,
  rooms: string[] = [],
  options?: PtyOptions,
): Promise<Pty> {
  const flags = rooms.flatMap((room) => ["-r", room]);
  const pty = await Pty.start(["join", `127.0.0.1:${hub.port}`, "-n", name, ...flags], options);
  await pty.until(/^-- connected/);
  return pty;
}

/** Types a line and waits until it is seen to have been said. */
async function says(pty: Pty, typed: string, shown: RegExp): Promise<void> {
  await pty.type(typed + "\r");
  await pty.until(shown);
}

/** What is shown since a row, times of day aside. */
function rowsAfter(pty: Pty, row: string): string[] {
  const rows = pty.allRows.map(withoutTime);
  return rows.slice(rows.lastIndexOf(row) + 1);
}

const prompts = (pty: Pty, prompt: string) => pty.until(() => pty.cursorRow === `${prompt}|`);

test("Messages in another room are counted at the prompt and in the title, and shown when it is opened", async () => {
  await using hub = await HubProgram.start();
  await using pty = await ana(hub);
  await using bo = await seat(hub, "bo", ["#dev"]);
  await prompts(bo, "[#dev] > ");
  await says(pty, ":join dev", /^-- #dev: with bo$/);
  await prompts(pty, "[#dev] > ");
  await says(pty, "hello dev", /ana {2}hello dev$/);
  await bo.until(/ana {2}hello dev$/);
  await pty.type(ALT_1);
  await prompts(pty, "[#main] > ");

  await says(bo, "one", /bo {2}one$/);
  await says(bo, "two, ana", /bo {2}two, ana$/);
  await says(bo, "/me waves", /\* bo waves$/);
  await prompts(pty, "[#main] (#dev 3 @1) > ");
  await pty.until(() => pty.state.title === `(1, @1) riftchat: 127.0.0.1:${hub.port}`);
  assert(pty.output.includes("\x07"), "it did not ring");
  await bo.type(ALT_1);
  await prompts(bo, "[#main] > ");
  await says(bo, "in main", /bo {2}in main$/);
  await pty.until(/bo {2}in main$/);
  assert(!pty.allRows.some((row) => /one|two|waves/.test(row)), pty.allRows.join("\n"));

  // A number and Tab is for those whose Alt writes letters.
  await pty.type("2\t");
  await prompts(pty, "[#dev] > ");
  await pty.until(/bo waves$/);
  assertEquals(rowsAfter(pty, "── #dev, 3 new ──"), ["bo  one", "bo  two, ana", "* bo waves", "[#dev] >"]);
  await pty.until(() => pty.state.title === `riftchat: 127.0.0.1:${hub.port}`);
  await pty.type(ALT_1);
  await pty.until(() => rowsAfter(pty, "* bo waves")[0] === "── #main ──");
  await pty.type(ALT_2);
  await prompts(pty, "[#dev] > ");
  await pty.until(() => rowsAfter(pty, "── #dev ──").join() === "[#dev] >");
  // There is no ninth.
  const written = pty.output.length;
  await pty.type(ALT_9 + "x");
  await prompts(pty, "[#dev] > x");
  assert(pty.output.slice(written).includes("\x07"));
});

test("A message goes to the current room, and a draft stays when the room is changed", async () => {
  await using hub = await HubProgram.start();
  await using pty = await seat(hub, "ana", ["dev"]);
  await using base = await baseClient(hub, "base");
  await pty.type("a draft" + ALT_1);
  await prompts(pty, "[#main] > a draft");
  await pty.type("\r");
  assertEquals(await receives(base, "a draft"), "ana");
  await pty.type(ALT_2 + "secret of dev\r");
  await pty.until(/ana {2}secret of dev$/);
  await says(pty, ":switch main", /^── #main ──$/);
  await says(pty, "to all", /ana {2}to all$/);
  const next = await base.until(({ code }) => code === 200);
  assertEquals((next.message as { message: string }).message, "to all");
});

test("Joins and leaves are shown in their room, unless it is quiet", async () => {
  await using hub = await HubProgram.start();
  await using pty = await seat(hub, "ana", ["dev"]);
  await using bo = await seat(hub, "bo");
  await says(bo, ":join #dev", /^-- #dev: with ana$/);
  await pty.until(/^\+ bo joined$/);
  await says(bo, ":leave", /^-- you left #dev$/);
  await prompts(bo, "> ");
  await pty.until(/^- bo left$/);
  await pty.type(ALT_1);
  await bo.type(":j dev\r");
  await says(bo, ":who", /^-- 2 in #dev$/);
  await says(bo, "now", /bo {2}now$/);
  await prompts(pty, "[#main] (#dev 1) > ");
  await pty.type(ALT_2);
  await pty.until(/bo {2}now$/);
  assertEquals(rowsAfter(pty, "── #dev, 1 new ──").slice(0, 2), ["+ bo joined", "bo  now"]);
  await says(pty, ":quiet on", /^-- quiet is on/);
  await bo.type(":quit\r");
  assertEquals(await bo.status, 0);
  await using cy = await seat(hub, "cy", ["dev"]);
  await says(cy, "after bo", /cy {2}after bo$/);
  await pty.until(/cy {2}after bo$/);
  assert(!pty.allRows.includes("+ cy joined"), pty.allRows.join("\n"));
});

test("With all rooms shown a line says where it was said, and nothing waits", async () => {
  await using hub = await HubProgram.start();
  await using pty = await seat(hub, "ana", ["dev"]);
  await using bo = await seat(hub, "bo", ["dev"]);
  await pty.type(ALT_1);
  await says(pty, ":show all", /^-- show is all: /);
  await says(bo, "over there", /bo {2}over there$/);
  await pty.until(/#dev bo {2}over there$/);
  await using cy = await seat(hub, "cy", ["dev"]);
  await says(cy, "me too", /cy {2}me too$/);
  await pty.until(/#dev cy {2}me too$/);
  assertEquals(rowsAfter(pty, "#dev bo  over there"), [
    "+ cy joined",
    "+ cy joined #dev",
    "#dev cy  me too",
    "[#main] >",
  ]);
  await says(pty, ":show room", /^-- show is room: /);
  await says(bo, "hidden", /bo {2}hidden$/);
  await prompts(pty, "[#main] (#dev 1) > ");
});

test("A line to one person is seen by both ends alone, can be replied to, and can be a conversation", async () => {
  await using hub = await HubProgram.start();
  await using pty = await ana(hub);
  await using bo = await seat(hub, "bo");
  await using cy = await seat(hub, "cy");
  await says(bo, ":reply too early", /^! Cannot reply: nobody has written to you alone yet$/);
  await bo.type("\x15");
  await says(pty, ":msg BO psst", /ana → bo {2}psst$/);
  await bo.until(/ana \(direct\) {2}psst$/);
  assert(bo.output.includes("\x07"), "it did not ring");
  await says(bo, ":reply what?", /bo → ana {2}what\?$/);
  await pty.until(/bo \(direct\) {2}what\?$/);

  await says(pty, ":query bo", /^── @bo ──$/);
  await prompts(pty, "[@bo] > ");
  await says(pty, "here then", /ana {2}here then$/);
  await bo.until(/ana \(direct\) {2}here then$/);
  await pty.type(ALT_1);
  await says(bo, ":r gladly", /bo → ana {2}gladly$/);
  await prompts(pty, "[#main] (@bo 1) > ");
  await pty.until(() => pty.state.title === `(1, @1) riftchat: 127.0.0.1:${hub.port}`);
  // It goes with the name.
  await says(bo, ":username bob", /^-- your name is bob$/);
  await prompts(pty, "[#main] (@bob 1) > ");
  await pty.type("2\t");
  await prompts(pty, "[@bob] > ");
  await pty.until(/bo {2}gladly$/);
  assertEquals(rowsAfter(pty, "── @bob, 1 new ──"), ["bo  gladly", "~ bo is now bob", "[@bob] >"]);
  await says(pty, "still you", /ana {2}still you$/);
  await bo.until(/ana \(direct\) {2}still you$/);
  await bo.type(":quit\r");
  await pty.until(/^- bob left$/);
  await says(pty, "gone?", /^! Cannot send to bob: no user of that name is online$/);
  await prompts(pty, "[@bob] > gone?");
  await pty.type("\x15");
  await says(pty, ":query nobody", /^-- nobody called nobody is here now$/);
  await says(pty, ":leave", /^-- the conversation with @nobody is closed$/);
  await says(pty, ":leave", /^-- the conversation with @bob is closed$/);
  await prompts(pty, "> ");
  await says(cy, "nothing of it", /cy {2}nothing of it$/);
  assert(!cy.allRows.some((row) => /psst|what|here then|gladly|still/.test(row)), cy.allRows.join("\n"));
});

test("A line to one person that cannot be said comes back as it was typed, and never as one to everybody", async () => {
  await using hub = await HubProgram.start();
  await using pty = await ana(hub);
  await says(pty, ":msg nobody a secret", /^! Cannot send to nobody: no user of that name is online$/);
  await prompts(pty, "> :msg nobody a secret");
});

test("The rooms are listed with their numbers, and Tab knows rooms and those one is in", async () => {
  await using hub = await HubProgram.start();
  await using bo = await seat(hub, "bo", ["ops", "dev"]);
  await prompts(bo, "[#ops] > ");
  await using pty = await ana(hub);
  // What this asks comes after what was asked in silence.
  await says(pty, ":rooms", /#ops/);
  await says(pty, ":join #d\t", /^-- #dev: with bo$/);
  await pty.type(ALT_1);
  await says(bo, ":s dev", /^── #dev ──$/);
  await says(bo, "for ana", /bo {2}for ana$/);
  await prompts(pty, "[#main] (#dev 1 @1) > ");
  await says(pty, ":rooms", /1 new, 1 with your name$/);
  assertEquals(rowsAfter(pty, "-- 3 rooms").slice(0, 3), [
    "  1  #main  2 people  you are here",
    "  2  #dev   2 people  1 new, 1 with your name",
    "     #ops   1 person",
  ]);
  await pty.type(":leave \t\t");
  await prompts(pty, "[#main] (#dev 1 @1) > :leave #dev");
  await pty.type("\r");
  await pty.until(/^-- you left #dev$/);
  await prompts(pty, "> ");
  await says(pty, ":leave", /^! Cannot leave #main: everyone is in it; :quit leaves the chat$/);
  await pty.type("\x15");
  await says(pty, ":switch #dev", /^! Cannot go to #dev: you are not in it; :join #dev joins it$/);
});

test("After a reconnect the client is in the same rooms; a refused room is reported and takes no message", async () => {
  await using hub = new FakeHub();
  const [pty, first] = await Promise.all([
    seat(hub, "ana", ["dev", "ops"]),
    hub.welcome("x7f3", { features: ["rooms"], rooms: ["main", "dev", "ops"] }),
  ]);
  await using _pty = pty;
  assertEquals(first.hello.rooms, ["dev", "ops"]);
  first.close();
  await pty.until(/^-- connection lost/);
  await pty.until(/^connecting again/);
  await pty.type(":reconnect\r");
  const second = await hub.welcome("x7f3", { features: ["rooms"], rooms: ["main", "ops"] });
  assertEquals(second.hello.rooms, ["dev", "ops"]);
  const join = await second.receiveOf(107);
  assertEquals(join.room, "dev");
  await second.send({
    code: 206,
    error: "not_allowed",
    message: "Cannot join dev: you are banned",
    ref: join.ref,
  });
  await pty.until(/^! Cannot join #dev: you are banned$/);
  await prompts(pty, "[#dev] > ");
  await pty.type("who hears this?\r");
  const said = await second.receiveOf(103);
  assertEquals([said.room, said.message], ["dev", "who hears this?"]);
  await second.send({ code: 206, error: "not_in_room", message: "Cannot do that in dev", ref: said.ref });
  await pty.until(/^! Cannot send to #dev: you are not in it; join it with :join #dev$/);
  await prompts(pty, "[#dev] > who hears this?");
});

test("A hub of the base has no rooms, and each command says so in one line", async () => {
  await using hub = new OriginalServer();
  await using pty = await seat(hub, "ana", ["dev"]);
  await pty.until(/^! Cannot join #dev: this hub has no rooms$/);
  for (
    const [typed, answer] of [
      [":join #ops", "! Cannot join #ops: this hub has no rooms"],
      [":rooms", "! Cannot list the rooms: this hub has no rooms"],
      [":switch #ops", "! Cannot go to #ops: this hub has no rooms"],
      [":msg bo hi", "! Cannot write to bo alone: this hub has no rooms and no direct lines"],
      [":query bo", "! Cannot write to bo alone: this hub has no rooms and no direct lines"],
      [":who #dev", "! Cannot list who is in #dev: this hub has no rooms"],
      // What was for that room is not said to everybody.
      ["hi dev", "! Cannot send to #dev: this hub has no rooms"],
    ] as const
  ) {
    await pty.type(`\x15${typed}\r`);
    await pty.until(() => pty.allRows.includes(answer));
  }
  await pty.type("\x15:leave\r");
  await pty.until(/^-- you left #dev$/);
  await says(pty, "to everybody", /ana {2}to everybody$/);
  assert(!pty.allRows.some((row) => /ana {2}hi dev/.test(row)));
});

test("Names of rooms that are none are a wrong command line", async () => {
  const pty = await Pty.start(["join", "127.0.0.1:1", "-r", "#a b"], { columns: 120 });
  await using _pty = pty;
  assertEquals(await pty.status, 2);
  assert(pty.allRows.some((row) => /cannot use the room #a b: .*U\+0020/.test(row)), pty.allRows.join("\n"));
});
