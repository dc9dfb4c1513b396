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
  if (Deno.build.os !== "linux") {
    const { stdout } = await new Deno.Command("ps", { args: ["-o", "state=", "-p", String(pid)] }).output();
    return new TextDecoder().decode(stdout).startsWith("T");
  }
  for await (const { name } of Deno.readDir(`/proc/${pid}/task`)) {
    // It is gone if the thread has ended meanwhile.
    const text = await Deno.readTextFile(`/proc/${pid}/task/${name}/stat`).catch(() => "");
    // The name of the program, in parentheses, may have any characters.
    if (text.slice(text.lastIndexOf(")") + 2)[0] !== "T") return false;
  }
  return true;
}
