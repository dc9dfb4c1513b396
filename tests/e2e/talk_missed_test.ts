/** Missed messages of a room that is not in view: all that were fetched are shown, and `:more` shows the others. */
import { MAX_BACKLOG_LINES } from "../../client/model/backlog.ts";
import { assertEquals } from "../helpers/assert.ts";
import { DataFolder } from "../helpers/hubs/history.ts";
import { joinHub, send, terminalTest as test } from "../helpers/terminal/users.ts";
import { HubProgram } from "../helpers/program.ts";
import type { Pty } from "../helpers/terminal/pty.ts";
import { FlakyProxy } from "../helpers/wire/flaky_proxy.ts";

const ALT_1 = "\x1b1";

const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

/** Sends numbered messages to the room dev. */
const sendNumbers = (hub: HubProgram, from: number, to: number) =>
  send(hub, numbers(from, to).map((number) => `line ${number}`), "bo", "dev");

/** The numbers of the messages that the terminal shows, in order. */
function shown(pty: Pty, after = ""): number[] {
  const rows = pty.allRows;
  return rows.slice(after === "" ? 0 : rows.findLastIndex((row) => row.includes(after)) + 1)
    .flatMap((row) => /^\d\d:\d\d ~?bo {2,}line (\d+)$/.exec(row)?.[1] ?? []).map(Number);
}

/** Starts a hub, and ana in the rooms main and dev, of which main is in view. */
async function begin(folder: DataFolder | undefined) {
  const history = folder === undefined ? [] : ["--history", "on", "--data", folder.path, "--name-days", "0"];
  const hub = await HubProgram.start([...history, "--rate-limit", "off"]);
  if (folder !== undefined) await sendNumbers(hub, 1, 1);
  const proxy = new FlakyProxy(hub.port);
  const pty = await joinHub(proxy, "ana", ["dev"], { rows: 24 });
  if (folder !== undefined) await pty.until(/line 1$/);
  await pty.type(ALT_1);
  await pty.until(() => pty.cursorRow.startsWith("[#main] "));
  return {
    hub,
    pty,
    /** Loses the connection, and connects again after an action. */
    async away(action: () => Promise<void>): Promise<void> {
      proxy.hold();
      proxy.closeClients();
      proxy.closeHubEnds();
      await pty.until(/^-- connection lost/);
      await pty.type(":reconnect\r");
      await action();
      proxy.release();
    },
    async [Symbol.asyncDispose](): Promise<void> {
      await pty[Symbol.asyncDispose]();
      await proxy[Symbol.asyncDispose]();
      await hub[Symbol.asyncDispose]();
    },
  };
}

test("All missed messages of a room that is not in view are shown", async () => {
  using folder = new DataFolder();
  await using session = await begin(folder);
  const { hub, pty } = session;
  await session.away(() => sendNumbers(hub, 2, 1201));
  await pty.until(/^\[#main\] \(#dev 1200\) >$/);
  await pty.type(":switch #dev\r");
  await pty.until(/line 1201$/);
  assertEquals(shown(pty, "#dev, 1200 new"), numbers(2, 1201));
});

test("Missed messages beyond those that are fetched at once are counted, and :more shows them", async () => {
  using folder = new DataFolder();
  await using session = await begin(folder);
  const { hub, pty } = session;
  await session.away(() => sendNumbers(hub, 2, 2101));
  await pty.until(/^\[#main\] \(#dev 50\) >$/);
  await pty.type(":switch #dev\r");
  await pty.until(/^-- up to 2050 messages before these are not shown; :more shows them$/);
  assertEquals(shown(pty, "#dev, 50 new"), numbers(2052, 2101));
  for (const first of [2, 22, 42]) {
    await pty.type(":more\r");
    await pty.until(() => shown(pty, "#dev, missed").at(-1) === first + 19);
    assertEquals(shown(pty, "#dev, missed"), numbers(first, first + 19));
  }
});

test("New messages that are too many for a room that is not in view are shown by :more", async () => {
  using folder = new DataFolder();
  await using session = await begin(folder);
  const { hub, pty } = session;
  await sendNumbers(hub, 2, MAX_BACKLOG_LINES + 31);
  await pty.until(new RegExp(`^\\[#main\\] \\(#dev ${MAX_BACKLOG_LINES + 30}\\) >$`));
  await pty.type(":switch #dev\r");
  await pty.until(/^-- up to 30 messages before these are not shown; :more shows them$/);
  assertEquals(
    shown(pty, `#dev, ${MAX_BACKLOG_LINES + 30} new, the first 30 not shown`),
    numbers(32, MAX_BACKLOG_LINES + 31),
  );
  await pty.type(":more\r");
  await pty.until(/^-- there are later missed messages; :more shows them$/);
  assertEquals(shown(pty, "#dev, missed"), numbers(2, 21));
  await pty.type(":more\r");
  await pty.until(/^── end ──$/);
  assertEquals(shown(pty, "#dev, missed"), numbers(22, 31));
  await pty.type(":more\r");
  await pty.until(/^-- nothing more to show/);
});

test("A hub without a history cannot show them, and the client says so", async () => {
  await using session = await begin(undefined);
  const { hub, pty } = session;
  await sendNumbers(hub, 1, MAX_BACKLOG_LINES + 30);
  await pty.until(new RegExp(`^\\[#main\\] \\(#dev ${MAX_BACKLOG_LINES + 30}\\) >$`));
  await pty.type(":switch #dev\r");
  await pty.until(
    /^-- up to 30 messages before these are lost: there were too many, and this hub$/,
  );
});
