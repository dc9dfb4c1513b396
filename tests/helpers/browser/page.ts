/**
 * A page in a browser, used as a person does: controls are found by role and accessible name, as a screen reader
 * announces them, and get real keys and clicks. What a test waits for is tried again after each change of the document;
 * nothing sleeps.
 *
 * Long because it holds all that a person can do with a page, and all that a test may see of it.
 *
 * @module
 */
import { DEADLINE_MS, withDeadline } from "../deadline.ts";
import type { Cdp, Fields } from "./cdp.ts";

/** Options of a page. */
export interface PageOptions {
  /** Its width and height in CSS pixels; 1,000 × 700 if not given. */
  size?: [width: number, height: number];
  /** Whether it is a phone: touch, and the viewport of the page's `meta` element. */
  phone?: boolean;
  /** Which colours the person prefers; light if not given. */
  colors?: "light" | "dark";
  /** Whether certificates that no authority signed are accepted. */
  anyCertificate?: boolean;
  /** The origin that may show notifications. */
  notificationsFrom?: string;
  /** JavaScript that runs in the page before its own. */
  before?: string;
  /** Another page of the same person: this one is another tab of that browser, which ends with the other one. */
  beside?: Page;
}

/** The names of keys that are not characters, and what Chromium wants to know of them. */
const KEYS: Readonly<Record<string, Fields>> = {
  Enter: { windowsVirtualKeyCode: 13, text: "\r" },
  Tab: { windowsVirtualKeyCode: 9 },
  Escape: { windowsVirtualKeyCode: 27 },
  Backspace: { windowsVirtualKeyCode: 8 },
  Space: { key: " ", code: "Space", windowsVirtualKeyCode: 32, text: " " },
  ArrowUp: { windowsVirtualKeyCode: 38 },
  ArrowDown: { windowsVirtualKeyCode: 40 },
  ArrowLeft: { windowsVirtualKeyCode: 37 },
  ArrowRight: { windowsVirtualKeyCode: 39 },
  Home: { windowsVirtualKeyCode: 36 },
  End: { windowsVirtualKeyCode: 35 },
  PageUp: { windowsVirtualKeyCode: 33 },
  PageDown: { windowsVirtualKeyCode: 34 },
};

const MODIFIERS: Readonly<Record<string, number>> = { Alt: 1, Control: 2, Meta: 4, Shift: 8 };

/** The world of the observer: the scripts of the page neither see it nor can stop it. */
const WORLD = "riftchat-tests";

/** Reports each change of the document to the test. */
const OBSERVER = `(() => {
  const report = () => globalThis.__changed("");
  const all = { subtree: true, childList: true, attributes: true, characterData: true };
  new MutationObserver(report).observe(document, all);
  for (const event of ["input", "focusin", "focusout", "scroll", "toggle", "close", "visibilitychange"]) {
    document.addEventListener(event, report, true);
  }
  for (const event of ["DOMContentLoaded", "load", "hashchange", "popstate", "online", "offline", "resize"]) {
    addEventListener(event, report);
  }
})()`;

/** A control or a region of a page. */
export interface Found {
  /** Its role, such as `button`. */
  role: string;
  /** Its accessible name. */
  name: string;
  /** Its states and values, such as `focused`, `checked`, `expanded`. */
  properties: Record<string, unknown>;
  /** The number by which Chromium knows its node. */
  node: number;
}

/** A page in a context of its own: one person at one browser. */
export class Page {
  readonly #cdp: Cdp;
  readonly #context: string;
  readonly #target: string;
  readonly #session: string;
  #changes = 0;
  #changed = Promise.withResolvers<void>();
  #crashed: string | undefined;
  #isBeside = false;
  /** What went wrong in the page: errors, exceptions, violations of its policy, dialogs of `alert` and the like. */
  readonly problems: string[] = [];
  /** The addresses of everything that the page asked for. */
  readonly requests: string[] = [];

