/** The state that is stored between runs: preferences and input history. */
import { join } from "node:path";
import { assert, assertEquals } from "../helpers/assert.ts";
import { ana, bo, receives, terminalTest } from "../helpers/terminal/users.ts";
import { HubProgram } from "../helpers/program.ts";
import { Pty, type PtyOptions } from "../helpers/terminal/pty.ts";

const UP = "\x1b[A";

/** Declares a test with a hub and an empty config folder, which is removed at the end. */
function test(name: string, fn: (hub: HubProgram, config: string) => Promise<void>): void {
  terminalTest(name, async () => {
    const config = await Deno.makeTempDir();
    try {
      await using hub = await HubProgram.start();
      await fn(hub, config);
    } finally {
      await Deno.remove(config, { recursive: true });
    }
  });
}

async function leave(pty: Pty): Promise<void> {
  await pty.type(":quit\r");
  assertEquals(await pty.status, 0);
}

test("Preferences and ignored users are stored for the next run", async (hub, config) => {
  {
    await using pty = await ana(hub, { config });
    await pty.type(":bell off\r:time relative\r:ignore bo\r");
    await pty.until(/^-- bo is ignored/);
    await leave(pty);
  }
  await using pty = await ana(hub, { config });
  await pty.type(":set\r");
  await pty.until(/^ {2}ignore +bo /);
  for (const row of [/^ {2}bell +off /, /^ {2}time +relative /, /^ {2}quiet +off /]) await pty.until(row);
  await using other = await bo(hub);
  await using third = await bo(hub, "cy");
  await other.say("not to be read");
  await receives(third, "not to be read");
  await third.say("to be read");
  await pty.until(/^now cy {2,}to be read$/);
  assert(!pty.output.includes("not to be read"));
});

test("A preference and an input from right before leaving are stored", async (hub, config) => {
  {
    await using pty = await ana(hub, { config });
    await pty.type(":bell off\r:bell all\rlast message\r:quit\r");
    assertEquals(await pty.status, 0);
  }
  assertEquals(
    await Deno.readTextFile(join(config, "riftchat", "history")),
    ":bell off\n:bell all\nlast message\n:quit\n",
  );
  const preferences = await Deno.readTextFile(join(config, "riftchat", "preferences.toml"));
  assert(preferences.includes('bell = "all"'), preferences);
});

test("With --no-config no stored file is read or written", async (hub, config) => {
  const folder = join(config, "riftchat");
  const stored = { "preferences.toml": 'time = "off"\n', history: "typed before\n" };
  await Deno.mkdir(folder);
  for (const [file, text] of Object.entries(stored)) await Deno.writeTextFile(join(folder, file), text);
  {
    await using pty = await ana(hub, { env: { XDG_CONFIG_HOME: config } });
    await pty.type(UP + "said now\r");
    await pty.until(/^\d\d:\d\d ana {2,}said now$/);
    await pty.type(":bell off\r");
    await pty.until(/^-- bell is off/);
    await pty.type(UP + UP);
    await pty.until(() => pty.cursorRow === "> said now|");
    await pty.type("\x15");
    await leave(pty);
  }
  for (const [file, text] of Object.entries(stored)) {
    assertEquals(await Deno.readTextFile(join(folder, file)), text);
  }
  const files = await Array.fromAsync(Deno.readDir(folder), ({ name }) => name);
  assertEquals(files.sort(), ["history", "preferences.toml"]);
});

for (
  const [fault, text, problem] of [
    ["no TOML", 'time = "off"\nbell off\n', /^! Cannot read .+preferences\.toml, line 2: it must be TOML: /],
    ["a wrong value", 'time = "off"\n\nbell = 3\n', /preferences\.toml, line 3: bell must be .+: it is 3$/],
  ] as const
) {
  test(
    `Preferences with ${fault} are reported with file and line, and the chat starts`,
    async (hub, config) => {
      const file = join(config, "riftchat", "preferences.toml");
      await Deno.mkdir(join(config, "riftchat"));
      await Deno.writeTextFile(file, text);
      await using pty = await ana(hub, { config, columns: 200 });
      await pty.until(problem);
      assert(pty.output.includes(file));
      await using other = await bo(hub);
      await pty.type("can be sent\r");
      assertEquals(await receives(other, "can be sent"), "ana");
      await pty.type(":bell all\r");
      await pty.until(/^-- the preferences file that could not be read is now .+preferences\.toml\.broken$/);
      assertEquals(await Deno.readTextFile(file + ".broken"), text);
    },
  );
}

