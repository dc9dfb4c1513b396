/**
 * The real program as a process: from source, or the executable that RIFTCHAT_EXE names.
 *
 * @module
 */
import { TextLineStream } from "./text_line_stream.ts";

/** How to start the program. */
export interface ProgramOptions {
  /** Variables added to the environment. */
  env?: Record<string, string>;
  /** What it reads: a pipe that the test writes to, or nothing. */
  stdin?: "piped" | "null";
  /** Files it may have open at most, sockets included; only where there is `sh`. */
  openFiles?: number;
  /**
   * How long any file it writes may become, in blocks of 512 or 1,024 bytes: a small disk. `Infinity` for as long as it
   * likes until somebody makes it less. Only where there is `sh`.
   */
  fileBlocks?: number;
}

/** How long a test waits for a line before it says what it has seen, in milliseconds. */
const DEADLINE_MS = 20_000;

/**
 * Variables of each process. A hub skips its warm-up: it takes up to 0.4 s of a core, and its connections take file
 * descriptors.
 */
const DEFAULT_ENV: Readonly<Record<string, string>> = {
  NO_COLOR: "1",
  HOST: "",
  PORT: "",
  RIFTCHAT_PORT: "",
  RIFTCHAT_HISTORY: "off",
  RIFTCHAT_WARM_UP: "off",
};

const MAIN = new URL("../../main.ts", import.meta.url).href;
const CONFIGURATION = new URL("../../deno.json", import.meta.url);

/**
 * Gives the program and the arguments before its own; from source with what its task permits, and no more.
 *
 * @param subcommand the subcommand that is to be run
 * @param daemon whether it is about a hub in the background
 */
export function programCommand(subcommand = "", daemon = false): string[] {
  const executable = Deno.env.get("RIFTCHAT_EXE");
  if (executable !== undefined) return [executable];
  const { tasks } = JSON.parse(Deno.readTextFileSync(CONFIGURATION));
  const task: string =
    tasks[subcommand === "join" || subcommand === "tail" ? "join" : daemon ? "daemon" : "serve"].command;
  return [
    Deno.execPath(),
    ...task.split(" main.ts")[0]!.split(" ").filter((word) => /^(run|--.+)$/.test(word)),
    MAIN,
  ];
}

