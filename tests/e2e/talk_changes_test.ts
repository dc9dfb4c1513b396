/** Messages that are deleted, edited, answered and reacted to, on terminals. */
import { assert, assertEquals } from "../helpers/assert.ts";
import { DataFolder } from "../helpers/hubs/history.ts";
import { Home } from "../helpers/hubs/tls_hub.ts";
import { HubProgram } from "../helpers/program.ts";
import { Pty } from "../helpers/terminal/pty.ts";
import { joinFrom, submit, terminalTest as test } from "../helpers/terminal/users.ts";
import { OFFER, ScriptedHub, WELCOME } from "../helpers/hubs/scripted_hub.ts";
import { FlakyProxy } from "../helpers/wire/flaky_proxy.ts";

const UP = "\x1b[A";
const ALT_E = "\x1be";

const untilLine = (pty: Pty, line: string) => pty.until(() => pty.cursorRow.endsWith(`> ${line}|`));

test("A message is edited, deleted after a question, and gone from the rebuilt screen and the history", async () => {
  using anaHome = new Home();
  await using hub = await HubProgram.start(["--history", "on", "--data", `${anaHome.path}/hub`]);
  await using ana = await joinFrom(hub, "ana", anaHome);
  await using guest = await joinFrom(hub, "guest");
  await submit(ana, "helo wrld", /ana {2,}helo wrld$/);
  await submit(guest, "a secret", /guest {2,}a secret$/);
  await ana.until(/guest {2,}a secret$/);

  await ana.type(":edit\r");
  await untilLine(ana, ":edit 1 helo wrld");
  await ana.type("\x17\x17hello world\r");
  for (const pty of [ana, guest]) {
    await pty.until(/^-- \S+ edited (your )?message 1( of ana)?, \d\d:\d\d: hello world$/);
  }

  await submit(guest, ":delete", /^-- your message 2, \d\d:\d\d is deleted for everyone then: a secret$/);
  await untilLine(guest, ":delete 2");
  await submit(guest, "", /^-- you deleted your message 2, \d\d:\d\d$/);
  await ana.until(/^-- guest deleted message 2 of guest, \d\d:\d\d$/);
  assert(ana.allRows.some((row) => row.endsWith("a secret")), "the row stays until the screen is rebuilt");
  await submit(ana, ":copy", /^! Cannot copy message 1, counted from the last: it was deleted$/);
  await submit(ana, ":redraw", /^── #main ──$/);
  await ana.until(/ana {2,}hello world \(edited\)$/);
  assertEquals(ana.allRows.filter((row) => /a secret|helo wrld/.test(row)), []);

  await submit(guest, ":history", /guest {2,}\(deleted\)$/);
  await guest.until(/ana {2,}hello world \(edited\)$/);
  await submit(ana, ":delete 99", /^! Cannot delete message 99: /);
  await submit(guest, ":edit 1 not mine", /^! Cannot edit message 1: /);
  await untilLine(guest, ":edit 1 not mine");
});

test("A message is picked by Up, answered with a line of it above, and counts its reactions", async () => {
  using folder = new DataFolder();
  await using hub = await HubProgram.start(["--history", "on", "--data", folder.path]);
  await using ana = await joinFrom(hub, "ana");
  await using bo = await joinFrom(hub, "bo");
  await submit(ana, "one", /ana {2,}one$/);
  await submit(ana, "two", /ana {2,}two$/);
  await bo.until(/ana {2,}two$/);
  await bo.type(":reply-to");
  await bo.until(/^Up picks a message$/);
  await bo.type(UP);
  await untilLine(bo, ":reply-to 2 ");
  await bo.type(UP);
  await bo.until(/^reply to message 1 of ana, \d\d:\d\d: one$/);
  await bo.type("yes\r");
  for (const pty of [ana, bo]) {
    await pty.until(/bo {2,}yes$/);
    const at = pty.allRows.findLastIndex((row) => /bo {2,}yes$/.test(row));
    assert(/^-- reply to (your )?message 1/.test(pty.allRows[at - 1]!), pty.allRows.join("\n"));
  }
  await submit(bo, ":react +1", /^-- you reacted to message 2 of ana, \d\d:\d\d "two" \(\+1: 1\)$/);
  await ana.until(/^-- bo reacted to your message 2, \d\d:\d\d "two" \(\+1: 1\)$/);
  await submit(bo, ":react +1 2", /^-- you took a reaction back from message 2 of ana, .* \(none left\)$/);

  await ana.type(UP);
  await ana.until(/^Alt-E changes your message 2, \d\d:\d\d; Enter sends it again$/);
  await ana.type(UP + ALT_E);
  await untilLine(ana, ":edit 1 one");
  await ana.type("!\r");
  await bo.until(/^-- ana edited message 1 of ana, \d\d:\d\d: one!$/);
});

test("What was changed while the user was away is told after a reconnect", async () => {
  using folder = new DataFolder();
  await using hub = await HubProgram.start(["--history", "on", "--data", folder.path]);
  await using cable = new FlakyProxy(hub.port);
  await using ana = await joinFrom(cable, "ana");
  await using bo = await joinFrom(hub, "bo");
  for (const text of ["one", "two", "three"]) await submit(bo, text, new RegExp(`bo {2,}${text}$`));
  await ana.until(/bo {2,}three$/);
  cable.hold();
  cable.closeClients();
  cable.closeHubEnds();
  await ana.until(/^-- connection lost/);
  await ana.type(":reconnect\r");
  await submit(bo, ":delete 1", /^-- you deleted your message 1, \d\d:\d\d$/);
  await submit(bo, ":edit 2 2", /^-- you edited your message 2, \d\d:\d\d: 2$/);
  await submit(bo, "four", /bo {2,}four$/);
  await submit(bo, ":edit 4 4", /^-- you edited your message 4, \d\d:\d\d: 4$/);
  cable.release();
  await ana.until(/bo {2,}4 \(edited\)$/);
  await ana.until(/^-- bo edited message 2 of bo, \d\d:\d\d: 2$/);
  await ana.until(/^-- bo deleted message 1 of bo, \d\d:\d\d$/);
  assert(!ana.allRows.some((row) => row.startsWith("-- bo edited message 4")), ana.allRows.join("\n"));
});

test("A hub that cannot change messages says so, and the commands are not listed", async () => {
  await using hub = await HubProgram.start(["--history", "off"]);
  await using ana = await joinFrom(hub, "ana");
  await submit(
    ana,
    ":edit",
    /^! Cannot edit a message: on this hub messages cannot be changed, answered or reacted to$/,
  );
  await submit(ana, ":mentions", /^! Cannot list the messages that named you: /);
  await submit(ana, ":help", /^Program$/);
  assertEquals(
    ana.allRows.filter((row) => /:edit|:delete|:react |:reply-to|:mentions|:redraw/.test(row)),
    [],
  );
});

test("Messages that named the user are listed with their rooms, an older page by :more", async () => {
  await using hub = new ScriptedHub();
  await using pty = await Pty.start(["join", `127.0.0.1:${hub.port}`, "-n", "ana", "--no-config"]);
  await hub.send(OFFER);
  await hub.receive();
  await hub.send({ ...WELCOME, features: ["rooms", "history", "changes"], changes: 0 });
  await pty.until(() => pty.cursorRow === "> |");
  const said = (sequence: number, message: string, rest: Record<string, unknown> = {}) => ({
    timestamp: Date.now(),
    username: "bo",
    message,
    sequence,
    room: "main",
    ...rest,
  });
  // Each answer is to the request that has come; others are for the history and the users online.
  const answerMentions = async (answer: Record<string, unknown>): Promise<string> => {
    for (;;) {
      const request = /\{"code":130.*?"ref":"(\d+)"\}/.exec(await hub.receive());
      if (request === null) continue;
      await hub.send({ code: 228, ref: request[1], ...answer });
      return request[0];
    }
  };
  await pty.type(":set numbers on\r:mentions\r");
  const first = await answerMentions({
    messages: [said(9, "newest ana"), said(3, "ana?", { room: "dev" })],
    more: true,
    before: 77,
  });
  assert(!first.includes("since"), first);
  await pty.until(/^-- there are earlier messages; :more shows them$/);
  const rows = pty.allRows.slice(pty.allRows.lastIndexOf("── mentions of you ──") + 1);
  assertEquals(rows.slice(0, 2).map((row) => row.replace(/^\d\d:\d\d /, "").replace(/ {2,}/, "  ")), [
    "[3] #dev bo  ana?",
    "[9] bo  newest ana",
  ]);
  await pty.type(":more\r");
  const second = await answerMentions({ messages: [said(1, "oldest ana")] });
  assert(second.includes('"before":77'), second);
  await pty.until(/\[1\] bo {2,}oldest ana$/);
  await pty.type(":mentions 2h\r");
  const third = await answerMentions({ messages: [] });
  assert(/"since":\d{13}/.test(third), third);
  await pty.until(/^-- no messages named you since then$/);
});

test("Direct messages change in their conversation, and where they were shown without one", async () => {
  using folder = new DataFolder();
  await using hub = await HubProgram.start(["--history", "on", "--data", folder.path]);
  await using ana = await joinFrom(hub, "ana");
  await using bo = await joinFrom(hub, "bo");
  await ana.type(":query bo\r");
  await ana.until(() => ana.cursorRow.endsWith("[@bo] > |"));
  await submit(ana, "one", /ana → bo {2}one$/);
  await submit(ana, "two", /ana → bo {2}two$/);
  await bo.until(/ana → bo {2}two$/);
  await submit(ana, ":edit 1 ONE", /^-- you edited your message 1, \d\d:\d\d: ONE$/);
  await bo.until(/^-- ana edited message 1 of ana in @ana, \d\d:\d\d: ONE$/);
  await submit(ana, ":delete!", /^-- you deleted your message 2, \d\d:\d\d$/);
  await bo.until(/^-- ana deleted message 2 of ana in @ana, \d\d:\d\d$/);
  await bo.type(":query ana\r");
  await bo.until(() => bo.cursorRow.endsWith("[@ana] > |"));
  await submit(bo, ":history", /ana → bo {2}\(deleted\)$/);
  await bo.until(/ana → bo {2}ONE \(edited\)$/);
  await submit(bo, ":react +1", /^-- you reacted to message 1 of ana, \d\d:\d\d "ONE" \(\+1: 1\)$/);
  await ana.until(/^-- bo reacted to your message 1, \d\d:\d\d "ONE" \(\+1: 1\)$/);
  await submit(bo, ":reply-to 1 yes", /^-- reply to message 1 of ana, \d\d:\d\d: ONE$/);
  await ana.until(/^-- reply to your message 1, \d\d:\d\d: ONE$/);
});

test("The owner of a room deletes all that a user has said, after seeing how much it is", async () => {
  using home = new Home();
  await using hub = await HubProgram.start(["--history", "on", "--data", `${home.path}/hub`]);
  await using ana = await joinFrom(hub, "ana", home);
  await ana.type(":join dev\r");
  await ana.until(() => ana.cursorRow.endsWith("[#dev] > |"));
  await submit(ana, "mine", /ana {2,}mine$/);
  await using troll = await joinFrom(hub, "troll");
  await troll.type(":join dev\r");
  await troll.until(() => troll.cursorRow.endsWith("[#dev] > |"));
  for (const text of ["a", "b", "c"]) await submit(troll, text, new RegExp(`troll {2,}${text}$`));
  await ana.until(/troll {2,}c$/);
  await submit(troll, ":delete 1", /^! Cannot delete message 1: /);
  await submit(
    ana,
    ":delete troll 10m",
    /^-- 3 messages of troll in #dev, those of the last 10 minutes, are deleted/,
  );
  await untilLine(ana, ":delete! troll 600s");
  await submit(ana, "", /^-- 3 messages of troll in #dev deleted$/);
  // One notice for all that arrive together: all three, if the machine is not busy.
  await ana.until(/^-- you deleted (?:3 messages of troll \(2 to 4\)|.* of troll.*)$/);
  await troll.until(/^-- ana deleted (?:3 of your messages \(2 to 4\)|.*your message.*)$/);
  await ana.type(":delete");
  await ana.type(UP);
  await ana.until(/^Enter deletes your message 1, \d\d:\d\d: mine$/);
  await ana.type("\x15");
  await submit(troll, "d", /troll {2,}d$/);
  await ana.until(/troll {2,}d$/);
  await submit(ana, ":delete", /^-- your message 1, \d\d:\d\d is deleted for everyone then: mine$/);
  await untilLine(ana, ":delete 1");
  await ana.type("\x1b[B");
  await ana.until(/^Enter deletes message 5 of troll, \d\d:\d\d: d$/);
  await submit(ana, "", /^-- you deleted message 5 of troll, \d\d:\d\d$/);
});

test("A real hub finds the messages that named the user in all rooms, in their last form", async () => {
  using folder = new DataFolder();
  await using hub = await HubProgram.start(["--history", "on", "--data", folder.path]);
  await using ana = await joinFrom(hub, "ana");
  await using bo = await joinFrom(hub, "bo");
  await submit(bo, "hello ana", /bo {2,}hello ana$/);
  await submit(bo, "nobody", /bo {2,}nobody$/);
  await bo.type(":join dev\r");
  await bo.until(() => bo.cursorRow.endsWith("[#dev] > |"));
  await submit(bo, "ana, come here", /bo {2,}ana, come here$/);
  await submit(bo, "ana again", /bo {2,}ana again$/);
  await submit(bo, ":delete!", /^-- you deleted your message 2, /);
  await submit(ana, ":mentions", /^── end ──$/);
  const rows = ana.allRows.slice(ana.allRows.lastIndexOf("── mentions of you ──") + 1);
  assertEquals(rows.slice(0, 3).map((row) => row.replace(/^\d\d:\d\d /, "").replace(/ {2,}/, "  ")), [
    "~bo  hello ana",
    "#dev ~bo  ana, come here",
    "── end ──",
  ]);
});
