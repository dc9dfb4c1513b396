/** The lock of an instance, tested in one process: `flock` also separates two open files of one process. */
import { assert, assertEquals, assertRejects } from "../../helpers/assert.ts";
import { lockInstance } from "../../../server/daemon/instance_lock.ts";
import { ControlSocket, queryHub } from "../../../server/daemon/control.ts";
import { DaemonError } from "../../../server/daemon/error.ts";
import type { Instance } from "../../../server/daemon/instance.ts";
import { abandonedLocksReleased, FileLock } from "../../../server/daemon/file_lock.ts";
import type { HubReport } from "../../../server/daemon/record.ts";
import { DEADLINE_MS } from "../../helpers/deadline.ts";
import { needs, NO_POSIX } from "../../helpers/needs.ts";

const REPORT: HubReport = {
  instance: "default",
  pid: 4711,
  host: "127.0.0.1",
  port: 8000,
  since: 0,
  version: "0.1.0",
  log: "/log",
  origin: { flags: [], variables: {} },
  connections: 3,
};

const NEVER = new Promise<never>(() => {});

function test(name: string, fn: (instance: Instance) => Promise<void>): void {
  Deno.test({
    ...needs(name, NO_POSIX),
    async fn() {
      const folder = await Deno.makeTempDir({ prefix: "riftchat-" });
      try {
        await fn({
          name: "default",
          runtimeFolder: folder,
          stateFolder: folder,
          dataFolder: folder,
          lockFile: `${folder}/lock`,
          commandLockFile: `${folder}/turn`,
          pidFile: `${folder}/pid`,
          startFile: `${folder}/start`,
          socket: `${folder}/sock`,
          logFile: `${folder}/log`,
          stderrFile: `${folder}/stderr`,
        });
      } finally {
        await abandonedLocksReleased();
        await Deno.remove(folder, { recursive: true });
      }
    },
  });
}

test("Only one holder has a lock; the next one gets it when it is released", async ({ lockFile }) => {
  const first = await FileLock.acquire(lockFile, NEVER);
  assert(first !== undefined);
  assertEquals(await FileLock.acquire(lockFile, Promise.resolve()), undefined);
  const waiting = FileLock.acquire(lockFile, NEVER);
  first[Symbol.dispose]();
  using second = await waiting;
  assert(second !== undefined);
});

test("An abandoned lock is released", async ({ lockFile }) => {
  const first = await FileLock.acquire(lockFile, NEVER);
  assertEquals(await FileLock.acquire(lockFile, Promise.resolve()), undefined);
  first![Symbol.dispose]();
  using again = await FileLock.acquire(lockFile, NEVER);
  assert(again !== undefined);
});

test("A lock in a missing folder gives a readable error", async ({ lockFile }) => {
  await assertRejects(
    () => FileLock.acquire(`${lockFile}/x/y`, NEVER),
    DaemonError,
    `Cannot open the lock ${lockFile}`,
  );
});

test("If many lock an instance at once, one gets the lock and the others its report", async (instance) => {
  const attempts = Array.from({ length: 10 }, () => lockInstance(instance));
  const { lock } = await Promise.any(attempts.map(async (attempt) => {
    const { lock } = await attempt;
    if (lock === undefined) throw new Error("not this one");
    return { lock };
  }));
  const control = await ControlSocket.open(instance.socket, () => REPORT);
  const all = await Promise.all(attempts);
  assertEquals(all.filter(({ holder }) => holder === undefined).length, 1);
  for (const { holder } of all) {
    if (holder !== undefined) assertEquals(holder, { kind: "hub", report: REPORT });
  }
  control.close();
  lock[Symbol.dispose]();
});

test("A holder without a socket is reported as unknown, after a wait", async (instance) => {
  using _held = await FileLock.acquire(instance.lockFile, NEVER);
  assertEquals(await lockInstance(instance), { holder: { kind: "unknown" } });
});

test("A leftover socket counts as none, and is replaced", async ({ socket }) => {
  assertEquals(await queryHub(socket, DEADLINE_MS), "none");
  await Deno.writeTextFile(socket, "");
  assertEquals(await queryHub(socket, DEADLINE_MS), "none");
  const control = await ControlSocket.open(socket, () => REPORT);
  assertEquals(await queryHub(socket, DEADLINE_MS), { report: REPORT });
  assertEquals((await Deno.stat(socket)).mode! & 0o777, 0o600);
  control.close();
  assertEquals(await queryHub(socket, DEADLINE_MS), "none");
});

test("A process that accepts connections but sends no report counts as silent", async ({ socket }) => {
  const listener = Deno.listen({ transport: "unix", path: socket });
  assertEquals(await queryHub(socket, 20), "silent");
  (await listener.accept()).close();
  const cutOff = queryHub(socket, 10_000);
  (await listener.accept()).close();
  assertEquals(await cutOff, "none", "a process that ends counts as none");
  const query = queryHub(socket, 10_000);
  const connection = await listener.accept();
  await connection.write(new TextEncoder().encode("220 mail.example.org ESMTP\r\n"));
  connection.close();
  assertEquals(await query, "silent");
  listener.close();
});
