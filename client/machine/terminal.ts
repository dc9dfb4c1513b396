/**
 * The terminal: raw mode, keys, size and job control. It is the only user of stdin and stdout while the chat is open.
 *
 * Rules:
 * - `close` restores every mode. The owner always calls it.
 * - Keys are reported as they are typed. A timer here tells the Escape key from an escape sequence.
 * - After the program was stopped and continues, all modes are set again, since shells reset them.
 *
 * @module
 */
import type { TimedClock } from "../../runtime/mod.ts";
import { type Key, KeyDecoder } from "../keyboard/mod.ts";
import { readInput } from "./stdin.ts";
import { type Size, terminalSize } from "./terminal_size.ts";
import { loadWidths, mayNeedWidths } from "../text/mod.ts";

/** Bracketed paste, so that a pasted newline is not Enter, and focus reports. */
const MODES_ON = "\x1b[?2004h\x1b[?1004h";
const MODES_OFF = "\x1b[?1004l\x1b[?2004l";

/** Windows has no SIGWINCH, SIGCONT and SIGTSTP. */
const HAS_SIGNALS = Deno.build.os !== "windows";

/** The events of a terminal. */
export interface TerminalEvents {
  /** Keys were typed, in this order. */
  keys: (keys: Key[]) => void;
  /** The size may have changed. */
  resized: () => void;
  /** The program was stopped and continues: other programs have drawn on the screen. */
  continued: () => void;
  /** The terminal is gone or cannot be read any more. */
  gone: () => void;
}

/** The terminal of this process. */
export class Terminal {
  readonly #events: TerminalEvents;
  readonly #clock: TimedClock;
  readonly #decoder = new KeyDecoder();
  readonly #utf8 = new TextEncoder();
  #cancelWait: () => void = () => {};
  #open = false;
  readonly #onResize = () => this.#events.resized();
  readonly #onContinue = () => {
    this.#setModes();
    this.#events.continued();
  };

  /**
   * Takes the terminal over: raw mode is on from here.
   *
   * @param events receives the events
   * @param clock measures the wait after Escape
   */
  constructor(events: TerminalEvents, clock: TimedClock) {
    this.#events = events;
    this.#clock = clock;
    this.#open = true;
    this.#setModes();
    if (HAS_SIGNALS) {
      Deno.addSignalListener("SIGWINCH", this.#onResize);
      Deno.addSignalListener("SIGCONT", this.#onContinue);
    }
    this.#read();
  }

  /** The current size; 80 by 24 if it is not known. */
  get size(): Size {
    return terminalSize();
  }

  /**
   * Writes text completely and in order; blocks while the terminal does not accept it.
   *
   * @param text the text, with escape sequences
   */
  write(text: string): void {
    try {
      for (let rest = this.#utf8.encode(text); rest.length > 0;) {
        rest = rest.subarray(Deno.stdout.writeSync(rest));
      }
    } catch {
      // The terminal is closed. The reader reports that.
    }
  }

  /** Restores the modes, so that others can use the terminal until {@linkcode Terminal.resume}. */
  suspend(): void {
    this.write(MODES_OFF);
    this.#setRaw(false);
  }

  /** Why the program cannot be stopped and continued with `fg`, for the user; `undefined` if it can. */
  get whyCannotStop(): string | undefined {
    if (!HAS_SIGNALS) return "Windows has no fg to continue with";
    // `deno task` takes Ctrl-Z itself and never gives the terminal back. The tasks of this project set a variable.
    const variable = "RIFTCHAT_TASK";
    const { state } = Deno.permissions.querySync({ name: "env", variable });
    if (state !== "granted" || !Deno.env.has(variable)) return undefined;
    return "deno task would keep the terminal; a program started without it can be stopped";
  }

  /**
   * Stops the program, as Ctrl-Z does outside of raw mode. The shell continues it with `fg`. A program that has started
   * this one is not stopped; only the terminal's own Ctrl-Z stops both. Without a shell the operating system ignores
   * the stop.
   *
   * @returns whether the signal was sent; some versions of Deno do not let a program send signals to itself
   */
  stop(): boolean {
    try {
      Deno.kill(Deno.pid, "SIGTSTP");
      return true;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotCapable)) throw error;
      return false;
    }
  }

  /** Takes the terminal back after {@linkcode Terminal.suspend}. */
  resume(): void {
    this.#setModes();
  }

  /** Restores the terminal. Does nothing if that is done. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#cancelWait();
    if (HAS_SIGNALS) {
      Deno.removeSignalListener("SIGWINCH", this.#onResize);
      Deno.removeSignalListener("SIGCONT", this.#onContinue);
    }
    this.suspend();
  }

  #setModes(): void {
    this.#setRaw(true);
    this.write(MODES_ON);
  }

  #setRaw(raw: boolean): void {
    try {
      Deno.stdin.setRaw(raw);
    } catch {
      // The terminal is gone.
    }
  }

  async #read(): Promise<void> {
    try {
      for (let bytes = await readInput(); bytes !== null; bytes = await readInput()) {
        this.#cancelWait();
        if (mayNeedWidths(bytes)) await loadWidths();
        // Closed meanwhile: the next reader gets these bytes.
        if (!this.#open) return;
        this.#emitKeys(this.#decoder.push(bytes));
        this.#flushLater();
      }
    } catch {
      // Reading fails when the terminal is closed.
    }
    if (this.#open) this.#events.gone();
  }

  /** Decodes what is pending when nothing has followed for some time. */
  #flushLater(): void {
    const { waitMs } = this.#decoder;
    if (waitMs === undefined || !this.#open) return;
    this.#cancelWait = this.#clock.after(waitMs, () => {
      this.#emitKeys(this.#decoder.flush());
      this.#flushLater();
    });
  }

  #emitKeys(keys: Key[]): void {
    if (keys.length > 0 && this.#open) this.#events.keys(keys);
  }
}
