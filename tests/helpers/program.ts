/**
 * The program as a process: the bundle of `deno task test`, or the executable that RIFTCHAT_EXE names, or else from
 * source. The file is long because it holds the general process, the hub and the client.
 *
 * @module
 */
import { DEADLINE_MS, withDeadline } from "./deadline.ts";
import { stopProcess } from "./stopped_process.ts";
import { TextLineStream } from "./text_line_stream.ts";

/** Options of a process. */
export interface ProgramOptions {
  /** Additional environment variables. */
  env?: Record<string, string>;
  /** Its stdin: a pipe that the test writes to, or nothing. */
  stdin?: "piped" | "null";
  /** The URL of another main module in place of `main.ts`; has no effect on an executable. */
  main?: string | undefined;
  /** The most files it may have open, sockets included; needs `sh`. */
  openFiles?: number;
  /**
   * The longest that any file it writes may become, in blocks of 512 or 1,024 bytes: a small disk. `Infinity` for no
   * limit until the test sets one. Needs `sh`.
   */
  fileBlocks?: number;
}

/** The folder of what a process stores for its user, so that it does not meet a key or a hub of who runs the tests. */
const USER_FOLDER = Deno.makeTempDirSync({ prefix: "riftchat-user-" });
addEventListener("unload", () => Deno.removeSync(USER_FOLDER, { recursive: true }));

/**
 * Variables of each process. A hub skips its warm-up: it takes up to 0.4 s of a core, and its connections take file
 * descriptors.
 */
const DEFAULT_ENV: Readonly<Record<string, string>> = {
  NO_COLOR: "1",
  XDG_CONFIG_HOME: `${USER_FOLDER}/config`,
  XDG_DATA_HOME: `${USER_FOLDER}/data`,
  XDG_STATE_HOME: `${USER_FOLDER}/state`,
  SSH_AUTH_SOCK: "",
  // Without a name the hub chooses one, whoever runs the tests.
  USER: "",
  LOGNAME: "",
  USERNAME: "",
  HOST: "",
  PORT: "",
  RIFTCHAT_HOST: "",
  RIFTCHAT_PORT: "",
  RIFTCHAT_HISTORY: "off",
  RIFTCHAT_WARM_UP: "off",
};

const ROOT = new URL("../../", import.meta.url);
const CONFIGURATION = `${import.meta.dirname}/../../deno.json`;

/** The main module of the program, as it is in the repository. */
export const SOURCE: string = new URL("main.ts", ROOT).href;

/** The main module of the bundle that `deno task test` makes, because a process starts faster from it. */
const BUNDLE: string | undefined = await bundle();

async function bundle(): Promise<string | undefined> {
  const file = Deno.env.get("RIFTCHAT_BUNDLE");
  if (file === undefined) return undefined;
  const url = new URL(file, ROOT);
  return await Deno.stat(url).then(() => url.href, () => undefined);
}

/**
 * Returns the command line of the program; unless it is an executable, with exactly the permissions of its task.
 *
 * @param subcommand the subcommand that follows
 * @param daemon whether `--daemon` follows
 * @param main the URL of its main module; has no effect on an executable. Its default is the bundle, but the source for
 * `bench`, which loads its workers from their files
 */
export function programCommand(
  subcommand = "",
  daemon = false,
  main: string = subcommand === "bench" ? SOURCE : BUNDLE ?? SOURCE,
): string[] {
  const executable = Deno.env.get("RIFTCHAT_EXE");
  if (executable !== undefined) return [executable];
  const { tasks } = JSON.parse(Deno.readTextFileSync(CONFIGURATION));
  const task: string =
    tasks[["join", "say", "tail", "identity"].includes(subcommand) ? "join" : daemon ? "daemon" : "serve"]
      .command;
  return [
    Deno.execPath(),
    ...task.split(" main.ts")[0]!.split(" ").filter((word) => /^(run|--.+)$/.test(word)),
    // The bundle does not find the permissions of the task by itself; another program has its own configuration.
    ...main === BUNDLE ? [`--config=${CONFIGURATION}`] : [],
    main,
  ];
}

