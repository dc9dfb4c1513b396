/**
 * Joining from the page where that is not plain: a hub with a password, a browser that stores nothing.
 *
 * @module
 */
import { assert, assertEquals } from "../helpers/assert.ts";
import { accessibilityFaults } from "../helpers/browser/axe.ts";
import { ChatPage } from "../helpers/browser/chat_page.ts";
import { Browser, browserTest, Chromium, NO_CHROMIUM } from "../helpers/browser/chromium.ts";
import { PageHub } from "../helpers/hubs/page_hub.ts";
import { needs } from "../helpers/needs.ts";
import { send } from "../helpers/terminal/users.ts";

browserTest("The page asks for the password of a hub, and lets in who has it", async (browser) => {
  const file = await Deno.makeTempFile();
  await Deno.writeTextFile(file, "open sesame\n");
  try {
    await using hub = await PageHub.start(["--password-file", file]);
    const page = await browser.open({ phone: true, size: [360, 640] });
    await page.goto(hub.url);
    await page.fill("Name", "ana");
    await page.click("button", "Join");
    await page.sees("alert", undefined, "This hub has a password");
    await page.until(
      "the focus in the password",
      async () => (await page.focused())?.name.startsWith("Password of the hub"),
    );
    assertEquals(await accessibilityFaults(page), []);
    await page.type("open barley");
    await page.click("button", "Join");
    await page.sees("alert", undefined, /^Cannot let you in with that password/);
    await page.fill(/^Password of the hub/, "open sesame");
    // A wrong password is followed by a pause.
    await page.until("ana to be in", async () => {
      const [join] = await page.all("button", "Join");
      if (join !== undefined && join.properties.disabled !== true) await page.clickOn(join);
      return (await page.all("textbox", "Message")).length > 0;
    });
    const ana = new ChatPage(page);
    await ana.say("inside");
    await ana.sees("inside");
    await hub.kill();
    await page.sees("status", undefined, "connecting");
    await hub.start();
    await ana.untilConnected();
    assertEquals(await page.evaluate("Object.values(localStorage).join().includes('sesame')"), false);
    // Whoever knows the password can give it before the hub asks.
    const other = await browser.open();
    await other.goto(hub.url);
    await other.fill("Name", "bo");
    await other.fill(/^Password of the hub/, "open sesame");
    await other.click("button", "Join as guest");
    await other.find("textbox", "Message");
    assertEquals(other.problems, []);
  } finally {
    await Deno.remove(file);
  }
});

Deno.test({
  ...needs("In a browser that stores nothing the page works as a guest, and says so once", NO_CHROMIUM),
  fn: async () => {
    await using chromium = await Chromium.start({ storesNothing: true });
    await using browser = await Browser.connect(chromium.url);
    await using hub = await PageHub.start();
    const page = await browser.open();
    await page.goto(hub.url);
    assertEquals(
      await page.evaluate("try { localStorage.x; 'stored' } catch (error) { error.name }"),
      "SecurityError",
    );
    const ana = await ChatPage.enterOn(page, "ana");
    await ana.sees("you are here as a guest, as this browser keeps no key");
    await send(hub, ["welcome, ana"]);
    await ana.sees("welcome, ana");
    await ana.say(":join #plans");
    await page.find("log", "#plans");
    await ana.say("I have no key");
    await ana.sees("I have no key");
    await page.click("button", /^Actions in /);
    await page.click("button", "Leave the chat");
    await ChatPage.enterOn(page, "ana");
    await ana.sees("welcome, ana");
    assert(!(await ana.log()).includes("keeps no key"), await ana.log());
    assertEquals(page.problems.filter((problem) => !problem.includes("sw.js")), []);
  },
});
