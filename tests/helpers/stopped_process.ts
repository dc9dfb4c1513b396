/**
 * Processes that a test stops: their connections stay open, and they do nothing.
 *
 * @module
 */
import { withDeadline } from "./deadline.ts";

/** How often it is looked whether a process has stopped, in milliseconds. */
const LOOK_MS = 2;

/**
 * Stops a process by `SIGSTOP`. `kill` returns before the process has stopped, each of whose threads may still answer
 * what is sent to it then.
 *
 * @param process the process
 * @returns resolves when all of its threads have stopped
 * @throws {TypeError} if it has ended
 */
export async function stopProcess(process: Deno.ChildProcess): Promise<void> {
  process.kill("SIGSTOP");
  let isOver = false;
  const stopped = (async () => {
    while (!isOver && !await hasStopped(process.pid)) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  })();
  try {
    await withDeadline(stopped, () => `stopping process ${process.pid}`);
  } finally {
    isOver = true;
  }
}

/** Tells whether all threads of a process have stopped. */
async function hasStopped(pid: number): Promise<boolean> {
  // Reading /proc needs all permissions, running a program that reads it only one.
  const [command, args, stopped] = Deno.build.os === "linux"
    // The state follows the name of the program in parentheses, which may have any characters.
    ? ["sh", ["-c", `cat /proc/${pid}/task/*/stat`], /\) T [^)]*$/] as const
    : ["ps", ["-o", "state=", "-p", String(pid)], /^T/] as const;
  const { stdout } = await new Deno.Command(command, { args: [...args], stderr: "null" }).output();
  return new TextDecoder().decode(stdout).trim().split("\n").every((line) => stopped.test(line));
}
