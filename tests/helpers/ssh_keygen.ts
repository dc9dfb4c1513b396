/**
 * The tools of OpenSSH, for tests: keys and signatures must be those that people know.
 *
 * @module
 */
import { sshStrings } from "../../identity/mod.ts";
import { missingCommand, needs } from "./needs.ts";

/** Why a test with `ssh-keygen` cannot run here; `undefined` if it can. */
export const NO_SSH_KEYGEN: string | undefined = await missingCommand("ssh-keygen", "-?");

/** Why a test with `ssh-agent` cannot run here; `undefined` if it can. */
export const NO_SSH_AGENT: string | undefined = NO_SSH_KEYGEN ?? await missingCommand("ssh-agent", "-?") ??
  await missingCommand("ssh-add", "-?");

/** Options of {@linkcode sshTool}. */
export interface SshToolOptions {
  /** Environment variables. */
  env?: Record<string, string>;
  /** Its stdin. */
  input?: string | Uint8Array;
}

/**
 * Runs a tool of OpenSSH.
 *
 * @param command its name
 * @param args its arguments
 * @param options see {@linkcode SshToolOptions}
 * @returns its output, and whether it succeeded
 */
export async function sshTool(
  command: string,
  args: string[],
  { env = {}, input = "" }: SshToolOptions = {},
): Promise<{ output: string; success: boolean }> {
  const process = new Deno.Command(command, {
    args,
    env,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = process.stdin.getWriter();
  // A tool that fails does not read its stdin.
  await writer.write(typeof input === "string" ? new TextEncoder().encode(input) : input).catch(() => {});
  await writer.close().catch(() => {});
  const { stdout, stderr, success } = await process.output();
  return { output: new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr), success };
}

/**
 * Makes a key with `ssh-keygen`.
 *
 * @param path the path of the file; `.pub` is appended for the public key
 * @param args more arguments, such as `-t rsa`; the default is an Ed25519 key without a passphrase
 */
export async function sshKey(path: string, ...args: string[]): Promise<void> {
  const all = ["-q", "-f", path, ...args];
  if (!args.includes("-t")) all.push("-t", "ed25519");
  if (!args.includes("-N")) all.push("-N", "");
  if (!args.includes("-C")) all.push("-C", "ana@laptop");
  const { output, success } = await sshTool("ssh-keygen", all);
  if (!success) throw new Error(`ssh-keygen ${all.join(" ")}: ${output}`);
}

/**
 * Registers a test that needs `ssh-keygen`.
 *
 * @param name what the test checks, as a sentence
 * @param action the test; it gets a temporary folder
 */
export function testWithKeygen(name: string, action: (folder: string) => Promise<void>): void {
  testInFolder(name, NO_SSH_KEYGEN, action);
}

/**
 * Registers a test with a temporary folder.
 *
 * @param name what the test checks, as a sentence
 * @param missing what is missing on this machine, or `undefined` if nothing is
 * @param action the test; it gets the path of the folder
 */
export function testInFolder(
  name: string,
  missing: string | undefined,
  action: (folder: string) => Promise<void>,
): void {
  Deno.test({
    ...needs(name, missing),
    async fn() {
      const folder = await Deno.makeTempDir();
      try {
        await action(folder);
      } finally {
        await Deno.remove(folder, { recursive: true });
      }
    },
  });
}

/**
 * Returns the mode of a file.
 *
 * @param path its path
 * @returns its permissions, such as `0o600`
 */
export async function modeOf(path: string): Promise<number> {
  return (await Deno.stat(path)).mode! & 0o777;
}

/** A running `ssh-agent`. */
export class SshAgent implements AsyncDisposable {
  /** The path of its socket. */
  readonly socket: string;
  readonly #process: Deno.ChildProcess;

  private constructor(socket: string, process: Deno.ChildProcess) {
    this.socket = socket;
    this.#process = process;
  }

  /**
   * Starts an agent.
   *
   * @param socket the path of its socket, which does not exist yet
   * @returns the agent, when it listens
   */
  static async start(socket: string): Promise<SshAgent> {
    const process = new Deno.Command("ssh-agent", {
      args: ["-D", "-a", socket],
      stdout: "piped",
      stderr: "null",
    })
      .spawn();
    // It prints the path of its socket when it listens.
    const reader = process.stdout.getReader();
    await reader.read();
    await reader.cancel();
    return new SshAgent(socket, process);
  }

  /**
   * Runs a tool that talks to the agent.
   *
   * @param command its name
   * @param args its arguments
   * @returns its output
   * @throws {Error} if it fails
   */
  async run(command: string, ...args: string[]): Promise<string> {
    const { output, success } = await sshTool(command, args, { env: { SSH_AUTH_SOCK: this.socket } });
    if (!success) throw new Error(`${command} ${args.join(" ")}: ${output}`);
    return output;
  }

  /** Locks it with a password. */
  async lock(password: string): Promise<void> {
    await this.#send(22, password);
  }

  /** Unlocks it. */
  async unlock(password: string): Promise<void> {
    await this.#send(23, password);
  }

  /** Sends a message with a password. `ssh-add` asks for it on a terminal only. */
  async #send(type: number, password: string): Promise<void> {
    using connection = await Deno.connect({ transport: "unix", path: this.socket });
    await connection.write(sshStrings(Uint8Array.of(type, ...sshStrings(password))));
    const answer = new Uint8Array(5);
    await connection.read(answer);
    if (answer[4] !== 6) throw new Error(`ssh-agent answered ${answer}`);
  }

  /** Ends it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill("SIGTERM");
    await this.#process.status;
  }
}
