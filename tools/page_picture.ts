/**
 * Takes `docs/page.png` and `docs/page-phone.png`, the pictures of the page for browsers: a real conversation on a hub,
 * in Chromium. Part of `deno task picture`; without Chromium it says so and leaves them as they are.
 *
 * @module
 */
import { ChatPage } from "../tests/helpers/browser/chat_page.ts";
import { Browser, Chromium, NO_CHROMIUM } from "../tests/helpers/browser/chromium.ts";
import { PageHub } from "../tests/helpers/hubs/page_hub.ts";
import { send } from "../tests/helpers/terminal/users.ts";

/** The folder of the pictures. */
const DOCS = new URL("../docs/", import.meta.url);

/** Holds the conversation and takes both pictures. */
async function takePictures(): Promise<void> {
  await using hub = await PageHub.start();
  await using chromium = await Chromium.start();
  await using browser = await Browser.connect(chromium.url);
  const ana = await ChatPage.join(browser, hub.url, "ana", { size: [960, 540] });
  const lena = await ChatPage.join(browser, hub.url, "Лена", {
    size: [375, 620],
    phone: true,
    colors: "dark",
  });
  await send(hub, ["good morning, Ana"], "bo");
  await lena.page.fill("Message", "доброе утро! Демо в десять?");
  await lena.page.click("button", "Send");
  await ana.sees("десять?");
  await ana.say("at ten it is: we show the hub, a terminal and this page");
  await send(hub, ["build 512 is green: https://ci.example.org/builds/512"], "build");
  await send(hub, ["ana, one question about the demo"], "bo", "demo");
  await ana.sees("builds/512");
  await lena.sees("builds/512");
  await Deno.writeFile(new URL("page.png", DOCS), await ana.page.picture());
  await Deno.writeFile(new URL("page-phone.png", DOCS), await lena.page.picture());
}

if (import.meta.main) {
  if (NO_CHROMIUM === undefined) await takePictures();
  else throw new Error(`cannot take docs/page.png and docs/page-phone.png: ${NO_CHROMIUM}`);
}
