/** Ignored users, on a terminal and with a history. */
import { assert, assertEquals } from "../helpers/assert.ts";
import { DataFolder } from "../helpers/hubs/history.ts";
import { HubProgram } from "../helpers/program.ts";
import type { Pty } from "../helpers/terminal/pty.ts";
import { joinHub, send, terminalTest as test } from "../helpers/terminal/users.ts";

test("Ignored messages are not new at any start, and :history and :search do not count them", async () => {
  using folder = new DataFolder();
  using config = new DataFolder();
  await using hub = await HubProgram.start(["--history", "on", "--data", folder.path]);
  await send(hub, ["hello"], "cy");
  const quit = async (pty: Pty) => {
    await pty.type(":quit\r");
    assertEquals(await pty.status, 0);
  };
  {
    await using pty = await joinHub(hub, "ana", [], { config: config.path });
    await pty.until(/cy {2}hello$/);
    await pty.type(":ignore bo\r");
    await pty.until(/^-- bo is ignored/);
    await quit(pty);
  }
  await send(hub, ["line 1", "line 2"], "bo");
  await send(hub, ["line from cy"], "cy");
  await send(hub, ["line 3"], "bo");
  {
    await using pty = await joinHub(hub, "ana", [], { config: config.path });
    await pty.until(/^── 1 new since/);
    await pty.until(/cy {2}line from cy$/);
    await pty.type(":history 2\r");
    await pty.until(/^── #main, the last 2 messages ──$/);
    await pty.type(":clear\r:search line\r");
    await pty.until(/^── line in #main ──$/);
    await pty.until(/^── end ──$/);
    assert(!pty.allRows.some((row) => row.includes("bo  ")), pty.allRows.join("\n"));
    await quit(pty);
  }
  await using pty = await joinHub(hub, "ana", [], { config: config.path });
  await pty.until(/cy {2}line from cy$/);
  await pty.type("typed\r");
  await pty.until(/ana {2}typed$/);
  assert(!pty.allRows.some((row) => row.includes(" new ")), pty.allRows.join("\n"));
});

test(":reply does not answer an ignored user", async () => {
  await using hub = await HubProgram.start();
  await using pty = await joinHub(hub, "ana");
  await using cy = await joinHub(hub, "cy");
  await using bo = await joinHub(hub, "bo");
  await cy.type(":msg ana psst\r");
  await pty.until(/cy → ana {2}psst$/);
  await pty.type(":ignore bo\r");
  await pty.until(/^-- bo is ignored/);
  await bo.type(":msg ana spam\r");
  await bo.until(/bo → ana {2}spam$/);
  await pty.type(":reply yes\r");
  await cy.until(/ana → cy {2}yes$/);
});
