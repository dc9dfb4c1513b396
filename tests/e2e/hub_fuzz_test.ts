/**
 * The hub as a process, with hostile clients that send anything. Whatever they send, however it is split, and however
 * their connections end:
 *
 * 1. two honest clients, one of the base and one of the extension with a key, get each message once, in the same order,
 *    and the name of the one with the key stays its own;
 * 2. the hub answers a ping within a second;
 * 3. after the hostile clients left, nothing of them remains: no session, no room, no memory;
 * 4. a client that asks for no acknowledgement receives what it is shown, even if nobody sends anything after that;
 * 5. a private room of another honest client keeps its owner, members and messages, and no hostile client receives
 *    anything of it;
 * 6. the hub has no internal error (no 216, no error in its log), and stops with status 0.
 *
 * The gate always runs the same sessions. With RIFTCHAT_FUZZ their number is another and the seed is new; the name of
 * the test contains the seed, and RIFTCHAT_SEED repeats it. Add a session that fails to
 * `tests/helpers/wire/wire_fuzz_cases.ts`.
 *
 * @module
 */
import fc from "fast-check";
import { assert, assertEquals } from "../helpers/assert.ts";
import { withDeadline } from "../helpers/deadline.ts";
import { howMany, SEED } from "../helpers/fuzz.ts";
import { DataFolder } from "../helpers/hubs/history.ts";
import { differenceBetween, HonestClient } from "../helpers/clients/honest_client.ts";
import { OriginalClient } from "../helpers/clients/original_client.ts";
import { PrivateRoom, SECRET } from "../helpers/clients/private_room.ts";
import { TestKey } from "../helpers/clients/test_key.ts";
import { HubProgram } from "../helpers/program.ts";
import { residentBytes } from "../helpers/resident_memory.ts";
import { ResettingClient } from "../helpers/clients/resetting_client.ts";
import { type FuzzSession, fuzzSession, runSession } from "../helpers/wire/wire_fuzz.ts";
import { FUZZ_CASES } from "../helpers/wire/wire_fuzz_cases.ts";
import { needs, NO_POSIX } from "../helpers/needs.ts";

const COUNT = howMany(480);

/** How many sessions run at the same time. */
const BATCH_SIZE = 16;

/** How long the answer to a ping may take, in milliseconds. */
const PING_MS = 1000;

/**
 * How much the memory of the hub may grow after the first quarter of the sessions, in bytes: garbage that is not
 * collected yet. A leak of one kilobyte for each of 100,000 sessions is more.
 */
const MAX_GROWTH_BYTES = 64 * 1024 * 1024;

/** A hub, two honest clients, and a private room of a third one. */
class Scene implements AsyncDisposable {
  readonly hub: HubProgram;
  readonly base: HonestClient;
  readonly extended: HonestClient;
  readonly room: PrivateRoom;
  readonly #folder: DataFolder;

  private constructor(
    folder: DataFolder,
    hub: HubProgram,
    base: HonestClient,
    extended: HonestClient,
    room: PrivateRoom,
  ) {
    this.#folder = folder;
    this.room = room;
    this.hub = hub;
    this.base = base;
    this.extended = extended;
  }

  static async start(): Promise<Scene> {
    const folder = new DataFolder();
    const history = ["--history", "on", "--data", folder.path, "--keep", "1d,100MiB"];
    const hub = await HubProgram.start([...history, "--rate-limit", "off", "--log-level", "warning"]);
    const base = await HonestClient.connect(hub.port, "ana", false);
    const extended = await HonestClient.connect(hub.port, "bo", true, await TestKey.make());
    // Now bo owns the name.
    await extended.send();
    const room = await PrivateRoom.make(hub.port, await TestKey.make(), "bo");
    return new Scene(folder, hub, base, extended, room);
  }

  /** Runs hostile sessions while the honest clients send messages, and checks the rules. */
  async runs(sessions: FuzzSession[]): Promise<void> {
    const { hub, base, extended, room } = this;
    const exchange = async () => {
      const sent = Promise.all(sessions.map((session) => runSession(hub.port, session, SECRET)));
      const over = sent.then(() => true);
      do {
        await Promise.all([base.send(), extended.send(), room.say(), this.pings()]);
      } while (!await Promise.race([over, Promise.resolve(false)]));
      assert(!(await sent).includes(true), "a hostile client received something of the private room");
      await room.check();
      await Promise.all([base.send(), extended.send()]);
      const last = Math.max(base.lastSequence, extended.lastSequence);
      await Promise.all([base.waitFor(last), extended.waitFor(last)]);
    };
    await withDeadline(exchange(), () => `${hub.stderr}\n${[...base.faults, ...extended.faults].join("\n")}`);
    const different = base.lastSequence === extended.lastSequence
      ? differenceBetween(base, extended)
      : undefined;
    assertEquals([...base.faults, ...extended.faults, different].filter((fault) => fault !== undefined), []);
    assertEquals(hub.stderr.match(/ error .*/g), null);
  }

