/**
 * A hub that is kept in order, on terminals: an operator, the owner of a room, and a troll.
 *
 * @module
 */
import { join } from "node:path";
import { assert, assertEquals, assertMatch } from "../helpers/assert.ts";
import { Home } from "../helpers/hubs/tls_hub.ts";
import { HubProgram, Program } from "../helpers/program.ts";
import { joinFrom, submit, terminalTest as test, untilPrompt } from "../helpers/terminal/users.ts";

/** Makes the key of a user, and returns the line of its public key. */
async function keyOf(home: Home): Promise<string> {
  assertEquals((await home.runs("identity")).status, 0);
  return await Deno.readTextFile(join(home.path, "config", "riftchat", "identity.pub"));
}

/** Starts a hub with an operator. */
async function startHub(home: Home, ...args: string[]): Promise<HubProgram> {
  const operators = home.write("operators", await keyOf(home));
  const data = join(home.path, "hub");
  return await HubProgram.start([
    ...["--history", "on", "--data", data, "--operators", operators, "--contact", "ops@example.com", ...args],
  ]);
}

test("An operator bans a troll, who reads why and does not come back until the ban is lifted", async () => {
  using operatorHome = new Home();
  using trollHome = new Home();
  await using hub = await startHub(operatorHome);
  await using ana = await joinFrom(hub, "ana", operatorHome, 160);
  await ana.until(
    /^-- you are an operator of this hub: :help lists the commands that keep order on all of it$/,
  );
  await using troll = await joinFrom(hub, "troll", trollHome, 160);
  await submit(troll, "buy things", /troll {2,}buy things$/);
  await submit(
    troll,
    ":ban ana",
    /^! Cannot ban ana: only operators of this hub, and the owners and moderators of /,
  );
  await submit(troll, ":help", /^Program$/);
  assert(!troll.allRows.some((row) => row.includes(":ban")), troll.allRows.join("\n"));
  await submit(ana, ":help", /^ {2}:ban \[#ROOM\] NAME/);

  await submit(ana, ":whois troll", /^ {2}address 127\.0\.0\.1$/);
  await submit(
    ana,
    ":mute troll 10m shouting",
    /^-- troll is muted on the whole hub until .*\(10 minutes\); :unmute /,
  );
  await troll.until(/^! you are muted on this hub until .* UTC \(10 min\): shouting; ask ops@example\.com$/);
  await submit(
    troll,
    "buy more",
    /^! Cannot send to #main: you are muted on this hub until .*: shouting; ask ops@/,
  );
  await untilPrompt(troll, "> buy more");
  await submit(ana, ":unmute troll", /^-- troll is not muted on the whole hub any more$/);
  await submit(troll, "", /troll {2,}buy more$/);

  await submit(
    ana,
    ":ban troll 2h spam",
    /^-- troll is banned from the whole hub until .* \(2 hours\); put out: troll; :unban /,
  );
  await troll.until(
    /^riftchat: you were put out: you are banned from this hub until .* UTC \(2 h\): spam; ask ops@example\.com$/,
  );
  assertEquals(await troll.status, 4);
  // By the key, under another name, and with any patience.
  await using again = new Program(
    ["join", `127.0.0.1:${hub.port}`, "-n", "other", "--retry", "forever"],
    { stdin: "piped", env: trollHome.env },
  );
  await again.waitForLog(/\n/);
  await again.endInput();
  const { status, stderr } = await again.finish();
  assertEquals(status, 4);
  assertMatch(
    stderr,
    /^riftchat: cannot join 127\.0\.0\.1:\d+: (?:Cannot let you in: )?you are banned from this hub until /i,
  );
  await submit(
    ana,
    ":bans",
    /^ {2}ban {2}troll {2}on the whole hub, until .* left\), by ana on .*: spam$/,
  );
  await submit(ana, ":unban troll", /^-- troll is not banned from the whole hub any more$/);
  await submit(ana, ":bans", /^-- nothing is in force: /);
  await using back = await joinFrom(hub, "troll", trollHome, 160);
  await submit(back, "sorry", /troll {2,}sorry$/);

  await submit(
    ana,
    ":kick troll enough",
    /^-- troll was disconnected from the hub and may come back; :ban troll keeps/,
  );
  assertEquals(await back.status, 4);
  assert(back.allRows.includes("riftchat: you were put out: ana has put you out of this hub: enough"));
});

test("A ban that hits others is asked about first: Enter does it, Esc does not", async () => {
  using operatorHome = new Home();
  using boHome = new Home();
  await using hub = await startHub(operatorHome);
  await using ana = await joinFrom(hub, "ana", operatorHome, 160);
  await using bo = await joinFrom(hub, "bo", boHome, 160);
  await submit(bo, "hello", /bo {2,}hello$/);
  await using guest = await joinFrom(hub, "gil", undefined, 160);
  await submit(guest, "hello", /gil {2,}hello$/);
  await submit(ana, ":ban bo +address 1h", /^-- Enter does it, Esc does not$/);
  assert(ana.allRows.some((row) => /^-- this bans bo from the whole hub until .* \(1 hour\)$/.test(row)));
  assert(ana.allRows.some((row) => /^-- it hits bo(?:,| and) /.test(row)), ana.allRows.join("\n"));
  await untilPrompt(ana, "> :ban! bo +address 1h");
  await ana.type("\x1b");
  await untilPrompt(ana, "> ");
  await submit(bo, "still here", /bo {2,}still here$/);
  await submit(ana, ":announce back at 9", /^-- Enter does it, Esc does not$/);
  await untilPrompt(ana, "> :announce! back at 9");
  await submit(ana, "", /^-- announced to everyone on the hub$/);
  for (const pty of [bo, guest]) await pty.until(/^! back at 9$/);
});

test("The owner of a room keeps order in it, shares that with a moderator, and nowhere else", async () => {
  using operatorHome = new Home();
  using ownerHome = new Home();
  using moderatorHome = new Home();
  using trollHome = new Home();
  await using hub = await startHub(operatorHome);
  await using owner = await joinFrom(hub, "olga", ownerHome, 160);
  await submit(owner, ":join dev", /^-- #dev: nobody else is in it yet$/);
  await untilPrompt(owner, "[#dev] > ");
  await submit(owner, "welcome", /olga {2,}welcome$/);
  await using moderator = await joinFrom(hub, "mia", moderatorHome, 160);
  await submit(moderator, ":join dev", /^-- #dev: also in it: olga$/);
  await untilPrompt(moderator, "[#dev] > ");
  await submit(moderator, "hi", /mia {2,}hi$/);
  await using troll = await joinFrom(hub, "troll", trollHome, 160);
  await submit(troll, ":join dev", /^-- #dev: also in it: /);
  await untilPrompt(troll, "[#dev] > ");
  await submit(troll, "zero", /troll {2,}zero$/);

  await submit(owner, ":mod mia", /^-- mia may keep order in #dev now; :unmod #dev mia ends that$/);
  await moderator.until(/^-- you may keep order in #dev now; :help lists the commands$/);
  await submit(
    moderator,
    ":slow 10m",
    /^-- everyone in #dev is told of the slow mode; :slow #dev off ends it$/,
  );
  await submit(troll, "one", /troll {2,}one$/);
  await submit(
    troll,
    "two",
    /^! Cannot say that yet: #dev takes one message of each user in 10 min; try again in /,
  );
  await untilPrompt(troll, "[#dev] > two");
  await troll.type("\x15");
  await submit(moderator, ":slow off", /^-- everyone in #dev is told that slow mode is off$/);
  await submit(
    moderator,
    ":ban troll",
    /^-- troll is banned from #dev until it is lifted; put out: troll; :unban #dev troll /,
  );
  await troll.until(/^-- #dev is closed: you are not in it any more$/);
  await untilPrompt(troll, "> ");
  await submit(troll, ":join dev", /^! Cannot join #dev: you are banned from #dev$/);
  await submit(
    moderator,
    ":lockdown owned",
    /^! Cannot lock the hub: only operators of this hub may do that$/,
  );
  await moderator.type(":switch main\r");
  await untilPrompt(moderator, "[#main] > ");
  await submit(
    moderator,
    ":kick troll",
    /^! Cannot kick troll: you keep order in #dev, and this is #main; name the room: :kick #dev/,
  );
  await submit(owner, ":unmod mia", /^-- mia may not keep order in #dev any more$/);
  await moderator.until(/^-- you may not keep order in #dev any more$/);
  await submit(
    moderator,
    ":unban #dev troll",
    /^! Cannot unban troll: only operators of this hub, and the owners /,
  );
  for (const pty of [owner, moderator, troll]) {
    await pty.type("\x15:quit\r");
    assertEquals(await pty.status, 0);
  }
});

test("An operator keeps order in a pipe, and in a room by its name", async () => {
  using operatorHome = new Home();
  using boHome = new Home();
  await using hub = await startHub(operatorHome);
  await using bo = await joinFrom(hub, "bo", boHome, 160);
  await submit(bo, ":join dev", /^-- #dev: nobody else is in it yet$/);
  await untilPrompt(bo, "[#dev] > ");
  await submit(bo, "hello", /bo {2,}hello$/);
  await using ana = new Program(["join", `127.0.0.1:${hub.port}`, "-n", "ana", "--commands"], {
    stdin: "piped",
    env: operatorHome.env,
  });
  await ana.type(
    ":mute #dev bo 1h\n:mute bo 7d\n:bans\n:announce hello\n:announce! hello\n:kick nobody\n:lockdown owned\n",
  );
  await ana.type(":lockdown\n:lockdown off\n:unmute bo\n");
  await ana.endInput();
  const { status, stderr } = await ana.finish();
  assertEquals(status, 4, stderr);
  const shown = ana.stdout.filter((line) => line.startsWith("* ") || line.startsWith("  "));
  for (
    const expected of [
      /^\* bo is muted in #dev until .* \(1 hour\); :unmute #dev bo lifts it$/,
      /^\* bo is muted on the whole hub until .* \(7 days\); :unmute bo lifts it$/,
      /^\* in force: 2 entries$/,
      /^ {2}mute {2}bo {2}in #dev, until /,
      /^\* announced to everyone on the hub$/,
      /^\* only owners of names may come to the hub; who is here stays; :lockdown off ends that$/,
      /^\* everyone may come to the hub$/,
      /^\* bo is not muted on the whole hub any more$/,
    ]
  ) assert(shown.some((line) => expected.test(line)), `${expected}\n${ana.stdout.join("\n")}`);
  assertEquals(stderr.split("\n").filter((line) => line.includes(" line ")), [
    "riftchat: line 4: everyone on the hub reads then: hello; :announce! hello does it",
    "riftchat: line 6: cannot kick nobody: no user of that name is on this hub",
  ]);
  await bo.until(/^! hello$/);
});
