/**
 * What the page shows over the messages and beside them: found messages, the rooms of the hub, the menu of a message,
 * names and texts of different directions, and how a phone is asked for notifications.
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

const PHONE = { phone: true, size: [360, 640] as [number, number] };

/** Searches, and returns what the results begin with. */
async function found(page: Page, words: string): Promise<string> {
  await page.fill("Search", words, "searchbox");
  await page.press("Enter");
  const text = await page.sees("dialog", "Search results", /“/);
  assertEquals(await accessibilityFaults(page), []);
  await page.press("Escape");
  await page.gone("dialog");
  assertEquals((await page.focused())?.name, "Search");
  return /^.*“.*”.*$/m.exec(text)![0];
}

for (const options of [{}, PHONE]) {
  const where = "phone" in options ? "on a phone" : "on a desktop";
  browserTest(
    `Found messages and the rooms of the hub are shown without a fault ${where}`,
    async (browser) => {
      await using hub = await PageHub.start();
      const ana = await ChatPage.join(browser, hub.url, "ana", options);
      const { page } = ana;
      await send(hub, ["build 1 is green", "build 2 is red"]);
      await send(hub, ["the room of others"], "bo", "ops");
      await ana.sees("build 2");
      assertEquals(await found(page, "green"), "1 message in #main with “green”");
      assertEquals(await found(page, "build"), "2 messages in #main with “build”");
      assertEquals(await found(page, "blue"), "0 messages in #main with “blue”");
      await page.fill("Search", "build", "searchbox");
      await page.press("Enter");
      await page.find("dialog", "Search results");
      assertEquals(await page.all("button", "Search further"), []);
      await page.press("Escape");
      const list = async () => {
        if ("phone" in options) await page.click("button", "Rooms");
        await page.click("button", "All rooms");
        await page.find("list", "Rooms of this hub");
        assertEquals(await accessibilityFaults(page), []);
      };
      await list();
      await page.find("button", "Go to #main");
      await page.click("button", "Join #ops");
      await page.find("log", "#ops");
      await ana.sees("the room of others");
      await list();
      await page.find("button", "Go to #ops");
      await page.click("button", "Go to #main");
      await page.find("log", "#main");
      assertEquals(page.problems, []);
    },
  );
}

browserTest("A search with many results goes on to the earlier ones", async (browser) => {
  await using hub = await PageHub.start();
  await send(hub, Array.from({ length: 60 }, (_, index) => `green ${index + 1}`));
  const { page } = await ChatPage.join(browser, hub.url, "ana");
  await page.fill("Search", "green", "searchbox");
  await page.press("Enter");
  await page.sees("dialog", "Search results", "50 messages so far in #main with “green”");
  await page.click("button", "Search further");
  await page.sees("dialog", "Search results", "60 messages in #main with “green”");
  await page.gone("button", "Search further");
  assertEquals(await accessibilityFaults(page), []);
  const shown = await page.textOf(await page.find("region", "Found messages"));
  const numbers = [...shown.matchAll(/green (\d+)/g)].map(([, number]) => Number(number));
  assertEquals(numbers, Array.from({ length: 60 }, (_, index) => index + 1));
});

browserTest("The menu of the last message is in sight, and Escape closes it", async (browser) => {
  await using hub = await PageHub.start();
  await send(hub, Array.from({ length: 30 }, (_, index) => `line ${index + 1}`));
  const { page } = await ChatPage.join(browser, hub.url, "ana", PHONE);
  await page.sees("log", "#main", "line 30");
  const menus = await page.all("button", /^Actions for the message of bo/);
  await page.clickOn(menus.at(-1)!);
  const menu = await page.find("group", "Actions");
  await page.until("the menu in sight", () =>
    page.on(
      menu,
      `function () {
        const [menu, log] = [this, this.closest("[role=log]")].map((element) => element.getBoundingClientRect());
        return menu.top >= log.top && menu.bottom <= log.bottom;
      }`,
    ));
  await page.press("Tab", "Escape");
  await page.gone("group", "Actions");
  assertEquals(await page.focused().then((focused) => focused?.node), menus.at(-1)!.node);
});

browserTest("A name is as far from its text in each direction of both", async (browser) => {
  await using hub = await PageHub.start();
  for (const name of ["bo", "שרה"]) await send(hub, ["good morning", "בוקר טוב"], name);
  const { page } = await ChatPage.join(browser, hub.url, "ana");
  await page.until("4 messages", async () => (await page.all("time")).length === 4);
  // How far the name is from the text, and from the edge where the message begins.
  const gaps: [beside: number, edge: number][] = await page.evaluate(`
    [...document.querySelectorAll(".body")].map((body) => {
      const [name, text, whole] = [body.querySelector(".name"), body.querySelector(".text"), body]
        .map((element) => element.getBoundingClientRect());
      const style = getComputedStyle(body);
      return style.direction === "ltr"
        ? [text.left - name.right, name.left - whole.left]
        : [name.left - text.right, whole.right - parseFloat(style.paddingRight) - name.right];
    })`);
  assertEquals(gaps.length, 4);
  for (const [beside, edge] of gaps) {
    assert(Math.abs(beside - gaps[0]![0]) < 1 && Math.abs(edge) < 1, JSON.stringify(gaps));
  }
});

browserTest("A person is asked for notifications on a phone, too, and once", async (browser) => {
  await using hub = await PageHub.start();
  const before = `globalThis.Notification = class {
    static permission = "default";
    static async requestPermission() { return this.permission = "granted"; }
  };`;
  const { page } = await ChatPage.join(browser, hub.url, "ana", { ...PHONE, before });
  await page.click("button", "Rooms");
  await page.click("button", "Notify me");
  await page.gone("button", "Notify me");
  assertEquals(await page.evaluate("Notification.permission"), "granted");
});
