/**
 * When the flusher writes: rounds, the barrier, pauses, turns.
 *
 * This file is long because each rule of the flusher needs a scene of its own, with timers that the test runs.
 *
 * @module
 */
import type { Timers } from "../../../runtime/mod.ts";
import { Flusher, type Writer } from "../../../server/fanout/flusher.ts";
import {
  MAX_AWAITING_TURN_WRITES,
  MAX_ROUND_BYTES,
  MAX_ROUND_MS,
  MAX_ROUND_PAUSE_BYTES,
  MAX_ROUND_PAUSE_MS,
  MAX_ROUND_PAUSE_READERS,
  MAX_TURN_WRITES,
  ROUND_PAUSE_FACTOR,
} from "../../../server/limits.ts";
import { Room, Session, type Transport } from "../../../server/sessions/mod.ts";
import { assertEquals } from "../../helpers/assert.ts";

function test(name: string, fn: () => void | Promise<void>): void {
  Deno.test({ name, permissions: "none", fn });
}

/** Timers that the test runs. */
class ManualTimers implements Timers {
  #turn: (() => void)[] = [];
  #timers: { ms: number; run: () => void }[] = [];

  soon(run: () => void): void {
    this.#turn.push(run);
  }

  after(ms: number, run: () => void): () => void {
    const timer = { ms, run };
    this.#timers.push(timer);
    return () => this.#timers = this.#timers.filter((one) => one !== timer);
  }

  /** Ends a turn of the event loop; returns how many callbacks ran. */
  endTurn(): number {
    const turn = this.#turn;
    this.#turn = [];
    for (const run of turn) run();
    return turn.length;
  }

  /** Runs the timers that were set for this delay; returns how many there were. */
  fire(ms: number): number {
    const due = this.#timers.filter((timer) => timer.ms === ms);
    this.#timers = this.#timers.filter((timer) => timer.ms !== ms);
    for (const { run } of due) run();
    return due.length;
  }
}

/** A writer whose writes are done only when the test says so. */
class SlowReader implements Transport {
  readonly #flusher: Flusher;
  readonly session: Session;
  rounds: number[] = [];
  #writing = false;
  /** Called while a write to it is started. */
  onWrite: () => void = () => {};

  constructor(flusher: Flusher, room: Room) {
    this.#flusher = flusher;
    this.session = new Session("c1", "ana", this, 0);
    room.add(this.session);
  }