/** A running program. */
export class Program implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #stdin: WritableStreamDefaultWriter<Uint8Array> | undefined;
  readonly #lines: ReadableStreamDefaultReader<string>;
  readonly #stderr: Promise<void>;
  #stderrGrew = Promise.withResolvers<void>();
  /** Its stderr so far. */
  stderr = "";
  /** Its stdout so far. */
  stdoutText = "";
  /** The lines of its stdout that were read so far. */
  readonly stdout: string[] = [];
  /** Its exit status, once it has ended. */
  readonly status: Promise<number>;

  /**
   * Starts the program.
   *
   * @param args its arguments
   * @param options see {@linkcode ProgramOptions}
   */
  constructor(args: string[], options: ProgramOptions = {}) {
    const { env = {}, stdin = "null", main, openFiles, fileBlocks } = options;
    let command = [...programCommand(args[0], args.includes("--daemon"), main), ...args];
    if (openFiles !== undefined) {
      command = ["sh", "-c", 'ulimit -n "$0" && exec "$@"', String(openFiles), ...command];
    }
    if (fileBlocks !== undefined) {
      // With the signal ignored the write fails with an error, as on a full disk.
      command = [
        "sh",
        "-c",
        'trap "" XFSZ; ulimit -f "$0" && exec "$@"',
        fileBlocks === Infinity ? "unlimited" : String(fileBlocks),
        ...command,
      ];
    }
    this.#process = new Deno.Command(command[0]!, {
      args: command.slice(1),
      env: { ...DEFAULT_ENV, ...env },
      stdin,
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    if (stdin === "piped") this.#stdin = this.#process.stdin.getWriter();
    const keep = new TransformStream<string, string>({
      transform: (text, controller) => {
        this.stdoutText += text;
        controller.enqueue(text);
      },
    });
    this.#lines = this.#process.stdout.pipeThrough(new TextDecoderStream()).pipeThrough(keep)
      .pipeThrough(new TextLineStream()).getReader();
    this.#stderr = this.#readStderr();
    this.status = this.#process.status.then(async ({ code }) => {
      await this.#stderr;
      return code;
    });
  }

  /** Its process id. */
  get pid(): number {
    return this.#process.pid;
  }

  /**
   * Writes to its stdin.
   *
   * @param input text, or any bytes
   */
  async type(input: string | Uint8Array): Promise<void> {
    await this.#stdin!.write(typeof input === "string" ? new TextEncoder().encode(input) : input);
  }

  /** Closes its stdin. */
  async endInput(): Promise<void> {
    await this.#stdin!.close();
  }

  /** Closes its stdout, as `head` does after enough lines. */
  async closeOutput(): Promise<void> {
    await this.#lines.cancel();
  }

  /**
   * Waits for its next line on stdout.
   *
   * @returns the line, or `undefined` at the end of stdout
   * @throws {Error} at the deadline
   */
  async line(): Promise<string | undefined> {
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => reject(new Error(`no line came; stdout: ${this.stdout.join("\n")}\nstderr: ${this.stderr}`)),
      DEADLINE_MS,
    );
    try {
      const { value, done } = await Promise.race([this.#lines.read(), late]);
      if (done) return undefined;
      this.stdout.push(value);
      return value;
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * Waits for a line on stdout that matches.
   *
   * @param wanted returns whether a line matches
   * @returns the line
   * @throws {Error} at the end of stdout, or at the deadline
   */
  async lineWhere(wanted: (line: string) => boolean): Promise<string> {
    for (;;) {
      const line = await this.line();
      if (line === undefined) {
        throw new Error(`stdout ended; it was: ${this.stdout.join("\n")}\nstderr: ${this.stderr}`);
      }
      if (wanted(line)) return line;
    }
  }

  /**
   * Waits until its stderr contains a text.
   *
   * @param wanted the text
   * @throws {Error} when the program ends before, or at the deadline
   */
  async waitForLog(wanted: RegExp): Promise<void> {
    while (!wanted.test(this.stderr)) {
      const grown = Promise.race([this.#stderrGrew.promise, this.#stderr.then(() => true)]);
      const ended = await withDeadline(grown, () => `waiting for ${wanted}; stderr: ${this.stderr}`);
      if (ended && !wanted.test(this.stderr)) throw new Error(`the program ended; stderr: ${this.stderr}`);
    }
  }

  /** Waits until it has ended; returns all of stdout and stderr, and the exit status. */
  async finish(): Promise<{ stdout: string; stderr: string; status: number }> {
    while (await this.line() !== undefined);
    const status = await this.status;
    return { stdout: this.stdout.map((line) => line + "\n").join(""), stderr: this.stderr, status };
  }

  /** Sends it a signal. */
  kill(signal: Deno.Signal): void {
    this.#process.kill(signal);
  }

  /** Stops it by `SIGSTOP`, and waits until it has stopped: its connections stay open and nothing is answered. */
  suspend(): Promise<void> {
    return stopProcess(this.#process);
  }

  /** Kills it if it has not ended, and closes its pipes. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#process.kill("SIGKILL");
    } catch {
      // It has ended already.
    }
    await this.status;
    await this.#stdin?.close().catch(() => {});
    await this.#lines.cancel();
  }

  async #readStderr(): Promise<void> {
    for await (const text of this.#process.stderr.pipeThrough(new TextDecoderStream())) {
      this.stderr += text;
      this.#stderrGrew.resolve();
      this.#stderrGrew = Promise.withResolvers<void>();
    }
  }
}

/**
 * Runs the program to its end.
 *
 * @param args its arguments
 * @param options see {@linkcode ProgramOptions}
 * @returns its stdout, stderr and exit status
 */
export async function run(
  args: string[],
  options: ProgramOptions = {},
): Promise<{ stdout: string; stderr: string; status: number }> {
  await using program = new Program(args, options);
  return await program.finish();
}

/** A hub as a process, on a free port of 127.0.0.1. */
export class HubProgram extends Program {
  /** Its port. */
  port = 0;
  /** Its port for TLS, with `--tls-port`. */
  tlsPort = 0;

  /**
   * Starts a hub and waits until it listens. Tests send faster than users type, so it has no rate limit unless a flag
   * sets one.
   *
   * @param args its flags
   * @param options see {@linkcode ProgramOptions}
   * @returns the hub
   */
  static async start(args: string[] = [], options: ProgramOptions = {}): Promise<HubProgram> {
    const env = { RIFTCHAT_RATE_LIMIT: "off", ...options.env };
    const hub = new HubProgram(["serve", "--host", "127.0.0.1", "--port", "0", ...args], { ...options, env });
    const line = await hub.line();
    const [, port, tlsPort] =
      line?.match(/^listening on 127\.0\.0\.1:(\d+)(?:, with TLS on 127\.0\.0\.1:(\d+), .*)?$/) ?? [];
    if (port === undefined) {
      await hub[Symbol.asyncDispose]();
      throw new Error(`the hub does not listen: ${line}\n${hub.stderr}`);
    }
    hub.port = Number(port);
    hub.tlsPort = Number(tlsPort ?? 0);
    return hub;
  }

  /**
   * Stops it as an operator would.
   *
   * @returns its exit status
   */
  stop(): Promise<number> {
    this.kill("SIGTERM");
    return this.status;
  }
}

/** A client as a process with a pipe as its stdin. It does not reconnect unless `args` has another `--retry`. */
export class ClientProgram extends Program {
  /**
   * Starts a client.
   *
   * @param hub the port of a hub on 127.0.0.1, or its whole address
   * @param args additional arguments
   * @param env additional environment variables
   * @param main as in {@linkcode ProgramOptions}
   */
  constructor(hub: number | string, args: string[] = [], env: Record<string, string> = {}, main?: string) {
    const address = typeof hub === "string" ? hub : `127.0.0.1:${hub}`;
    super(["join", address, "--retry", "0", ...args], { stdin: "piped", env, main });
  }

  /** The lines of its stdout so far, with each time of day as `00:00`. */
  get shown(): string[] {
    return this.stdout.map(withoutTime);
  }

  /**
   * Returns its lines after the notice that it joined. The lines before depend on the speed of the machine: a hub that
   * waits too long for the client's name announces it under the random one.
   *
   * @param name the client's name
   * @returns lines as in `shown`
   */
  shownAfterJoin(name: string): string[] {
    return this.shown.slice(this.shown.findIndex((line) => saysJoined(line, name)) + 1);
  }

  /**
   * Waits until it shows that a user joined.
   *
   * @param name the user's name
   * @throws {Error} as {@linkcode Program.lineWhere}
   */
  async waitForArrival(name: string): Promise<void> {
    await this.lineWhere((line) => saysJoined(line, name));
  }

  /**
   * Waits until it shows a line.
   *
   * @param wanted the whole line, with the time of day as `00:00`
   * @throws {Error} as {@linkcode Program.lineWhere}
   */
  async waitForShown(wanted: string): Promise<void> {
    await this.lineWhere((line) => withoutTime(line) === wanted);
  }

  /**
   * Writes to its stdin, closes it, and waits for the end of the program.
   *
   * @param input text, or any bytes
   * @returns its exit status; its output is in `shown` and `stderr`
   */
  async typeAndFinish(input: string | Uint8Array = ""): Promise<number> {
    const [{ status }] = await Promise.all([
      this.finish(),
      this.type(input).then(() => this.endInput()),
    ]);
    return status;
  }

  /**
   * Waits until it reports that it cannot join or has lost the hub, closes its stdin, and waits for its end. Until its
   * stdin is closed, it reads and discards it.
   *
   * @returns all of stdout and stderr, and the exit status
   */
  async finishAfterFailure(): Promise<{ stdout: string; stderr: string; status: number }> {
    await this.waitForLog(/^riftchat: (?:connection to|cannot join|cannot reach|did not join) .*\n/m);
    const [end] = await Promise.all([this.finish(), this.endInput()]);
    return end;
  }
}

function saysJoined(line: string, name: string): boolean {
  return line === `* ${name} joined` || line.startsWith("* ") && line.endsWith(` is now ${name}`);
}

function withoutTime(line: string): string {
  return line.replace(/^\d\d:\d\d /, "00:00 ");
}
