/**
 * A page whose network fails for a minute: with a word of the browser, and without one. The minute passes on the clock
 * of the page, so no test takes one.
 *
 * @module
 */
import { assert, assertEquals } from "../helpers/assert.ts";
import { ChatPage } from "../helpers/browser/chat_page.ts";
import { type Browser, browserTest } from "../helpers/browser/chromium.ts";
import type { Page } from "../helpers/browser/page.ts";
import { leap, PAGE_CLOCK } from "../helpers/browser/page_clock.ts";
import { PageHub } from "../helpers/hubs/page_hub.ts";
import { send } from "../helpers/terminal/users.ts";
import { FlakyProxy } from "../helpers/wire/flaky_proxy.ts";

const LINE = /line \d+/g;

const lines = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => `line ${from + i}`);

/** How often a page has tried to reach its hub. */
const tries = ({ requests }: Page) => requests.filter((url) => url.startsWith("ws:")).length;

/** Joins as ana through a proxy, with a clock that the test puts ahead, and says line 1. */
async function anaAt(browser: Browser, { port }: FlakyProxy): Promise<ChatPage> {
  const ana = await ChatPage.join(browser, `http://127.0.0.1:${port}/`, "ana", { before: PAGE_CLOCK });
  await ana.say("line 1");
  await ana.sees("line 1");
  return ana;
}

browserTest(
  "A page that is offline for a minute tries again, and then misses nothing and sends all once",
  async (browser) => {
    await using hub = await PageHub.start();
    await using proxy = new FlakyProxy(hub.webPort);
    const ana = await anaAt(browser, proxy);
    const { page } = ana;
    const began = await page.evaluate("Date.now()");
    await page.offline(true);
    proxy.closeClients();
    await page.sees("status", undefined, /connecting/);
    const before = tries(page);
    await send(hub, lines(2, 60));
    for (let seconds = 0; seconds < 30; seconds += 5) await leap(page, 5000);
    await ana.say("line 121");
    await ana.sees(/line 121[^]*\(not sent yet\)/);
    await send(hub, lines(61, 120));
    for (let seconds = 30; seconds < 60; seconds += 5) await leap(page, 5000);
    assert(await page.evaluate("Date.now()") - began >= 60_000);
    assert(tries(page) >= before + 2, `the page tried ${tries(page) - before} times`);
    await page.sees("status", undefined, /connecting/);
    await page.offline(false);
    await ana.untilConnected();
    await ana.say("line 122");
    await ana.sees("line 122");
    assertEquals(await ana.matches(LINE), lines(1, 122));
    // The hub stored each once, too.
    const late = await ChatPage.join(browser, hub.url, "dee");
    await late.sees("line 122");
    await late.page.until("line 1", async () => {
      await late.page.on(await late.page.find("log"), "function () { this.scrollTop = 0; }");
      return (await late.matches(LINE))[0] === "line 1";
    });
    assertEquals(await late.matches(LINE), lines(1, 122));
  },
);

browserTest(
  "A page whose network carries nothing for a minute notices that and connects again",
  async (browser) => {
    await using hub = await PageHub.start();
    await using proxy = new FlakyProxy(hub.webPort);
    const ana = await anaAt(browser, proxy);
    proxy.dropAll();
    await send(hub, lines(2, 20));
    // Sent into the void: the page cannot know yet, and sends it again later.
    await ana.say("line 21");
    await ana.sees(/line 21 \(sending\)/);
    const before = tries(ana.page);
    for (let seconds = 0; seconds < 90; seconds += 5) await leap(ana.page, 5000);
    await ana.page.until("another connection", () => tries(ana.page) > before);
    await ana.untilConnected();
    await ana.sees("line 20");
    await send(hub, ["the end"]);
    await ana.sees("the end");
    assertEquals(await ana.matches(LINE), lines(1, 21));
  },
);