/** A running program. */
export class Program implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #stdin: WritableStreamDefaultWriter<Uint8Array> | undefined;
  readonly #lines: ReadableStreamDefaultReader<string>;
  readonly #stderr: Promise<void>;
  #stderrGrew = Promise.withResolvers<void>();
  /** All that it has written to stderr so far. */
  stderr = "";
  /** All that it has written to stdout so far, as it came. */
  stdoutText = "";
  /** The lines it has written to stdout that were read so far. */
  readonly stdout: string[] = [];
  /** Its exit status, once it has one. */
  readonly status: Promise<number>;

  /**
   * Starts the program.
   *
   * @param args its arguments
   * @param options its surroundings
   */
  constructor(args: string[], { env = {}, stdin = "null", openFiles, fileBlocks }: ProgramOptions = {}) {
    let command = [...programCommand(args[0], args.includes("--daemon")), ...args];
    if (openFiles !== undefined) {
      command = ["sh", "-c", 'ulimit -n "$0" && exec "$@"', String(openFiles), ...command];
    }
    if (fileBlocks !== undefined) {
      // Ignored, the signal for it leaves an error of the write behind, as a full disk does.
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
   * Types something.
   *
   * @param input what to write to its stdin: text, or bytes that need not be text
   */
  async type(input: string | Uint8Array): Promise<void> {
    await this.#stdin!.write(typeof input === "string" ? new TextEncoder().encode(input) : input);
  }

  /** Closes its stdin. */
  async endInput(): Promise<void> {
    await this.#stdin!.close();
  }

  /** Closes its stdout, as `head` does when it has read enough. */
  async closeOutput(): Promise<void> {
    await this.#lines.cancel();
  }

  /**
   * Waits for its next line on stdout.
   *
   * @returns the line, or `undefined` when there are no more
   * @throws {Error} when none comes within 20 s
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
   * Waits for a line on stdout that fits.
   *
   * @param wanted says whether it is the one
   * @returns the line
   * @throws {Error} when stdout ends before, or no line comes within 20 s
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
   * Waits until its stderr holds something.
   *
   * @param wanted what it is to hold
   * @throws {Error} when the program ends before
   */
  async waitForLog(wanted: RegExp): Promise<void> {
    while (!wanted.test(this.stderr)) {
      const ended = await Promise.race([this.#stderrGrew.promise, this.#stderr.then(() => true)]);
      if (ended && !wanted.test(this.stderr)) throw new Error(`the program ended; stderr: ${this.stderr}`);
    }
  }

  /** Reads the rest of its stdout, and waits until it has ended; answers all of stdout, stderr and the status. */
  async finish(): Promise<{ stdout: string; stderr: string; status: number }> {
    while (await this.line() !== undefined);
    const status = await this.status;
    return { stdout: this.stdout.map((line) => line + "\n").join(""), stderr: this.stderr, status };
  }

  /** Sends it a signal. */
  kill(signal: Deno.Signal): void {
    this.#process.kill(signal);
  }

  /** Ends it, if it has not ended, and everything that belongs to it. */
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
 * @param options its surroundings
 * @returns all that it wrote, and its status
 */
export async function run(
  args: string[],
  options: ProgramOptions = {},
): Promise<{ stdout: string; stderr: string; status: number }> {
  await using program = new Program(args, options);
  return await program.finish();
}

/** A hub as a process, on a port of its own on 127.0.0.1. */
export class HubProgram extends Program {
  /** Where it listens. */
  port = 0;

  /**
   * Starts a hub and waits until it listens. Tests send faster than anybody types, so it has no rate unless a flag says
   * one.
   *
   * @param args its flags
   * @param options its surroundings
   * @returns the hub
   */
  static async start(args: string[] = [], options: ProgramOptions = {}): Promise<HubProgram> {
    const env = { RIFTCHAT_RATE_LIMIT: "off", ...options.env };
    const hub = new HubProgram(["serve", "--host", "127.0.0.1", "--port", "0", ...args], { ...options, env });
    const line = await hub.line();
    const port = line?.match(/^listening on 127\.0\.0\.1:(\d+)$/)?.[1];
    if (port === undefined) {
      await hub[Symbol.asyncDispose]();
      throw new Error(`the hub does not listen: ${line}\n${hub.stderr}`);
    }
    hub.port = Number(port);
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

/** A client as a process that one can type into; it gives up with its first link unless it is told otherwise. */
export class ClientProgram extends Program {
  /**
   * Starts a client.
   *
   * @param port the port of a hub on 127.0.0.1
   * @param args more arguments than the address
   * @param env variables added to the environment
   */
  constructor(port: number, args: string[] = [], env: Record<string, string> = {}) {
    super(["join", `127.0.0.1:${port}`, "--retry", "0", ...args], { stdin: "piped", env });
  }

  /** What it has shown so far, line by line, with every time of day as `00:00`. */
  get shown(): string[] {
    return this.stdout.map(withoutTime);
  }

  /**
   * Gives what it has shown since everyone heard that it is here. Before that a slow machine makes a difference: a hub
   * announces whoever is silent for a while under the name that it chose itself.
   *
   * @param name the client's name
   * @returns lines as in `shown`
   */
  shownAfterJoin(name: string): string[] {
    return this.shown.slice(this.shown.findIndex((line) => saysThatHere(line, name)) + 1);
  }

  /**
   * Waits until it shows that everyone heard that somebody is here.
   *
   * @param name the name of who arrives
   * @throws {Error} as {@linkcode Program.lineWhere}
   */
  async waitForArrival(name: string): Promise<void> {
    await this.lineWhere((line) => saysThatHere(line, name));
  }

  /**
   * Waits until it shows something.
   *
   * @param wanted a whole line, with the time of day as `00:00`
   * @throws {Error} as {@linkcode Program.lineWhere}
   */
  async waitForShown(wanted: string): Promise<void> {
    await this.lineWhere((line) => withoutTime(line) === wanted);
  }

  /**
   * Types all that is to be said, ends the input and waits for the end of the program.
   *
   * @param input what to type
   * @returns its exit status; what it wrote is in `shown` and `stderr`
   */
  async typeAndFinish(input: string | Uint8Array = ""): Promise<number> {
    const [{ status }] = await Promise.all([
      this.finish(),
      this.type(input).then(() => this.endInput()),
    ]);
    return status;
  }
}

function saysThatHere(line: string, name: string): boolean {
  return line === `* ${name} joined` || line.startsWith("* ") && line.endsWith(` is now ${name}`);
}

function withoutTime(line: string): string {
  return line.replace(/^\d\d:\d\d /, "00:00 ");
}
