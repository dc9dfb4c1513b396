/**
 * The real hub with TLS, and a folder for the files of the hub and its clients.
 *
 * @module
 */
import { join } from "node:path";
import { Program, type ProgramOptions, run } from "../program.ts";
import { assertEquals } from "../assert.ts";
import { needs, OLD_RUNTIME } from "../needs.ts";

/**
 * Declares a test in which clients know a hub by its certificate. A client with an old runtime cannot.
 *
 * @param name what holds, as a sentence
 * @param fn the test
 */
export function pinTest(name: string, fn: () => Promise<void>): void {
  Deno.test({ ...needs(name, OLD_RUNTIME), fn });
}

/** A folder for the files of programs, removed at the end. */
export class Home implements Disposable {
  /** Its path. */
  readonly path = Deno.makeTempDirSync({ prefix: "riftchat-tls-" });
  /** The variables that make programs use this folder. */
  readonly env = {
    XDG_CONFIG_HOME: join(this.path, "config"),
    XDG_DATA_HOME: join(this.path, "data"),
    XDG_STATE_HOME: join(this.path, "state"),
    XDG_RUNTIME_DIR: join(this.path, "run"),
  };
  /** The path of the file of known hubs. */
  readonly knownHubs = join(this.path, "config", "riftchat", "known_hubs");

  /**
   * Starts a hub with TLS.
   *
   * @param args its flags; `--tls` if none are given
   * @param port its port; a free one if not given
   * @returns the hub
   */
  hub(args: string[] = ["--tls"], port = 0): Promise<TlsHub> {
    return TlsHub.start(["--port", String(port), "--no-history", ...args], { env: this.env });
  }

  /**
   * Sends a message to a hub, through a pipe.
   *
   * @param address where the hub is
   * @param args more arguments
   * @param env more variables
   * @returns its output and exit status
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
   * Sends messages until a `tail` prints one: nothing else shows that it is connected.
   *
   * @param tail the running `tail`
   * @param address where the hub is
   * @param args more arguments for the sender
   */
  async saysUntilPrinted(tail: Program, address: string, args: string[] = []): Promise<void> {
    const printed = tail.lineWhere((line) => line.endsWith("ana  hello")).then(() => true);
    // The error of a sender comes first.
    printed.catch(() => {});
    do {
      const { status, stderr } = await this.says(address, args);
      assertEquals(status, 0, stderr);
    } while (!await Promise.race([printed, Promise.resolve(false)]));
  }

  /**
   * Runs the program.
   *
   * @param args its arguments
   * @returns its output and exit status
   */
  runs(...args: string[]) {
    return run(args, { env: this.env });
  }

  /** The entries in the file of known hubs. */
  get known(): string[] {
    return Deno.readTextFileSync(this.knownHubs).split("\n").filter((line) =>
      line !== "" && !line.startsWith("#")
    );
  }

  /**
   * Writes a file into the folder.
   *
   * @param name its name
   * @param text its content
   * @returns its path
   */
  write(name: string, text: string): string {
    const path = join(this.path, name);
    Deno.writeTextFileSync(path, text, { mode: 0o600 });
    return path;
  }

  /** Removes the folder. */
  [Symbol.dispose](): void {
    Deno.removeSync(this.path, { recursive: true });
  }
}

/** A hub with TLS on 127.0.0.1, in a process of its own. */
export class TlsHub extends Program {
  /** The first port. */
  port = 0;
  /** The port for TLS. */
  tlsPort = 0;
  /** The fingerprint of its certificate. */
  fingerprint = "";

  /**
   * Starts a hub.
   *
   * @param args its flags
   * @param options the options of the process
   * @returns the hub, which listens
   */
  static async start(args: string[], options: ProgramOptions): Promise<TlsHub> {
    const hub = new TlsHub(["serve", "--host", "127.0.0.1", ...args], options);
    const line = await hub.line();
    const match = line?.match(
      /^listening on 127\.0\.0\.1:(\d+)(?: with TLS|, with TLS on 127\.0\.0\.1:(\d+)), certificate (SHA256:\S{43})$/,
    );
    if (!match) {
      await hub[Symbol.asyncDispose]();
      throw new Error(`the hub does not use TLS: ${line}\n${hub.stderr}`);
    }
    hub.port = Number(match[1]);
    hub.tlsPort = Number(match[2] ?? match[1]);
    hub.fingerprint = match[3]!;
    return hub;
  }

  /** Its address for TLS. */
  get address(): string {
    return `127.0.0.1:${this.tlsPort}`;
  }

  /** Stops it and waits until the process has ended. */
  async stop(): Promise<void> {
    this.kill("SIGTERM");
    await this.status;
  }
}
