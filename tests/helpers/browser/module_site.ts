/**
 * An empty page with the modules of `web/browser/` as the global `browser`, so that tests call them in Chromium. Its
 * server has a WebSocket at `/ws` that sends back what it gets.
 *
 * @module
 */
import { bundlePage } from "../../../tools/page.ts";
import type { Browser } from "./chromium.ts";
import type { Page } from "./page.ts";

const MODULE = new URL("../../../web/browser/mod.ts", import.meta.url);

/** The site of such a page. */
export class ModuleSite implements AsyncDisposable {
  /** Its address. */
  readonly url: string;
  /** What its WebSocket has got: texts, bytes as numbers, and `closed` with the code of each that was closed. */
  readonly got: unknown[] = [];
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #open = new Map<WebSocket, Promise<void>>();

  private constructor(script: string) {
    this.#server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
      const { pathname } = new URL(request.url);
      if (pathname === "/ws") return this.#accept(request);
      const [type, body] = pathname === "/browser.js"
        ? ["text/javascript", script]
        : ["text/html", `<!doctype html><title>modules</title><script type=module src=/browser.js></script>`];
      return new Response(body, { headers: { "content-type": type, "connection": "close" } });
    });
    this.url = `http://127.0.0.1:${this.#server.addr.port}/`;
  }

  /** Bundles the modules and serves them. */
  static async start(): Promise<ModuleSite> {
    const file = await Deno.makeTempFile({ suffix: ".ts" });
    try {
      await Deno.writeTextFile(
        file,
        `import * as browser from "${MODULE.href}";\nObject.assign(globalThis, { browser });\n`,
      );
      return new ModuleSite(await bundlePage(file));
    } finally {
      await Deno.remove(file);
    }
  }

  /** Sends to each WebSocket that is open. */
  send(data: string | Uint8Array<ArrayBuffer>): void {
    for (const socket of this.#open.keys()) socket.send(data);
  }

  /** Closes each WebSocket that is open. */
  closeSockets(): void {
    for (const socket of this.#open.keys()) socket.close(1001);
  }

  /** Closes all of it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.closeSockets();
    await Promise.all(this.#open.values());
    await this.#server.shutdown();
  }

  #accept(request: Request): Response {
    const { socket, response } = Deno.upgradeWebSocket(request);
    socket.binaryType = "arraybuffer";
    const closed = Promise.withResolvers<void>();
    this.#open.set(socket, closed.promise);
    socket.onmessage = ({ data }) => {
      this.got.push(typeof data === "string" ? data : [...new Uint8Array(data)]);
      socket.send(data);
    };
    socket.onclose = ({ code }) => {
      this.got.push(`closed ${code}`);
      this.#open.delete(socket);
      closed.resolve();
    };
    return response;
  }
}

/**
 * Opens the page of a site.
 *
 * @param browser the browser
 * @param site the site
 * @param before JavaScript that runs in the page before its own
 * @returns the page, which has its modules
 */
export async function openModules(browser: Browser, site: ModuleSite, before = ""): Promise<Page> {
  const page = await browser.open({ before });
  await page.goto(site.url);
  await page.until("the modules", () => page.evaluate("typeof browser === 'object'"));
  return page;
}