  private constructor(cdp: Cdp, context: string, target: string, session: string) {
    this.#cdp = cdp;
    this.#context = context;
    this.#target = target;
    this.#session = session;
    cdp.listen(session, (method, parameters) => this.#take(method, parameters));
  }

  /**
   * Opens an empty page; tests call `Browser.open` instead.
   *
   * @param cdp the connection
   * @param options see {@linkcode PageOptions}
   */
  static async open(cdp: Cdp, options: PageOptions): Promise<Page> {
    const { size = [1000, 700], phone = false, colors = "light", anyCertificate, notificationsFrom } =
      options;
    const { beside } = options;
    const browserContextId = beside === undefined
      ? (await cdp.send("Target.createBrowserContext")).browserContextId
      : beside.#context;
    if (notificationsFrom !== undefined) {
      await cdp.send("Browser.grantPermissions", {
        permissions: ["notifications"],
        origin: notificationsFrom,
        browserContextId,
      });
    }
    const { targetId } = await cdp.send("Target.createTarget", { url: "about:blank", browserContextId });
    const { sessionId } = await cdp.send("Target.attachToTarget", { targetId, flatten: true });
    const page = new Page(cdp, browserContextId, targetId, sessionId);
    page.#isBeside = beside !== undefined;
    await Promise.all([
      page.send("Page.enable"),
      page.send("Runtime.enable"),
      page.send("Network.enable"),
      page.send("Log.enable"),
      page.send("Accessibility.enable"),
      page.send("Runtime.addBinding", { name: "__changed", executionContextName: WORLD }),
      page.send("Page.addScriptToEvaluateOnNewDocument", { source: OBSERVER, worldName: WORLD }),
      page.send("Emulation.setFocusEmulationEnabled", { enabled: true }),
      page.send("Emulation.setEmulatedMedia", {
        features: [{ name: "prefers-color-scheme", value: colors }, {
          name: "prefers-reduced-motion",
          value: "reduce",
        }],
      }),
      page.resize(...size, phone),
      ...anyCertificate ? [page.send("Security.setIgnoreCertificateErrors", { ignore: true })] : [],
      ...options.before === undefined
        ? []
        : [page.send("Page.addScriptToEvaluateOnNewDocument", { source: options.before })],
    ]);
    return page;
  }

  /**
   * Sends a request of the protocol to this page.
   *
   * @param method the method
   * @param parameters its parameters
   */
  send(method: string, parameters: Fields = {}): Promise<Fields> {
    return this.#cdp.send(method, parameters, this.#session);
  }

  /**
   * Goes to an address and waits until the document is loaded.
   *
   * @param url the address
   * @throws {Error} if nothing answers there
   */
  async goto(url: string): Promise<void> {
    const { errorText } = await this.send("Page.navigate", { url });
    if (errorText !== undefined) throw new Error(`${url}: ${errorText}`);
    await this.until(`${url} to load`, async () => await this.evaluate(`document.readyState`) === "complete");
  }

  /** Loads the page again. */
  async reload(): Promise<void> {
    await this.evaluate("window.__before = true");
    await this.send("Page.reload");
    await this.until(
      "the page to load again",
      () => this.evaluate(`!window.__before && document.readyState === "complete"`),
    );
  }

  /**
   * Evaluates an expression in the page.
   *
   * @param expression JavaScript; a promise is awaited
   * @returns its value, copied as JSON
   * @throws {Error} if it throws
   */
  // deno-lint-ignore no-explicit-any -- as JSON.parse
  async evaluate(expression: string): Promise<any> {
    const { result, exceptionDetails } = await this.send("Runtime.evaluate", {
      expression,
      returnByValue: true,
      awaitPromise: true,
    });
    if (exceptionDetails !== undefined) {
      throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    }
    return result.value;
  }

  /**
   * Waits until something holds. It is tried now, and after each change of the document.
   *
   * @param story what it waits for, for the error
   * @param holds returns a value other than `undefined`, `false` and `null` once it holds
   * @returns that value
   * @throws {Error} with the story and what the page shows, at the deadline
   */
  async until<T>(story: string, holds: () => Promise<T> | T): Promise<NonNullable<Exclude<T, false>>> {
    const end = performance.now() + DEADLINE_MS;
    for (;;) {
      if (this.#crashed !== undefined) throw new Error(this.#crashed);
      const before = this.#changes, changed = this.#changed.promise;
      let value: T | undefined;
      try {
        value = await holds();
      } catch (error) {
        // The document was replaced meanwhile.
        if (!/context|navigated|No node|Could not find|not belong|detached/i.test((error as Error).message)) {
          throw error;
        }
      }
      if (value !== undefined && value !== false && value !== null) {
        return value as NonNullable<Exclude<T, false>>;
      }
      if (this.#changes !== before) continue;
      try {
        await withDeadline(changed, () => story, Math.max(1, end - performance.now()));
      } catch {
        throw new Error(
          `waiting for ${story}. The page shows:\n${await this.outline()}\n${this.problems.join("\n")}`,
        );
      }
    }
  }

  /**
   * Returns all controls and regions with a role and a name, in the order of the document, without hidden ones.
   *
   * @param role the role, such as `button` or `log`
   * @param name the accessible name: the whole of it, or what matches; any if not given
   */
  async all(role: string, name?: string | RegExp): Promise<Found[]> {
    const { result } = await this.send("Runtime.evaluate", { expression: "document", objectGroup: "find" });
    const { nodes } = await this.send("Accessibility.queryAXTree", {
      objectId: result.objectId,
      role,
      ...typeof name === "string" ? { accessibleName: name } : {},
    });
    await this.send("Runtime.releaseObjectGroup", { objectGroup: "find" });
    return (nodes as Fields[]).filter(({ ignored }) => !ignored).map((node) => ({
      role: node.role.value,
      name: node.name?.value ?? "",
      properties: Object.fromEntries(
        (node.properties ?? []).map((property: Fields) => [property.name, property.value.value]),
      ),
      node: node.backendDOMNodeId,
    })).filter((found) => !(name instanceof RegExp) || name.test(found.name));
  }

  /**
   * Waits for a control or region.
   *
   * @param role its role
   * @param name its accessible name
   * @returns the first one
   */
  find(role: string, name?: string | RegExp): Promise<Found> {
    return this.until(`${role} ${name ?? ""}`, async () => (await this.all(role, name))[0]);
  }

  /**
   * Waits until there is no such control or region.
   *
   * @param role its role
   * @param name its accessible name
   */
  async gone(role: string, name?: string | RegExp): Promise<void> {
    await this.until(`no ${role} ${name ?? ""}`, async () => (await this.all(role, name)).length === 0);
  }

  /**
   * Calls a function on the node of a control or region.
   *
   * @param found where
   * @param body a JavaScript function whose `this` is the node
   * @returns its value, copied as JSON
   */
  // deno-lint-ignore no-explicit-any -- as JSON.parse
  async on(found: Found, body: string): Promise<any> {
    const { object } = await this.send("DOM.resolveNode", { backendNodeId: found.node, objectGroup: "on" });
    const { result, exceptionDetails } = await this.send("Runtime.callFunctionOn", {
      objectId: object.objectId,
      functionDeclaration: body,
      returnByValue: true,
      awaitPromise: true,
    });
    await this.send("Runtime.releaseObjectGroup", { objectGroup: "on" });
    if (exceptionDetails !== undefined) {
      throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    }
    return result.value;
  }

  /**
   * Waits until a region shows a text.
   *
   * @param role its role
   * @param name its accessible name
   * @param wanted the text, or what matches
   * @returns all that it shows
   */
  sees(role: string, name: string | RegExp | undefined, wanted: string | RegExp): Promise<string> {
    return this.until(`${wanted} in ${role} ${name ?? ""}`, async () => {
      for (const found of await this.all(role, name)) {
        const text: string = await this.textOf(found);
        if (typeof wanted === "string" ? text.includes(wanted) : wanted.test(text)) return text;
      }
    });
  }

  /**
   * Returns what a control or region shows, as it is laid out.
   *
   * @param found where
   */
  textOf(found: Found): Promise<string> {
    return this.on(found, "function () { return this.innerText ?? this.textContent; }");
  }

  /**
   * Waits for a control and clicks in its middle.
   *
   * @param role its role
   * @param name its accessible name
   */
  async click(role: string, name?: string | RegExp): Promise<void> {
    await this.until(`${role} ${name ?? ""} to be clicked`, async () => {
      const found = (await this.all(role, name)).find(({ properties }) => properties.disabled !== true);
      return found && await this.clickOn(found);
    });
  }

  /**
   * Clicks in the middle of a control, with the mouse.
   *
   * @param found the control
   * @returns whether it is laid out, so that it could be clicked
   */
  async clickOn(found: Found): Promise<boolean> {
    await this.send("DOM.scrollIntoViewIfNeeded", { backendNodeId: found.node }).catch(() => {});
    const { quads } = await this.send("DOM.getContentQuads", { backendNodeId: found.node }).catch(() => ({
      quads: [],
    }));
    const quad: number[] | undefined = quads[0];
    if (quad === undefined) return false;
    const x = (quad[0]! + quad[4]!) / 2, y = (quad[1]! + quad[5]!) / 2;
    await this.send("Input.dispatchMouseEvent", { type: "mouseMoved", x, y });
    for (const type of ["mousePressed", "mouseReleased"]) {
      await this.send("Input.dispatchMouseEvent", { type, x, y, button: "left", clickCount: 1 });
    }
    return true;
  }

  /**
   * Types a text where the focus is, as an input method or a paste of plain text does.
   *
   * @param text the text
   */
  async type(text: string): Promise<void> {
    await this.send("Input.insertText", { text });
  }

  /**
   * Presses keys, one after the other.
   *
   * @param keys each a character or a name, with modifiers in front: `Enter`, `Shift+Tab`, `Control+k`
   */
  async press(...keys: string[]): Promise<void> {
    for (const combination of keys) {
      const names = combination.split("+");
      const key = names.pop()!;
      const modifiers = names.reduce((sum, name) => sum | MODIFIERS[name]!, 0);
      const plain = (modifiers & ~8) === 0;
      const event = {
        key,
        code: key.length === 1 ? `Key${key.toUpperCase()}` : key,
        ...key.length === 1
          ? { windowsVirtualKeyCode: key.toUpperCase().charCodeAt(0), ...plain ? { text: key } : {} }
          : KEYS[key]!,
        modifiers,
      };
      await this.send("Input.dispatchKeyEvent", {
        type: "text" in event ? "keyDown" : "rawKeyDown",
        ...event,
      });
      await this.send("Input.dispatchKeyEvent", { ...event, type: "keyUp", text: undefined });
    }
  }

  /**
   * Fills in a field: clicks it, replaces what is in it, and types.
   *
   * @param name its accessible name
   * @param text the text
   * @param role its role
   */
  async fill(name: string | RegExp, text: string, role = "textbox"): Promise<void> {
    const found = await this.find(role, name);
    await this.send("DOM.focus", { backendNodeId: found.node });
    await this.on(found, "function () { this.select?.(); }");
    await this.type(text);
  }

  /** What has the focus: its role and name, or `undefined`. */
  async focused(): Promise<Found | undefined> {
    const { result } = await this.send("Runtime.evaluate", {
      expression: "document.activeElement",
      objectGroup: "find",
    });
    if (result.objectId === undefined) return undefined;
    const { nodes } = await this.send("Accessibility.getPartialAXTree", {
      objectId: result.objectId,
      fetchRelatives: false,
    });
    await this.send("Runtime.releaseObjectGroup", { objectGroup: "find" });
    const node = nodes[0];
    if (node === undefined || node.ignored) return undefined;
    return {
      role: node.role.value,
      name: node.name?.value ?? "",
      properties: {},
      node: node.backendDOMNodeId,
    };
  }

  /**
   * Gives the page another size.
   *
   * @param width in CSS pixels
   * @param height in CSS pixels
   * @param phone whether it is a phone
   */
  async resize(width: number, height: number, phone = false): Promise<void> {
    await this.send("Emulation.setDeviceMetricsOverride", {
      width,
      height,
      deviceScaleFactor: 1,
      mobile: phone,
    });
    await this.send("Emulation.setTouchEmulationEnabled", { enabled: phone });
  }

  /**
   * Takes the network away, or gives it back. Connections that are open stay open, but carry nothing.
   *
   * @param offline whether there is no network
   */
  async offline(offline: boolean): Promise<void> {
    await this.send("Network.emulateNetworkConditions", {
      offline,
      latency: 0,
      downloadThroughput: -1,
      uploadThroughput: -1,
    });
  }

  /**
   * Hides the page, as another tab in front of it does, or shows it again.
   *
   * @param hidden whether it is hidden
   */
  async hide(hidden: boolean): Promise<void> {
    await this.send("Emulation.setFocusEmulationEnabled", { enabled: !hidden });
    if (hidden) {
      await this.#cdp.send("Target.createTarget", { url: "about:blank", browserContextId: this.#context });
    } else {
      await this.#cdp.send("Target.activateTarget", { targetId: this.#target });
    }
    await this.until(
      hidden ? "the page to be hidden" : "the page to be shown",
      () => this.evaluate(`document.hidden === ${hidden}`),
    );
  }

  /**
   * Takes a picture.
   *
   * @returns a PNG
   */
  async picture(): Promise<Uint8Array<ArrayBuffer>> {
    const { data } = await this.send("Page.captureScreenshot", { format: "png", optimizeForSpeed: false });
    return Uint8Array.fromBase64(data);
  }

  /** What a screen reader finds: a line for each node with a role, a name or text, indented. */
  async outline(): Promise<string> {
    const { nodes } = await this.send("Accessibility.getFullAXTree");
    const byId = new Map<string, Fields>(nodes.map((node: Fields) => [node.nodeId, node]));
    const lines: string[] = [];
    const walk = (node: Fields | undefined, depth: number) => {
      if (node === undefined) return;
      const role = node.role?.value;
      const shown = !node.ignored && !["InlineTextBox", "generic", "none"].includes(role);
      if (shown) lines.push(`${"  ".repeat(depth)}${role} ${JSON.stringify(node.name?.value ?? "")}`);
      for (const id of node.childIds ?? []) walk(byId.get(id), shown ? depth + 1 : depth);
    };
    walk(nodes[0], 0);
    return lines.join("\n");
  }

  /** Closes the page and forgets what it stored. */
  async close(): Promise<void> {
    this.#cdp.ignore(this.#session);
    if (this.#isBeside) return;
    await this.#cdp.send("Target.disposeBrowserContext", { browserContextId: this.#context });
  }

  #take(method: string, parameters: Fields): void {
    switch (method) {
      case "Runtime.exceptionThrown":
        this.problems.push(
          `exception: ${
            parameters.exceptionDetails.exception?.description ?? parameters.exceptionDetails.text
          }`,
        );
        break;
      case "Runtime.consoleAPICalled":
        if (parameters.type === "error" || parameters.type === "warning") {
          this.problems.push(
            `console: ${parameters.args.map((arg: Fields) => arg.value ?? arg.description).join(" ")}`,
          );
        }
        break;
      case "Log.entryAdded":
        if (parameters.entry.level === "error") {
          this.problems.push(`log: ${parameters.entry.text} ${parameters.entry.url ?? ""}`);
        }
        break;
      case "Page.javascriptDialogOpening":
        this.problems.push(`dialog: ${parameters.message}`);
        this.send("Page.handleJavaScriptDialog", { accept: true }).catch(() => {});
        break;
      case "Network.requestWillBeSent":
        this.requests.push(parameters.request.url);
        break;
      case "Network.webSocketCreated":
        this.requests.push(parameters.url);
        break;
      case "Inspector.targetCrashed":
        this.#crashed = "the page crashed";
        break;
      case "Runtime.bindingCalled":
      case "Page.loadEventFired":
      case "Page.frameNavigated":
      case "Page.navigatedWithinDocument":
        break;
      default:
        return;
    }
    this.#changes++;
    this.#changed.resolve();
    this.#changed = Promise.withResolvers<void>();
  }
}
