/**
 * A page in a busy chat: many messages at once and a long log do not keep a person from typing.
 *
 * @module
 */
import { assert } from "../helpers/assert.ts";
import { ChatPage } from "../helpers/browser/chat_page.ts";
import { browserTest } from "../helpers/browser/chromium.ts";
import { PageHub } from "../helpers/hubs/page_hub.ts";
import { send } from "../helpers/terminal/users.ts";

/** Counts in a page how often a message is drawn, and how often the log. */
const COUNTERS = `globalThis.messages = globalThis.logs = 0;
  const { toISOString } = Date.prototype;
  Date.prototype.toISOString = function () { messages++; return toISOString.call(this); };
  const { scrollTop } = Object.getOwnPropertyDescriptors(Element.prototype);
  Object.defineProperty(Element.prototype, "scrollTop", {
    ...scrollTop,
    set(value) { logs++; scrollTop.set.call(this, value); },
  });`;

browserTest("Many messages at once are drawn together, and each of them once", async (browser) => {
  await using hub = await PageHub.start(["--rate-limit", "off"]);
  const ana = await ChatPage.join(browser, hub.url, "ana", { before: COUNTERS });
  const count = 400;
  await send(hub, Array.from({ length: count }, (_, index) => `line ${index + 1}`));
  await ana.sees(`line ${count}`);
  const logs = await ana.page.evaluate("logs");
  assert(logs > 0 && logs < count / 2, `the log was drawn ${logs} times`);
  await ana.say("typed below a long log");
  await ana.sees("typed below a long log");
  const messages = await ana.page.evaluate("messages");
  assert(messages >= count && messages < 1.2 * count, `${messages} messages were drawn`);
});