test(
  "A config folder that can be neither read nor written is reported, and the chat starts",
  async (hub, config) => {
    await Deno.writeTextFile(join(config, "riftchat"), "a file where the folder belongs\n");
    await using pty = await ana(hub, { config, columns: 200 });
    await pty.type("one\rtwo\r");
    await pty.until(/ana {2,}two$/);
    await pty.until(/^! Cannot write .+; such changes are not stored$/);
    await pty.type(":bell all\r");
    await pty.until(/^! Cannot rename .+riftchat\/preferences\.toml: /);
    await pty.type(":join dev\r");
    await pty.until(/^\[#dev\]/);
    await pty.type(":username anna\r");
    await pty.until(/your name is anna/);
    await pty.type(":set\r");
    await pty.until(/^ {2}bell +all /);
    await leave(pty);
    assertEquals(pty.allRows.filter((row) => /^! Cannot write /.test(row)).length, 1);
    assertEquals(pty.allRows.filter((row) => /^! Cannot read /.test(row)).length, 1);
  },
);

test("One bad byte in a stored file costs that entry only", async (hub, config) => {
  const folder = join(config, "riftchat");
  await Deno.mkdir(folder);
  const bytes = new TextEncoder().encode("typed before\nbad ? byte\ntyped after\n");
  bytes[bytes.indexOf("?".charCodeAt(0))] = 0xff;
  await Deno.writeFile(join(folder, "history"), bytes);
  await using pty = await ana(hub, { config });
  await pty.type(UP);
  await pty.until(() => pty.cursorRow === "> typed after|");
  await pty.type(UP);
  await pty.until(() => pty.cursorRow === "> typed before|");
  assert(!pty.output.includes("Cannot read"));
});

test("Up and Down move by the rows of a wrapped line before they reach the history", async (hub, config) => {
  await using pty = await ana(hub, { config, columns: 20 });
  await pty.type("sent\r");
  await pty.until(/ana {2,}sent$/);
  await pty.type("a".repeat(18) + "b".repeat(20) + "cc" + UP);
  await pty.until(() => pty.cursorRow === "bb|" + "b".repeat(18));
  await pty.type(UP);
  await pty.until(() => pty.cursorRow === "> |" + "a".repeat(18));
  await pty.type(UP);
  await pty.until(() => pty.cursorRow === "> sent|");
  await pty.type("\x1b[B");
  await pty.until(() => pty.cursorRow === "cc|");
});

test("The inputs of the last run can be recalled and searched", async (hub, config) => {
  {
    await using pty = await ana(hub, { config });
    await pty.type("the first line\rtwo\x1b\rrows\r:who\rthe last line\r");
    await pty.until(/ana {2,}the last line$/);
    await leave(pty);
  }
  await using pty = await ana(hub, { config });
  await using other = await bo(hub);
  await pty.type("a draft" + UP);
  await pty.until(() => pty.cursorRow === "> :quit|");
  await pty.type(UP);
  await pty.until(() => pty.cursorRow === "> the last line|");
  await pty.type("\x1b[B\x1b[B");
  await pty.until(() => pty.cursorRow === "> a draft|");

  await pty.type("\x12THE");
  await pty.until(/^not found 'THE': a draft$/);
  await pty.type("\x7f\x7f\x7fline");
  await pty.until(() => pty.cursorRow === "search 'line': the last line|");
  // Messages that arrive meanwhile do not change the search.
  await other.say("in between");
  await pty.until(/bo {2,}in between$/);
  assertEquals(pty.cursorRow, "search 'line': the last line|");
  await pty.type("\x12");
  await pty.until(() => pty.cursorRow === "search 'line': the first line|");
  await pty.type("\x12");
  await pty.until(() => pty.cursorRow === "not found 'line': the first line|");
  await pty.type("\x1b");
  await pty.until(() => pty.cursorRow === "> a draft|");
  await pty.type("\x12row");
  await pty.until(/^> rows$/);
  await pty.type("\r");
  assertEquals(await receives(other, "two\nrows"), "ana");
  await pty.until(() => pty.cursorRow === "> a draft|");
});

test(
  "The name and the rooms of a hub are there again at the next start, but not with --no-config",
  async (hub, config) => {
    const address = `127.0.0.1:${hub.port}`;
    const start = async (args: string[], options: PtyOptions = { config }) => {
      const pty = await Pty.start(["join", address, ...args], options);
      await pty.until(/^-- connected/);
      return pty;
    };
    const quit = async (pty: Pty) => {
      await pty.type("\x04");
      assertEquals(await pty.status, 0);
    };
    {
      await using pty = await start(["-n", "ana", "-r", "dev"]);
      await pty.until(() => pty.cursorRow === "[#dev] > |");
      await pty.type(":join ops\r");
      await pty.until(() => pty.cursorRow === "[#ops] > |");
      await pty.type(":join lab\r");
      await pty.until(() => pty.cursorRow === "[#lab] > |");
      await pty.type(":leave\r:username anna\r");
      await pty.until(/^-- your name is anna$/);
      await quit(pty);
    }
    await using pty = await start([]);
    await pty.until(/^-- your name is anna$/);
    await pty.until(/^-- your rooms of the last time: #dev, #ops$/);
    await pty.until(() => pty.cursorRow === "[#main] > |");
    {
      // The name is in use, and the command line names a room.
      await using second = await start(["-r", "lab"]);
      await second.until(/^-- your name is anna-2$/);
      await second.until(
        /^-- the name anna is taken: your name is anna-2; :username anna asks for it again$/,
      );
      await second.until(() => second.cursorRow === "[#lab] > |");
      await quit(second);
    }
    {
      await using stranger = await start([], { env: { XDG_CONFIG_HOME: config } });
      await stranger.until(() => stranger.cursorRow === "> |");
      assert(!stranger.allRows.some((row) => row.includes("anna-2")), stranger.allRows.join("\n"));
    }
    const stored = await Deno.readTextFile(join(config, "riftchat", "hubs.json"));
    const { name, rooms } = JSON.parse(stored)[address];
    assertEquals([name, rooms], ["anna", ["dev", "ops", "lab"]]);
  },
);
