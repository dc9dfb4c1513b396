/**
 * A tether with a clock that the test turns: what it tells is kept and can be waited for.
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
import type { Body } from "../../../protocol/mod.ts";
import { assertEquals } from "../assert.ts";
import { ManualClock } from "./console.ts";
import { withDeadline } from "../deadline.ts";

/** A tether that is run, and all that it has told. At the end it is closed, and no timer of it may be left. */
export class TestLink implements AsyncDisposable {
  /** The clock that the test turns. */
  readonly clock = new ManualClock();
  /** The tether. */
  readonly link: ReconnectingLink;
  /** Every state that was told. */
  readonly states: LinkState[] = [];
  /** Everything that was told about lines. */
  readonly lines: OwnLine[] = [];
  /** Every message that was received. */
  readonly bodies: Body[] = [];
  /** Resolves when it has ended. */
  readonly ended: Promise<Ended>;
  #watchers = new Set<() => void>();

  /**
   * Makes one that runs.
   *
   * @param port where the hub is on 127.0.0.1
   * @param options what differs from a tether called ana on which half of the jitter is drawn each time
   */
  constructor(port: number, options: Partial<ReconnectingLinkOptions> = {}) {
    const keep = <T>(kept: T[], told?: (value: T) => void) => (value: T) => {
      kept.push(value);
      told?.(value);
      for (const capabilities of [...this.#watchers]) capabilities();
    };
    this.link = new ReconnectingLink({ hostname: "127.0.0.1", port }, {
      name: "ana",
      clock: this.clock,
      random: () => 0.5,
      ...options,
      received: async (received) => {
        keep(this.bodies)(received.body);
        await options.received?.(received);
      },
      changed: keep(this.states, options.changed),
      lineChanged: keep(this.lines, options.lineChanged),
    });
    this.ended = withDeadline(this.link.run(), () => `the end; ${this.#story()}`);
    // Who does not ask how it ended may still have it fail.
    this.ended.catch(() => {});
  }

  /**
   * Waits until something holds, looking whenever something is told, and then until what was told is dealt with.
   *
   * @param what what is waited for, in words
   * @param holds gives what is waited for, or `undefined` as long as it is not there
   * @returns what was waited for
   */
  async until<T>(what: string, holds: () => T | undefined): Promise<T> {
    const { promise, resolve } = Promise.withResolvers<T>();
    const capabilities = () => {
      const found = holds();
      if (found !== undefined) resolve(found);
    };
    this.#watchers.add(capabilities);
    capabilities();
    try {
      const found = await withDeadline(promise, () => `${what}; ${this.#story()}`);
      await new Promise<void>((resolve) => setTimeout(resolve));
      return found;
    } finally {
      this.#watchers.delete(capabilities);
    }
  }

  /**
   * Waits until it is in a state that was not seen before.
   *
   * @param kind which
   * @param count which one of them, counting from 1
   * @returns the state, as it was told first
   */
  state<K extends LinkState["kind"]>(kind: K, count = 1): Promise<LinkState & { kind: K }> {
    return this.until(`${kind} ${count}`, () => {
      const fitting = this.states.filter((state): state is LinkState & { kind: K } => state.kind === kind);
      return fitting[count - 1];
    });
  }

  /**
   * Waits until something has become of a line.
   *
   * @param id its number
   * @param kind what
   * @returns the line
   */
  line(id: number, kind: OwnLine["state"]["kind"]): Promise<OwnLine> {
    return this.until(
      `line ${id} ${kind}`,
      () => this.lines.find((line) => line.id === id && line.state.kind === kind),
    );
  }

  /** What it has heard others and itself say, in order. */
  get chat(): string[] {
    return this.bodies.filter(({ code }) => code === 200).map(({ message }) =>
      `${(message as { username: string }).username}: ${(message as { message: string }).message}`
    );
  }

  /**
   * Waits until it has heard a line.
   *
   * @param line the line, as it stands in {@linkcode TestLink.chat}
   */
  async receives(line: string): Promise<void> {
    await this.until(line, () => this.chat.includes(line) || undefined);
  }

  /**
   * Waits for a message.
   *
   * @param what the message in words
   * @param fits says whether it is the one
   * @returns the message
   */
  message(what: string, fits: (body: Body) => boolean): Promise<Body> {
    return this.until(what, () => this.bodies.find(fits));
  }

  /**
   * Waits until it waits, and lets that time pass.
   *
   * @param count which time it waits, counting from 1
   * @returns the state in which it waited
   */
  async skipWait(count: number): Promise<Waiting> {
    const waiting = await this.state("waiting", count);
    this.clock.advance(waiting.untilMs - this.clock.elapsed());
    return waiting;
  }

  /** The states that were told, each in a word, with repetitions. */
  get stateKinds(): string[] {
    return this.states.map(({ kind }) => kind);
  }

  /** Everything that was told about lines, each in a few words. */
  get lineChanges(): string[] {
    return this.lines.map(({ text, resent, state }) => `${text} ${state.kind}${resent ? " again" : ""}`);
  }

  /** Closes it, where it has not ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.link.close();
    await this.ended.catch(() => {});
    assertEquals(this.clock.waiting, 0, "timers are left");
  }

  #story(): string {
    return JSON.stringify({ states: this.states, lines: this.lineChanges, bodies: this.bodies }).slice(
      0,
      4000,
    );
  }
}
