/**
 * The real program on a real terminal: a pty of the system, whose output an emulator shows, so that a test says what a
 * person sees.
 *
 * `script` (util-linux, on every Linux) opens the pty; the shell in it says which one it is, so that its size can be
 * changed from outside, as a window does.
 *
 * @module
 */
import { type Cell, Emulator, type TerminalState } from "./emulator.ts";
import { programCommand } from "../program.ts";

/** How long a screen may take to look as expected before the test shows what it looked like, in milliseconds. */
const DEADLINE_MS = 20_000;

/** What the program's terminal is like. */
export interface PtyOptions {
  /** Its width; 80 if not given. */
  columns?: number;
  /** Its height; 24 if not given. */
  rows?: number;
  /** Variables added to the environment. */
  env?: Record<string, string>;
  /** What `XDG_CONFIG_HOME` is, so that it keeps things there; without it, it is started with `--no-config`. */
  config?: string;
  /** Makes of the program's command the one that the shell runs; the program alone if not given. */
  within?: (command: string) => string;
}

/**
 * Quotes a word for a shell.
 *
 * @param word any text
 * @returns the same as one word
 */
export function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/** The program on a terminal. */
export class Pty implements AsyncDisposable {
  readonly #script: Deno.ChildProcess;
  readonly #stdin: WritableStreamDefaultWriter<Uint8Array>;
  readonly #emulator: Emulator;
  readonly #reading: Promise<void>;
  #device = "";
  #ended = false;
  #grew = Promise.withResolvers<void>();
  /** All that the program has written, as it came. */
  output = "";
  /** What the shell says of its exit status, once it has ended and all that it wrote is shown. */
  readonly status: Promise<number>;

  private constructor(args: string[], options: PtyOptions) {
    const { columns = 80, rows = 24, env = {}, config, within = (command) => `exec ${command}` } = options;
    // What the person who runs the tests has kept is not to be read, nor added to.
    const kept = config === undefined ? ["--no-config"] : [];
    const command = [...programCommand(args[0]), ...args, ...kept].map(quoted).join(" ");
    this.#emulator = new Emulator(columns, rows, { windowOptions: { pushTitle: true, popTitle: true } });
    this.#script = new Deno.Command("script", {
      args: [
        "--quiet",
        "--return",
        "--command",
        `stty cols ${columns} rows ${rows}; tty; ${within(command)}`,
        "/dev/null",
      ],
      env: {
        HOST: "",
        PORT: "",
        NO_COLOR: "",
        TERM: "xterm-256color",
        LANG: "C.UTF-8",
        LC_ALL: "",
        TMUX: "",
        ...(config === undefined ? {} : { XDG_CONFIG_HOME: config }),
        ...env,
      },
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    this.#stdin = this.#script.stdin.getWriter();
    this.#reading = this.#read();
    this.status = this.#script.status.then(async ({ code }) => {
      await this.#reading;
      return code;
    });
  }

  /**
   * Starts the program.
   *
   * @param args its arguments
   * @param options what its terminal is like
   * @returns when the pty is there
   */
  static async start(args: string[], options: PtyOptions = {}): Promise<Pty> {
    const pty = new Pty(args, options);
    while (!pty.#device) await pty.#more();
    return pty;
  }

  /** The rows in sight, without blanks at their ends. */
  get window(): string[] {
    return this.#emulator.window;
  }

  /** Every row since the beginning, the scrollback first, without the empty ones. */
  get allRows(): string[] {
    return this.#emulator.allRows.filter((row) => row !== "");
  }

  /** How many of all rows the terminal has begun by itself, where one was full. */
  get wrappedRows(): number {
    return this.#emulator.wrappedRows;
  }

  /** The row with the cursor, the cursor shown as `|`. */
  get cursorRow(): string {
    const { row, column } = this.#emulator.windowCursor;
    const text = this.window[row]!.padEnd(column);
    return text.slice(0, column) + "|" + text.slice(column);
  }

  /** The cells in sight, row by row. */
  get cells(): Cell[][] {
    return this.#emulator.cells;
  }

  /** Where the cursor is in the window: its row and its column, both from 0. */
  get cursor(): { row: number; column: number } {
    return this.#emulator.windowCursor;
  }

  /** What the program has left switched on, as xterm.js names it. */
  get modes(): Emulator["modes"] {
    return this.#emulator.modes;
  }

  /** All of the terminal that the program may have changed. */
  get state(): TerminalState {
    return this.#emulator.state;
  }

  /**
   * Types.
   *
   * @param text what to type, as the terminal sends it
   */
  async type(text: string): Promise<void> {
    await this.#stdin.write(new TextEncoder().encode(text));
  }

  /**
   * Waits until the terminal looks as wanted. What the program writes as one update is not looked at half done.
   *
   * @param wanted says whether it does; or what some row in sight is to match
   * @throws {Error} when it does not within 20 s, with what it looks like, or the program ends before
   */
  async until(wanted: RegExp | (() => boolean)): Promise<void> {
    const looks = typeof wanted === "function" ? wanted : () => this.window.some((row) => wanted.test(row));
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new Error(`The screen never was as wanted (${wanted}):\n${this.window.join("\n")}`)),
        DEADLINE_MS,
      );
    });
    try {
      while (this.modes.synchronizedOutputMode || !looks()) {
        if (this.#ended) {
          throw new Error(
            `The program has ended before the screen was as wanted (${wanted}):\n${this.output}`,
          );
        }
        await Promise.race([this.#more(), late]);
      }
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * Changes the size of the window, for the emulator and for the program.
   *
   * @param columns its width
   * @param rows its height
   */
  async resize(columns: number, rows: number): Promise<void> {
    this.#emulator.resize(columns, rows);
    await new Deno.Command("stty", { args: ["-F", this.#device, "cols", `${columns}`, "rows", `${rows}`] })
      .output();
  }

  /** Closes the terminal, whatever the program is doing. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#script.kill("SIGKILL");
    } catch {
      // It has ended already.
    }
    await this.status;
    await this.#stdin.close().catch(() => {});
    this.#emulator.close();
  }

  #more(): Promise<void> {
    return this.#grew.promise;
  }

  async #read(): Promise<void> {
    let head = "";
    for await (const text of this.#script.stdout.pipeThrough(new TextDecoderStream())) {
      let shown = text;
      if (!this.#device) {
        // The first line is the name of the pty, and not the program's.
        head += text;
        const end = head.indexOf("\n");
        if (end < 0) continue;
        this.#device = head.slice(0, end).trim();
        shown = head.slice(end + 1);
      }
      this.output += shown;
      await this.#emulator.write(shown);
      this.#grew.resolve();
      this.#grew = Promise.withResolvers<void>();
    }
    this.#ended = true;
    this.#grew.resolve();
  }
}
