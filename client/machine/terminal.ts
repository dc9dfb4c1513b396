/**
 * The terminal: the only owner of stdin and stdout while somebody talks on one.
 *
 * Rules: whatever is switched on here is switched off in `close`, which the owner calls however it ends; keys come as
 * they are typed, the waiting that tells Escape from a sequence is done here; after the program was stopped and goes on,
 * everything is switched on again, since shells switch it off.
 *
 * @module
 */
import type { TimedClock } from "../../runtime/mod.ts";
import { type Key, KeyDecoder } from "../keyboard/mod.ts";
import { readInput } from "./stdin.ts";
import { loadWidths, mayBeForeign } from "../text/mod.ts";

/** Bracketed paste, so that a pasted newline is not taken for Enter; and being told when somebody looks away and back. */
const MODES_ON = "\x1b[?2004h\x1b[?1004h";
const MODES_OFF = "\x1b[?1004l\x1b[?2004l";

/** Windows tells of none of these. */
const HAS_SIGNALS = Deno.build.os !== "windows";

/** A size of the terminal, in cells. */
export interface Size {
  /** Its width. */
  columns: number;
  /** Its height. */
  rows: number;
}

/** What a terminal tells its owner. */
export interface TerminalEvents {
  /** Keys were typed, in this order. */
  keys: (keys: Key[]) => void;
  /** It may have another size. */
  resized: () => void;
  /** The program was stopped and goes on: the screen is somebody else's by now. */
  continued: () => void;
  /** It is gone, or can be read no more. */
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
    this.#switchOn();
    this.#events.continued();
  };

  /**
   * Takes the terminal over: keys come one by one from here on.
   *
   * @param events told what happens
   * @param clock tells Escape from a sequence
   */
  constructor(events: TerminalEvents, clock: TimedClock) {
    this.#events = events;
    this.#clock = clock;
    this.#open = true;
    this.#switchOn();
    if (HAS_SIGNALS) {
      Deno.addSignalListener("SIGWINCH", this.#onResize);
      Deno.addSignalListener("SIGCONT", this.#onContinue);
    }
    this.#read();
  }

  /** Its size now; 80 by 24 where it does not tell. */
  get size(): Size {
    try {
      const { columns, rows } = Deno.consoleSize();
      // Some say 0 until they know.
      return { columns: columns || 80, rows: rows || 24 };
    } catch {
      return { columns: 80, rows: 24 };
    }
  }

  /**
   * Writes to it, whole and in order; blocks as long as it takes none.
   *
   * @param text what to write, escape sequences included
   */
  write(text: string): void {
    try {
      for (let rest = this.#utf8.encode(text); rest.length > 0;) {
        rest = rest.subarray(Deno.stdout.writeSync(rest));
      }
    } catch {
      // A terminal that was closed takes nothing; that it is gone is heard of where it is read.
    }
  }

  /** Lets others use it until {@linkcode Terminal.resume}: keys mean to them what they always mean. */
  suspend(): void {
    this.write(MODES_OFF);
    this.#setRaw(false);
  }

  /** Why the program cannot be stopped until `fg`, in words for people; nothing where it can. */
  get whyCannotStop(): string | undefined {
    if (!HAS_SIGNALS) return "Windows has no fg to go on with";
    // `deno task` takes Ctrl-Z to itself and never gives the terminal back; ours says in a variable that it is there.
    const variable = "RIFTCHAT_TASK";
    const { state } = Deno.permissions.querySync({ name: "env", variable });
    if (state !== "granted" || !Deno.env.has(variable)) return undefined;
    return "deno task would keep the terminal; a program started without it can be stopped";
  }

  /**
   * Stops the program, as the terminal does at Ctrl-Z when nobody takes its keys: then the shell goes on until `fg`. Where
   * other programs started this one, they run on, and it takes the terminal's own Ctrl-Z to stop them too; where there is
   * no shell, the system does not stop it.
   *
   * @returns whether that was asked of the system; some versions of Deno do not let a program send signals to itself
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

  /** Takes it back after {@linkcode Terminal.suspend}. */
  resume(): void {
    this.#switchOn();
  }

  /** Gives it back as it was. Harmless when that is done. */
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

  #switchOn(): void {
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
        if (mayBeForeign(bytes)) await loadWidths();
        // Whoever has the terminal by then reads it too.
        if (!this.#open) return;
        this.#tell(this.#decoder.push(bytes));
        const { waitMs } = this.#decoder;
        if (waitMs !== undefined) {
          this.#cancelWait = this.#clock.after(waitMs, () => this.#tell(this.#decoder.flush()));
        }
      }
    } catch {
      // Reading fails when the terminal is closed; it is gone then.
    }
    if (this.#open) this.#events.gone();
  }

  #tell(keys: Key[]): void {
    if (keys.length > 0 && this.#open) this.#events.keys(keys);
  }
}
