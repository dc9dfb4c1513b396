/** The page of a hub of several that form one chat: when its hub goes, it goes on at another one. */
import { assertEquals } from "../helpers/assert.ts";
import { ChatPage } from "../helpers/browser/chat_page.ts";
import { browserTest } from "../helpers/browser/chromium.ts";
import { PageHub } from "../helpers/hubs/page_hub.ts";
import { run } from "../helpers/program.ts";

browserTest(
  "In Chromium the page moves to the hub that its hub has named, and its user goes on",
  async (browser) => {
    await using other = await PageHub.start();
    await using hub = await PageHub.start(["--peers", `https://127.0.0.1:1,${other.url}`]);
    // Hubs of one chat have one identity, and name each other, so that each lets the page of the other one in.
    await other.stop();
    await Deno.copyFile(`${hub.data}/hub_identity`, `${other.data}/hub_identity`);
    await other.start(["--peers", hub.url]);
    const ana = await ChatPage.join(browser, hub.url, "ana", { guest: true });
    await ana.say("good morning");
    await ana.sees("good morning");
    await hub.kill();
    await ana.sees(`reconnected to 127.0.0.1:${other.webPort}`);
    await ana.untilConnected();
    const said = await run([
      "say",
      "--hub",
      `127.0.0.1:${other.port}`,
      "-n",
      "bo",
      "--no-config",
      "hello ana",
    ]);
    assertEquals(said.status, 0, said.stderr);
    await ana.sees("hello ana");
    await ana.say("hello bo");
    await ana.sees("hello bo");
  },
);
