/**
 * The tools of OpenSSH, for tests: keys and signatures must be those that people know.
 *
 * @module
 */
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
