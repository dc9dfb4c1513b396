/**
 * Rooms and people are kept in order by the menus of the page, without a typed command. A second person, on a page or
 * at a terminal, sees the effect.
 *
 * @module
 */
import { assert, assertEquals } from "../helpers/assert.ts";
import { choose, chooseFor, finish, go, menu, owner, selectOption } from "../helpers/browser/actions.ts";
import { browserTest } from "../helpers/browser/chromium.ts";
import { PageHub } from "../helpers/hubs/page_hub.ts";
import { Home } from "../helpers/hubs/tls_hub.ts";
import { NO_PTY } from "../helpers/needs.ts";
import { run } from "../helpers/program.ts";
import { joinFrom, submit } from "../helpers/terminal/users.ts";

browserTest("The owner of a room changes it by its menu, and its members see that", async (browser) => {
  await using hub = await PageHub.start();
  const ana = await owner(browser, hub, "ana");
  const bo = await owner(browser, hub, "bo");
  await go(ana, "#plans");
  await ana.say("welcome");
  await ana.sees("welcome");
  await go(bo, "#plans");
  await bo.page.click("button", "Actions in #plans");
  assert(!(await menu(bo)).includes("Set the topic"), "bo may not set the topic");
  await bo.page.press("Escape");

  await choose(ana, "Set the topic");
  await ana.page.fill(/^Topic/, "where to go");
  await finish(ana, "Set the topic");
  await bo.sees("ana sets the topic: where to go");
  await choose(ana, "Invite somebody");
  await ana.page.fill("Name", "nobody-of-that-name");
  await ana.page.click("button", "Invite somebody");
  await ana.page.sees("alert", undefined, /^Cannot invite nobody-of-that-name to #plans: /);
  await ana.page.fill("Name", "bo");
  await finish(ana, "Invite somebody");
  await bo.sees("ana invites bo");
  await choose(ana, "Make it private");
  await bo.sees("the room is private now");
  await choose(ana, "Add a moderator");
  await ana.page.fill("Name", "bo");
  await finish(ana, "Add a moderator");
  await bo.page.find("button", "Actions for ana");
  await bo.page.until("bo's new rights", async () => {
    await bo.page.click("button", "Actions in #plans");
    const titles = await menu(bo);
    await bo.page.press("Escape");
    await bo.page.gone("dialog");
    return titles.includes("Slow mode");
  });
  await choose(bo, "Slow mode");
  await selectOption(bo, "Each person may send a message", "30s");
  await finish(bo, "Slow mode");
  await choose(ana, "Bans, mutes and limits");
  await ana.page.until("the limit", async () => /30 ?s/.test(await ana.page.outline()));
  await ana.page.click("button", "Close");
  await choose(ana, "Remove somebody");
  await ana.page.fill("Name", "bo");
  await finish(ana, "Remove somebody");
  await bo.sees("#plans is closed: you are not in it any more");
  await choose(ana, "Open it to everyone");
  await ana.sees("the room is open now");
  await go(bo, "#plans");
  await choose(ana, "Delete #plans");
  await ana.page.sees("dialog", "Please confirm", "all of its messages are lost");
  await ana.page.click("button", "Do it");
  await bo.sees("#plans is closed");
  assertEquals([ana.page.problems, bo.page.problems], [[], []]);
});

browserTest(
  "Who owns a room mutes, kicks and bans by the menu of a person, who is told at a terminal",
  async (browser) => {
    await using hub = await PageHub.start();
    using home = new Home();
    const ana = await owner(browser, hub, "ana");
    await go(ana, "#plans");
    await ana.say("welcome");
    await using bo = await joinFrom(hub, "bo", home, 160);
    await submit(bo, ":join #plans", /welcome/);
    await submit(bo, "hello from bo", /bo {2,}hello from bo/);
    await ana.sees("hello from bo");
    await chooseFor(ana, "bo", "Mute bo");
    await selectOption(ana, "How long", "30m");
    await ana.page.fill(/^Reason/, "too loud");
    await finish(ana, "Mute bo");
    await bo.until(/^! you are muted in #plans until .*: too loud/);
    await chooseFor(ana, "bo", "Lift the mute of bo");
    await finish(ana, "Lift the mute of bo");
    await ana.sees("bo is not muted in #plans any more");
    await chooseFor(ana, "bo", "Kick bo");
    await ana.page.fill(/^Reason/, "2h is enough");
    await finish(ana, "Kick bo");
    await bo.until(/#plans.*2h is enough/);
    await ana.page.click("button", /^Actions for the message of bo/);
    await ana.page.click("button", "Actions for bo");
    await ana.page.click("button", "Ban bo");
    await ana.page.fill(/^Reason/, "2h is enough");
    await finish(ana, "Ban bo");
    await ana.sees(/bo is banned from #plans until it is lifted|bo is banned from #plans/);
    await submit(bo, ":join #plans", /^! Cannot join #plans: .*"2h is enough"/);
    assertEquals(ana.page.problems, []);
  },
  NO_PTY,
);

browserTest(
  "An operator announces and closes the hub by the menu, and ends a person's connections",
  async (browser) => {
    await using hub = await PageHub.start();
    const ana = await owner(browser, hub, "ana");
    const bo = await owner(browser, hub, "bo");
    await bo.page.click("button", /^Actions in /);
    assertEquals((await menu(bo)).filter((name) => ["Announce", "Lockdown", "Slow mode"].includes(name)), []);
    await bo.page.press("Escape");
    const added = await run(["op", "add", "ana", "--data", hub.data]);
    assertEquals(added.status, 0, added.stderr);
    await ana.sees("you are an operator of this hub");
    await choose(ana, "Announce");
    await ana.page.fill("What everyone on the hub reads", "a restart\nat noon");
    await ana.page.click("button", "Announce");
    await ana.page.sees("dialog", "Please confirm", "a restart / at noon");
    await ana.page.click("button", "Do it");
    await bo.sees(/a restart\s+at noon/);
    await choose(ana, "Lockdown");
    await selectOption(ana, "Who may come to the hub", "owned");
    await finish(ana, "Lockdown");
    const eve = await browser.open();
    await eve.goto(hub.url);
    await eve.fill("Name", "eve");
    await eve.click("button", "Join as guest");
    await eve.sees("alert", undefined, "Cannot let you in");
    await chooseFor(ana, "bo", "Kick bo");
    await ana.page.fill(/^Reason/, "enough for today");
    await finish(ana, "Kick bo");
    await bo.page.sees("alert", undefined, "enough for today");
    assertEquals([ana.page.problems, bo.page.problems], [[], []]);
  },
);
