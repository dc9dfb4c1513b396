/**
 * The real `nats-server` with JetStream, for tests of several hubs. A server has its store in a folder of its own and
 * keeps its ports when it is started again.
 *
 * @module
 */
import { delimiter, join } from "node:path";
import { DEADLINE_MS, withDeadline } from "../deadline.ts";
import { keptPorts } from "../kept_ports.ts";
import { needs } from "../needs.ts";
import { stopProcess } from "../stopped_process.ts";

/** The executable of NATS, or `undefined` if none is installed. `NATS_SERVER` names another one. */
export const NATS_SERVER: string | undefined = await findServer();

/** Why a test with NATS cannot run here; `undefined` if it can. */
export const NO_NATS: string | undefined = NATS_SERVER === undefined
  ? "nats-server is not installed: apt-get install nats-server, or set NATS_SERVER"
  : undefined;

/**
 * Whether the installed server is older than 2.10. Three such servers lose messages that they have acknowledged, or
 * have no leader any more, when they fail one after the other: with six faults in 2 of 5 runs, where those of 2.10 and
 * 2.15 lost nothing in 10 runs each. So in the gate they get one fault, and not all of them at once.
 */
export const IS_FRAIL: boolean = NATS_SERVER !== undefined && await versionOf(NATS_SERVER) < 210;

/** Returns the version as one number, such as 209 for 2.9.10. */
async function versionOf(path: string): Promise<number> {
  const { stdout } = await new Deno.Command(path, { args: ["--version"] }).output();
  const text = new TextDecoder().decode(stdout);
  const [, major, minor] = /v(\d+)\.(\d+)/.exec(text) ?? [];
  if (minor === undefined) throw new Error(`${path} tells no version: ${text}`);
  return 100 * Number(major) + Number(minor);
}

