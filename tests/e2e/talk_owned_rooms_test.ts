/** Rooms that belong to somebody, on a terminal: their owner, a member and a guest. */
import { assert, assertEquals } from "../helpers/assert.ts";
import { Home } from "../helpers/hubs/tls_hub.ts";
import { HubProgram, Program } from "../helpers/program.ts";
import { Pty } from "../helpers/terminal/pty.ts";
import { joinFrom, submit, terminalTest as test, untilPrompt } from "../helpers/terminal/users.ts";

/** Makes the room ops as ana, who has said something in it, and makes it private. */
async function makeRoom(ana: Pty): Promise<void> {
  await ana.type(":join ops\r");
  await untilPrompt(ana, "[#ops] > ");
  await submit(ana, "only for us", /ana {2,}only for us$/);
  await submit(
    ana,
    ":room private",
    /^-- you set #ops to private: only members find it and join it; they read/,
  );
}

test("A private room is for those who are invited, until they are removed or it is deleted", async () => {
  using anaHome = new Home();
  using boHome = new Home();
  await using hub = await HubProgram.start(["--history", "on", "--data", `${anaHome.path}/hub`]);
  await using ana = await joinFrom(hub, "ana", anaHome);
  await using bo = await joinFrom(hub, "bo", boHome);
  await using guest = await joinFrom(hub, "guest");
  await makeRoom(ana);
  await submit(guest, ":join ops", /^! Cannot join #ops: there is no room of that name that you may join$/);
  await submit(ana, ":invite guest", /^! Cannot invite guest to #ops: the name belongs to nobody; /);

  await submit(bo, "hello", /bo {2,}hello$/);
  await submit(ana, ":invite bo", /^-- you invited bo to #ops$/);
  await bo.until(/^-- ana invited you to #ops: :join #ops$/);
  await submit(bo, ":join #ops", /^-- #ops: also in it: ana$/);
  await untilPrompt(bo, "[#ops] > ");
  await submit(ana, ":topic who is on call", /^-- you set the topic of #ops: who is on call$/);
  await bo.until(/^-- ana set the topic of #ops: who is on call$/);
  await submit(bo, ":topic mine", /^! Cannot set the topic of #ops: it belongs to ana$/);
  await submit(bo, ":room", /^-- #ops is private, and belongs to ana since \w+ \d+ \w+ \d+$/);
  await bo.until(/^ {2}2 members: ana, bo$/);
  assert(bo.allRows.includes("  topic: who is on call"), bo.allRows.join("\n"));
  assert(!bo.allRows.some((row) => row.endsWith("only for us")), bo.allRows.join("\n"));

  await submit(ana, ":remove bo", /^-- you removed bo from #ops$/);
  await bo.until(/^-- ana removed you from #ops$/);
  await bo.until(/^-- #ops is closed: you are not in it any more$/);
  await untilPrompt(bo, "> ");
  await submit(bo, ":join #ops", /^! Cannot join #ops: there is no room of that name that you may join$/);
  await untilPrompt(bo, "> ");

  await submit(ana, ":room delete", /^-- Enter does it, Esc does not$/);
  await ana.until(() => ana.cursorRow.endsWith("> :room delete #ops|"));
  await submit(ana, "", /^-- you deleted #ops and its messages$/);
  await untilPrompt(ana, "> ");
  await submit(guest, ":join ops", /^-- #ops: nobody else is in it yet$/);
  assert(!guest.allRows.some((row) => row.endsWith("only for us")), guest.allRows.join("\n"));
  for (const pty of [ana, bo, guest]) {
    await pty.type(":quit\r");
    assertEquals(await pty.status, 0);
  }
});

test("After a rename what belongs to the new name is the user's", async () => {
  using home = new Home();
  await using hub = await HubProgram.start(["--history", "on", "--data", `${home.path}/hub`]);
  await using ana = await joinFrom(hub, "ana", home);
  await submit(ana, ":username carla", /^-- your name is carla$/);
  await submit(ana, "hello", /carla {2,}hello$/);
  await submit(ana, ":join deal", /^-- #deal: nobody else is in it yet$/);
  await submit(ana, ":room", /^-- #deal is open, and belongs to you since /);
  await submit(ana, ":room delete", /^-- Enter does it, Esc does not$/);
  await submit(ana, "", /^-- you deleted #deal and its messages$/);
  await untilPrompt(ana, "> ");
  await submit(ana, ":release bo", /^! Cannot give up the name: your name is carla and not bo; /);
  await submit(ana, ":release carla", /^-- carla belongs to nobody now; /);
});

test("A guest in a room that becomes private is put out of it, and what they type goes nowhere else", async () => {
  using anaHome = new Home();
  await using hub = await HubProgram.start(["--history", "on", "--data", `${anaHome.path}/hub`]);
  await using ana = await joinFrom(hub, "ana", anaHome);
  await ana.type(":join ops\r");
  await untilPrompt(ana, "[#ops] > ");
  await submit(ana, ":topic on call", /^-- you set the topic of #ops: on call$/);
  await using guest = await joinFrom(hub, "guest");
  await submit(guest, ":join ops", /^-- #ops: also in it: ana$/);
  assert(guest.allRows.includes("-- the topic of #ops: on call"), guest.allRows.join("\n"));
  await untilPrompt(guest, "[#ops] > ");
  await guest.type("a draft");
  await ana.type(":room private\r");
  await guest.until(/^-- ana set #ops to private: only members find it and join it; /);
  await guest.until(/^-- the draft of #ops is cut; Ctrl-Y pastes it$/);
  await untilPrompt(guest, "> ");
  await submit(guest, ":room private", /^! Cannot set #main to private: it belongs to nobody; /);
});

test("Who was removed while they were away is told so once, and what they type goes nowhere else", async () => {
  using anaHome = new Home();
  using boHome = new Home();
  await using hub = await HubProgram.start(["--history", "on", "--data", `${anaHome.path}/hub`]);
  await using ana = await joinFrom(hub, "ana", anaHome);
  {
    await using bo = await joinFrom(hub, "bo", boHome);
    await makeRoom(ana);
    await submit(bo, "hello", /bo {2,}hello$/);
    await submit(ana, ":invite bo", /^-- you invited bo to #ops$/);
    await submit(bo, ":join #ops", /^-- #ops: also in it: ana$/);
    await bo.type(":quit\r");
    assertEquals(await bo.status, 0);
  }
  await submit(ana, ":remove bo", /^-- you removed bo from #ops$/);
  await using bo = await joinFrom(hub, "bo", boHome);
  await bo.until(/^-- you are not in #ops; :leave #ops closes it$/);
  const refused = "! Cannot join #ops: there is no room of that name that you may join";
  assertEquals(bo.allRows.filter((row) => row === refused).length, 1, bo.allRows.join("\n"));
  await bo.type(":switch #ops\r");
  await untilPrompt(bo, "[#ops] > ");
  await submit(bo, "only for us, too", /^! Cannot send to #ops: /);
  await bo.type("\x15");
  await submit(bo, ":leave", /^-- you left #ops$/);
  assert(!ana.allRows.some((row) => row.includes("too")), ana.allRows.join("\n"));
});

test("A reader by tail sees what changes in a room, and nothing of it once it is private", async () => {
  using anaHome = new Home();
  await using hub = await HubProgram.start(["--history", "on", "--data", `${anaHome.path}/hub`]);
  await using ana = await joinFrom(hub, "ana", anaHome);
  for (const room of ["dev", "ops"]) {
    await ana.type(`:join ${room}\r`);
    await untilPrompt(ana, `[#${room}] > `);
    await submit(ana, `first in ${room}`, new RegExp(`ana {2,}first in ${room}$`));
  }
  await using tail = new Program(
    ["tail", `127.0.0.1:${hub.port}`, "--no-identity", "-n", "reader", "-r", "ops", "-r", "main", "-l", "1"],
  );
  await tail.lineWhere((line) => line.endsWith("first in ops"));
  await submit(ana, ":topic on call", /^-- you set the topic of #ops: on call$/);
  await tail.lineWhere((line) => line === "* ana set the topic of #ops: on call");
  await submit(ana, ":room private", /^-- you set #ops to private: /);
  await tail.lineWhere((line) => line.startsWith("* ana set #ops to private: only members find it"));
  await submit(ana, "only for us", /ana {2,}only for us$/);
  await submit(ana, ":topic secret", /^-- you set the topic of #ops: secret$/);
  await ana.type(":switch #main\r");
  await untilPrompt(ana, "[#main] > ");
  await submit(ana, "for all", /ana {2,}for all$/);
  await tail.lineWhere((line) => line.endsWith("for all"));
  assert(!tail.stdout.some((line) => /only for us|secret/.test(line)), tail.stdout.join("\n"));
});
