/**
 * A person on a terminal and one in a browser, in one conversation: both ways, when the page is loaded again, when the
 * network fails, and when the hub is killed. Nothing is lost, and nothing is shown twice.
 *
 * @module
 */
import { assertEquals } from "../helpers/assert.ts";
import { ChatPage } from "../helpers/browser/chat_page.ts";
import { browserTest } from "../helpers/browser/chromium.ts";
import { PageHub } from "../helpers/hubs/page_hub.ts";
import { NO_PTY } from "../helpers/needs.ts";
import type { Pty } from "../helpers/terminal/pty.ts";
import { joinFrom, joinHub, send } from "../helpers/terminal/users.ts";
import { FlakyProxy } from "../helpers/wire/flaky_proxy.ts";

/** A numbered line, by which a test sees that nothing is missing or twice. */
const LINE = /line \d+/g;

const lines = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => `line ${from + i}`);

/** The numbered lines that a terminal shows. */
const onTerminal = (pty: Pty) => pty.allRows.flatMap((row) => row.match(LINE) ?? []);

browserTest("A terminal and a browser talk in one conversation, both ways", async (browser) => {
  await using hub = await PageHub.start();
  const ana = await ChatPage.join(browser, hub.url, "ana");
  await using bo = await joinHub(hub, "bo");
  await bo.type("good morning from a terminal 👋\r");
  await ana.sees("good morning from a terminal 👋");
  await ana.say("and from a browser: שלום, 你好");
  await bo.until(/and from a browser: שלום, 你好/);
  await ana.page.find("log", "#main");
  await ana.page.sees("list", "People", /bo/);
  await bo.type(":msg ana between us\r");
  await ana.go("bo");
  await ana.sees("between us");
  await ana.say("yes, between us two");
  await bo.until(/yes, between us two/);
  assertEquals(ana.page.problems, []);
}, NO_PTY);

browserTest("A page that is loaded again has the same name, key and messages, each once", async (browser) => {
  await using hub = await PageHub.start();
  const ana = await ChatPage.join(browser, hub.url, "ana");
  await ana.say("line 1");
  await ana.sees("line 1");
  await send(hub, lines(2, 5));
  await ana.sees("line 5");
  await ana.page.reload();
  await ana.untilConnected();
  await ana.sees("line 5");
  assertEquals(await ana.matches(LINE), lines(1, 5));
  await ana.say("line 6");
  await ana.sees("line 6");
  assertEquals(await ana.matches(LINE), lines(1, 6));
  // The name belongs to the key in the browser: nobody else gets it, and the page does not lose it.
  const other = await browser.open();
  await other.goto(hub.url);
  await other.fill("Name", "ana");
  await other.click("button", "Join");
  await other.until(
    "the page to say that the name is taken",
    async () => /belongs|taken/i.test(await other.evaluate("document.body.innerText")),
  );
  await ana.sees(/ana[^]*line 6/);
});

browserTest(
  "A page without a network for a while misses nothing and sends what was typed, once",
  async (browser) => {
    await using hub = await PageHub.start();
    await using proxy = new FlakyProxy(hub.webPort);
    await using bo = await joinFrom(hub, "bo");
    const ana = await ChatPage.join(browser, `http://127.0.0.1:${proxy.port}/`, "ana");
    await ana.say("line 1");
    await bo.until(/line 1$/);
    await ana.page.offline(true);
    proxy.closeClients();
    await ana.page.sees("status", undefined, /reconnect|offline|connecting/i);
    await send(hub, lines(2, 120), "cy");
    await ana.say("line 121");
    await ana.page.offline(false);
    await bo.until(/line 121$/);
    await ana.sees("line 121");
    assertEquals(await ana.matches(LINE), lines(1, 121));
    assertEquals(onTerminal(bo), lines(1, 121));
  },
  NO_PTY,
);

browserTest(
  "A hub that is killed and started again costs a terminal and a browser no message",
  async (browser) => {
    await using hub = await PageHub.start();
    await using bo = await joinFrom(hub, "bo");
    const ana = await ChatPage.join(browser, hub.url, "ana");
    await ana.say("line 1");
    await bo.until(/ana .*line 1$/);
    await bo.type("line 2\r");
    await ana.sees("line 2");
    for (let number = 3; number < 9; number += 2) {
      await hub.kill();
      await bo.until(/^-- connection lost/);
      await ana.page.sees("status", undefined, /reconnect|offline|connecting/i);
      await ana.say(`line ${number}`);
      await hub.start();
      await bo.type(":reconnect\r");
      await bo.until(new RegExp(`ana .*line ${number}$`));
      await bo.type(`line ${number + 1}\r`);
      await ana.sees(`line ${number + 1}`);
      // The hub may tell the browser first.
      await bo.until(new RegExp(`bo .*line ${number + 1}$`));
    }
    assertEquals(await ana.matches(LINE), lines(1, 8));
    assertEquals(onTerminal(bo), lines(1, 8));
    // What the hub stored is what both show.
    const late = await ChatPage.join(browser, hub.url, "dee");
    await late.sees("line 8");
    assertEquals(await late.matches(LINE), lines(1, 8));
  },
  NO_PTY,
);
