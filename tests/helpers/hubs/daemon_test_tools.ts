/**
 * Helpers of the tests of hubs in the background.
 *
 * @module
 */
import { OriginalClient } from "../clients/original_client.ts";
import { needs, NO_POSIX } from "../needs.ts";
import { Daemons } from "./daemon.ts";

/**
 * Declares a test of hubs in the background.
 *
 * @param name what the test checks, as a sentence
 * @param fn the test
 * @param missing what is missing on this machine, if anything is
 */
export function daemonTest(name: string, fn: (daemons: Daemons) => Promise<void>, missing?: string): void {
  Deno.test({
    ...needs(name, NO_POSIX ?? missing),
    async fn() {
      await using daemons = new Daemons();
      await fn(daemons);
    },
  });
}

/** Connects a client. */
export async function connectClient(port: number): Promise<OriginalClient> {
  const client = await OriginalClient.connect(port);
  await client.nextOf(202);
  return client;
}

/** Kills a hub and waits until it has ended. */
export async function kill(hub: { pid: number; port: number }): Promise<void> {
  await using client = await connectClient(hub.port);
  Deno.kill(hub.pid, "SIGKILL");
  await client.closed;
}

/** Starts a process that is not a hub, and ends with the test. */
export function otherProcess(): Deno.ChildProcess & AsyncDisposable {
  const process = new Deno.Command("sleep", { args: ["600"] }).spawn();
  return Object.assign(process, {
    async [Symbol.asyncDispose]() {
      process.kill("SIGKILL");
      await process.status;
    },
  });
}

/** Tells whether a process exists. SIGCONT has no effect on a process that runs. */
export function lives(pid: number): boolean {
  try {
    Deno.kill(pid, "SIGCONT");
    return true;
  } catch {
    return false;
  }
}

/** Runs a shell script; returns its stdout. */
export async function shell(script: string, ...args: string[]): Promise<string> {
  const { stdout } = await new Deno.Command("sh", { args: ["-c", script, ...args] }).output();
  return new TextDecoder().decode(stdout).trim();
}

/** Returns the names of the files in the runtime folder, then of those in the state folder, each sorted. */
export async function fileNames({ folder }: Daemons): Promise<string[]> {
  const names: string[] = [];
  for (const path of [`${folder}/run/riftchat`, `${folder}/state/riftchat`]) {
    const found = await Array.fromAsync(Deno.readDir(path), ({ name }) => name);
    names.push(...found.sort());
  }
  return names;
}
