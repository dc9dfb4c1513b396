/**
 * Hubs in the background with folders of their own. They end with their test.
 *
 * @module
 */
import { DENO_DIR } from "../deno_dir.ts";
import { run } from "../program.ts";

/** The output and the exit status of a command. */
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

/** Runs hubs in the background in three empty folders of their own. */
export class Daemons implements AsyncDisposable {
  /** The folder that contains the others. */
  readonly folder: string;
  /** The variables that name the folders. */
  readonly env: Record<string, string>;
  readonly #pids = new Set<number>();

  /** Makes the folders. */
  constructor() {
    this.folder = Deno.makeTempDirSync({ prefix: "riftchat-" });
    this.env = {
      // macOS has no XDG folders; and Deno, run from source, must still find its packages.
      ...Deno.build.os === "darwin" && { HOME: this.folder, DENO_DIR },
      XDG_RUNTIME_DIR: `${this.folder}/run`,
      XDG_STATE_HOME: `${this.folder}/state`,
      XDG_DATA_HOME: `${this.folder}/data`,
    };
  }

  /**
   * Returns the path of a file in the runtime folder.
   *
   * @param file its name, such as `default.pid`
   */
  runtime(file: string): string {
    return `${this.folder}/run/riftchat/${file}`;
  }

  /**
   * Returns the path of a file in the state folder.
   *
   * @param file its name, such as `default.lock`
   */
  state(file: string): string {
    return `${this.folder}/state/riftchat/${file}`;
  }

  /**
   * Runs `riftchat serve --daemon` to its end, and records the hub that it starts.
   *
   * @param words the arguments that follow
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
   * Starts a hub on 127.0.0.1.
   *
   * @param words the arguments after `start`; without a port it is a free one
   * @throws {Error} if the hub does not start
   */
  start(...words: string[]): Promise<StartedHub> {
    const flags = words.some((word) => word.startsWith("--port")) ? [] : ["--port", "0"];
    return this.#up(["start", "--host", "127.0.0.1", ...flags, ...words]);
  }

  /**
   * Restarts a hub.
   *
   * @param words the arguments after `restart`
   * @throws {Error} if the hub does not start
   */
  restart(...words: string[]): Promise<StartedHub> {
    return this.#up(["restart", ...words]);
  }

  /** Kills every hub that still runs, and removes the folders. */
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