  flush(round: number): boolean {
    if (this.#writing || this.session.take().length === 0) return false;
    this.rounds.push(round);
    this.onWrite();
    return this.#writing = true;
  }

  finishWrite(): void {
    this.#writing = false;
    this.#flusher.written(this, this.rounds.at(-1)!, this.session.waitingBytes > 0);
  }

  repliesQueued(): void {}
  authorSpoke(): void {}
  searched(): void {}
  historySent(): void {}
  sessionEnded(): void {}
}

function setUp(readers: number) {
  const timers = new ManualTimers();
  const clock = { now: 0 };
  const flusher = new Flusher({ timers, elapsed: () => clock.now });
  const room = new Room("main", 0);
  const users = Array.from({ length: readers }, () => new SlowReader(flusher, room));
  const say = () => {
    room.log.append('{"code":205}');
    flusher.roomGrew(room, 20);
  };
  return { timers, clock, flusher, room, users, say };
}

/** A room in which starting the writes of a round takes that long, and all of them are done at once. */
function setUpBusy(readers: number, tookMs: number) {
  const base = setUp(readers);
  const { users, clock, timers, flusher, say } = base;
  users.at(-1)!.onWrite = () => clock.now += tookMs;
  const turn = () => {
    timers.endTurn();
    for (const user of users) if (user.rounds.length > 0) user.finishWrite();
    timers.endTurn();
  };
  const speak = (author: SlowReader) => {
    say();
    flusher.authorSpoke(author);
  };
  return { ...base, turn, speak };
}

test("Flusher pauses after a round, writes to authors at once in the pause, and to everyone else after it", () => {
  const { timers, clock, users: [ana, ben, eve], turn, speak } = setUpBusy(3, 0.1);
  speak(ana!);
  turn();
  assertEquals([ana, ben, eve].map((user) => user!.rounds), [[0], [1], [1]]);
  speak(ana!);
  turn();
  speak(ana!);
  turn();
  assertEquals([ana, ben, eve].map((user) => user!.rounds), [[0, 0, 0], [1], [1]]);
  // Timers have a resolution of one millisecond.
  clock.now += ROUND_PAUSE_FACTOR * 0.1;
  assertEquals(timers.fire(1), 1);
  turn();
  assertEquals([ana, ben, eve].map((user) => user!.rounds), [[0, 0, 0], [1, 2], [1, 2]]);
});

test("Flusher pauses for a few milliseconds at most, and not at all after many bytes or with many readers", () => {
  const long = setUpBusy(2, 100);
  long.say();
  long.turn();
  long.say();
  long.turn();
  // The round took longer than a pause may.
  assertEquals(long.users[0]!.rounds, [1, 2]);

  const loud = setUpBusy(2, 0.1);
  for (let round = 1; round <= 3; round++) {
    for (let bytes = 0; bytes < MAX_ROUND_PAUSE_BYTES; bytes += 20) loud.say();
    loud.turn();
    assertEquals(loud.users[0]!.rounds.length, round);
  }

  const crowd = setUpBusy(MAX_ROUND_PAUSE_READERS + 1, 0.1);
  for (let round = 1; round <= 3; round++) {
    crowd.say();
    for (let i = 0; i < 5; i++) crowd.turn();
    assertEquals(crowd.users[0]!.rounds.length, round);
  }

  const slow = setUpBusy(2, MAX_ROUND_PAUSE_MS / 2);
  slow.say();
  slow.turn();
  slow.say();
  slow.turn();
  assertEquals([slow.users[0]!.rounds.length, slow.timers.fire(3)], [1, 1]);
});

test("Flusher pauses before a round to pending writers, but not before a second one in a row", () => {
  const { timers, clock, users: [ana, ben], room, turn, say } = setUpBusy(2, 0.1);
  say();
  turn();
  clock.now += MAX_ROUND_PAUSE_MS;
  // It takes several writes.
  const segments = 5;
  for (let bytes = 0; bytes < segments * 256 * 1024; bytes += 20) room.log.append('{"code":205}');
  say();
  turn();
  assertEquals(ana!.rounds, [1, 2]);
  turn();
  assertEquals(ana!.rounds, [1, 2]);
  clock.now += MAX_ROUND_PAUSE_MS;
  assertEquals(timers.fire(1), 1);
  while (ana!.session.waitingBytes > 0) {
    const { length } = ana!.rounds;
    turn();
    assertEquals(ana!.rounds.length > length, true);
  }
  assertEquals(ana!.rounds.length >= segments, true);
  assertEquals(ana!.rounds, ben!.rounds);
});

test("Flusher writes to very many authors in a round, some in each turn", () => {
  const { timers, users, turn, say, speak } = setUpBusy(MAX_TURN_WRITES + 1, 0.1);
  say();
  turn();
  turn();
  // Also during a pause: the authors wait for their own messages.
  for (const user of users) speak(user);
  timers.endTurn();
  assertEquals(users.filter(({ rounds }) => rounds.at(-1) === 0).length, 0);
  assertEquals(users.filter(({ rounds }) => rounds.at(-1) === 2).length, MAX_TURN_WRITES);
  timers.endTurn();
  assertEquals(users.every(({ rounds }) => rounds.at(-1) === 2), true);
});

test("Flusher writes to authors during a round after that round", () => {
  const { timers, flusher, users, say } = setUp(MAX_TURN_WRITES + 2);
  say();
  timers.endTurn();
  say();
  flusher.authorSpoke(users[0]!);
  users[0]!.finishWrite();
  timers.endTurn();
  for (const user of users.slice(1)) user.finishWrite();
  timers.endTurn();
  assertEquals([users[0]!.rounds, users[1]!.rounds], [[1, 0], [1, 2]]);
});

test("Flusher lets connections read between the turns of a round", () => {
  const timers = new ManualTimers();
  let reads: (() => void)[] = [];
  const flusher = new Flusher({ timers, elapsed: () => 0, afterReads: (run) => reads.push(run) });
  const room = new Room("main", 0);
  const users = Array.from({ length: 2 * MAX_TURN_WRITES }, () => new SlowReader(flusher, room));
  const written = () => users.filter(({ rounds }) => rounds.length > 0).length;
  room.log.append('{"code":205}');
  flusher.roomGrew(room, 20);
  for (const so of [MAX_TURN_WRITES, 2 * MAX_TURN_WRITES]) {
    const run = reads;
    reads = [];
    for (const read of run) read();
    timers.endTurn();
    assertEquals(written(), so);
    timers.endTurn();
    assertEquals(written(), so);
  }
});

test("Flusher has shorter turns while something is awaited", () => {
  const timers = new ManualTimers();
  let isAwaiting = true;
  const flusher = new Flusher({ timers, elapsed: () => 0, isAwaiting: () => isAwaiting });
  const room = new Room("main", 0);
  const users = Array.from({ length: 2 * MAX_TURN_WRITES }, () => new SlowReader(flusher, room));
  const written = () => users.filter(({ rounds }) => rounds.length > 0).length;
  room.log.append('{"code":205}');
  flusher.roomGrew(room, 20);
  timers.endTurn();
  assertEquals(written(), MAX_AWAITING_TURN_WRITES);
  isAwaiting = false;
  timers.endTurn();
  assertEquals(written(), MAX_AWAITING_TURN_WRITES + MAX_TURN_WRITES);
});

test("Flusher writes everything that a turn appended in one write for each reader, after the turn", () => {
  const { timers, users, say } = setUp(3);
  say();
  say();
  assertEquals(users.map(({ rounds }) => rounds.length), [0, 0, 0]);
  timers.endTurn();
  assertEquals(users.map(({ rounds }) => rounds.length), [1, 1, 1]);
  assertEquals(users.map(({ session }) => session.waitingBytes), [0, 0, 0]);
});

test("Flusher starts the next round when nine tenths of the writes of this one are done, not before", () => {
  const { timers, users, say } = setUp(20);
  say();
  timers.endTurn();
  say();
  for (const user of users.slice(0, 17)) user.finishWrite();
  timers.endTurn();
  assertEquals(users[0]!.rounds.length, 1);
  users[17]!.finishWrite();
  timers.endTurn();
  assertEquals(users.map(({ rounds }) => rounds.length), [...Array(18).fill(2), 1, 1]);
});

test("Flusher starts the next round after 10 ms although too few writes are done", () => {
  const { timers, users, say } = setUp(2);
  say();
  timers.endTurn();
  users[0]!.finishWrite();
  say();
  timers.endTurn();
  assertEquals(users[0]!.rounds.length, 1);
  assertEquals(timers.fire(MAX_ROUND_MS), 1);
  assertEquals(users.map(({ rounds }) => rounds.length), [2, 1]);
});

test("Flusher writes everything to a slow reader in one write once its last write is done", () => {
  const { timers, users, say } = setUp(1);
  const [slow] = users;
  say();
  timers.endTurn();
  for (let i = 0; i < 5; i++) {
    say();
    timers.endTurn();
    timers.fire(MAX_ROUND_MS);
  }
  assertEquals(slow!.rounds.length, 1);
  slow!.finishWrite();
  timers.endTurn();
  assertEquals([slow!.rounds.length, slow!.session.waitingBytes], [2, 0]);
  slow!.finishWrite();
  assertEquals(timers.endTurn(), 0);
});

test("Flusher starts no more writes in a turn than Deno can finish, and no other round meanwhile", () => {
  const { timers, users, say } = setUp(2 * MAX_TURN_WRITES + 1);
  const written = () => users.filter(({ rounds }) => rounds.length > 0).length;
  say();
  timers.endTurn();
  assertEquals(written(), MAX_TURN_WRITES);
  // The later writers of the round receive the new bytes with it, the others in the next round.
  say();
  for (const user of users.slice(0, MAX_TURN_WRITES)) user.finishWrite();
  timers.endTurn();
  assertEquals([written(), users[0]!.rounds.length], [2 * MAX_TURN_WRITES, 1]);
  timers.endTurn();
  assertEquals([written(), users[0]!.rounds.length], [users.length, 1]);
  for (const user of users.slice(MAX_TURN_WRITES)) user.finishWrite();
  timers.endTurn();
  assertEquals(users.map(({ rounds }) => rounds), [
    ...Array(MAX_TURN_WRITES).fill([1, 2]),
    ...Array(MAX_TURN_WRITES + 1).fill([1]),
  ]);
  assertEquals(users.every(({ session }) => session.waitingBytes === 0), true);
});

test("Flusher starts no more writes of a round once it is stopped", () => {
  const { timers, flusher, users, say } = setUp(MAX_TURN_WRITES + 1);
  say();
  timers.endTurn();
  flusher.stop();
  timers.endTurn();
  assertEquals(users.at(-1)!.rounds, []);
});

test("Flusher writes replies at the end of the turn although a round is under way", () => {
  const { timers, flusher, users, say } = setUp(10);
  say();
  timers.endTurn();
  const flushed: number[] = [];
  const asker: Writer = { flush: (round) => flushed.push(round) > 0 };
  flusher.repliesQueued(asker);
  timers.endTurn();
  assertEquals(flushed, [0]);
  assertEquals(users[0]!.rounds.length, 1);
});

test("Flusher is congested when a full round has been appended, until the next round starts", async () => {
  const { timers, flusher, users, say } = setUp(1);
  assertEquals(flusher.congested, false);
  for (let bytes = 0; bytes < MAX_ROUND_BYTES; bytes += 20) say();
  assertEquals(flusher.congested, true);
  let started = false;
  const next = flusher.nextRound().then(() => started = true);
  await Promise.resolve();
  assertEquals(started, false);
  timers.endTurn();
  await next;
  assertEquals([flusher.congested, users[0]!.rounds.length], [false, 1]);
});

test("Flusher does nothing more once it is stopped", () => {
  const { timers, flusher, users, say } = setUp(2);
  say();
  timers.endTurn();
  say();
  timers.endTurn();
  flusher.stop();
  assertEquals(timers.fire(MAX_ROUND_MS), 0);
  for (const user of users) user.finishWrite();
  assertEquals([timers.endTurn(), users[0]!.rounds.length], [0, 1]);

  // Neither a round nor a pause starts in the scheduled turn.
  const resting = setUpBusy(2, 0.1);
  resting.say();
  resting.turn();
  resting.say();
  resting.flusher.stop();
  assertEquals([resting.timers.endTurn(), resting.timers.fire(1)], [1, 0]);
});

test("Flusher returns to a reader with more to write although other writes of its round are stalled", () => {
  const { timers, flusher, users, say } = setUp(2);
  say();
  timers.endTurn();
  say();
  timers.endTurn();
  assertEquals(timers.fire(MAX_ROUND_MS), 1);
  // One of two writes is done, and nothing was appended since.
  users[0]!.finishWrite();
  timers.endTurn();
  timers.fire(MAX_ROUND_MS);
  assertEquals([users[0]!.rounds.length, users[0]!.session.waitingBytes, flusher.congested], [2, 0, false]);
});

test("Flusher settles before it takes any bytes, for replies as well as for rounds", () => {
  const timers = new ManualTimers();
  const room = new Room("main", 0);
  const order: string[] = [];
  const flusher: Flusher = new Flusher({ timers, elapsed: () => 0, settle: () => order.push("settle") });
  const writer: Writer = {
    flush(round) {
      order.push(round === 0 ? "replies" : "round");
      return false;
    },
  };
  room.members.add({ transport: writer } as Session);
  flusher.repliesQueued(writer);
  timers.endTurn();
  assertEquals(order.splice(0), ["settle", "replies"]);
  room.log.append('{"code":205}');
  flusher.roomGrew(room, 10);
  timers.endTurn();
  assertEquals(order.splice(0), ["settle", "round"]);
  flusher.roomGrew(room, 10);
  flusher.repliesQueued(writer);
  timers.endTurn();
  assertEquals(order.splice(0), ["settle", "replies", "settle", "round"]);
});
