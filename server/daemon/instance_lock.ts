/**
 * Takes the lock of an instance, or finds the process that holds it. The process that holds the lock runs the instance.
 *
 * @module
 */
import { queryHub, type QueryResult } from "./control.ts";
import type { Instance } from "./instance.ts";
import { ANSWER_MS, POLL_MS } from "./limits.ts";
import { FileLock } from "./file_lock.ts";
import type { HubReport } from "./record.ts";
import { timeLimit } from "../../runtime/mod.ts";

/** The process that holds the lock of an instance. */
export type LockHolder =
  /** A hub, which reported its status. */
  | { kind: "hub"; report: HubReport }
  /** It accepts connections on the control socket but does not answer: it hangs, or SIGSTOP suspended it. */
  | { kind: "stuck" }
  /** It holds the lock but has no control socket. */
  | { kind: "unknown" };

/** The lock of an instance, or the process that holds it. */
export type LockResult = { lock: FileLock; holder?: undefined } | { lock?: undefined; holder: LockHolder };

/**
 * Takes the lock of an instance. It waits up to `ANSWER_MS` for a hub that is starting or stopping.
 *
 * @param instance the instance; its folders must exist
 * @returns the lock, or the process that holds it
 * @throws {DaemonError} if neither can be found out
 */
export async function lockInstance(instance: Instance): Promise<LockResult> {
  const deadline = performance.now() + ANSWER_MS;
  let holder = holderOf(await queryHub(instance.socket, ANSWER_MS));
  if (holder !== undefined) return { holder };
  const cancel = Promise.withResolvers<void>();
  const locking = FileLock.acquire(instance.lockFile, cancel.promise);
  let lock: FileLock | undefined;
  while (lock === undefined) {
    lock = await waitBriefly(locking);
    // Also after the lock is taken: the file that the hub has locked may have been removed.
    holder = holderOf(await queryHub(instance.socket, ANSWER_MS));
    if (holder === undefined && performance.now() < deadline) continue;
    cancel.resolve();
    lock ??= await locking;
    if (holder !== undefined) {
      lock?.[Symbol.dispose]();
      return { holder };
    }
    if (lock === undefined) return { holder: { kind: "unknown" } };
  }
  return { lock };
}

/** Waits for a promise, `POLL_MS` at most. */
async function waitBriefly<T>(promise: Promise<T>): Promise<T | undefined> {
  using limit = timeLimit(POLL_MS);
  return await Promise.race([promise, limit.over]);
}

/**
 * Finds the holder of an instance from the answer on its control socket.
 *
 * @param answer the answer
 * @returns the holder; `undefined` if no hub is there
 */
export function holderOf(answer: QueryResult): LockHolder | undefined {
  if (answer === "none") return undefined;
  return answer === "silent" ? { kind: "stuck" } : { kind: "hub", report: answer.report };
}
