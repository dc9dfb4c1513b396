/**
 * Tests that need something of the machine: a command, a shell, a terminal, an operating system. Where it is missing
 * the test is ignored, and its name says what is missing.
 *
 * @module
 */

/** Why a test for POSIX systems cannot run here; `undefined` if it can. */
export const NO_POSIX: string | undefined = Deno.build.os === "windows" ? "this is Windows" : undefined;

/** Why a test with files of another user cannot run here; `undefined` if it can. */
export const NOT_ROOT: string | undefined = NO_POSIX ??
  (await isRoot() ? undefined : "only root can give files to another user");

/** Why a test for Linux cannot run here; `undefined` if it can. */
export const NO_LINUX: string | undefined = Deno.build.os === "linux" ? undefined : "this is not Linux";

/**
 * Why a test on a pseudo-terminal cannot run here; `undefined` if it can. `script` of util-linux opens the terminal.
 */
export const NO_PTY: string | undefined = NO_LINUX ?? await missingCommand("script", "--version");

/**
 * Why a test of TLS on the hub cannot run against this executable; `undefined` if it can. The hub does without what
 * these tests check on a runtime before Deno 2.9; see `server/ports/native_tls_acceptor.ts`.
 */
export const OLD_RUNTIME: string | undefined = await oldRuntime();

async function isRoot(): Promise<boolean> {
  const { stdout } = await new Deno.Command("id", { args: ["-u"] }).output();
  return new TextDecoder().decode(stdout).trim() === "0";
}

async function oldRuntime(): Promise<string | undefined> {
  const executable = Deno.env.get("RIFTCHAT_EXE");
  if (executable === undefined) return undefined;
  const { stdout } = await new Deno.Command(executable, { args: ["--version"] }).output();
  const [version = "", major, minor] = /deno (\d+)\.(\d+)\.\d+/.exec(new TextDecoder().decode(stdout)) ?? [];
  return Number(major) * 1000 + Number(minor) < 2009 ? `the executable has ${version}` : undefined;
}

/**
 * Makes the name of a test, and whether it is ignored, for `Deno.test`.
 *
 * @param name what the test checks, as a sentence
 * @param missing what is missing on this machine, or `undefined` if nothing is
 * @returns two fields of a test definition
 *
 * @example
 * ```ts
 * Deno.test({ ...needs("In zsh Tab completes a subcommand", await missingCommand("zsh", "-c", "exit")), fn });
 * ```
 */
export function needs(name: string, missing: string | undefined): { name: string; ignore: boolean } {
  return missing === undefined
    ? { name, ignore: false }
    : { name: `${name} (ignored: ${missing})`, ignore: true };
}

/**
 * Checks whether a command can be run.
 *
 * @param command the name of the command
 * @param args arguments with which it does nothing
 * @returns `undefined` if it can be run, or a text that says that it is missing
 */
export async function missingCommand(command: string, ...args: string[]): Promise<string | undefined> {
  try {
    const { code } = await new Deno.Command(command, { args, stdout: "null", stderr: "null" }).output();
    return code === 127 ? `${command} is not installed` : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return `${command} is not installed`;
    throw error;
  }
}
