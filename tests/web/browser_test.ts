/** The helper that drives a browser finds controls as a screen reader does, and sees what goes wrong in a page. */
import { accessibilityFaults } from "../helpers/browser/axe.ts";
import { browserTest } from "../helpers/browser/chromium.ts";
import { assert, assertEquals, assertRejects } from "../helpers/assert.ts";

const FORM = `<!doctype html><title>form</title><h1>A form</h1>
<label>Message <input id=m></label><button>Send</button><button hidden>Never</button>
<div role=log aria-label=main></div>
<script>
  document.querySelector("button").onclick = () => setTimeout(() => {
    const line = document.createElement("p");
    line.textContent = m.value;
    document.querySelector("[role=log]").append(line);
  }, 50);
</script>`;

const url = (html: string) => `data:text/html,${encodeURIComponent(html)}`;

browserTest("A page in Chromium is used by roles and names", async (browser) => {
  const page = await browser.open();
  await page.goto(url(FORM));
  assertEquals((await page.all("button")).map(({ name }) => name), ["Send"]);
  await page.fill("Message", "good morning");
  await page.click("button", "Send");
  await page.sees("log", "main", "good morning");
  assertEquals((await page.focused())?.name, "Send");
  await page.press("Shift+Tab");
  assertEquals((await page.focused())?.name, "Message");
  await page.press("Control+a", "x");
  await page.press("Tab", "Space");
  await page.sees("log", "main", /^x$/m);
  assertEquals(page.problems, []);
});

browserTest(
  "Two persons in Chromium share no stored data, and a page can be reloaded and hidden",
  async (browser) => {
    await using server = Deno.serve(
      { port: 0, hostname: "127.0.0.1", onListen: () => {} },
      () => new Response(FORM, { headers: { "content-type": "text/html", "connection": "close" } }),
    );
    const origin = `http://127.0.0.1:${server.addr.port}/`;
    const ana = await browser.open(), bo = await browser.open({ phone: true, size: [360, 640] });
    await ana.goto(origin);
    await bo.goto(origin);
    await ana.evaluate(`localStorage.name = "ana"`);
    await ana.reload();
    assertEquals(await ana.evaluate("localStorage.name"), "ana");
    assertEquals(await bo.evaluate("localStorage.name ?? null"), null);
    assertEquals(await bo.evaluate("[screen.width, navigator.maxTouchPoints > 0]"), [360, true]);
    await ana.hide(true);
    await ana.hide(false);
  },
);

browserTest("A test sees errors, dialogs and requests of a page in Chromium", async (browser) => {
  const page = await browser.open();
  await page.goto(
    url(
      `<!doctype html><title>x</title><script>alert(1); console.error("no"); throw new Error("oh")</script>`,
    ),
  );
  await page.until("three problems", () => page.problems.length === 3);
  assertEquals(page.problems[0], "dialog: 1");
  assertEquals(page.problems[1], "console: no");
  assert(page.problems[2]!.startsWith("exception: Error: oh"));
  await assertRejects(() => page.evaluate("null.x"), Error, "TypeError");
  assert((await page.picture()).length > 100);
});

browserTest("axe-core finds a button without a name in Chromium", async (browser) => {
  const page = await browser.open();
  await page.goto(
    url(`<!doctype html><html lang=en><title>x</title><main><h1>x</h1><button></button></main>`),
  );
  const faults = await accessibilityFaults(page);
  assertEquals(faults.map((fault) => fault.split(":")[0]), ["button-name"]);
});
