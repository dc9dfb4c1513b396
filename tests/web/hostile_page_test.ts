/**
 * Texts that try to become markup or script in the page: as messages, names, rooms and topics. The page shows each as
 * it was typed, runs nothing, and asks no other host for anything.
 *
 * @module
 */
import { assertEquals } from "../helpers/assert.ts";
import { ChatPage } from "../helpers/browser/chat_page.ts";
import { browserTest } from "../helpers/browser/chromium.ts";
import { OriginalClient } from "../helpers/clients/original_client.ts";
import { PageHub } from "../helpers/hubs/page_hub.ts";
import { send } from "../helpers/terminal/users.ts";

/** What runs or loads something in a page that takes text for markup; each calls `alert` or asks evil.example. */
const ATTACKS = [
  `<script>alert(1)</script>`,
  `</script><script>alert(2)</script>`,
  `<img src=x onerror=alert(3)>`,
  `<img src=http://evil.example/4.png>`,
  `<svg onload=alert(5)>`,
  `<svg><animate onbegin=alert(6) attributeName=x dur=1s>`,
  `<iframe src="javascript:alert(7)"></iframe>`,
  `<iframe srcdoc="<script>alert(8)</script>"></iframe>`,
  `<body onload=alert(9)>`,
  `<details open ontoggle=alert(10)>x</details>`,
  `<a href="javascript:alert(11)">click</a>`,
  `<math><mtext></form><form><mglyph><style></math><img src onerror=alert(12)>`,
  `<noscript><p title="</noscript><img src=x onerror=alert(13)>">`,
  `"><img src=x onerror=alert(14)>`,
  `' autofocus onfocus='alert(15)`,
  "`-alert(16)-`",
  "${alert(17)}",
  `{{constructor.constructor('alert(18)')()}}`,
  `javascript:alert(19)`,
  `data:text/html,<script>alert(20)</script>`,
  `<style>@import 'http://evil.example/21.css';</style>`,
  `<link rel=stylesheet href=http://evil.example/22.css>`,
  `<meta http-equiv=refresh content="0;url=http://evil.example/23">`,
  `<base href=http://evil.example/>`,
  `<form action=http://evil.example><button>26</button></form>`,
  `<object data="data:text/html,<script>alert(27)</script>"></object>`,
  `<template><script>alert(28)</script></template>`,
  `&lt;img src=x onerror=alert(29)&gt; &#60;script&#62;`,
  `[click](javascript:alert(30))`,
  `![x](http://evil.example/31.png)`,
  `<textarea></textarea><script>alert(32)</script>`,
  `<!--><img src=x onerror=alert(33)>-->`,
  `<x id=log><x id=config><img name=body>`,
  `__proto__ constructor toString`,
  `https://ok.example/"onmouseover="alert(36)`,
  `https://ok.example/<img/src=x/onerror=alert(37)>`,
  `http://evil.example\\@ok.example/'style='color:red`,
];

/** What in the log is neither text nor one of the page's own elements. */
const FOREIGN = `[...document.querySelectorAll(
  "#app :is(script, img, svg, iframe, object, embed, style, link, meta, base, math, template, noscript, details, x, " +
  "form[action], [onerror], [onload], [onfocus], [onmouseover], [style])"
)].map(({ outerHTML }) => outerHTML)`;

/** All links whose address is none that a message may lead to. */
const BAD_LINKS = `[...document.querySelectorAll("a[href]")].map(({ href }) => href)
  .filter((href) => !/^https?:/.test(href))`;

/** Checks that nothing ran, and that nothing was asked of another host. */
async function assertHarmless(chat: ChatPage, hub: PageHub): Promise<void> {
  assertEquals(chat.page.problems, []);
  const own = `127.0.0.1:${hub.webPort}`;
  assertEquals(chat.page.requests.filter((url) => /^(http|ws)/.test(url) && new URL(url).host !== own), []);
  assertEquals(await chat.page.evaluate(FOREIGN), []);
  assertEquals(await chat.page.evaluate(BAD_LINKS), []);
  assertEquals(await chat.page.evaluate("location.host + location.pathname"), `${own}/`);
}

browserTest(
  "Messages that are markup or script are shown as they were typed, and run nothing",
  async (browser) => {
    await using hub = await PageHub.start();
    const ana = await ChatPage.join(browser, hub.url, "ana");
    await send(hub, [...ATTACKS, "the end"]);
    await ana.sees("the end");
    const shown = await ana.log();
    assertEquals(ATTACKS.filter((attack) => !shown.includes(attack)), []);
    await assertHarmless(ana, hub);
    // A link of a message opens nothing that can reach this page.
    const links = await ana.page.evaluate(
      `[...document.querySelectorAll("[role=log] a[href]")].map(({ rel, target }) => rel + " " + target)`,
    );
    assertEquals(links.filter((link: string) => !/noopener/.test(link) || !/noreferrer/.test(link)), []);
    // The history, a quote and a result of a search are as harmless.
    await ana.page.reload();
    await ana.untilConnected();
    await ana.sees("the end");
    await assertHarmless(ana, hub);
  },
);

browserTest("What a person types into the page is shown as it was typed", async (browser) => {
  await using hub = await PageHub.start();
  const ana = await ChatPage.join(browser, hub.url, "ana");
  for (const attack of ATTACKS.slice(0, 8)) {
    await ana.say(attack);
    await ana.sees(attack);
  }
  await assertHarmless(ana, hub);
});

browserTest("Names, rooms and topics that are markup run nothing in the page", async (browser) => {
  await using hub = await PageHub.start();
  const ana = await ChatPage.join(browser, hub.url, "ana");
  for (const [index, attack] of ATTACKS.entries()) {
    await using client = await OriginalClient.connect(hub.port);
    await client.nextOf(202);
    // The hub takes a name or not; the page must stand both.
    await client.rename(attack.slice(0, 32));
    await client.say(`by ${index}`);
    await ana.sees(new RegExp(`by ${index}$`, "m"));
  }
  await ana.say(":join #lab");
  await ana.page.find("log", "#lab");
  for (const attack of ATTACKS.slice(0, 8)) {
    const topic = attack.slice(0, 100);
    await ana.say(`:topic ${topic}`);
    await ana.page.until(
      "the topic",
      async () => (await ana.page.evaluate("document.body.innerText")).includes(topic),
    );
  }
  for (const attack of ATTACKS.filter((attack) => !/\s/.test(attack) && attack.length <= 32)) {
    await ana.say(`:join ${attack}`);
    await ana.page.until(
      "the room or why there is none",
      async () => (await ana.page.evaluate("document.body.innerText")).includes(attack),
    );
    await assertHarmless(ana, hub);
  }
  assertEquals((await ana.page.all("button", "Send")).length, 1);
});
