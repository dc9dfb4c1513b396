/**
 * The page is installed on a phone or a desktop: Chromium finds all that it wants of such a page, and the pictures of
 * the manifest are what it says.
 *
 * @module
 */
import { assert, assertEquals } from "../helpers/assert.ts";
import { ChatPage } from "../helpers/browser/chat_page.ts";
import { browserTest } from "../helpers/browser/chromium.ts";
import { PageHub } from "../helpers/hubs/page_hub.ts";

/** An icon of a manifest. */
interface Icon {
  src: string;
  sizes: string;
  type: string;
  purpose: string;
}

browserTest("Chromium can install the page, and its manifest has no fault", async (browser) => {
  await using hub = await PageHub.start();
  const { page } = await ChatPage.join(browser, hub.url, "ana");
  const { installabilityErrors } = await page.send("Page.getInstallabilityErrors");
  // Tests use a context that forgets all, as a private window; nothing is installed from there.
  assertEquals(
    installabilityErrors.filter(({ errorId }: { errorId: string }) => errorId !== "in-incognito"),
    [],
  );
  const { url, errors, data } = await page.send("Page.getAppManifest");
  assertEquals([url, errors], [`${hub.url}manifest.webmanifest`, []]);
  const { icons } = JSON.parse(data) as { icons: Icon[] };
  const wanted = ["any any", "192x192 any", "512x512 any", "512x512 maskable"];
  assertEquals(icons.map(({ sizes, purpose }) => `${sizes} ${purpose}`), wanted);
  for (const { src, sizes, type, purpose } of icons) {
    // The alpha of a corner and of the middle, after the browser has decoded the picture.
    const [shown, corner, middle, served] = await page.evaluate(`(async () => {
      const response = await fetch(${JSON.stringify(src)});
      const image = new Image();
      image.src = ${JSON.stringify(src)};
      await image.decode();
      const canvas = new OffscreenCanvas(64, 64).getContext("2d");
      canvas.drawImage(image, 0, 0, 64, 64);
      const alpha = (x, y) => canvas.getImageData(x, y, 1, 1).data[3];
      return [image.naturalWidth + "x" + image.naturalHeight, alpha(0, 0), alpha(32, 18),
        response.headers.get("content-type")];
    })()`);
    assertEquals(served, type);
    if (sizes !== "any") assertEquals(shown, sizes);
    assert(middle === 255 && corner === (purpose === "maskable" ? 255 : 0), `${src}: ${corner}, ${middle}`);
  }
  assertEquals(page.problems, []);
});
