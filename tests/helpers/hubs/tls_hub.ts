/**
 * The real hub with TLS, and a place for what it and its clients keep.
 *
 * @module
 */
import { join } from "node:path";
import { Program, type ProgramOptions, run } from "../program.ts";

/** A folder for what programs keep, which is removed at the end. */
export class Home implements Disposable {
  /** Its path. */
  readonly path = Deno.makeTempDirSync({ prefix: "riftchat-tls-" });
  /** The variables that have programs keep everything there. */
  readonly env = {
    XDG_CONFIG_HOME: join(this.path, "config"),
    XDG_DATA_HOME: join(this.path, "data"),
    XDG_STATE_HOME: join(this.path, "state"),
    XDG_RUNTIME_DIR: join(this.path, "run"),
  };
  /** The file of the hubs that are known. */
  readonly knownHubs = join(this.path, "config", "riftchat", "known_hubs");

  /**
   * Starts a hub that speaks TLS.
   *
   * @param args its flags; `--tls` if none are given
   * @param port its port; a free one if not given
   * @returns the hub
   */
  hub(args: string[] = ["--tls"], port = 0): Promise<TlsHub> {
    return TlsHub.start(["--port", String(port), "--no-history", ...args], { env: this.env });
  }

  /**
   * Says something on a hub, through a pipe.
   *
   * @param address where the hub is
   * @param args more arguments
   * @param env more variables
   * @returns how that went
   */
  async says(address: string, args: string[] = [], env: Record<string, string> = {}) {
    await using client = new Program(["join", address, "-n", "ana", ...args], {
      stdin: "piped",
      env: { ...this.env, ...env },
    });
    await client.type("hello\n");
    await client.endInput();
    return await client.finish();
  }

  /**
   * Runs the program.
   *
   * @param args its arguments
   * @returns how that went
   */
  runs(...args: string[]) {
    return run(args, { env: this.env });
  }

  /** The lines about hubs that are known. */
  get known(): string[] {
    return Deno.readTextFileSync(this.knownHubs).split("\n").filter((line) =>
      line !== "" && !line.startsWith("#")
    );
  }

  /**
   * Writes a file there.
   *
   * @param name its name
   * @param text what is in it
   * @returns its path
   */
  write(name: string, text: string): string {
    const path = join(this.path, name);
    Deno.writeTextFileSync(path, text, { mode: 0o600 });
    return path;
  }

  /** Removes it. */
  [Symbol.dispose](): void {
    Deno.removeSync(this.path, { recursive: true });
  }
}

/** A hub as a process, which speaks TLS on 127.0.0.1. */
export class TlsHub extends Program {
  /** The port that everybody is told. */
  port = 0;
  /** The port that speaks TLS. */
  tlsPort = 0;
  /** The fingerprint that it said. */
  fingerprint = "";

  /**
   * Starts a hub.
   *
   * @param args its flags
   * @param options its surroundings
   * @returns the hub, which listens
   */
  static async start(args: string[], options: ProgramOptions): Promise<TlsHub> {
    const hub = new TlsHub(["serve", "--host", "127.0.0.1", ...args], options);
    const line = await hub.line();
    const said = line?.match(
      /^listening on 127\.0\.0\.1:(\d+)(?: with TLS|, with TLS on 127\.0\.0\.1:(\d+)), certificate (SHA256:\S{43})$/,
    );
    if (!said) {
      await hub[Symbol.asyncDispose]();
      throw new Error(`the hub does not speak TLS: ${line}\n${hub.stderr}`);
    }
    hub.port = Number(said[1]);
    hub.tlsPort = Number(said[2] ?? said[1]);
    hub.fingerprint = said[3]!;
    return hub;
  }

  /** Where it is. */
  get address(): string {
    return `127.0.0.1:${this.tlsPort}`;
  }

  /** Stops it, and waits until it is gone. */
  async stop(): Promise<void> {
    this.kill("SIGTERM");
    await this.status;
  }
}
