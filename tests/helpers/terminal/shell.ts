/**
 * A shell with job control on a terminal, which starts the program. A test checks the shell and the terminal after the
 * program has stopped or ended.
 *
 * @module
 */
import { Pty, type PtyOptions, quoted } from "./pty.ts";

const PROMPT = "$ ";

/** The title that the terminal has before the program is started. */
export const SHELL_TITLE = "my shell";

/** A shell that starts the program once. */
export class Shell implements AsyncDisposable {
  /** Its terminal. */
  readonly pty: Pty;
  /** Process id of the program; 0 before the start. */
  pid = 0;

  private constructor(pty: Pty) {
    this.pty = pty;
  }

  /**
   * Opens a shell, without starting the program.
   *
   * @param args the arguments of the program
   * @param options options of the terminal
   * @returns the shell, after its first prompt
   */
  static async open(args: string[], options: PtyOptions = {}): Promise<Shell> {
    const within = (command: string) => {
      // With `exec` the process that prints its id becomes the program.
      const chat = `echo "pid $$"; exec ${command}`;
      return `printf '\\033]2;${SHELL_TITLE}\\007'; CHAT=${quoted(chat)} PS1=${quoted(PROMPT)} exec sh -i`;
    };
    const shell = new Shell(await Pty.start(args, { ...options, within }));
    await shell.waitForPrompt();
    return shell;
  }

  /**
   * Starts the program as a job.
   *
   * @returns resolves when its process id is known
   */
  async startProgram(): Promise<void> {
    await this.pty.type('sh -c "$CHAT"\r');
    // The whole line: a part of the number would be the id of another process, which the test then kills.
    const line = /^pid (\d+)\r\n/m;
    await this.pty.until(() => line.test(this.pty.output));
    this.pid = Number(line.exec(this.pty.output)![1]);
  }

  /**
   * Runs a command in the shell and waits for the next prompt.
   *
   * @param command the command, no longer than a row
   * @returns its output, with its rows joined
   */
  async run(command: string): Promise<string> {
    const before = this.#promptCount;
    await this.pty.type(command + "\r");
    await this.pty.until(() => this.#promptCount > before && this.#isAtPrompt);
    const rows = this.pty.allRows.slice(0, -1);
    return rows.slice(rows.findLastIndex((row) => row.startsWith(PROMPT)) + 1).join("");
  }

  /** The settings of the terminal, as `stty -g` prints them. */
  settings(): Promise<string> {
    return this.run("stty -g");
  }

  /** Sends a signal to the program. */
  kill(signal: Deno.Signal): void {
    Deno.kill(this.pid, signal);
  }

  /** Waits for the prompt of the shell. */
  async waitForPrompt(): Promise<void> {
    await this.pty.until(() => this.#isAtPrompt);
  }

  /** Closes the terminal and kills what runs in it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.pty[Symbol.asyncDispose]();
    if (this.pid === 0) return;
    try {
      Deno.kill(this.pid, "SIGKILL");
    } catch {
      // It has ended.
    }
  }

  /** The number of prompts so far. */
  get #promptCount(): number {
    return this.pty.allRows.filter((row) => row.startsWith(PROMPT.trim())).length;
  }

  get #isAtPrompt(): boolean {
    return this.pty.cursorRow === `${PROMPT}|`;
  }
}