async function findServer(): Promise<string | undefined> {
  const named = Deno.env.get("NATS_SERVER");
  if (named !== undefined) return named === "" ? undefined : named;
  if (Deno.build.os === "windows") return undefined;
  // Debian installs it into a folder that is not in the PATH of most users.
  for (const folder of [...(Deno.env.get("PATH") ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin"]) {
    const path = join(folder, "nats-server");
    if (await Deno.stat(path).then(({ isFile }) => isFile, () => false)) return path;
  }
  return undefined;
}

/**
 * Declares a test with NATS; it is ignored where NATS is not installed.
 *
 * @param name what holds, as a sentence
 * @param fn the test
 */
export function natsTest(name: string, fn: () => Promise<void>): void {
  Deno.test({ ...needs(name, NO_NATS), fn });
}

/** How a server is started. */
export interface NatsServerOptions {
  /** Lines of its configuration, such as of TLS or accounts. */
  config?: string;
  /** Whether it has JetStream; yes if not given. */
  jetStream?: boolean;
  /** How much JetStream may store; much more than a test stores if not given. */
  maxFile?: string;
  /** The scheme of its address; `nats` if not given. */
  scheme?: "nats" | "tls";
  /**
   * Its name, its port and those of all servers of its cluster; it is a single server if not given. The cluster is
   * named after the ports: one of another test that has a port of this one by chance does not become a part of it.
   */
  cluster?: { name: string; port: number; routes: readonly number[] };
}

/** A process of NATS. */
export class NatsServer implements AsyncDisposable {
  readonly #folder: string;
  #options: NatsServerOptions;
  #process: Deno.ChildProcess | undefined;
  readonly #port: number;
  readonly #monitor: number;
  #isStopped = false;

  private constructor(folder: string, options: NatsServerOptions) {
    this.#folder = folder;
    [this.#port, this.#monitor] = keptPorts(2) as [number, number];
    this.#options = options;
  }

  /**
   * Starts a server with an empty store.
   *
   * @param options how
   * @returns the server, which accepts connections; in a cluster JetStream may not be ready
   */
  static async start(options: NatsServerOptions = {}): Promise<NatsServer> {
    const server = new NatsServer(await Deno.makeTempDir({ prefix: "riftchat-nats-" }), options);
    try {
      await server.start();
    } catch (error) {
      await server[Symbol.asyncDispose]();
      throw error;
    }
    return server;
  }

  /** The port for clients. */
  get port(): number {
    return this.#port;
  }
  /** Its address, such as `nats://127.0.0.1:4222`. */
  get url(): string {
    return `${this.#options.scheme ?? "nats"}://127.0.0.1:${this.#port}`;
  }
  /** The name of the server in a cluster. */
  get name(): string | undefined {
    return this.#options.cluster?.name;
  }
  /** The folder of the server. */
  get folder(): string {
    return this.#folder;
  }

  /**
   * Changes the configuration with which it is started the next time.
   *
   * @param config as in {@linkcode NatsServerOptions}
   */
  configure(config: string): void {
    this.#options = { ...this.#options, config };
  }

  /** Starts it again after it has ended, on the same ports and with its store. */
  async start(): Promise<void> {
    const { config = "", jetStream = true, maxFile = "64G", cluster } = this.#options;
    const lines = [
      `listen: "127.0.0.1:${this.#port}"`,
      `http: "127.0.0.1:${this.#monitor}"`,
      `ports_file_dir: ${JSON.stringify(this.#folder)}`,
      ...jetStream
        ? [
          `jetstream { store_dir: ${
            JSON.stringify(join(this.#folder, "store"))
          }, max_file: ${maxFile}, max_mem: 64M }`,
        ]
        : [],
      ...cluster === undefined ? [] : [
        `server_name: ${cluster.name}`,
        `cluster { name: test-${cluster.routes.join("-")}, listen: "127.0.0.1:${cluster.port}", ` +
        `routes: [${cluster.routes.map((port) => `"nats://127.0.0.1:${port}"`).join(", ")}] }`,
      ],
      config,
    ];
    const configFile = join(this.#folder, "nats.conf"), logFile = join(this.#folder, "nats.log");
    await Deno.writeTextFile(configFile, lines.join("\n"));
    const process = new Deno.Command(NATS_SERVER!, {
      args: ["--config", configFile, "--log", logFile],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    this.#process = process;
    let ended = false;
    process.status.then(() => ended = true);
    const portsFile = join(this.#folder, `nats-server_${process.pid}.ports`);
    const log = () => Deno.readTextFile(logFile).catch(() => "");
    const startedAt = performance.now();
    for (;;) {
      if (await isListening(portsFile)) return;
      if (ended) throw new Error(`nats-server ended: ${await log()}`);
      if (performance.now() - startedAt > DEADLINE_MS) {
        throw new Error(`nats-server does not start: ${await log()}`);
      }
      await pause(20);
    }
  }

  /** Waits until JetStream is ready: in a cluster, until it has a leader and this server follows it. */
  async ready(): Promise<void> {
    const startedAt = performance.now();
    let seen = "";
    while (performance.now() - startedAt < DEADLINE_MS) {
      try {
        const response = await fetch(`http://127.0.0.1:${this.#monitor}/healthz`);
        seen = await response.text();
        if (response.status === 200) return;
      } catch (error) {
        seen = String(error);
      }
      await pause(50);
    }
    throw new Error(`nats-server is not ready: ${seen}`);
  }

  /**
   * Waits for a line of its log.
   *
   * @param line what it has
   */
  async logged(line: RegExp): Promise<void> {
    const startedAt = performance.now();
    for (;;) {
      const log = await Deno.readTextFile(join(this.#folder, "nats.log"));
      if (line.test(log)) return;
      if (performance.now() - startedAt > DEADLINE_MS) throw new Error(`the log has no ${line}: ${log}`);
      await pause(50);
    }
  }

  /**
   * Ends the process, and waits for its end.
   *
   * @param signal how; `SIGKILL` if not given
   */
  async kill(signal: Deno.Signal = "SIGKILL"): Promise<void> {
    const process = this.#process;
    if (process === undefined) return;
    this.#process = undefined;
    try {
      process.kill(signal);
      if (this.#isStopped) process.kill("SIGCONT");
    } catch (error) {
      // It has ended by itself.
      if (!(error instanceof TypeError)) throw error;
    }
    this.#isStopped = false;
    await withDeadline(process.status, () => `ending nats-server by ${signal}`);
  }

  /** Stops the process, and waits until it has stopped: its connections stay open and nothing is answered. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    if (this.#process !== undefined) await stopProcess(this.#process);
  }

  /** Continues the process. */
  continue(): void {
    this.#process?.kill("SIGCONT");
    this.#isStopped = false;
  }

  /**
   * Ends the process and starts it again.
   *
   * @param signal how it is ended; `SIGKILL` if not given
   */
  async restart(signal: Deno.Signal = "SIGKILL"): Promise<void> {
    await this.kill(signal);
    await this.start();
  }

  /** Ends the process and removes its folder. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await Deno.remove(this.#folder, { recursive: true });
  }
}

/** Tells whether a server listens: it writes a file with its ports then. */
async function isListening(portsFile: string): Promise<boolean> {
  try {
    JSON.parse(await Deno.readTextFile(portsFile));
    return true;
  } catch {
    // It does not exist yet, or is being written.
    return false;
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
