/**
 * Earlier messages on a terminal: at the start, after a lost connection, and with `:history` and `:search`.
 *
 * @module
 */
import { assert, assertEquals } from "../helpers/assert.ts";
import { FlakyProxy } from "../helpers/wire/flaky_proxy.ts";
import { DataFolder } from "../helpers/hubs/history.ts";
import { joinHub, send, terminalTest as test, untilPrompt, withoutTime } from "../helpers/terminal/users.ts";
import { HubProgram } from "../helpers/program.ts";
import type { Pty } from "../helpers/terminal/pty.ts";

const ALT_1 = "\x1b1";

function start(folder: DataFolder, port = 0): Promise<HubProgram> {
  return HubProgram.start([
    "--history",
    "on",
    "--data",
    folder.path,
    "--name-days",
    "0",
    "--port",
    String(port),
  ]);
}

const numbers = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => `line ${from + i}`);

/** The texts of the messages of bo and ana, in the order in which they are shown. */
const lines = (pty: Pty) =>
  pty.allRows.map((row) => /(?:bo|ana) {2,}(.*)$/.exec(row)?.[1]).filter((text) => text !== undefined);

test("A new user sees the last 50 messages and the retention, a returning user which are new", async () => {
  using folder = new DataFolder();
  using config = new DataFolder();
  await using hub = await start(folder);
  await send(hub, numbers(1, 60), "bo");
  {
    await using pty = await joinHub(hub, "ana", [], { config: config.path });
    await pty.until(/bo {2,}line 60$/);
    assertEquals(lines(pty), numbers(11, 60));
    assert(pty.allRows.includes("-- the hub stores messages for 30 days"), pty.allRows.join("\n"));
    assert(!pty.allRows.some((row) => row.includes(" new ")), pty.allRows.join("\n"));
    await pty.type("\x04");
    assertEquals(await pty.status, 0);
  }
  await send(hub, numbers(61, 64), "bo");
  await send(hub, ["one in ops"], "bo", "ops");
  {
    await using pty = await joinHub(hub, "ana", [], { config: config.path });
    await pty.until(/bo {2,}line 64$/);
    assertEquals(lines(pty), numbers(15, 64));
    const separator = pty.allRows.findIndex((row) => /^── 4 new since \d\d:\d\d/.test(row));
    assertEquals(
      pty.allRows.slice(separator + 1, separator + 5).map(withoutTime),
      numbers(61, 64).map((text) => `bo  ${text}`),
    );
    await pty.type("\x04");
    await pty.status;
  }
  await send(hub, numbers(65, 200), "bo");
  await using pty = await joinHub(hub, "ana", [], { config: config.path });
  await pty.until(/bo {2,}line 200$/);
  assertEquals(lines(pty), numbers(151, 200));
  assert(pty.allRows.some((row) => /^── 50 new since \d\d:\d\d, and up to 86 before them ──$/.test(row)));
  // Without the config folder there is no read marker.
  await using other = await joinHub(hub, "cy");
  await other.until(/bo {2,}line 200$/);
  assert(!other.allRows.some((row) => row.includes("new since")));
});

test("A room that is new to the user shows its last messages, any other room the new ones", async () => {
  using folder = new DataFolder();
  await using hub = await start(folder);
  await send(hub, numbers(1, 55), "bo", "dev");
  await using pty = await joinHub(hub, "ana");
  await untilPrompt(pty, "> ");
  await pty.type(":join #dev\r");
  await pty.until(/bo {2,}line 55$/);
  assertEquals(lines(pty), numbers(6, 55));
  await pty.type("mine\r");
  await pty.until(/ana {2,}mine$/);
  await pty.type(":leave\r");
  await untilPrompt(pty, "> ");
  await send(hub, ["line 56"], "bo", "dev");
  await pty.type(":join #dev\r");
  await pty.until(/bo {2,}line 56$/);
  const rows = pty.allRows;
  assert(
    /^── 1 new since/.test(rows[rows.findIndex((row) => /bo {2,}line 56$/.test(row)) - 1]!),
    rows.join("\n"),
  );
});

