/** Rooms and direct messages on a terminal. */
import { assert, assertEquals } from "../helpers/assert.ts";
import { FakeHub } from "../helpers/hubs/fake_hub.ts";
import { OriginalServer } from "../helpers/hubs/original_server.ts";
import {
  ana,
  joinHub,
  submit,
  terminalTest as test,
  untilPrompt,
  withoutTime,
} from "../helpers/terminal/users.ts";
import { HubProgram } from "../helpers/program.ts";
import { Pty } from "../helpers/terminal/pty.ts";

const ALT_1 = "\x1b1";
const ALT_2 = "\x1b2";
const ALT_9 = "\x1b9";

/** The rows after a row, without times of day. */
function rowsAfter(pty: Pty, row: string): string[] {
  const rows = pty.allRows.map(withoutTime);
  return rows.slice(rows.lastIndexOf(row) + 1);
}

test("Messages in another room are counted at the prompt and in the title, and shown when it is opened", async () => {
  await using hub = await HubProgram.start();
  await using pty = await ana(hub);
  await using bo = await joinHub(hub, "bo", ["#dev"]);
  await untilPrompt(bo, "[#dev] > ");
  await submit(pty, ":join dev", /^-- #dev: also in it: bo$/);
  await untilPrompt(pty, "[#dev] > ");
  await submit(pty, "hello dev", /ana {2,}hello dev$/);
  await bo.until(/ana {2,}hello dev$/);
  await pty.type(ALT_1);
  await untilPrompt(pty, "[#main] > ");

  await submit(bo, "one", /bo {2,}one$/);
  await submit(bo, "two, ana", /bo {2,}two, ana$/);
  await submit(bo, "/me waves", /\* bo waves$/);
  await untilPrompt(pty, "[#main] (#dev 3 @1) > ");
  await pty.until(() => pty.state.title === `(1, @1) riftchat: 127.0.0.1:${hub.port}`);
  assert(pty.output.includes("\x07"), "the bell did not ring");
  await bo.type(ALT_1);
  await untilPrompt(bo, "[#main] > ");
  await submit(bo, "in main", /bo {2,}in main$/);
  await pty.until(/bo {2,}in main$/);
  assert(!pty.allRows.some((row) => /one|two|waves/.test(row)), pty.allRows.join("\n"));

  // A number and Tab works on terminals on which Alt types letters.
  await pty.type("2\t");
  await untilPrompt(pty, "[#dev] > ");
  await pty.until(/bo waves$/);
  assertEquals(rowsAfter(pty, "── #dev, 3 new ──"), ["bo   one", "bo   two, ana", "* bo waves", "[#dev] >"]);
  await pty.until(() => pty.state.title === `riftchat: 127.0.0.1:${hub.port}`);
  await pty.type(ALT_1);
  await pty.until(() => rowsAfter(pty, "* bo waves")[0] === "── #main ──");
  await pty.type(ALT_2);
  await untilPrompt(pty, "[#dev] > ");
  await pty.until(() => rowsAfter(pty, "── #dev ──").join() === "[#dev] >");
  // There is no ninth buffer.
  const written = pty.output.length;
  await pty.type(ALT_9 + "x");
  await untilPrompt(pty, "[#dev] > x");
  assert(pty.output.slice(written).includes("\x07"));
});

test("Joins and leaves are shown in their room, unless it is quiet", async () => {
  await using hub = await HubProgram.start();
  await using pty = await joinHub(hub, "ana", ["dev"]);
  await using bo = await joinHub(hub, "bo");
  await submit(bo, ":join #dev", /^-- #dev: also in it: ana$/);
  await pty.until(/^\+ bo joined$/);
  await submit(bo, ":leave", /^-- you left #dev$/);
  await untilPrompt(bo, "> ");
  await pty.until(/^- bo left$/);
  await pty.type(ALT_1);
  await untilPrompt(pty, "[#main] > ");
  await bo.type(":j dev\r");
  await submit(bo, ":who", /^-- 2 in #dev$/);
  await submit(bo, "now", /bo {2,}now$/);
  await untilPrompt(pty, "[#main] (#dev 1) > ");
  await pty.type(ALT_2);
  await pty.until(/bo {2,}now$/);
  assertEquals(rowsAfter(pty, "── #dev, 1 new ──").slice(0, 2), ["+ bo joined", "bo  now"]);
  await submit(pty, ":quiet on", /^-- quiet is on/);
  await bo.type(":quit\r");
  assertEquals(await bo.status, 0);
  await using cy = await joinHub(hub, "cy", ["dev"]);
  await submit(cy, "after bo", /cy {2,}after bo$/);
  await pty.until(/cy {2,}after bo$/);
  assert(!pty.allRows.includes("+ cy joined"), pty.allRows.join("\n"));
});

test("With :show all each message of another room is shown at once, with its room", async () => {
  await using hub = await HubProgram.start();
  await using pty = await joinHub(hub, "ana", ["dev"]);
  await using bo = await joinHub(hub, "bo", ["dev"]);
  await pty.type(ALT_1);
  await submit(pty, ":show all", /^-- show is all: /);
  await submit(bo, "over there", /bo {2,}over there$/);
  await pty.until(/#dev bo {2,}over there$/);
  await using cy = await joinHub(hub, "cy", ["dev"]);
  await submit(cy, "me too", /cy {2,}me too$/);
  await pty.until(/#dev cy {2,}me too$/);
  assertEquals(rowsAfter(pty, "#dev bo  over there"), [
    "+ cy joined",
    "+ cy joined #dev",
    "#dev cy  me too",
    "[#main] >",
  ]);
  await submit(pty, ":show room", /^-- show is room: /);
  await submit(bo, "hidden", /bo {2,}hidden$/);
  await untilPrompt(pty, "[#main] (#dev 1) > ");
});

test("Only the two users see a direct message; it can be answered, and :query opens a conversation", async () => {
  await using hub = await HubProgram.start();
  await using pty = await ana(hub);
  await using bo = await joinHub(hub, "bo");
  await using cy = await joinHub(hub, "cy");
  await submit(bo, ":reply too early", /^! Cannot reply: nobody has sent you a direct message yet$/);
  await bo.type("\x15");
  await submit(pty, ":msg BO psst", /ana → bo {2,}psst$/);
  await bo.until(/ana → bo {2}psst$/);
  assert(bo.output.includes("\x07"), "the bell did not ring");
  await submit(bo, ":reply what?", /bo → ana {2,}what\?$/);
  await pty.until(/bo → ana {2}what\?$/);

  await submit(pty, ":query bo", /^── @bo ──$/);
  await untilPrompt(pty, "[@bo] > ");
  await submit(pty, "here then", /ana → bo {2}here then$/);
  await bo.until(/ana → bo {2}here then$/);
  await pty.type(ALT_1);
  await untilPrompt(pty, "[#main] > ");
  await submit(bo, ":r gladly", /bo → ana {2,}gladly$/);
  await untilPrompt(pty, "[#main] (@bo 1) > ");
  await pty.until(() => pty.state.title === `(1, @1) riftchat: 127.0.0.1:${hub.port}`);
  // The conversation follows the new name.
  await submit(bo, ":username bob", /^-- your name is bob$/);
  await untilPrompt(pty, "[#main] (@bob 1) > ");
  await pty.type("2\t");
  await untilPrompt(pty, "[@bob] > ");
  await pty.until(/bo → ana {2}gladly$/);
  assertEquals(rowsAfter(pty, "── @bob, 1 new ──"), ["bo → ana  gladly", "~ bo is now bob", "[@bob] >"]);
  await submit(pty, "still you", /ana → bob {2}still you$/);
  await bo.until(/ana → bob {2}still you$/);
  await bo.type(":quit\r");
  await pty.until(/^- bob left$/);
  await submit(pty, "gone?", /^! Cannot send to bob: no user of that name is online$/);
  await untilPrompt(pty, "[@bob] > gone?");
  await pty.type("\x15");
  await submit(pty, ":query nobody", /^-- no user called nobody is online$/);
  await submit(pty, ":leave", /^-- the conversation with @nobody is closed$/);
  await submit(pty, ":leave", /^-- the conversation with @bob is closed$/);
  await untilPrompt(pty, "> ");
  await submit(cy, "nothing of it", /cy {2,}nothing of it$/);
  assert(!cy.allRows.some((row) => /psst|what|here then|gladly|still/.test(row)), cy.allRows.join("\n"));
});

test("A refused direct message returns to the input as it was typed, with its addressee", async () => {
  await using hub = await HubProgram.start();
  await using pty = await ana(hub);
  await submit(pty, ":msg nobody a secret", /^! Cannot send to nobody: no user of that name is online$/);
  await untilPrompt(pty, "> :msg nobody a secret");
});

test(":rooms lists the rooms with their numbers, and Tab completes rooms", async () => {
  await using hub = await HubProgram.start();
  await using bo = await joinHub(hub, "bo", ["ops", "dev"]);
  await untilPrompt(bo, "[#ops] > ");
  await using pty = await ana(hub);
  // The answer to this comes after the answer to the silent request.
  await submit(pty, ":rooms", /#ops/);
  await submit(pty, ":join #d\t", /^-- #dev: also in it: bo$/);
  await pty.type(ALT_1);
  await submit(bo, ":s dev", /^── #dev ──$/);
  await submit(bo, "for ana", /bo {2,}for ana$/);
  await untilPrompt(pty, "[#main] (#dev 1 @1) > ");
  await submit(pty, ":rooms", /1 new, 1 with your name$/);
  assertEquals(rowsAfter(pty, "-- 3 rooms").slice(0, 3), [
    "  1  #main  2 people  you are here",
    "  2  #dev   2 people  1 new, 1 with your name",
    "     #ops   1 person",
  ]);
  await pty.type(":leave \t\t");
  await untilPrompt(pty, "[#main] (#dev 1 @1) > :leave #dev");
  await pty.type("\r");
  await pty.until(/^-- you left #dev$/);
  await untilPrompt(pty, "> ");
  await submit(pty, ":leave", /^! Cannot leave #main: everyone is in it; :quit leaves the chat$/);
  await pty.type("\x15");
  await submit(pty, ":switch #dev", /^! Cannot switch to #dev: you are not in it; :join #dev joins it$/);
});

test("After a reconnect the client is in the same rooms; a refused room is reported and takes no message", async () => {
  await using hub = new FakeHub();
  const [pty, first] = await Promise.all([
    joinHub(hub, "ana", ["dev", "ops"]),
    hub.welcome("x7f3", { features: ["rooms"], rooms: ["main", "dev", "ops"] }),
  ]);
  await using _pty = pty;
  assertEquals(first.hello.rooms, ["dev", "ops"]);
  first.close();
  await pty.until(/^-- connection lost/);
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
  await untilPrompt(pty, "[#dev] > ");
  await pty.type("who hears this?\r");
  const said = await second.receiveOf(103);
  assertEquals([said.room, said.message], ["dev", "who hears this?"]);
  await second.send({ code: 206, error: "not_in_room", message: "Cannot do that in dev", ref: said.ref });
  await pty.until(/^! Cannot send to #dev: you are not in it; join it with :join #dev$/);
  await untilPrompt(pty, "[#dev] > who hears this?");
});

test("With an original hub, each command about rooms says in one line that it has none", async () => {
  await using hub = new OriginalServer();
  await using pty = await joinHub(hub, "ana", ["dev"]);
  await pty.until(/^! Cannot join #dev: this hub has no rooms$/);
  for (
    const [typed, answer] of [
      [":join #ops", "! Cannot join #ops: this hub has no rooms"],
      [":rooms", "! Cannot list the rooms: this hub has no rooms"],
      [":switch #ops", "! Cannot switch to #ops: this hub has no rooms"],
      [":msg bo hi", "! Cannot send a direct message to bo: this hub has no direct messages"],
      [":query bo", "! Cannot send a direct message to bo: this hub has no direct messages"],
      [":who #dev", "! Cannot list the users in #dev: this hub has no rooms"],
      // A message to that room is not sent to main.
      ["hi dev", "! Cannot send to #dev: this hub has no rooms"],
    ] as const
  ) {
    await pty.type(`\x15${typed}\r`);
    await pty.until(() => pty.allRows.includes(answer));
  }
  await pty.type("\x15:leave\r");
  await pty.until(/^-- you left #dev$/);
  await submit(pty, "to everybody", /ana {2,}to everybody$/);
  assert(!pty.allRows.some((row) => /ana {2,}hi dev/.test(row)));
});

test("An invalid room name is a wrong command line", async () => {
  const pty = await Pty.start(["join", "127.0.0.1:1", "-r", "#a b"], { columns: 120 });
  await using _pty = pty;
  assertEquals(await pty.status, 2);
  assert(
    pty.allRows.some((row) => /cannot use the room #a b: .*it has a space/.test(row)),
    pty.allRows.join("\n"),
  );
});
