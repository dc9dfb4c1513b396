/**
 * Starts, stops, restarts and asks hubs in the background: `riftchat serve --daemon ACTION`.
 *
 * Rules: one command at a time starts or stops an instance. No process is signalled but one that has just shown to be the
 * hub: by answering on the control socket with its pid, or, where it is stuck, by taking connections there (which only the
 * process that wrote the pidfile does); and `ps` knows it as that hub. What is gone is known by its lock, not by its pid.
 *
 * @module
 */
import type { DaemonAction } from "../settings/mod.ts";
import { claim, type Holder, holderOf } from "./claim.ts";
import { wasStartedAs } from "./command_line.ts";
import { ask } from "./control.ts";
import { reasonOf, timeLimit } from "../../runtime/mod.ts";
import { DaemonError } from "./error.ts";
import { findInstance, hasFolders, type Instance, makeFolders } from "./instance.ts";
import { launch } from "./launch.ts";
import { KILL_MS, POLL_MS, PROOF_MS, STOP_MS, TURN_MS } from "./limits.ts";
import { FileLock } from "./lock.ts";
import { mergeStartArguments } from "./start_arguments.ts";
import { readPidFile, writePidFile } from "./pid_file.ts";
import type { HubRecord, StartArguments } from "./record.ts";
import { findFault } from "./preflight.ts";
import { describeHolder, running, started } from "./words.ts";

/** What `--daemon` was told. */
export interface ManagerOptions {
  /** The name of the instance. */
  instance: string;
  /** How a hub is to be started. */
  origin: StartArguments;
  /** Whether it is told for programs, as JSON. */
  json: boolean;
  /**
   * Tells something on stdout.
   *
   * @param line what to tell
   * @throws {Error} where stdout cannot be written to
   */
  say(line: string): Promise<void>;
}

type Say = ManagerOptions["say"];

/** The exit status of `status` where nothing runs, as scripts of init systems have it. */
const NOT_RUNNING = 3;

/**
 * Does what `--daemon` asks for.
 *
 * @param action what to do
 * @param options with which instance, and how
 * @returns the exit status: 0, or 3 from `status` where it does not run
 * @throws {DaemonError} where it cannot be done
 */
