/**
 * Somebody at a shell with job control on a terminal, who starts the program there, so that a test sees what the program
 * leaves behind: the shell and its terminal.
 *
 * @module
 */
import { Pty, type PtyOptions, quoted } from "./pty.ts";

const PROMPT = "$ ";

/** The title that the terminal has before the program is started. */
export const SHELL_TITLE = "my shell";

/** The shell. It starts the program once. */
export class Shell implements AsyncDisposable {
  /** Its terminal. */
  readonly pty: Pty;
  /** The process id of the program; 0 before it was started. */
  pid = 0;

  private constructor(pty: Pty) {
    this.pty = pty;
  }

  /**
   * Sits down at a shell; the program is not started yet.
   *
   * @param args the arguments of the program
   * @param options what the terminal is like
   * @returns the shell, once it asks for a command
   */
  static async open(args: string[], options: PtyOptions = {}): Promise<Shell> {
    const within = (command: string) => {
      // `exec`, so that the process that tells its id becomes the program.
      const chat = `echo "pid $$"; exec ${command}`;
      return `printf '\\033]2;${SHELL_TITLE}\\007'; CHAT=${quoted(chat)} PS1=${quoted(PROMPT)} exec sh -i`;
    };
    const shell = new Shell(await Pty.start(args, { ...options, within }));
    await shell.waitForPrompt();
    return shell;
  }

  /**
   * Starts the program, as a job of its own.
   *
   * @returns when its id is known
   */
  async startProgram(): Promise<void> {
    await this.pty.type('sh -c "$CHAT"\r');
    await this.pty.until(/^pid \d+$/);
    this.pid = Number(this.pty.window.find((row) => /^pid \d+$/.test(row))!.slice("pid ".length));
  }

  /**
   * Gives the shell a command, and waits until it asks for the next.
   *
   * @param command the command, no longer than a row
   * @returns what it wrote, its rows joined
   */
  async run(command: string): Promise<string> {
    const before = this.#prompted;
    await this.pty.type(command + "\r");
    await this.pty.until(() => this.#prompted > before && this.#waits);
    const rows = this.pty.allRows.slice(0, -1);
    return rows.slice(rows.findLastIndex((row) => row.startsWith(PROMPT)) + 1).join("");
  }

  /** Gives the terminal's settings, as `stty` tells them. */
  settings(): Promise<string> {
    return this.run("stty -g");
  }

  /** Sends the program a signal. */
  kill(signal: Deno.Signal): void {
    Deno.kill(this.pid, signal);
  }

  /** Waits until the shell asks for a command. */
  async waitForPrompt(): Promise<void> {
    await this.pty.until(() => this.#waits);
  }

  /** Closes the terminal, whatever runs in it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.pty[Symbol.asyncDispose]();
    if (this.pid === 0) return;
    try {
      Deno.kill(this.pid, "SIGKILL");
    } catch {
      // It has ended.
    }
  }

  /** How often it has asked for a command. */
  get #prompted(): number {
    return this.pty.allRows.filter((row) => row.startsWith(PROMPT.trim())).length;
  }

  get #waits(): boolean {
    return this.pty.cursorRow === `${PROMPT}|`;
  }
}
