/** What the page gets in place of `preact/hooks` does the same in a browser as the library does. */
import { bundlePage } from "../../../tools/page.ts";
import { assert, assertEquals } from "../../helpers/assert.ts";
import { type Browser, browserTest } from "../../helpers/browser/chromium.ts";

/** Uses all hooks of the page, and returns what happened: in order, and apart from it for those after the drawing. */
const SCENE = `
import { h, render } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

const told = [], later = [];
let set, last;

function Counter({ by }) {
  const [count, setCount] = useState(() => (told.push("first value"), 1));
  const [text] = useState("text");
  const kept = useRef({ draws: 0 });
  const element = useRef(null);
  kept.current.draws++;
  told.push(["draw", count, text, by, kept.current.draws, setCount === set, kept === last]);
  set = setCount;
  last = kept;
  useLayoutEffect(() => {
    told.push(["counter", by, element.current.textContent, element.current.isConnected]);
    return () => told.push(["counter ends", by]);
  }, [by, text]);
  useEffect(() => {
    later.push(["after", by]);
    return () => later.push(["after ends", by]);
  }, [by]);
  return h("p", { ref: element }, count);
}

function Always({ by }) {
  useLayoutEffect(() => {
    told.push(["always", by]);
    return () => told.push(["always ends", by]);
  });
  return h("i");
}

function Once() {
  const [isSet, setIt] = useState(false);
  useLayoutEffect(() => {
    // It is drawn once more before anything is shown.
    setIt(true);
    told.push("once");
    return () => told.push("once ends");
  }, []);
  return h("b", null, String(isSet));
}

const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));

globalThis.scene = async () => {
  const root = document.body;
  const show = async (...children) => {
    render(h("main", null, ...children), root);
    await frame();
    told.push(root.innerHTML);
  };
  const all = (by) => [h(Counter, { by, key: "c" }), h(Always, { by, key: "a" }), h(Once, { key: "o" })];
  await show(...all(1));
  await show(...all(1));
  await show(...all(NaN));
  await show(...all(NaN));
  // The same value draws nothing; several are drawn once.
  set(1);
  await frame();
  set(2);
  set((count) => count + 1);
  set((count) => count * 2);
  await frame();
  told.push(root.innerHTML);
  const [counter, ...others] = all(3);
  await show(...others, counter);
  // What is gone can still be set, such as by an answer that comes late.
  const late = set;
  await show(...others);
  late(9);
  await frame();
  await show(...all(4));
  render(null, root);
  await frame();
  return { told, later };
};
`;

/** Plays the scene on an empty page. */
async function play(browser: Browser, file: string, instead?: Record<string, string>): Promise<unknown> {
  const page = await browser.open();
  await page.evaluate(await bundlePage(file, instead));
  const result = await page.evaluate("scene()");
  assertEquals(page.problems, []);
  return result;
}

browserTest("The hooks of the page do in a browser what those of preact/hooks do", async (browser) => {
  const file = await Deno.makeTempFile({ suffix: ".js" });
  try {
    await Deno.writeTextFile(file, SCENE);
    const own = await play(browser, file) as { told: unknown[]; later: unknown[] };
    assert(own.told.length > 20 && own.later.length > 4, JSON.stringify(own));
    assertEquals(own, await play(browser, file, {}));
  } finally {
    await Deno.remove(file);
  }
});
