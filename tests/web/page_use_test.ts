/**
 * The page for everyone: with the keyboard alone, with a screen reader, on a phone, while it is hidden.
 *
 * @module
 */
import { assert, assertEquals } from "../helpers/assert.ts";
import { accessibilityFaults } from "../helpers/browser/axe.ts";
import { ChatPage } from "../helpers/browser/chat_page.ts";
import { browserTest } from "../helpers/browser/chromium.ts";
import type { Page } from "../helpers/browser/page.ts";
import { PageHub } from "../helpers/hubs/page_hub.ts";
import { send } from "../helpers/terminal/users.ts";

/** The icon of the page, as the browser shows it beside the title. */
const iconOf = (page: Page) => page.evaluate("document.querySelector('link[rel=icon]').getAttribute('href')");

for (const colors of ["light", "dark"] as const) {
  for (const phone of [false, true]) {
    const where = `${phone ? "on a phone" : "on a desktop"} in ${colors} colours`;
    browserTest(`axe-core finds no fault in the page ${where}`, async (browser) => {
      await using hub = await PageHub.start();
      const size: [number, number] = phone ? [360, 640] : [1280, 800];
      const page = await browser.open({ colors, phone, size });
      await page.goto(hub.url);
      await page.find("button", "Join");
      assertEquals(await accessibilityFaults(page), []);
      const ana = await ChatPage.enterOn(page, "ana");
      await send(hub, ["good morning, ana", "see https://example.org/", "שלום"]);
      await ana.sees("שלום");
      assertEquals(await accessibilityFaults(page), []);
      await page.click("button", /^Actions for the message of bo/);
      await page.find("button", "Reply");
      assertEquals(await accessibilityFaults(page), []);
      const isWider = await page.evaluate("document.documentElement.scrollWidth > innerWidth");
      assertEquals(isWider, false, "the page scrolls sideways");
    });
  }
}

browserTest(
  "A person joins, writes and goes to a room in the page with the keyboard alone",
  async (browser) => {
    await using hub = await PageHub.start();
    const page = await browser.open();
    await page.goto(hub.url);
    await page.until("the focus in the name", async () => (await page.focused())?.name === "Name");
    await page.type("ana");
    await page.press("Enter");
    await page.until("the focus in the message", async () => (await page.focused())?.name === "Message");
    await page.type("from the keyboard");
    await page.press("Enter");
    await page.sees("log", "#main", "from the keyboard");
    await page.type(":join #dev");
    await page.press("Enter");
    await page.find("log", "#dev");
    const passed: string[] = [];
    for (let tabs = 0; tabs < 40 && !passed.includes("#main"); tabs++) {
      await page.press("Shift+Tab");
      passed.push((await page.focused())?.name ?? "");
    }
    assert(passed.includes("#main"), passed.join(", "));
    await page.press("Enter");
    await page.find("log", "#main");
    assertEquals(page.problems, []);
  },
);

browserTest(
  "A hidden page counts what arrives; a mention marks its icon and shows a notification",
  async (browser) => {
    await using hub = await PageHub.start();
    const before = `globalThis.shown = [];
    globalThis.Notification = class { static permission = "granted";
      constructor(title, { body }) { shown.push(title + ": " + body); document.body.dataset.shown = shown.length; } };`;
    const page = await browser.open({ before });
    await page.goto(hub.url);
    const ana = await ChatPage.enterOn(page, "ana");
    await page.hide(true);
    await send(hub, ["to all", "ana, look"]);
    await page.until(
      "the count",
      async () => await page.evaluate("document.title") === "(2) #main – RiftChat",
    );
    await page.until("the notification", async () => await page.evaluate("shown.length") === 1);
    assertEquals(await page.evaluate("shown"), ["bo in #main: ana, look"]);
    assertEquals(await iconOf(page), "/icon-unread.svg");
    await page.hide(false);
    await page.until("no count", async () => await page.evaluate("document.title") === "#main – RiftChat");
    assertEquals(await iconOf(page), "/icon.svg");
    await ana.sees("ana, look");
  },
);

browserTest("The page fetches earlier messages while a person scrolls up", async (browser) => {
  await using hub = await PageHub.start();
  const lines = Array.from({ length: 200 }, (_, index) => `line ${index + 1}`);
  await send(hub, lines);
  const ana = await ChatPage.join(browser, hub.url, "ana");
  await ana.sees("line 200");
  const log = await ana.page.find("log", "#main");
  await ana.page.until("line 1", async () => {
    await ana.page.on(log, "function () { this.scrollTop = 0; }");
    return /^.*line 1$/m.test(await ana.log());
  });
  assertEquals(await ana.matches(/line \d+/g), lines);
});

browserTest("A person with a name beyond ASCII joins from the page", async (browser) => {
  await using hub = await PageHub.start();
  for (const name of ["Лена", "美咲", "José"]) {
    const person = await ChatPage.join(browser, hub.url, name);
    await person.page.sees("status", undefined, `connected as ${name}`);
    assertEquals(person.page.problems, []);
  }
});
