/** What a screen reader says by itself: each new message once, and no history. */
import { assertEquals } from "../helpers/assert.ts";
import { announced, ANNOUNCEMENTS } from "../helpers/browser/announcements.ts";
import { ChatPage } from "../helpers/browser/chat_page.ts";
import { browserTest } from "../helpers/browser/chromium.ts";
import { PageHub } from "../helpers/hubs/page_hub.ts";
import { send } from "../helpers/terminal/users.ts";
import { FlakyProxy } from "../helpers/wire/flaky_proxy.ts";

const lines = (what: string, count: number) => Array.from({ length: count }, (_, i) => `${what} ${i + 1}`);

/** The announcements about messages. */
const aboutMessages = async (chat: ChatPage) =>
  (await announced(chat.page)).filter((text) => /old|new|own|topic/.test(text));

browserTest("A screen reader says each new message once, and none of the history", async (browser) => {
  await using hub = await PageHub.start();
  await using proxy = new FlakyProxy(hub.webPort);
  await send(hub, lines("old", 150));
  const ana = await ChatPage.join(browser, `http://127.0.0.1:${proxy.port}/`, "ana", {
    before: ANNOUNCEMENTS,
  });
  const { page } = ana;
  await ana.sees("old 150");
  const log = await page.find("log", "#main");
  await page.until("old 1", async () => {
    await page.on(log, "function () { this.scrollTop = 0; }");
    return /^.*old 1$/m.test(await ana.log());
  });
  assertEquals(await aboutMessages(ana), []);
  await send(hub, lines("new", 3));
  await ana.say("my own");
  await ana.sees("my own");
  const wanted = ["bo: new 1", "bo: new 2", "bo: new 3", "ana: my own"];
  await page.until("the announcements", async () => (await aboutMessages(ana)).length >= wanted.length);
  assertEquals(await aboutMessages(ana), wanted);
  // What the user asks for is read, too.
  await ana.say(":topic the topic");
  await page.until("the answer", async () => (await aboutMessages(ana)).length > wanted.length);
  wanted.push(...(await aboutMessages(ana)).slice(wanted.length));
  // Another room has a history, and what comes there is not read here.
  await send(hub, lines("old", 5), "bo", "dev");
  await ana.say(":join #dev");
  await page.find("log", "#dev");
  await ana.sees("old 5");
  await ana.go("#main");
  await ana.sees("my own");
  assertEquals(await aboutMessages(ana), wanted);
  // After a gap the number of messages is read.
  await page.offline(true);
  proxy.closeClients();
  await page.sees("status", undefined, /connecting/);
  await send(hub, lines("old", 7));
  await page.offline(false);
  await ana.untilConnected();
  await ana.sees(/7 new messages/);
  await page.until("the announcement", async () => (await aboutMessages(ana)).length > wanted.length);
  assertEquals(await aboutMessages(ana), [...wanted, "7 new messages"]);
  // Chromium tells no reader to follow the log itself.
  assertEquals((await page.find("log", "#main")).properties.live, undefined);
  await page.reload();
  await ana.untilConnected();
  await ana.sees("old 7");
  assertEquals(await aboutMessages(ana), []);
});

browserTest(
  "An announcement is gone soon, so that each message is found once in the page",
  async (browser) => {
    await using hub = await PageHub.start();
    const ana = await ChatPage.join(browser, hub.url, "ana");
    await send(hub, ["good morning"]);
    await ana.sees("good morning");
    const count = async () =>
      (await ana.page.evaluate("document.querySelector('main').textContent")).split("good morning").length -
      1;
    assertEquals(await count(), 2);
    await ana.page.until("the announcement to go", async () => await count() === 1);
  },
);