test("After a lost connection each room shows the missed messages once and in order", async () => {
  using folder = new DataFolder();
  await using first = await start(folder);
  // The client tries to connect by itself: the proxy decides when it can.
  await using proxy = new FlakyProxy(first.port);
  await using pty = await joinHub(proxy, "ana", ["dev"]);
  await untilPrompt(pty, "[#dev] > ");
  await send(first, numbers(1, 3), "bo", "dev");
  await pty.until(/bo {2,}line 3$/);
  // So that the client knows a number of main, too: over a link that seems slow it asks for no room without one.
  await send(first, ["earlier"], "cy");
  await untilPrompt(pty, "[#dev] (#main 1) > ");
  proxy.hold();
  first.kill("SIGKILL");
  await first.status;
  await pty.until(/^-- connection lost/);
  await pty.type("said while away\r");
  await pty.until(/^-- not sent yet: said while away$/);
  await using again = await start(folder);
  // More than one history answer (208) holds.
  await send(again, numbers(4, 700), "bo", "dev");
  await send(again, ["in main, ana"], "cy");
  proxy.forwardTo(again.port);
  await pty.type(":reconnect\r");
  await pty.until(/^connecting to/);
  proxy.release();
  await pty.until(/ana {2,}said while away$/);
  assertEquals(lines(pty), [...numbers(1, 700), "said while away"]);
  assert(pty.allRows.includes("── 697 while you were away ──"), pty.allRows.slice(-30).join("\n"));
  await untilPrompt(pty, "[#dev] (#main 2 @1) > ");
  await pty.type("and on\r");
  await pty.until(/ana {2,}and on$/);
  await pty.type(ALT_1);
  await pty.until(/cy {2,}in main, ana$/);
  assertEquals(pty.allRows.filter((row) => row.endsWith("said while away")).length, 2);
});

test("A message whose acknowledgement is lost is shown and delivered once", async () => {
  using folder = new DataFolder();
  await using hub = await start(folder);
  await using proxy = new FlakyProxy(hub.port);
  await using bo = await joinHub(hub, "bo");
  await using pty = await joinHub(proxy, "ana");
  await untilPrompt(pty, "> ");
  await pty.type("first\r");
  await pty.until(/ana {2,}first$/);
  proxy.dropFromHub();
  await pty.type("heard\r");
  await bo.until(/ana {2,}heard$/);
  await bo.type("after it\r");
  await bo.until(/bo {2,}after it$/);
  proxy.closeClients();
  await pty.until(/^-- perhaps not delivered, will be sent again: heard$/);
  await pty.type("and then\r");
  proxy.closeHubEnds();
  // The old connection may have the name for a moment.
  await pty.type(":reconnect\r");
  await pty.until(/ana {2,}and then$/);
  await bo.until(/ana {2,}and then$/);
  for (const user of [pty, bo]) assertEquals(lines(user), ["first", "heard", "after it", "and then"]);
});

