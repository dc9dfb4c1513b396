/**
 * Decides who runs an instance: whoever holds its lock. One who wants it gets the lock, or is told who has it.
 *
 * @module
 */
import { type Answer, ask } from "./control.ts";
import type { Instance } from "./instance.ts";
import { ANSWER_MS, POLL_MS } from "./limits.ts";
import { FileLock } from "./lock.ts";
import type { HubReport } from "./record.ts";
import { timeLimit } from "../../runtime/mod.ts";

/** One who runs an instance. */
export type Holder =
  /** It said who it is. */
  | { kind: "hub"; report: HubReport }
  /** It takes connections on the control socket and says nothing: it is stuck, or was stopped by SIGSTOP. */
  | { kind: "stuck" }
  /** It holds the lock and has no control socket. */
  | { kind: "unknown" };

/** What came of wanting an instance: its lock, held, or who has it. */
export type Claim = { lock: FileLock; holder?: undefined } | { lock?: undefined; holder: Holder };

/**
 * Wants an instance. One that is just starting or ending is waited for, up to `ANSWER_MS`.
 *
 * @param instance which one; its folders must be there
 * @returns its lock, or who has it
 * @throws {DaemonError} where that cannot be found out
 */
export async function claim(instance: Instance): Promise<Claim> {
  const deadline = performance.now() + ANSWER_MS;
  let holder = holderOf(await ask(instance.socket, ANSWER_MS));
  if (holder !== undefined) return { holder };
  const giveUp = Promise.withResolvers<void>();
  const locking = FileLock.take(instance.lockFile, giveUp.promise);
  let lock: FileLock | undefined;
  while (lock === undefined) {
    lock = await soon(locking);
    // Asked also when the lock is had: somebody may have removed the file of the lock that the hub holds.
    holder = holderOf(await ask(instance.socket, ANSWER_MS));
    if (holder === undefined && performance.now() < deadline) continue;
    giveUp.resolve();
    lock ??= await locking;
    if (holder !== undefined) {
      lock?.[Symbol.dispose]();
      return { holder };
    }
    if (lock === undefined) return { holder: { kind: "unknown" } };
  }
  return { lock };
}

/** Waits for something, but not for long. */
async function soon<T>(promise: Promise<T>): Promise<T | undefined> {
  using limit = timeLimit(POLL_MS);
  return await Promise.race([promise, limit.over]);
}

/**
 * Says who runs an instance, from what came of asking.
 *
 * @param answer what came of it
 * @returns who it is; nothing where nobody is there
 */
export function holderOf(answer: Answer): Holder | undefined {
  if (answer === "nobody") return undefined;
  return answer === "mute" ? { kind: "stuck" } : { kind: "hub", report: answer.report };
}
