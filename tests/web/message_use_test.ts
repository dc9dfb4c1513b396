/**
 * What people do with messages, rooms and invites in the page, seen by a second page of the same hub.
 *
 * @module
 */
import { assert, assertEquals } from "../helpers/assert.ts";
import { accessibilityFaults } from "../helpers/browser/axe.ts";
import { ChatPage } from "../helpers/browser/chat_page.ts";
import { browserTest } from "../helpers/browser/chromium.ts";
import { PageHub } from "../helpers/hubs/page_hub.ts";
import { run } from "../helpers/program.ts";

/** Opens the menu of a message and chooses something of it. */
async function choose({ page }: ChatPage, author: string, action: string): Promise<void> {
  await page.click("button", new RegExp(`^Actions for the message of ${author}`));
  await page.click("button", action);
}

browserTest(
  "Messages are edited, answered, reacted to and deleted, and the other page shows each",
  async (browser) => {
    await using hub = await PageHub.start();
    const ana = await ChatPage.join(browser, hub.url, "ana");
    const bo = await ChatPage.join(browser, hub.url, "bo");
    await ana.say("at tne");
    await bo.sees("at tne");
    await choose(ana, "ana", "Edit");
    await ana.page.until(
      "the old text in the field",
      async () =>
        await ana.page.on(await ana.page.find("textbox", "Message"), "function () { return this.value; }") ===
          "at tne",
    );
    await ana.say("at ten");
    await bo.sees(/at ten \(edited\)/);
    await choose(bo, "ana", "React 👍");
    await ana.page.find("button", "👍, 1");
    await choose(bo, "ana", "Reply");
    await bo.say("see you then");
    await ana.sees(/↪ ana: at ten\s*bo\s+see you then/);
    await choose(ana, "ana", "Delete");
    await ana.page.click("button", "Delete");
    await bo.sees("message deleted");
    assert(!(await bo.log()).includes("at ten ("), await bo.log());
    await ana.page.reload();
    await ana.untilConnected();
    await ana.sees("message deleted");
    await ana.sees("see you then");
    assertEquals([ana.page.problems, bo.page.problems], [[], []]);
  },
);

browserTest("A message is deleted only after the page has asked, by keyboard as well", async (browser) => {
  await using hub = await PageHub.start();
  const ana = await ChatPage.join(browser, hub.url, "ana");
  const { page } = ana;
  for (const text of ["keep this", "at tne"]) await ana.say(text);
  await ana.sees("at tne");
  const last = (await page.until("two menus", async () => {
    const menus = await page.all("button", /^Actions for the message of ana/);
    return menus.length === 2 && menus;
  }))[1]!;
  const asks = async () => {
    await page.on(last, "function () { this.focus(); }");
    await page.press("Enter");
    const button = await page.find("button", "Delete");
    await page.on(button, "function () { this.focus(); }");
    await page.press("Enter");
    await page.sees("dialog", "Delete this?", "Your message is deleted for everyone: at tne");
    assertEquals((await page.focused())?.name, "Cancel");
  };
  await asks();
  assertEquals(await accessibilityFaults(page), []);
  // Read by a screen reader with the name of the dialog.
  assertEquals(
    await page.evaluate(
      `document.getElementById(document.querySelector("dialog").getAttribute("aria-describedby")).textContent`,
    ),
    "Your message is deleted for everyone: at tne",
  );
  for (const key of ["Escape", "Enter"]) {
    await page.press(key);
    await page.gone("dialog");
    assertEquals((await page.focused())?.node, last.node);
    if (key === "Escape") await asks();
  }
  assertEquals(await ana.matches(/message deleted/g), []);
  await asks();
  await page.click("button", "Delete");
  await ana.sees("message deleted");
  assertEquals((await page.all("button", /^Actions for the message of ana/)).length, 1);
  assertEquals((await page.focused())?.role, "log");
  await ana.sees("keep this");
  assertEquals(page.problems, []);
});

