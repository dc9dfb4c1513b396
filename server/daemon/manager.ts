/**
 * The actions start, stop, restart and status: `riftchat serve --daemon ACTION`.
 *
 * Rules: only one command at a time starts or stops an instance. A process gets a signal only after it has proved to be
 * the hub: it answers on the control socket with its pid, or, if it hangs, it accepts connections there, which only the
 * process that wrote the pidfile does; and `ps` shows it as that hub. Whether a hub has ended is known from its lock,
 * not from its pid.
 *
 * @module
 */
import type { DaemonAction } from "../settings/mod.ts";
import { holderOf, type LockHolder, lockInstance } from "./instance_lock.ts";
import { wasStartedAs } from "./command_line.ts";
import { queryHub } from "./control.ts";
import { reasonOf, timeLimit, writeText } from "../../runtime/mod.ts";
import { DaemonError } from "./error.ts";
import { findInstance, hasFolders, type Instance, makeFolders } from "./instance.ts";
import { launch } from "./launch.ts";
import { COMMAND_LOCK_MS, KILL_MS, POLL_MS, RECHECK_MS, STOP_MS } from "./limits.ts";
import { FileLock } from "./file_lock.ts";
import { mergeStartArguments } from "./start_arguments.ts";
import { readPidFile, writePidFile } from "./pid_file.ts";
import type { HubRecord, StartArguments } from "./record.ts";
import { preflight } from "./preflight.ts";
import { describeHolder, startedText, statusText } from "./status_text.ts";

/** The options of an action. */
export interface ManagerOptions {
  /** The name of the instance. */
  instance: string;
  /** How to start a hub. */
  startArguments: StartArguments;
  /** Whether to print JSON. */
  json: boolean;
  /**
   * Prints a line on stdout.
   *
   * @param line the line
   * @throws {Error} if stdout cannot be written to
   */
  print(line: string): Promise<void>;
}

type Print = ManagerOptions["print"];

/** The exit status of `status` if the hub is not running, as in init scripts. */
const NOT_RUNNING = 3;

/**
 * Runs an action.
 *
 * @param action the action
 * @param options see {@linkcode ManagerOptions}
 * @returns the exit status: 0, or 3 from `status` if the hub is not running
 * @throws {DaemonError} if the action fails
 */
export async function manageDaemon(action: DaemonAction, options: ManagerOptions): Promise<number> {
  if (Deno.build.os === "windows") {
    throw new DaemonError(
      "Cannot run a hub in the background on Windows; " +
        "let a service manager run riftchat serve in the foreground",
    );
  }
  const instance = await findInstance(options.instance);
  switch (action) {
    case "start":
      return await start(instance, options);
    case "stop":
      return await stop(instance, options);
    case "restart":
      return await restart(instance, options);
    case "status":
      return await status(instance, options);
  }
}

async function start(instance: Instance, { startArguments, json, print }: ManagerOptions): Promise<number> {
  await makeFolders(instance);
  using _commands = await lockCommands(instance);
  const { lock, holder } = await lockInstance(instance);
  if (lock === undefined) {
    throw new DaemonError(
      `Cannot start instance ${instance.name}: ${await describeHolder(instance, holder)}`,
    );
  }
  // The hub takes the lock itself.
  lock[Symbol.dispose]();
  return await reportStarted(await launch(instance, startArguments), json, print);
}

async function stop(instance: Instance, { json, print }: ManagerOptions): Promise<number> {
  const { name } = instance;
  if (hasFolders(instance)) {
    using _commands = await lockCommands(instance);
    const { lock, holder } = await lockInstance(instance);
    if (lock === undefined) {
      const { pid, killed } = await stopHub(instance, holder);
      removeFiles([instance.startFile]);
      const how = killed
        ? `pid ${pid} did not stop within ${STOP_MS / 1000} s and was killed`
        : `was pid ${pid}`;
      const fact = `stopped; ${how}`;
      await printResult(
        print,
        json ? JSON.stringify({ instance: name, stopped: true, pid, killed }) : fact,
        fact,
      );
      return 0;
    }
    removeLeftovers(instance);
    removeFiles([instance.startFile]);
    lock[Symbol.dispose]();
  }
  const fact = `instance ${name} is not running`;
  await printResult(print, json ? JSON.stringify({ instance: name, stopped: false }) : fact, fact);
  return 0;
}

async function restart(instance: Instance, { startArguments, json, print }: ManagerOptions): Promise<number> {
  await makeFolders(instance);
  using _commands = await lockCommands(instance);
  const { lock, holder } = await lockInstance(instance);
  lock?.[Symbol.dispose]();
  const last = holder?.kind === "hub"
    ? holder.report
    : await readPidFile(instance.pidFile) ?? await readPidFile(instance.startFile);
  const next = nextStartArguments(last?.origin, startArguments);
  // Do not stop a hub that could not start again.
  const problem = await preflight(instance, next, holder === undefined ? undefined : last);
  if (problem !== undefined) {
    const state = holder === undefined ? "nothing was started" : "the running hub was not stopped";
    throw new DaemonError(`Cannot restart instance ${instance.name}: ${state}: ${problem}`);
  }
  if (holder !== undefined) {
    const { pid, killed } = await stopHub(instance, holder);
    if (killed) {
      await writeText(
        Deno.stderr,
        `riftchat: pid ${pid} did not stop within ${STOP_MS / 1000} s and was killed\n`,
      );
    }
    // The hub removed its pidfile. If the new one does not start, the next restart needs the record.
    if (last !== undefined) await writePidFile(instance.pidFile, last);
  }
  return await reportStarted(await launch(instance, next), json, print);
}