test(":history shows messages by count or by time, page by page", async () => {
  using folder = new DataFolder();
  await using hub = await start(folder);
  await send(hub, numbers(1, 70), "bo");
  await using pty = await joinHub(hub, "ana", [], { rows: 24 });
  await pty.until(/bo {2,}line 70$/);
  await pty.type(":clear\r:history 25\r");
  await pty.until(/^-- 5 more; :more shows them$/);
  const page = () => {
    const rows = pty.window.map(withoutTime).filter((row) => row !== "");
    return rows.slice(rows.findIndex((row) => row.startsWith("── #main, ")));
  };
  assertEquals(page(), [
    "── #main, the last 25 messages ──",
    ...numbers(46, 65).map((text) => `bo  ${text}`),
    "-- 5 more; :more shows them",
    ">",
  ]);
  await pty.type(":more\r");
  await pty.until(/^── end ──$/);
  assertEquals(lines(pty).slice(-25), numbers(46, 70));
  await pty.type(":more\r");
  await pty.until(/^-- nothing more to show/);
  await pty.type(":history 2h\r");
  await pty.until(/^── #main, the last 70 messages ──$/);
  await pty.type("\x15:history 0\r");
  await pty.until(/^! Cannot show that many messages: it must be 1 to 5000, or a time/);
});

test(":search shows the messages with all its words, the newest page first", async () => {
  using folder = new DataFolder();
  await using hub = await start(folder);
  await send(
    hub,
    [...numbers(1, 30).map((text) => `${text} with a needle`), "no needles", "Nëedle last"],
    "bo",
  );
  await using pty = await joinHub(hub, "ana", [], { rows: 24 });
  await pty.until(/last$/);
  await pty.type(":clear\r:search needle\r");
  await pty.until(/^── needle in #main ──$/);
  await pty.until(/^-- there are earlier messages; :more shows them$/);
  assertEquals(lines(pty).slice(-20), [
    ...numbers(12, 30).map((text) => `${text} with a needle`),
    "Nëedle last",
  ]);
  await pty.type(":more\r");
  await pty.until(/^── end ──$/);
  assertEquals(lines(pty).slice(-11), numbers(1, 11).map((text) => `${text} with a needle`));
  await pty.type(":search haystack needle\r");
  await pty.until(/^-- no messages with haystack needle in #main$/);
  await pty.type(":search !!!\r");
  await pty.until(/^! Cannot search #main for !!!: it must contain a letter or a digit$/);
});

test("A direct conversation shows its last messages, to its two users only", async () => {
  using folder = new DataFolder();
  await using hub = await start(folder);
  await using bo = await joinHub(hub, "bo");
  {
    await using pty = await joinHub(hub, "ana");
    await untilPrompt(pty, "> ");
    await pty.type(":msg bo psst\r");
    await bo.until(/ana → bo {2}psst$/);
    await bo.type(":reply yes?\r");
    await pty.until(/bo → ana {2}yes\?$/);
  }
  await using pty = await joinHub(hub, "ana");
  await untilPrompt(pty, "> ");
  await pty.type(":query bo\r");
  await pty.until(/bo → ana {2}yes\?$/);
  const rows = pty.allRows.map(withoutTime);
  assertEquals(rows.slice(rows.indexOf("── @bo ──") + 1), ["ana → bo  psst", "bo → ana  yes?", "[@bo] >"]);
  await pty.type(":history 10\r");
  await pty.until(/^── @bo, the last 2 messages ──$/);
  await using cy = await joinHub(hub, "cy");
  await cy.type(":query bo\r");
  await untilPrompt(cy, "[@bo] > ");
  await cy.type(":history\r");
  await cy.until(/^-- no messages are stored for @bo$/);
});

test("With a hub without a history, :history and :search say so", async () => {
  await using hub = await HubProgram.start();
  await using pty = await joinHub(hub, "ana");
  await pty.type(":history\r");
  await pty.until(/^! Cannot show the history of #main: this hub stores no history$/);
  await pty.type(":search x\r");
  await pty.until(/^! Cannot search #main for x: this hub stores no history$/);
  assert(!pty.allRows.some((row) => row.includes("stores messages for")));
});

test(":history with a time says when there are more messages than it lists", async () => {
  using folder = new DataFolder();
  await using hub = await HubProgram.start([
    "--history",
    "on",
    "--data",
    folder.path,
    "--name-days",
    "0",
    "--rate-limit",
    "off",
  ]);
  await send(hub, numbers(1, 5010));
  await using pty = await joinHub(hub, "ana");
  await pty.until(/bo {2,}line 5010$/);
  await pty.type(":history 1h\r");
  await pty.until(/^── #main, the last 5000 messages; there are more ──$/);
  await pty.until(/^-- 4980 more; :more shows them$/);
  await pty.type(":history 5000\r");
  await pty.until(/^── #main, the last 5000 messages ──$/);
});
