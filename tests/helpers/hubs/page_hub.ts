/**
 * A hub with the page for browsers, on ports that it keeps when it is started again.
 *
 * @module
 */
import { keptPort } from "../kept_ports.ts";
import { HubProgram } from "../program.ts";

/** A hub as a process, and its restarts. */
export class PageHub implements AsyncDisposable {
  /** The port of the chat protocol. */
  readonly port = keptPort();
  /** The port of the page. */
  readonly webPort = keptPort();
  /** The data folder. */
  readonly data = Deno.makeTempDirSync({ prefix: "riftchat-web-" });
  readonly #flags: string[];
  #hub: HubProgram | undefined;

  private constructor(flags: string[]) {
    this.#flags = flags;
  }

  /**
   * Starts a hub that stores messages, names and rooms.
   *
   * @param flags more flags
   */
  static async start(flags: string[] = []): Promise<PageHub> {
    const hub = new PageHub(flags);
    await hub.start();
    return hub;
  }

  /** The address of the page. */
  get url(): string {
    return `http://127.0.0.1:${this.webPort}/`;
  }

  /** Its process. */
  get program(): HubProgram {
    return this.#hub!;
  }

  /**
   * Starts it again, on the same ports and with the same data.
   *
   * @param flags more flags, in place of those before
   */
  async start(flags = this.#flags): Promise<void> {
    const web = ["--port", String(this.port), "--web", `127.0.0.1:${this.webPort}`];
    this.#hub = await HubProgram.start([...web, "--history", "on", "--data", this.data, ...flags]);
  }

  /** Stops it. */
  async stop(): Promise<void> {
    await this.#hub!.stop();
    await this.#hub![Symbol.asyncDispose]();
  }

  /** Kills it without a chance to store anything. */
  async kill(): Promise<void> {
    this.#hub!.kill("SIGKILL");
    await this.#hub![Symbol.asyncDispose]();
  }

  /** Ends it and removes its data. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#hub?.[Symbol.asyncDispose]();
    await Deno.remove(this.data, { recursive: true });
  }
}