browserTest("A private room is for its members, and who is ignored is not shown", async (browser) => {
  await using hub = await PageHub.start();
  const ana = await ChatPage.join(browser, hub.url, "ana");
  const bo = await ChatPage.join(browser, hub.url, "bo");
  await bo.say("I am bo, and this is my name");
  await ana.sees("this is my name");
  await ana.say(":join #plans");
  await ana.page.find("log", "#plans");
  await ana.say("for members only");
  await ana.sees("for members only");
  await ana.say(":room private");
  await ana.sees(/private/);
  await bo.say(":join #plans");
  await bo.page.until("the refusal", async () => (await bo.page.outline()).includes("Cannot join #plans"));
  await ana.say(":invite bo");
  await bo.sees("invites you to #plans");
  await bo.say(":join #plans");
  await bo.page.find("log", "#plans");
  await bo.say("thank you");
  await ana.sees("thank you");
  await choose(ana, "bo", "Actions for bo");
  await ana.page.click("button", "Ignore bo");
  await ana.page.until("bo's message is hidden", async () => !(await ana.log()).includes("thank you"));
  assertEquals([ana.page.problems, bo.page.problems], [[], []]);
});

browserTest(
  "The link of an invite opens a hub for invited people, and leaves the address bar",
  async (browser) => {
    await using hub = await PageHub.start(["--invite-only"]);
    const { stdout, stderr, status } = await run([
      "invite",
      "--data",
      hub.data,
      "--at",
      `127.0.0.1:${hub.port}`,
    ]);
    assertEquals(status, 0, stderr);
    const [, secret] = /#(\S+)/.exec(stdout) ?? [];
    const uninvited = await browser.open();
    await uninvited.goto(hub.url);
    await uninvited.fill("Name", "eve");
    await uninvited.click("button", "Join");
    await uninvited.sees("alert", undefined, /invite/);
    const page = await browser.open();
    await page.goto(`${hub.url}#${secret}`);
    assertEquals(await page.evaluate("location.hash"), "");
    const ana = await ChatPage.enterOn(page, "ana");
    await ana.say("invited");
    await ana.sees("invited");
    await ana.page.reload();
    await ana.untilConnected();
    await ana.sees("invited");
    assertEquals(ana.page.problems, []);
  },
);

browserTest(
  "Messages that a script posts with a token are those of the token's name in the page",
  async (browser) => {
    await using hub = await PageHub.start();
    const ana = await ChatPage.join(browser, hub.url, "ana");
    const { stdout, stderr, status } = await run([
      "token",
      "add",
      "ci",
      "-r",
      "main",
      "--write",
      "--data",
      hub.data,
    ]);
    assertEquals(status, 0, stderr);
    const secret = stdout.trim();
    const post = async (message: string, authorization: string) => {
      const response = await fetch(`${hub.url}rooms/main`, {
        method: "POST",
        body: message,
        headers: { authorization },
      });
      await response.body?.cancel();
      return response.status;
    };
    assertEquals(
      await post("build 512 is <b>green</b>: https://ci.example.org/512", `Bearer ${secret}`),
      201,
    );
    await ana.sees(/^ci\s+build 512 is <b>green<\/b>/m);
    await ana.page.find("link", "https://ci.example.org/512");
    assertEquals(await post("by nobody", `Bearer ${secret}x`), 401);
    // The name belongs to the token: in the browser nobody else takes it.
    const eve = await browser.open();
    await eve.goto(hub.url);
    await eve.fill("Name", "ci");
    await eve.click("button", "Join");
    await eve.sees("alert", undefined, /ci/);
    await ana.page.reload();
    await ana.untilConnected();
    await ana.sees(/^ci\s+build 512/m);
    assertEquals(await ana.matches(/build 512|by nobody/g), ["build 512"]);
    assertEquals(ana.page.problems, []);
  },
);
