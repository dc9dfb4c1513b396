/**
 * Two tabs of one browser: each keeps what its user does there, and neither takes away what the other one has kept.
 *
 * @module
 */
import { assertEquals } from "../helpers/assert.ts";
import { ChatPage } from "../helpers/browser/chat_page.ts";
import { browserTest } from "../helpers/browser/chromium.ts";
import { PageHub } from "../helpers/hubs/page_hub.ts";
import { send } from "../helpers/terminal/users.ts";

/** Shows a tab: Chromium gives the hidden one little time. */
const front = ({ page }: ChatPage) => page.send("Page.bringToFront");

browserTest(
  "What two tabs have opened, ignored and begun to write is there on the next visit",
  async (browser) => {
    await using hub = await PageHub.start();
    await send(hub, ["a room for plans"], "bo", "plans");
    await send(hub, ["a room of developers"], "cy", "dev");
    const first = await ChatPage.join(browser, hub.url, "ana");
    const page = await browser.open({ beside: first.page });
    await page.goto(hub.url);
    const second = new ChatPage(page);
    await second.untilConnected();
    for (
      const [tab, room, draft] of [[first, "#plans", "half a pl"], [second, "#dev", "half a bug"]] as const
    ) {
      await front(tab);
      await tab.say(`:join ${room}`);
      await tab.page.find("log", room);
      await tab.say(`:ignore ${room === "#dev" ? "cy" : "bo"}`);
      await tab.sees("is ignored");
      await tab.page.fill("Message", draft);
    }
    for (const tab of [first, second]) {
      await front(tab);
      await tab.page.reload();
      await tab.untilConnected();
      for (const [room, draft] of [["#dev", "half a bug"], ["#plans", "half a pl"]] as const) {
        await tab.go(room);
        const field = await tab.page.find("textbox", "Message");
        await tab.page.until(
          draft,
          async () => await tab.page.on(field, "function () { return this.value; }") === draft,
        );
        assertEquals(await tab.matches(/a room/g), []);
      }
    }
    // What one tab closes is closed; what the other one has opened meanwhile stays.
    await front(first);
    await first.say(":join #ops");
    await first.page.find("log", "#ops");
    await front(second);
    await second.say(":leave #dev");
    await second.page.gone("button", /^#dev/);
    await second.page.reload();
    await second.untilConnected();
    await second.page.find("button", /^#ops/);
    assertEquals(await second.page.all("button", /^#dev/), []);
    assertEquals([first.page.problems, second.page.problems], [[], []]);
  },
);