export async function manageDaemon(action: DaemonAction, options: ManagerOptions): Promise<number> {
  if (Deno.build.os === "windows") {
    throw new DaemonError(
      "Cannot run a hub in the background: the system must be Linux or macOS: it is Windows; " +
        "there, let a service manager run riftchat serve in the foreground",
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

async function start(instance: Instance, { origin, json, say }: ManagerOptions): Promise<number> {
  await makeFolders(instance);
  using _turn = await takeTurn(instance);
  const { lock, holder } = await claim(instance);
  if (lock === undefined) {
    throw new DaemonError(
      `Cannot start instance ${instance.name}: ${await describeHolder(instance, holder)}`,
    );
  }
  // The hub takes it for itself.
  lock[Symbol.dispose]();
  return await tellStarted(await launch(instance, origin), json, say);
}

async function stop(instance: Instance, { json, say }: ManagerOptions): Promise<number> {
  const { name } = instance;
  if (await hasFolders(instance)) {
    using _turn = await takeTurn(instance);
    const { lock, holder } = await claim(instance);
    if (lock === undefined) {
      const { pid, killed } = await end(instance, holder);
      const how = killed
        ? `pid ${pid} did not stop within ${STOP_MS / 1000} s and was killed`
        : `was pid ${pid}`;
      const fact = `stopped; ${how}`;
      await sayThat(say, json ? JSON.stringify({ instance: name, stopped: true, pid, killed }) : fact, fact);
      return 0;
    }
    clearAway(instance);
    lock[Symbol.dispose]();
  }
  const fact = `instance ${name} is not running`;
  await sayThat(say, json ? JSON.stringify({ instance: name, stopped: false }) : fact, fact);
  return 0;
}

async function restart(instance: Instance, { origin, json, say }: ManagerOptions): Promise<number> {
  await makeFolders(instance);
  using _turn = await takeTurn(instance);
  const { lock, holder } = await claim(instance);
  lock?.[Symbol.dispose]();
  const last = holder?.kind === "hub" ? holder.report : await readPidFile(instance.pidFile);
  const next = nextOrigin(last?.origin, origin);
  // What would not come up again is not taken down.
  const fault = await findFault(instance, next, holder === undefined ? undefined : last);
  if (fault !== undefined) {
    const left = holder === undefined ? "nothing was started" : "it was left as it is";
    throw new DaemonError(`Cannot restart instance ${instance.name}: ${left}: ${fault}`);
  }
  if (holder !== undefined) {
    const { pid, killed } = await end(instance, holder);
    if (killed) await tell(`riftchat: pid ${pid} did not stop within ${STOP_MS / 1000} s and was killed\n`);
    // It took that with it. Where the next one does not come up, this is what another restart goes by.
    if (last !== undefined) await writePidFile(instance.pidFile, last);
  }
  return await tellStarted(await launch(instance, next), json, say);
}

async function tellStarted(record: HubRecord, json: boolean, say: Say): Promise<number> {
  await sayThat(say, started(record, json), `the hub runs: ${started(record, false)}`);
  return 0;
}

/** How a hub is to be started, from how it was and what is given now. Variables alone change nothing. */
function nextOrigin(last: StartArguments | undefined, given: StartArguments): StartArguments {
  if (last === undefined) return given;
  return given.flags.length > 0 ? mergeStartArguments(last, given) : last;
}

async function status(instance: Instance, { json, say }: ManagerOptions): Promise<number> {
  const { name } = instance;
  if (await hasFolders(instance)) {
    const { lock, holder } = await claim(instance);
    if (holder?.kind === "hub") {
      await sayThat(say, running(holder.report, Date.now(), json), `instance ${name} is running`);
      return 0;
    }
    if (holder !== undefined) {
      throw new DaemonError(
        `Cannot tell how instance ${name} does: ${await describeHolder(instance, holder)}`,
      );
    }
    lock[Symbol.dispose]();
  }
  const fact = `instance ${name} is not running`;
  await sayThat(say, json ? JSON.stringify({ instance: name, running: false }) : fact, fact);
  return NOT_RUNNING;
}

/** Says on stdout what was done; where that takes nothing, the fact is told with why. */
async function sayThat(say: Say, line: string, fact: string): Promise<void> {
  try {
    await say(line);
  } catch (error) {
    throw new DaemonError(`Cannot write to stdout: ${reasonOf(error)}; ${fact}`, { cause: error });
  }
}

/** Waits until no other command starts or stops this instance. */
async function takeTurn({ name, turnFile }: Instance): Promise<FileLock> {
  using limit = timeLimit(TURN_MS);
  const turn = await FileLock.take(turnFile, limit.over);
  if (turn !== undefined) return turn;
  throw new DaemonError(
    `Cannot start or stop instance ${name}: another riftchat has been at it for ${TURN_MS / 1000} s`,
  );
}

/** Ends a hub; answers which it was and whether it had to be killed. */
async function end(instance: Instance, holder: Holder): Promise<{ pid: number; killed: boolean }> {
  const pid = await provenPid(instance, holder);
  if (pid === undefined) {
    const why = holder.kind === "hub"
      ? `pid ${holder.report.pid} must be its hub: ps knows no such hub of this user and machine`
      : await describeHolder(instance, holder);
    throw new DaemonError(`Cannot stop instance ${instance.name}: ${why}; nothing was signalled`);
  }
  signal(pid, "SIGTERM");
  if (await isGone(instance, STOP_MS)) return { pid, killed: false };
  // It may have ended just now, and its pid may be somebody else's.
  const killed = await provenPid(instance, holderOf(await ask(instance.socket, PROOF_MS))) === pid;
  if (killed) signal(pid, "SIGKILL");
  if (await isGone(instance, KILL_MS)) return { pid, killed };
  throw new DaemonError(`Cannot stop instance ${instance.name}: pid ${pid} was signalled and is still there`);
}

/** The pid of one who has an instance, where it is beyond doubt. */
async function provenPid(instance: Instance, holder: Holder | undefined): Promise<number | undefined> {
  const said = await claimedPid(instance, holder);
  return said !== undefined && await wasStartedAs(said, instance) ? said : undefined;
}

/** The pid of one who has an instance, by what it says, or by the pidfile where it says nothing. */
async function claimedPid(instance: Instance, holder: Holder | undefined): Promise<number | undefined> {
  if (holder?.kind === "hub") return holder.report.pid;
  return holder?.kind === "stuck" ? (await readPidFile(instance.pidFile))?.pid : undefined;
}

/** Waits until nobody runs an instance, and takes away what was left behind. */
async function isGone(instance: Instance, patienceMs: number): Promise<boolean> {
  using limit = timeLimit(patienceMs);
  const deadline = performance.now() + patienceMs;
  using lock = await FileLock.take(instance.lockFile, limit.over);
  if (lock === undefined) return false;
  // Where somebody removed the file of the lock that the hub holds, it is the socket that tells.
  while (await ask(instance.socket, POLL_MS) !== "nobody") {
    if (performance.now() > deadline) return false;
    await timeLimit(POLL_MS).over;
  }
  clearAway(instance);
  return true;
}

/** Takes away what a hub left behind that could not do so itself. One who calls this holds the lock. */
function clearAway({ pidFile, socket }: Instance): void {
  for (const path of [pidFile, socket]) {
    try {
      Deno.removeSync(path);
    } catch {
      // It is not there, as it should be; or it stays, and is read as the hint that it is.
    }
  }
}

function signal(pid: number, name: Deno.Signal): void {
  try {
    Deno.kill(pid, name);
  } catch (error) {
    // It has just ended by itself.
    if (error instanceof Deno.errors.NotFound) return;
    throw new DaemonError(`Cannot send ${name} to pid ${pid}: ${reasonOf(error)}`, { cause: error });
  }
}

async function tell(line: string): Promise<void> {
  await Deno.stderr.write(new TextEncoder().encode(line));
}
