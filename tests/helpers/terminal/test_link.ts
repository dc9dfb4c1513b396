/**
 * A link with a manual clock. It records states, lines and messages, and a test can wait for them.
 *
 * @module
 */
import {
  type Ended,
  type LinkState,
  type OwnLine,
  ReconnectingLink,
  type Waiting,
} from "../../../client/link/mod.ts";
import type { ReconnectingLinkOptions } from "../../../client/link/reconnecting_link.ts";
import type { Address } from "../../../client/net/mod.ts";
import type { Body } from "../../../protocol/mod.ts";
import { assertEquals } from "../assert.ts";
import { ManualClock } from "./console.ts";
import { withDeadline } from "../deadline.ts";

/** A running link and everything it has reported. Disposing closes it and asserts that none of its timers is left. */
export class TestLink implements AsyncDisposable {
  /** The clock, which the test advances. */
  readonly clock = new ManualClock();
  /** The link. */
  readonly link: ReconnectingLink;
  /** Every reported state. */
  readonly states: LinkState[] = [];
  /** Every reported change of a line. */
  readonly lines: OwnLine[] = [];
  /** Every received message. */
  readonly bodies: Body[] = [];
  /** Resolves when the link has ended. */
  readonly ended: Promise<Ended>;
  #watchers = new Set<() => void>();

  /**
   * Makes a link and runs it.
   *
   * @param hubs the port of the hub on 127.0.0.1, or the addresses of hubs; of two the first is tried first
   * @param options changes to the defaults: the name ana, and half of the jitter each time
   */
  constructor(hubs: number | readonly Address[], options: Partial<ReconnectingLinkOptions> = {}) {
    const record = <T>(values: T[], next?: (value: T) => void) => (value: T) => {
      values.push(value);
      next?.(value);
      for (const check of [...this.#watchers]) check();
    };
    this.link = new ReconnectingLink(
      typeof hubs === "number" ? { hostname: "127.0.0.1", port: hubs } : hubs,
      {
        name: "ana",
        clock: this.clock,
        random: () => 0.5,
        ...options,
        received: async (received) => {
          record(this.bodies)(received.body);
          await options.received?.(received);
        },
        changed: record(this.states, options.changed),
        lineChanged: record(this.lines, options.lineChanged),
      },
    );
    this.ended = withDeadline(this.link.run(), () => `the end; ${this.#report()}`);
    // A test that does not await `ended` does not fail by its rejection.
    this.ended.catch(() => {});
  }

  /**
   * Waits for a value, checking after every report, and then for one turn of the event loop, so that the link has
   * handled the report.
   *
   * @param what the value in words, for the error message
   * @param holds returns the value, or `undefined` while it is missing
   * @returns the value
   */
  async until<T>(what: string, holds: () => T | undefined): Promise<T> {
    const { promise, resolve } = Promise.withResolvers<T>();
    const check = () => {
      const found = holds();
      if (found !== undefined) resolve(found);
    };
    this.#watchers.add(check);
    check();
    try {
      const found = await withDeadline(promise, () => `${what}; ${this.#report()}`);
      await new Promise<void>((resolve) => setTimeout(resolve));
      return found;
    } finally {
      this.#watchers.delete(check);
    }
  }

  /**
   * Waits for a state.
   *
   * @param kind the kind of state
   * @param count how many states of this kind to wait for, from 1
   * @returns the last of them
   */
  state<K extends LinkState["kind"]>(kind: K, count = 1): Promise<LinkState & { kind: K }> {
    return this.until(`${kind} ${count}`, () => {
      const matching = this.states.filter((state): state is LinkState & { kind: K } => state.kind === kind);
      return matching[count - 1];
    });
  }

  /**
   * Waits until a line reaches a state.
   *
   * @param id number of the line
   * @param kind the state
   * @returns the line
   */
  line(id: number, kind: OwnLine["state"]["kind"]): Promise<OwnLine> {
    return this.until(
      `line ${id} ${kind}`,
      () => this.lines.find((line) => line.id === id && line.state.kind === kind),
    );
  }

  /** The received chat messages, its own included, in order, as `name: text`. */
  get chat(): string[] {
    return this.bodies.filter(({ code }) => code === 200).map(({ message }) =>
      `${(message as { username: string }).username}: ${(message as { message: string }).message}`
    );
  }

  /**
   * Waits for a chat message.
   *
   * @param line the message as `name: text`
   */
  async receives(line: string): Promise<void> {
    await this.until(line, () => this.chat.includes(line) || undefined);
  }

  /**
   * Waits for any message.
   *
   * @param what the message in words, for the error message
   * @param fits tests a message
   * @returns the message
   */
  message(what: string, fits: (body: Body) => boolean): Promise<Body> {
    return this.until(what, () => this.bodies.find(fits));
  }

  /**
   * Waits until the link waits before a new attempt, and advances the clock to its end.
   *
   * @param count which wait, from 1
   * @returns the state of the wait
   */
  async skipWait(count: number): Promise<Waiting> {
    const waiting = await this.state("waiting", count);
    this.clock.advance(waiting.until - this.clock.elapsed());
    return waiting;
  }

  /** The kinds of the reported states, in order, with repetitions. */
  get stateKinds(): string[] {
    return this.states.map(({ kind }) => kind);
  }

  /** The reported changes of lines, each as `text state`, with ` again` for a resent line. */
  get lineChanges(): string[] {
    return this.lines.map(({ text, resent, state }) => `${text} ${state.kind}${resent ? " again" : ""}`);
  }

  /** Closes the link, unless it has ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.link.close();
    await this.ended.catch(() => {});
    assertEquals(this.clock.waiting, 0, "timers are left");
  }

  #report(): string {
    return JSON.stringify({ states: this.states, lines: this.lineChanges, bodies: this.bodies }).slice(
      0,
      4000,
    );
  }
}
