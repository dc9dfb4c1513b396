/** Messages are changed, answered and deleted line by line: in a pipe with `--commands`, and on a plain terminal. */
import { join } from "node:path";
import { assertEquals, assertMatch } from "../helpers/assert.ts";
import { DataFolder } from "../helpers/hubs/history.ts";
import { Home } from "../helpers/hubs/tls_hub.ts";
import { ClientProgram, HubProgram, run } from "../helpers/program.ts";
import { Pty } from "../helpers/terminal/pty.ts";
import { terminalTest } from "../helpers/terminal/users.ts";

const withoutTimes = (lines: readonly string[]) => lines.map((line) => line.replace(/^\d\d:\d\d ~?/, ""));

Deno.test("A pipe with --commands deletes, edits, answers and reacts, also without a key", async () => {
  using folder = new DataFolder();
  await using hub = await HubProgram.start(["--history", "on", "--data", folder.path]);
  await using bo = new ClientProgram(hub.port, ["-n", "bo", "--commands"]);
  await bo.type("hi\n");
  await bo.lineWhere((line) => line.endsWith("bo  hi"));
  await using ana = new ClientProgram(hub.port, ["-n", "ana", "--commands", "--no-identity"]);
  await ana.type("helo\n:edit\n:edit 2 hello\n:edit 2\n:delete\n:reply-to 1 welcome\n");
  await ana.type(":react +1 1\n:react +1 1\n:delete!\n:delete bo 1h\n:edit 9 x\n:react +1\n");
  await ana.endInput();
  const { status, stderr } = await ana.finish();
  await bo.lineWhere((line) => /deleted message 3/.test(line));
  assertEquals(withoutTimes(bo.stdout.slice(bo.stdout.findIndex((line) => line === "* ana joined") + 1)), [
    "ana  helo",
    "* ana edited message 2 of ana: hello",
    "ana (reply to 1)  welcome",
    "* ana reacted to message 1 of bo with +1 (+1: 1)",
    "* ana took +1 back from message 1 of bo (none left)",
    "* ana deleted message 3 of ana",
  ]);
  assertEquals(
    stderr.split("\n").filter((line) => /line \d/.test(line)).map((line) =>
      line.replace(/\d\d:\d\d/, "TIME")
    ),
    [
      "riftchat: line 2: the command needs the text, too: :edit 2 helo",
      "riftchat: line 4: the command needs the text, too: :edit 2 hello",
      "riftchat: line 5: your message 2, TIME is deleted for everyone then: hello; :delete 2 does it",
      "riftchat: line 10: cannot delete the messages of bo: you may delete your own ones only",
      "riftchat: line 11: cannot edit message 9: there is no message with that number",
      "riftchat: line 12: cannot react to a message: there is no message of another user in #main on the screen; " +
      "name one by its number, which join --json and riftchat log --json show",
    ],
  );
  assertEquals(status, 4);
});

Deno.test("In a pipe a command about a message follows the message at once", async () => {
  using folder = new DataFolder();
  await using hub = await HubProgram.start(["--history", "on", "--data", folder.path]);
  await using ana = new ClientProgram(hub.port, ["-n", "ana", "--commands", "-r", "dev"]);
  await ana.type("one\n:who\ntwo\n:delete!\n:delete!\nthree\n:react +1 3\n:react +1 3\n");
  await ana.endInput();
  const { status, stderr } = await ana.finish();
  assertEquals(status, 0, stderr);
  const log = await run(["log", "--data", folder.path]);
  assertEquals(log.stdout.split("\n").map((line) => line.replace(/^\S+ \S+ #dev ~?/, "")), [
    "ana  (deleted)",
    "ana  (deleted)",
    "ana  three",
    "",
  ]);
});

Deno.test("In a pipe an operator deletes the messages of others, and is asked first", async () => {
  using home = new Home();
  assertEquals((await home.runs("identity")).status, 0);
  const key = await Deno.readTextFile(join(home.path, "config", "riftchat", "identity.pub"));
  const data = join(home.path, "hub");
  await using hub = await HubProgram.start(
    ["--history", "on", "--data", data, "--operators", home.write("operators", key)],
  );
  await using troll = new ClientProgram(hub.port, ["-n", "troll", "--commands"]);
  await using ana = new ClientProgram(hub.port, ["-n", "ana", "--commands"], home.env);
  await ana.lineWhere((line) => line === "* ana joined");
  await troll.type("spam 1\n:who\nspam 2\n");
  await ana.lineWhere((line) => line.endsWith("troll  spam 2"));
  await ana.type(":delete\n:delete troll 1h\n:delete! troll 1h\n");
  await ana.endInput();
  const { stderr, stdout } = await ana.finish();
  assertMatch(
    stderr,
    /line 1: message 2 of troll, .* is deleted for everyone then: spam 2; :delete 2 does it\n/,
  );
  assertMatch(stderr, /line 2: 2 messages of troll in #main, .* :delete! troll 3600s does it\n/);
  assertMatch(stdout, /^\* 2 messages of troll in #main deleted$/m);
});

terminalTest("A plain terminal has the commands about messages", async () => {
  using folder = new DataFolder();
  await using hub = await HubProgram.start(["--history", "on", "--data", folder.path]);
  await using pty = await Pty.start(["join", `127.0.0.1:${hub.port}`, "-n", "ana"], {
    env: { TERM: "dumb" },
    columns: 160,
  });
  await pty.until(/^\* ana joined$/);
  await pty.type(":help\r");
  await pty.until(/^:edit \[NUMBER\] \[TEXT\] +change your message with this number/);
  await pty.type("helo\r");
  await pty.until(/ana {2}helo$/);
  await pty.type(":edit\r");
  await pty.until(/the command needs the text, too: :edit 1 helo$/);
  await pty.type(":edit 1 hello\r");
  await pty.until(/^\* ana edited message 1 of ana: hello$/);
  await pty.type(":delete!\r");
  await pty.until(/^\* ana deleted message 1 of ana$/);
});
