/**
 * Reports what happens to the user's own messages. A delivered message comes back from the hub, so only the others need
 * a report: not sent, perhaps not delivered, refused, or not acknowledged yet.
 *
 * Rules:
 * - A message that the hub has not acknowledged for {@linkcode SLOW_MS} is shown below the input until it is. So is one
 *   that is acknowledged and waits behind missed messages, until it is shown.
 * - A refused message is given back, as the input that sends it again.
 *
 * @module
 */
import { parseTerminalInput } from "../commands/mod.ts";
import type { OwnLine } from "../link/mod.ts";
import { type Buffers, type ChatBuffer, MAIN, type Target, targetKey, targetLabel } from "../model/mod.ts";
import { Code } from "../../protocol/mod.ts";
import type { TimedClock } from "../../runtime/mod.ts";
import { sanitize } from "../text/mod.ts";

/** How long a message may be without an acknowledgement before that is shown, in milliseconds. */
export const SLOW_MS = 2000;

/** How often the time that is shown is updated, in milliseconds. */
const TICK_MS = 1000;

/** How many characters of a message a report shows. */
const MAX_QUOTED_CHARACTERS = 60;

/** Options of {@linkcode OwnLines}. */
export interface OwnLinesOptions {
  /** The clock. */
  clock: TimedClock;
  /** The open buffers. */
  buffers: Buffers;
  /** Returns whether there is an open link. */
  isOnline: () => boolean;
  /** Returns whether the new messages of a target wait until the missed ones are shown. */
  isQueued: (target: Target) => boolean;
  /** Shows a notice. */
  note: (text: string) => void;
  /** Shows an error. */
  error: (message: string) => void;
  /** Puts an input back on the line of a room. */
  giveBack: (room: ChatBuffer, input: string) => void;
  /** Called when {@linkcode OwnLines.hint} has changed. */
  hintChanged: () => void;
}

/** Reports what happens to the user's own messages. */
export class OwnLines {
  readonly #options: OwnLinesOptions;
  /** The messages without an acknowledgement, in order, and since when: said, sent again or with a link. */
  readonly #pending = new Map<number, { text: string; since: number }>();
  /** The acknowledged messages that wait behind missed messages, in order. */
  readonly #queued = new Map<number, { text: string; key: string }>();
  #cancelCheck: (() => void) | undefined;
  #isShown = false;

  /**
   * Starts without a message.
   *
   * @param options see {@linkcode OwnLinesOptions}
   */
  constructor(options: OwnLinesOptions) {
    this.#options = options;
  }

  /**
   * The messages that the hub has not acknowledged for {@linkcode SLOW_MS}, or those that wait behind missed messages,
   * as one line for the user; `undefined` if there is none, or no link.
   */
  get hint(): string | undefined {
    const { clock, isOnline } = this.#options;
    if (!isOnline()) return undefined;
    const now = clock.elapsed();
    const slow = [...this.#pending.values()].filter(({ since }) => now - since >= SLOW_MS);
    const [oldest] = slow;
    if (oldest === undefined) return this.#queuedHint;
    return `not acknowledged for ${Math.floor((now - oldest.since) / 1000)} s${moreThanOne(slow.length)}: ${
      sanitize(quoteOf(oldest.text))
    }`;
  }

  get #queuedHint(): string | undefined {
    const [first] = this.#queued.values();
    if (first === undefined) return undefined;
    return `sent, and shown after the missed messages${moreThanOne(this.#queued.size)}: ${
      sanitize(quoteOf(first.text))
    }`;
  }

  /**
   * Handles the new state of a message.
   *
   * @param line the message
   */
  changed(line: OwnLine): void {
    const { isOnline, note, error } = this.#options;
    const { state, resent } = line;
    this.#watch(line);
    const quote = quoteOf(line.text);
    switch (state.kind) {
      case "waiting":
        if (!isOnline()) note(`not sent yet: ${quote}`);
        return;
      case "unsure":
        return note(`perhaps not delivered, will be sent again: ${quote}`);
      case "acknowledged":
        if (resent) note(`sent again, so others may see it twice: ${quote}`);
        return;
      case "refused":
        return this.#refused(line, state.message);
      case "unknown":
        return error(`Perhaps not delivered: ${quote}`);
      case "unsent":
        return error(`Not sent: ${quote}`);
    }
  }

  /** Handles that there is a link again: the time without one is not the hub's. */
  linkOpened(): void {
    const since = this.#options.clock.elapsed();
    for (const line of this.#pending.values()) line.since = since;
    this.#showHint();
  }

  /**
   * Handles that the new messages of a target do not wait any more: the user's own are shown with them.
   *
   * @param target a room or person
   */
  caughtUp(target: Target): void {
    const key = targetKey(target);
    for (const [id, queued] of this.#queued) if (queued.key === key) this.#queued.delete(id);
    if (this.#isShown) this.#showHint();
  }

  /** Stops watching, so that no timer is left. */
  end(): void {
    this.#cancelCheck?.();
    this.#pending.clear();
  }

  /** A message to a room that was left is not given back: the input history has it. */
  #refused({ text, target = MAIN, replyTo }: OwnLine, message: string): void {
    const { buffers, error, giveBack } = this.#options;
    const room = buffers.find(target);
    if (room === undefined || room === buffers.current) error(message);
    else error(`${targetLabel(room)}: ${message}; the message is a draft there again`);
    if (room !== undefined) {
      giveBack(room, replyTo === undefined ? inputOf(text) : `:reply-to ${replyTo} ${text}`);
    } else if (target.kind === "person") giveBack(buffers.current, `:msg ${target.name} ${text}`);
  }

  #watch({ id, text, target = MAIN, state }: OwnLine): void {
    if (state.kind === "sent" || state.kind === "waiting") {
      if (!this.#pending.has(id)) this.#pending.set(id, { text, since: this.#options.clock.elapsed() });
      this.#checkLater();
      return;
    }
    this.#pending.delete(id);
    if (this.#pending.size === 0) {
      this.#cancelCheck?.();
      this.#cancelCheck = undefined;
    }
    const isQueued = state.kind === "acknowledged" && this.#options.isQueued(target);
    if (isQueued) this.#queued.set(id, { text, key: targetKey(target) });
    if (this.#isShown || isQueued) this.#showHint();
  }

  #checkLater(): void {
    const { clock } = this.#options;
    const [oldest] = this.#pending.values();
    if (oldest === undefined || this.#cancelCheck !== undefined) return;
    const waitMs = Math.max(0, oldest.since + SLOW_MS - clock.elapsed());
    this.#cancelCheck = clock.after(this.#isShown || waitMs === 0 ? TICK_MS : waitMs, () => {
      this.#cancelCheck = undefined;
      this.#showHint();
      this.#checkLater();
    });
  }

  #showHint(): void {
    const wasShown = this.#isShown;
    this.#isShown = this.hint !== undefined;
    if (wasShown || this.#isShown) this.#options.hintChanged();
  }
}

/** Says how many more there are than one; empty for one. */
function moreThanOne(count: number): string {
  return count === 1 ? "" : ` (and ${count - 1} more)`;
}

function quoteOf(text: string): string {
  return text.length > MAX_QUOTED_CHARACTERS
    ? [...text].slice(0, MAX_QUOTED_CHARACTERS).join("") + "…"
    : text;
}

/** Returns the input that says a text: a text that looks like a command has its first character twice. */
function inputOf(text: string): string {
  const input = parseTerminalInput(text);
  const isSaid = input.kind === "request" && input.request.code === Code.Say &&
    input.request.message === text;
  return isSaid ? text : text.charAt(0) + text;
}