async function reportStarted(record: HubRecord, json: boolean, print: Print): Promise<number> {
  await printResult(print, startedText(record, json), `the hub is running: ${startedText(record, false)}`);
  return 0;
}

/** Merges the last and the given start arguments. Environment variables alone change nothing. */
function nextStartArguments(last: StartArguments | undefined, given: StartArguments): StartArguments {
  if (last === undefined) return given;
  return given.flags.length > 0 ? mergeStartArguments(last, given) : last;
}

async function status(instance: Instance, { json, print }: ManagerOptions): Promise<number> {
  const { name } = instance;
  if (hasFolders(instance)) {
    const { lock, holder } = await lockInstance(instance);
    if (holder?.kind === "hub") {
      await printResult(print, statusText(holder.report, Date.now(), json), `instance ${name} is running`);
      return 0;
    }
    if (holder !== undefined) {
      throw new DaemonError(
        `Cannot query instance ${name}: ${await describeHolder(instance, holder)}`,
      );
    }
    lock[Symbol.dispose]();
  }
  const fact = `instance ${name} is not running`;
  await printResult(print, json ? JSON.stringify({ instance: name, running: false }) : fact, fact);
  return NOT_RUNNING;
}

/** Prints the result on stdout. If that fails, the error message includes the result. */
async function printResult(print: Print, line: string, fact: string): Promise<void> {
  try {
    await print(line);
  } catch (error) {
    throw new DaemonError(`Cannot write to stdout: ${reasonOf(error)}; ${fact}`, { cause: error });
  }
}

/** Waits until no other command starts or stops this instance, and locks out others. */
async function lockCommands({ name, commandLockFile }: Instance): Promise<FileLock> {
  using limit = timeLimit(COMMAND_LOCK_MS);
  const lock = await FileLock.acquire(commandLockFile, limit.over);
  if (lock !== undefined) return lock;
  throw new DaemonError(
    `Cannot start or stop instance ${name}: another command has been running for ${COMMAND_LOCK_MS / 1000} s`,
  );
}

/** Stops a hub; returns its pid and whether it had to be killed. */
async function stopHub(instance: Instance, holder: LockHolder): Promise<{ pid: number; killed: boolean }> {
  const pid = await verifiedPid(instance, holder);
  if (pid === undefined) {
    const why = holder.kind === "hub"
      ? `pid ${holder.report.pid} must be its hub: ps shows no such process of this user on this machine`
      : await describeHolder(instance, holder);
    throw new DaemonError(`Cannot stop instance ${instance.name}: ${why}; no signal was sent`);
  }
  signal(pid, "SIGTERM");
  if (await waitUntilStopped(instance, STOP_MS)) return { pid, killed: false };
  // It may have ended in between, and another program may have its pid.
  const killed = await verifiedPid(instance, holderOf(await queryHub(instance.socket, RECHECK_MS))) === pid;
  if (killed) signal(pid, "SIGKILL");
  if (await waitUntilStopped(instance, KILL_MS)) return { pid, killed };
  throw new DaemonError(
    `Cannot stop instance ${instance.name}: pid ${pid} got a signal and is still running`,
  );
}

/** Returns the pid of the holder, if it is certain. */
async function verifiedPid(instance: Instance, holder: LockHolder | undefined): Promise<number | undefined> {
  const pid = await reportedPid(instance, holder);
  return pid !== undefined && await wasStartedAs(pid, instance) ? pid : undefined;
}

/** Returns the pid that the holder reports, or the one in the pidfile if it does not answer. */
async function reportedPid(instance: Instance, holder: LockHolder | undefined): Promise<number | undefined> {
  if (holder?.kind === "hub") return holder.report.pid;
  return holder?.kind === "stuck" ? (await readPidFile(instance.pidFile))?.pid : undefined;
}

/** Waits until the hub has ended, and removes files that it left behind; returns false after the timeout. */
async function waitUntilStopped(instance: Instance, timeoutMs: number): Promise<boolean> {
  using limit = timeLimit(timeoutMs);
  const deadline = performance.now() + timeoutMs;
  using lock = await FileLock.acquire(instance.lockFile, limit.over);
  if (lock === undefined) return false;
  // If the file that the hub has locked was removed, only the socket shows that it still runs.
  while (await queryHub(instance.socket, POLL_MS) !== "none") {
    if (performance.now() > deadline) return false;
    await timeLimit(POLL_MS).over;
  }
  removeLeftovers(instance);
  return true;
}

/** Removes files that a hub left behind. The caller holds the lock. */
function removeLeftovers({ pidFile, socket }: Instance): void {
  removeFiles([pidFile, socket]);
}

function removeFiles(paths: readonly string[]): void {
  for (const path of paths) {
    try {
      Deno.removeSync(path);
    } catch {
      // It does not exist, or it stays and counts as outdated.
    }
  }
}

function signal(pid: number, name: Deno.Signal): void {
  try {
    Deno.kill(pid, name);
  } catch (error) {
    // It ended in between.
    if (error instanceof Deno.errors.NotFound) return;
    throw new DaemonError(`Cannot send ${name} to pid ${pid}: ${reasonOf(error)}`, { cause: error });
  }
}