  /** Checks that the hub answers a ping in time. */
  async pings(): Promise<void> {
    const took: number[] = [];
    // On a busy machine this process may be late itself; if it happens three times in a row, it is the hub.
    do {
      took.push(await this.extended.ping());
    } while (took.at(-1)! > PING_MS && took.length < 3);
    assert(took.at(-1)! <= PING_MS, `the hub took ${took.join(", ")} ms to answer`);
  }

  /** Waits until the hostile clients are gone, and checks that their rooms are too. */
  async cleared(): Promise<void> {
    await using observer = await OriginalClient.connect(this.hub.port);
    await observer.sendJson({ code: 102, client: "test/1", username: "observer" });
    for (;;) {
      await observer.sendJson({ code: 106 });
      const { users, more } = await observer.nextOf(209);
      if ((users as unknown[]).length === 4 && more === undefined) break;
    }
    await observer.sendJson({ code: 109 });
    const { rooms } = await observer.nextOf(214);
    const crowded = (rooms as { name: string; users: number }[]).filter(({ users }) => users > 0);
    assertEquals(crowded.map(({ name, users }) => [name, users]), [["main", 3]]);
    // The name of bo belongs to its key still.
    await observer.sendJson({ code: 123, username: "BO" });
    const { online, verified } = await observer.nextOf(221);
    assertEquals([online, verified], [true, true]);
    // Nobody sends anything now that would wake a write, and these requests ask for no acknowledgement.
    await observer.sendFrames([{ code: 107, room: "quay" }, { code: 108, room: "quay" }]);
    await observer.nextOf(211);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.base, this.extended, this.room].map((client) => client[Symbol.asyncDispose]()));
    await this.hub[Symbol.asyncDispose]();
    this.#folder[Symbol.dispose]();
  }
}

Deno.test(`${COUNT} hostile sessions do no harm to honest clients and the hub (seed ${SEED})`, async () => {
  let scene = await Scene.start();
  try {
    const batch = fc.array(fuzzSession, { minLength: BATCH_SIZE, maxLength: BATCH_SIZE });
    const batches = Math.ceil(COUNT / BATCH_SIZE);
    let warm: number | undefined;
    let run = 0;
    await fc.assert(
      fc.asyncProperty(batch, async (sessions) => {
        try {
          await scene.runs(sessions);
        } catch (error) {
          // fast-check shrinks the session, with a new hub each time.
          await scene[Symbol.asyncDispose]();
          scene = await Scene.start();
          throw error;
        }
        if (++run === Math.ceil(batches / 4)) warm = await residentBytes(scene.hub.pid);
      }),
      { seed: SEED, numRuns: batches, endOnFailure: false },
    );
    await scene.cleared();
    const grown = await residentBytes(scene.hub.pid) - warm!;
    assert(grown <= MAX_GROWTH_BYTES, `${grown} bytes more than after the first quarter`);
    assertEquals(await scene.hub.stop(), 0);
    assertEquals(scene.hub.stderr.match(/ error .*/g), null);
  } finally {
    await scene[Symbol.asyncDispose]();
  }
});

Deno.test("Sessions that once failed pass", async (t) => {
  await using scene = await Scene.start();
  for (const [name, session] of FUZZ_CASES) {
    await t.step(name, () => scene.runs([session]));
  }
  await scene.cleared();
  assertEquals(await scene.hub.stop(), 0);
});

Deno.test({
  ...needs(
    "Clients that disconnect before they are accepted delay nobody, and are no error",
    NO_POSIX,
  ),
  fn: async () => {
    await using scene = await Scene.start();
    const { hub } = scene;
    // A stopped hub accepts nothing, so connections wait in the system's queue. Windows cannot stop a process.
    await hub.suspend();
    const gone = await Promise.all(Array.from({ length: 100 }, () => ResettingClient.connect(hub.port)));
    await Promise.all(gone.map((client) => client.reset()));
    hub.kill("SIGCONT");
    await scene.runs([]);
    await scene.cleared();
    assertEquals(await hub.stop(), 0);
    assertEquals(hub.stderr, "");
  },
});
