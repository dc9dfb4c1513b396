/**
 * Hubs in the background with folders of their own, none of which outlives its test.
 *
 * @module
 */
import { run } from "../program.ts";

/** What a command of the program wrote, and its status. */
export interface Outcome {
  /** All of its stdout. */
  stdout: string;
  /** All of its stderr. */
  stderr: string;
  /** Its exit status. */
  status: number;
}

/** A hub that was started. */
export interface StartedHub {
  /** Its process. */
  pid: number;
  /** Its port on 127.0.0.1. */
  port: number;
  /** The path of its log. */
  log: string;
}

/** A machine, as far as hubs in the background know it: three empty folders. */
export class Daemons implements AsyncDisposable {
  /** The folder in which the others are, or are to be. */
  readonly folder: string;
  /** The variables that name the folders. */
  readonly env: Record<string, string>;
  readonly #pids = new Set<number>();

  /** Makes the folders. */
  constructor() {
    this.folder = Deno.makeTempDirSync({ prefix: "riftchat-" });
    const home = Deno.env.get("HOME");
    this.env = {
      // macOS knows no XDG folders; and Deno, from source, is to find its packages still.
      ...Deno.build.os === "darwin" && { HOME: this.folder, DENO_DIR: `${home}/Library/Caches/deno` },
      XDG_RUNTIME_DIR: `${this.folder}/run`,
      XDG_STATE_HOME: `${this.folder}/state`,
      XDG_DATA_HOME: `${this.folder}/data`,
    };
  }

  /**
   * Gives the path of a file of an instance that is there while it runs.
   *
   * @param file its name, such as `default.pid`
   */
  runtime(file: string): string {
    return `${this.folder}/run/riftchat/${file}`;
  }

  /**
   * Gives the path of a file of an instance that stays when it has ended.
   *
   * @param file its name, such as `default.lock`
   */
  state(file: string): string {
    return `${this.folder}/state/riftchat/${file}`;
  }

  /**
   * Runs `riftchat serve --daemon` to its end, and takes down whom it started.
   *
   * @param words what follows
   * @param env more variables
   */
  async do(words: string[], env: Record<string, string> = {}): Promise<Outcome> {
    const outcome = await run(["serve", "--daemon", ...words], { env: { ...this.env, ...env } });
    for (const [, digits] of outcome.stdout.matchAll(/\bpid"?:? *(\d+)/g)) {
      if (words[0] === "stop") this.#pids.delete(Number(digits));
      else this.#pids.add(Number(digits));
    }
    return outcome;
  }

  /**
   * Starts a hub on 127.0.0.1, and expects that to go well.
   *
   * @param words what follows `start`; any free port where that names none
   * @throws {Error} where no hub was started
   */
  start(...words: string[]): Promise<StartedHub> {
    const flags = words.some((word) => word.startsWith("--port")) ? [] : ["--port", "0"];
    return this.#up(["start", "--host", "127.0.0.1", ...flags, ...words]);
  }

  /**
   * Restarts a hub, and expects that to go well.
   *
   * @param words what follows `restart`
   * @throws {Error} where no hub was started
   */
  restart(...words: string[]): Promise<StartedHub> {
    return this.#up(["restart", ...words]);
  }

  /** Ends every hub that was started here, if it has not ended, and removes the folders. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const pid of this.#pids) {
      try {
        Deno.kill(pid, "SIGKILL");
      } catch {
        // It has ended already.
      }
    }
    await Deno.remove(this.folder, { recursive: true });
  }

  async #up(words: string[]): Promise<StartedHub> {
    const { stdout, stderr, status } = await this.do([...words, "--json"]);
    if (status !== 0) throw new Error(`no hub was started: status ${status}\n${stderr}`);
    const { pid, listening, log } = JSON.parse(stdout);
    return { pid, port: listening.port, log };
  }
}
