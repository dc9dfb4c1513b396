/** The secret of a tab, over reloads and copies of the tab in a real browser. */
import { assert, assertEquals, assertMatch } from "../../helpers/assert.ts";
import { browserTest } from "../../helpers/browser/chromium.ts";
import { ModuleSite, openModules } from "../../helpers/browser/module_site.ts";

/** The secret that is stored; empty if there is none. */
const STORED = `sessionStorage.getItem("riftchat:session") ?? ""`;

browserTest("A tab that is loaded again has the same secret; another tab has its own", async (browser) => {
  await using site = await ModuleSite.start();
  const page = await openModules(browser, site);
  const session = await page.evaluate("browser.tabSession()");
  assertMatch(session, /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/);
  for (let times = 0; times < 2; times++) {
    await page.reload();
    await page.until("the modules", () => page.evaluate("typeof browser === 'object'"));
    assertEquals(await page.evaluate("browser.tabSession()"), session);
  }
  const other = await openModules(browser, site);
  assert(await other.evaluate("browser.tabSession()") !== session);
});

browserTest("A copy of a tab, which copies what it stores, does not get its secret", async (browser) => {
  await using site = await ModuleSite.start();
  const page = await openModules(browser, site);
  const session = await page.evaluate("browser.tabSession()");
  assertEquals(await page.evaluate(STORED), "");
  // A window that a page opens after a click begins with a copy of its storage, as a duplicated tab does.
  const { result } = await page.send("Runtime.evaluate", {
    userGesture: true,
    awaitPromise: true,
    returnByValue: true,
    expression: `new Promise((resolve) => {
      sessionStorage.setItem("copied", "yes");
      const copy = open(location.href);
      const timer = setInterval(() => {
        if (copy.browser === undefined) return;
        clearInterval(timer);
        resolve([copy.sessionStorage.getItem("copied"), copy.browser.tabSession()]);
      }, 5);
    })`,
  });
  const copy: [string, string] = result.value;
  assertEquals(copy[0], "yes");
  assert(copy[1] !== session);
});

browserTest(
  "A page that comes back from the cache of the browser stores no secret while it is shown",
  async (browser) => {
    await using site = await ModuleSite.start();
    const page = await openModules(browser, site);
    const session = await page.evaluate("browser.tabSession()");
    assertEquals(
      await page.evaluate(`dispatchEvent(new PageTransitionEvent("pagehide", { persisted: true })),
      sessionStorage.getItem("riftchat:session")`),
      session,
    );
    await page.evaluate(`dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }))`);
    assertEquals(await page.evaluate(STORED), "");
  },
);
