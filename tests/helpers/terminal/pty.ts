/**
 * The real program on a real pty. An emulator shows the output, so that a test checks what a user sees.
 *
 * `script` (util-linux, on every Linux) opens the pty. The shell in it prints the name of the pty, so that the test can
 * change the size from outside, as a window does.
 *
 * @module
 */
import { type Cell, Emulator, type TerminalState } from "./emulator.ts";
import { DEADLINE_MS } from "../deadline.ts";
import { NOON_ZONE } from "../noon.ts";
import { programCommand } from "../program.ts";

/** Options of the terminal and the program. */
export interface PtyOptions {
  /** Its width; 80 if not given. */
  columns?: number;
  /** Its height; 24 if not given. */
  rows?: number;
  /** Variables to add to the environment. */
  env?: Record<string, string>;
  /** Value of `XDG_CONFIG_HOME`, for a program that stores files; without it the program runs with `--no-config`. */
  config?: string;
  /** Builds the command of the shell from the command of the program; by default the program alone. */
  within?: (command: string) => string;
}

/**
 * Quotes a text for a shell.
 *
 * @param word any text
 * @returns the text as one word
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
  /** The process id of the program, or of the shell that runs it. */
  #pid = 0;
  #ended = false;
  #grew = Promise.withResolvers<void>();
  /** The whole output of the program. */
  output = "";
  /** The exit status, after the program has ended and the emulator shows all its output. */
  readonly status: Promise<number>;

  private constructor(args: string[], options: PtyOptions) {
    const { columns = 80, rows = 24, env = {}, config, within = (command) => `exec ${command}` } = options;
    // The program must not read or change the files of the user who runs the tests.
    const noConfig = config === undefined ? ["--no-config"] : [];
    const command = [...programCommand(args[0]), ...args, ...noConfig].map(quoted).join(" ");
    this.#emulator = new Emulator(columns, rows, { windowOptions: { pushTitle: true, popTitle: true } });
    this.#script = new Deno.Command("script", {
      args: [
        "--quiet",
        "--return",
        "--command",
        `stty cols ${columns} rows ${rows}; echo $(tty) $$; ${within(command)}`,
        "/dev/null",
      ],
      env: {
        HOST: "",
        PORT: "",
        NO_COLOR: "",
        USER: "",
        LOGNAME: "",
        USERNAME: "",
        TERM: "xterm-256color",
        LANG: "C.UTF-8",
        LC_ALL: "",
        TMUX: "",
        TZ: NOON_ZONE,
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
   * @param options options of its terminal
   * @returns the terminal, after the pty is open
   */
  static async start(args: string[], options: PtyOptions = {}): Promise<Pty> {
    const pty = new Pty(args, options);
    await pty.until(() => pty.#device !== "");
    return pty;
  }

  /** The rows of the window, without blanks at their ends. */
  get window(): string[] {
    return this.#emulator.window;
  }

  /** Every row, the scrollback first, without the empty rows. */
  get allRows(): string[] {
    return this.#emulator.allRows.filter((row) => row !== "");
  }

  /** The number of rows that the terminal began by wrapping. */
  get wrappedRows(): number {
    return this.#emulator.wrappedRows;
  }

  /** The row with the cursor, with `|` at the cursor. */
  get cursorRow(): string {
    const { row, column } = this.#emulator.windowCursor;
    const text = this.window[row]!.padEnd(column);
    return text.slice(0, column) + "|" + text.slice(column);
  }

  /** The cells of the window, row by row. */
  get cells(): Cell[][] {
    return this.#emulator.cells;
  }

  /** Position of the cursor in the window: row and column, both from 0. */
  get cursor(): { row: number; column: number } {
    return this.#emulator.windowCursor;
  }

  /** The modes of the terminal, as xterm.js names them. */
  get modes(): Emulator["modes"] {
    return this.#emulator.modes;
  }

  /** The state of the terminal that the program may have changed. */
  get state(): TerminalState {
    return this.#emulator.state;
  }

  /**
   * Types.
   *
   * @param text the bytes that the terminal sends for the keys, as text
   */
  async type(text: string): Promise<void> {
    await this.#stdin.write(new TextEncoder().encode(text));
  }

  /**
   * Waits until the terminal shows the expected rows. It does not check in the middle of a synchronized update.
   *
   * @param wanted the condition, or a pattern that a row of the window has to match
   * @throws {Error} at the deadline with the rows of the window, or when the program ends before
   */
  async until(wanted: RegExp | (() => boolean)): Promise<void> {
    const holds = typeof wanted === "function" ? wanted : () => this.window.some((row) => wanted.test(row));
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () =>
          reject(
            new Error(`The screen did not show what was expected (${wanted}):\n${this.window.join("\n")}`),
          ),
        DEADLINE_MS,
      );
    });
    try {
      while (this.modes.synchronizedOutputMode || !holds()) {
        if (this.#ended) {
          throw new Error(
            `The program ended before the screen showed what was expected (${wanted}):\n${this.output}`,
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

  /** Closes the terminal under the program, as the window of a terminal does. */
  async hangUp(): Promise<void> {
    this.#script.kill("SIGKILL");
    await this.status;
  }

  /** Kills the program and closes the terminal. */
  async [Symbol.asyncDispose](): Promise<void> {
    // The program first: without its terminal it would go on for a moment, and write files that the test removes.
    for (const kill of [() => Deno.kill(this.#pid, "SIGKILL"), () => this.#script.kill("SIGKILL")]) {
      try {
        if (!this.#ended) kill();
      } catch {
        // It has ended already.
      }
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
        // The first line is the name of the pty and the process id, and not output of the program.
        head += text;
        const end = head.indexOf("\n");
        if (end < 0) continue;
        const [device = "", pid] = head.slice(0, end).trim().split(" ");
        this.#device = device;
        this.#pid = Number(pid);
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
