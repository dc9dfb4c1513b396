/**
 * The page over TLS, on the port of the chat: `riftchat serve --tls` is all that is needed. The certificate is the
 * hub's own, and the person in the browser has accepted it.
 *
 * @module
 */
import { join } from "node:path";
import { assertEquals } from "../helpers/assert.ts";
import { ChatPage } from "../helpers/browser/chat_page.ts";
import { browserTest } from "../helpers/browser/chromium.ts";
import { Home, TlsHub } from "../helpers/hubs/tls_hub.ts";
import { NO_PTY, OLD_RUNTIME } from "../helpers/needs.ts";
import { Pty } from "../helpers/terminal/pty.ts";

/** The error of a browser that registers no service worker with a certificate that no authority signed. */
const NO_WORKER = /(?:SSL certificate|An unknown) error occurred when fetching the script/;

browserTest(
  "A browser over TLS and a terminal over TLS talk on one port, and a page that is loaded again goes on",
  async (browser) => {
    using home = new Home();
    const flags = ["--port", "0", "--tls", "--history", "on", "--data", join(home.path, "hub")];
    await using hub = await TlsHub.start(flags, { env: home.env });
    const url = `https://127.0.0.1:${hub.tlsPort}/`;
    const ana = await ChatPage.join(browser, url, "ana", { anyCertificate: true });
    await using bo = await Pty.start(["join", hub.address, "-n", "bo"], {
      columns: 120,
      config: home.env.XDG_CONFIG_HOME,
    });
    await bo.until(/Type yes, no, or the fingerprint/);
    await bo.type(`${hub.fingerprint}\r`);
    await bo.until(/^-- connected/);
    await bo.type("line 1\r");
    await ana.sees("line 1");
    await ana.say("line 2");
    await bo.until(/ana .*line 2$/);
    await ana.page.reload();
    await ana.untilConnected();
    await bo.type("line 3\r");
    await ana.sees("line 3");
    assertEquals(await ana.matches(/line \d+/g), ["line 1", "line 2", "line 3"]);
    // Everything went over TLS, and the browser holds the key of the name: the page is a secure context.
    const schemes = new Set(ana.page.requests.map((address) => new URL(address).protocol));
    assertEquals([...schemes].sort(), ["https:", "wss:"]);
    assertEquals(await ana.page.evaluate("isSecureContext"), true);
    await ana.say(":whois ana");
    await ana.sees(/SHA256:/);
    assertEquals(ana.page.problems.filter((problem) => !NO_WORKER.test(problem)), []);
  },
  OLD_RUNTIME ?? NO_PTY,
);

browserTest(
  "A browser that has not accepted the certificate of the hub shows no page",
  async (browser) => {
    using home = new Home();
    await using hub = await home.hub();
    const page = await browser.open();
    const { errorText } = await page.send("Page.navigate", { url: `https://127.0.0.1:${hub.tlsPort}/` });
    assertEquals(errorText, "net::ERR_CERT_AUTHORITY_INVALID");
  },
  OLD_RUNTIME,
);
