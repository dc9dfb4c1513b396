/**
 * The menus and forms of the page: invites, names of other devices, use by keyboard and on a phone, and refusals.
 *
 * @module
 */
import { join } from "node:path";
import { assert, assertEquals } from "../helpers/assert.ts";
import { choose, chooseFor, finish, go, menu, owner } from "../helpers/browser/actions.ts";
import { accessibilityFaults } from "../helpers/browser/axe.ts";
import { ChatPage } from "../helpers/browser/chat_page.ts";
import { browserTest } from "../helpers/browser/chromium.ts";
import { PageHub } from "../helpers/hubs/page_hub.ts";
import { Home, TlsHub } from "../helpers/hubs/tls_hub.ts";
import { NO_PTY, OLD_RUNTIME } from "../helpers/needs.ts";
import { run } from "../helpers/program.ts";
import { joinFrom, submit } from "../helpers/terminal/users.ts";

browserTest(
  "An invite is made where nobody has said how others reach the hub: by the page itself",
  async (browser) => {
    using home = new Home();
    const data = join(home.path, "hub");
    const flags = [
      "--port",
      "0",
      "--tls",
      "--history",
      "on",
      "--data",
      data,
      "--web-hosts",
      "chat.example.org",
    ];
    await using hub = await TlsHub.start(flags, { env: home.env });
    const joins = (host: string, name: string) =>
      ChatPage.join(browser, `https://${host}:${hub.tlsPort}/`, name, { anyCertificate: true });
    const ana = await joins("chat.example.org", "ana");
    await go(ana, "#plans");
    await ana.say("only for us");
    await ana.sees("only for us");
    await choose(ana, "Make it private");
    await ana.sees("the room is private now");
    await choose(ana, /^Make an invite to #plans/);
    await ana.page.click("button", /^Make an invite/);
    const field = await ana.page.find("textbox", "Link for browsers");
    const link: string = await ana.page.on(field, "function () { return this.value; }");
    assert(link.startsWith(`https://chat.example.org:${hub.tlsPort}/#`), link);
    assertEquals(await ana.page.all("textbox", "Link for the terminal"), []);
    const page = await browser.open({ anyCertificate: true });
    await page.goto(link);
    const bo = await ChatPage.enterOn(page, "bo");
    await bo.page.find("log", "#plans");
    // Nobody else gets to an address of this machine.
    const cy = await joins("127.0.0.1", "cy");
    await go(cy, "#cellar");
    await choose(cy, /^Make an invite to #cellar/);
    await cy.page.click("button", /^Make an invite/);
    await cy.page.sees("alert", undefined, "it is not known under which address others reach this hub");
  },
  OLD_RUNTIME,
);

browserTest(
  "An invite is made and revoked by the menu; its link opens the hub in a browser",
  async (browser) => {
    await using hub = await PageHub.start(["--at", "chat.example.org:8000"]);
    const ana = await owner(browser, hub, "ana");
    await go(ana, "#plans");
    await ana.say("only for us");
    await ana.sees("only for us");
    await choose(ana, "Make it private");
    await ana.sees("the room is private now");
    await choose(ana, /^Make an invite to #plans/);
    await ana.page.fill("For how many people", "0", "spinbutton");
    await ana.page.click("button", /^Make an invite/);
    await ana.page.find("spinbutton", "For how many people");
    await ana.page.fill("For how many people", "2", "spinbutton");
    await ana.page.click("button", /^Make an invite/);
    const value = "function () { return this.value; }";
    const link: string = await ana.page.on(await ana.page.find("textbox", "Link for browsers"), value);
    assert(link.startsWith(`${hub.url}#`), link);
    const forTerminal: string = await ana.page.on(
      await ana.page.find("textbox", "Link for the terminal"),
      value,
    );
    assert(forTerminal.startsWith("rift://chat.example.org:8000/#"), forTerminal);
    const [, id] = /:invite revoke (\S+) ends/.exec(await ana.page.outline()) ?? [];
    assertEquals(await accessibilityFaults(ana.page), []);
    await ana.page.click("button", "Copy: Link for browsers");
    await ana.page.sees("status", undefined, "copied");
    await ana.page.click("button", "Close");
    await ana.page.gone("dialog");
    await ana.page.fill("Message", "");
    await ana.page.send("Input.dispatchKeyEvent", { type: "rawKeyDown", commands: ["paste"] });
    const pasted = () => ana.page.find("textbox", "Message").then((field) => ana.page.on(field, value));
    await ana.page.until("the link that is pasted", async () => await pasted() === link);
    await ana.page.fill("Message", "");

    const guest = await browser.open();
    await guest.goto(link);
    const bo = await ChatPage.enterOn(guest, "bo");
    await bo.page.find("log", "#plans");
    await bo.say("thank you for the link");
    await ana.sees("thank you for the link");
    await choose(ana, "Invites");
    await ana.page.until(
      "the invite",
      async () => (await ana.page.outline()).includes(`${id}: into #plans, 1 of 2 used`),
    );
    await ana.page.press("Escape");
    await ana.page.gone("dialog");
    await choose(ana, "Revoke an invite");
    await ana.page.fill(/^Its id/, id!);
    await finish(ana, "Revoke an invite");
    const late = await browser.open();
    await late.goto(link);
    await late.fill("Name", "eve");
    await late.click("button", "Join");
    await late.sees("alert", undefined, /it was revoked/);
    assertEquals([ana.page.problems, bo.page.problems], [[], []]);
  },
);

browserTest(
  "A name comes from the terminal to the page by a code, and from the page to another one",
  async (browser) => {
    await using hub = await PageHub.start();
    using home = new Home();
    await using terminal = await joinFrom(hub, "ana", home, 160);
    await submit(terminal, "this name is mine", /ana {2,}this name is mine/);
    await submit(terminal, ":key code", /^ {2}:key add (\w+ ){5}\w+$/);
    const shown = terminal.allRows.find((row) => row.startsWith("  :key add "))!.trim();
    const page = await ChatPage.join(browser, hub.url, "visitor");
    await choose(page, "Take your name from another device");
    await page.page.fill(/^The six words/, "one two");
    await page.page.click("button", "Take your name from another device");
    await page.page.sees("alert", undefined, "a code has 6 words: this has 2");
    await page.page.fill(/^The six words/, shown);
    await finish(page, "Take your name from another device");
    await page.page.sees("status", undefined, "connected as ana");

    await choose(page, "Use your name on another device");
    const field = await page.page.find("textbox", "Words for the other device");
    const command: string = await page.page.on(field, "function () { return this.value; }");
    assertEquals(await accessibilityFaults(page.page), []);
    await page.page.press("Escape");
    await page.page.gone("dialog");
    const phone = await ChatPage.join(browser, hub.url, "phone");
    await choose(phone, "Take your name from another device");
    await phone.page.fill(/^The six words/, command.replace(":key add ", ""));
    await finish(phone, "Take your name from another device");
    await phone.page.sees("status", undefined, "connected as ana");
    await choose(phone, "Your keys");
    await phone.page.until(
      "three keys",
      async () => (await phone.page.outline()).match(/SHA256:/g)?.length === 3,
    );
    assertEquals([page.page.problems, phone.page.problems], [[], []]);
  },
  NO_PTY,
);

for (const phone of [false, true]) {
  browserTest(
    `Menus and forms work by keyboard and have no fault ${phone ? "on a phone" : "on a desktop"}`,
    async (browser) => {
      await using hub = await PageHub.start();
      const size: [number, number] = phone ? [360, 640] : [1280, 800];
      const page = await browser.open({ phone, size, colors: phone ? "dark" : "light" });
      await page.goto(hub.url);
      const ana = await ChatPage.enterOn(page, "ana");
      await ana.say("ana is here");
      await ana.sees("ana is here");
      await go(ana, "#plans");
      await ana.say("welcome");
      await ana.sees("welcome");
      const added = await run(["op", "add", "ana", "--data", hub.data]);
      assertEquals(added.status, 0, added.stderr);
      await ana.sees("you are an operator of this hub");
      const focused = async (name: string | RegExp) =>
        await page.until(`the focus on ${name}`, async () => {
          const at = (await page.focused())?.name ?? "";
          return typeof name === "string" ? at === name : name.test(at);
        });
      const passed: (string | undefined)[] = [];
      while (!passed.includes("Skip to the message field") && passed.length < 40) {
        await page.press("Shift+Tab");
        passed.push((await page.focused())?.name);
      }
      await focused("Skip to the message field");
      await page.press("Enter");
      await focused("Message");
      assertEquals(await page.evaluate("location.hash"), "");
      const opener = await page.find("button", "Actions in #plans");
      await page.send("DOM.focus", { backendNodeId: opener.node });
      await page.press("Enter");
      const titles = (await menu(ana)).filter((name) => !/^Actions|^Close$|^Message/.test(name));
      assert(titles.length > 15, titles.join(", "));
      await page.press("Escape");
      await page.gone("dialog");
      await focused("Actions in #plans");
      for (const title of ["Set the topic", "Slow mode", "Announce", "Change your name", "Your keys"]) {
        await page.press("Enter");
        await page.find("dialog", "Actions");
        assertEquals(await accessibilityFaults(page), []);
        const button = await page.find("button", title);
        await page.send("DOM.focus", { backendNodeId: button.node });
        await page.press("Enter");
        await page.find("dialog", title);
        await page.until(
          "the focus in the dialog",
          () => page.evaluate("document.activeElement.closest('dialog') !== null"),
        );
        assertEquals(await accessibilityFaults(page), [], title);
        const isWider = await page.evaluate(
          "[document.documentElement, document.querySelector('dialog')].some((e) => e.scrollWidth > e.clientWidth)",
        );
        assertEquals(isWider, false, `${title} scrolls sideways`);
        await page.press("Escape");
        await page.gone("dialog");
        await focused("Actions in #plans");
      }
      assertEquals(page.problems, []);
    },
  );
}

browserTest("A form shows why its command failed and keeps what was typed", async (browser) => {
  await using hub = await PageHub.start();
  const ana = await ChatPage.join(browser, hub.url, "ana", { guest: true });
  const bo = await ChatPage.join(browser, hub.url, "bo", { guest: true });
  await bo.page.find("button", "Actions for ana");
  await choose(ana, "Change your name");
  await ana.page.fill("Name", "bo");
  await ana.page.press("Enter");
  await ana.page.sees("alert", undefined, /^Cannot .*bo/);
  const field = await ana.page.find("textbox", "Name");
  assertEquals(await ana.page.on(field, "function () { return this.value; }"), "bo");
  await ana.page.fill("Name", "ana-maria");
  await ana.page.press("Enter");
  await ana.page.gone("dialog");
  await bo.page.find("button", "Actions for ana-maria");
  await chooseFor(bo, "ana-maria", "Ignore ana-maria");
  await ana.say("can you read this?");
  await ana.sees("can you read this?");
  assert(!(await bo.log()).includes("can you read this?"));
  await choose(bo, "Stop ignoring somebody");
  await finish(bo, "Stop ignoring somebody");
  await bo.sees("can you read this?");
  await choose(ana, "Leave the chat");
  await ana.page.find("button", "Join as guest");
  assertEquals([ana.page.problems, bo.page.problems], [[], []]);
});
