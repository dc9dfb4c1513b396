/**
 * The state of the page of one visitor, without a browser: it joins a hub over TCP, and a test does what the visitor
 * does.
 *
 * @module
 */
import { connectTcp } from "../../../client/net/mod.ts";
import { type Alert, ChatStore, type ChatStoreOptions, Memory } from "../../../web/store/mod.ts";
import { withDeadline } from "../deadline.ts";
import { ManualClock } from "../terminal/console.ts";

/** A page. Disposing closes it. */
export class PageStore implements AsyncDisposable {
  /** The clock, which the test advances. */
  readonly clock = new ManualClock();
  /** The state and the actions. */
  readonly store: ChatStore;
  /** The alerts so far. */
  readonly alerts: Alert[] = [];
  /** Whether the visitor sees the page. */
  isVisible = true;
  readonly #ended: Promise<void>;
  #watchers = new Set<() => void>();

  /**
   * Opens the page.
   *
   * @param port the port of the hub on 127.0.0.1
   * @param name the name of the visitor
   * @param kept what the browser keeps between visits
   * @param options changes to what the page has of its browser
   */
  constructor(
    port: number,
    name: string,
    kept = new Map<string, string>(),
    options: Partial<ChatStoreOptions> = {},
  ) {
    this.store = new ChatStore({
      hostname: "127.0.0.1",
      port,
      page: "https://chat.example.org/",
      connect: connectTcp,
      clock: this.clock,
      offsetMinutes: () => 0,
      memory: new Memory({
        getItem: (key) => kept.get(key) ?? null,
        setItem: (key, value) => void kept.set(key, value),
      }),
      name,
      session: crypto.randomUUID().replaceAll("-", ""),
      isVisible: () => this.isVisible,
      changed: () => [...this.#watchers].forEach((check) => check()),
      alert: (alert) => this.alerts.push(alert),
      ...options,
    });
    this.#ended = this.store.run();
    // A test that does not await the end does not fail by its rejection.
    this.#ended.catch(() => {});
  }

  /**
   * Waits until something holds, checking after each change of the state.
   *
   * @param what it in words, for the error
   * @param holds tells whether it holds
   */
  async until(what: string, holds: () => boolean): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const check = () => holds() && resolve();
    this.#watchers.add(check);
    check();
    try {
      await withDeadline(promise, () => `${what}; ${JSON.stringify(this.store.conversations)}`);
    } finally {
      this.#watchers.delete(check);
    }
  }

  /** Waits until it is in the chat. */
  open(): Promise<void> {
    return this.until("the link is open", () => this.store.link?.kind === "open");
  }

  /** Types an input into the current conversation and sends it. */
  async type(text: string): Promise<void> {
    this.store.setDraft(text);
    await this.store.submit();
  }

  /** The messages of a conversation, each as `name: text`; without a label those that are shown. */
  chat(label?: string): string[] {
    const { conversations, items } = this.store;
    const there = label === undefined ? items : conversations.find((one) => one.label === label)?.items ?? [];
    return there.flatMap((item) =>
      item.kind === "message" ? [`${item.line.username}: ${item.line.message}`] : []
    );
  }

  /** The notes of the current conversation. */
  get notes(): string[] {
    return this.store.current.items.flatMap((item) => item.kind === "note" ? [item.text] : []);
  }

  /** Waits for a message, as `name: text`. */
  sees(line: string, label?: string): Promise<void> {
    return this.until(line, () => this.chat(label).includes(line));
  }

  /** Waits for a note that contains a text. */
  isTold(text: string): Promise<void> {
    return this.until(text, () => this.notes.some((note) => note.includes(text)));
  }

  /** Closes the page. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.store.end();
    await withDeadline(this.#ended, () => "the page does not end");
  }
}
