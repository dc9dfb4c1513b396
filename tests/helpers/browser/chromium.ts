/**
 * Chromium without a window, for tests of the page. One process serves all tests of a file: it is started before the
 * first and ended after the last. Each test has connections and persons of its own, so the sanitizers see no leak.
 *
 * @module
 */
import { delimiter, join } from "node:path";
import { DEADLINE_MS, withDeadline } from "../deadline.ts";
import { needs, NOT_ROOT } from "../needs.ts";
import { Cdp } from "./cdp.ts";
import { Page, type PageOptions } from "./page.ts";

const COMMANDS = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const FILES = ["/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"];

/** The executable of Chromium or Chrome, or `undefined` if none is installed. `CHROMIUM` names another one. */
export const CHROMIUM: string | undefined = await findChromium();

/** Why a test in a browser cannot run here; `undefined` if it can. */
export const NO_CHROMIUM: string | undefined = CHROMIUM === undefined
  ? "Chromium is not installed: apt-get install chromium, or set CHROMIUM"
  : undefined;

async function findChromium(): Promise<string | undefined> {
  const named = Deno.env.get("CHROMIUM");
  if (named !== undefined) return named === "" ? undefined : named;
  if (Deno.build.os === "windows") return undefined;
  const folders = (Deno.env.get("PATH") ?? "").split(delimiter);
  const paths = [...COMMANDS.flatMap((command) => folders.map((folder) => join(folder, command))), ...FILES];
  for (const path of paths) {
    if (await Deno.stat(path).then(({ isFile }) => isFile, () => false)) return path;
  }
  return undefined;
}

/**
 * Declares a test in a browser.
 *
 * @param name what holds, as a sentence
 * @param fn the test; it gets a connection to the browser of this file
 * @param missing what else is missing on this machine; `undefined` for nothing
 */
export function browserTest(
  name: string,
  fn: (browser: Browser) => Promise<void>,
  missing?: string,
): void {
  startOnce();
  Deno.test({
    ...needs(name, NO_CHROMIUM ?? missing),
    fn: async () => {
      await using browser = await Browser.connect(chromium!.url);
      await fn(browser);
    },
  });
}

/** The browser of this file: files that run at the same time have modules of their own. */
let chromium: Chromium | undefined;
let declared = false;

function startOnce(): void {
  if (declared || CHROMIUM === undefined) return;
  declared = true;
  Deno.test.beforeAll(async () => {
    chromium = await Chromium.start();
  });
  Deno.test.afterAll(async () => {
    await chromium?.[Symbol.asyncDispose]();
  });
}

/** A process of Chromium with a profile folder of its own. */
export class Chromium implements AsyncDisposable {
  /** The address for {@linkcode Browser.connect}. */
  readonly url: string;
  readonly #process: Deno.ChildProcess;
  readonly #profile: string;

  private constructor(url: string, process: Deno.ChildProcess, profile: string) {
    this.url = url;
    this.#process = process;
    this.#profile = profile;
  }

  /**
   * Starts Chromium.
   *
   * @param options whether pages may store nothing, as with cookies off
   * @returns the process, which accepts connections
   * @throws {Error} with its stderr if it ends before, or at the deadline
   */
  static async start({ storesNothing = false } = {}): Promise<Chromium> {
    const profile = await Deno.makeTempDir({ prefix: "riftchat-chromium-" });
    if (storesNothing) {
      const preferences = { profile: { default_content_setting_values: { cookies: 2 } } };
      await Deno.mkdir(join(profile, "Default"));
      await Deno.writeTextFile(join(profile, "Default", "Preferences"), JSON.stringify(preferences));
    }
    const process = new Deno.Command(CHROMIUM!, {
      args: [
        "--headless=new",
        "--remote-debugging-port=0",
        `--user-data-dir=${profile}`,
        // Its sandbox does not start as root.
        ...NOT_ROOT === undefined ? ["--no-sandbox"] : [],
        "--no-first-run",
        "--no-startup-window",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-extensions",
        "--disable-sync",
        "--hide-scrollbars",
        "--lang=en-US",
        // A hub on this machine under a name that others could use.
        "--host-resolver-rules=MAP chat.example.org 127.0.0.1",
      ],
      env: { LANG: "C.UTF-8", TZ: "UTC" },
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    let stderr = "";
    const reader = process.stderr.pipeThrough(new TextDecoderStream()).getReader();
    const listening = (async () => {
      for (;;) {
        const url = /^DevTools listening on (ws:\S+)$/m.exec(stderr)?.[1];
        if (url !== undefined) return url;
        const { value, done } = await reader.read();
        if (done) throw new Error(`Chromium ended: ${stderr}`);
        stderr += value;
      }
    })();
    try {
      const url = await withDeadline(listening, () => `starting Chromium: ${stderr}`, 2 * DEADLINE_MS);
      return new Chromium(url, process, profile);
    } catch (error) {
      process.kill("SIGKILL");
      await process.status;
      await removeFolder(profile);
      throw error;
    } finally {
      await reader.cancel();
    }
  }

  /** Ends the process and removes its profile. */
  async [Symbol.asyncDispose](): Promise<void> {
    const cdp = await Cdp.connect(this.url);
    cdp.send("Browser.close").catch(() => {});
    await cdp.closed;
    await withDeadline(this.#process.status, () => "ending Chromium");
    await removeFolder(this.#profile);
  }
}

/** Removes a folder into which the last process of a browser may still write. */
async function removeFolder(path: string): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    try {
      return await Deno.remove(path, { recursive: true });
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return;
    }
  }
}

/** A connection to a browser; it closes the persons that were opened on it. */
export class Browser implements AsyncDisposable {
  readonly #cdp: Cdp;
  readonly #pages: Page[] = [];

  private constructor(cdp: Cdp) {
    this.#cdp = cdp;
  }

  /**
   * Connects to a browser.
   *
   * @param url its address, from {@linkcode Chromium.url}
   */
  static async connect(url: string): Promise<Browser> {
    return new Browser(await Cdp.connect(url));
  }

  /**
   * Opens a page of a person who has never been here: without stored data, in a context of its own.
   *
   * @param options see {@linkcode PageOptions}
   */
  async open(options: PageOptions = {}): Promise<Page> {
    const page = await Page.open(this.#cdp, options);
    this.#pages.push(page);
    return page;
  }

  /** Closes its pages and the connection. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const page of this.#pages) await page.close();
    await this.#cdp[Symbol.asyncDispose]();
  }
}
