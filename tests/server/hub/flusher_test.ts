import type { Timers } from "../../../runtime/mod.ts";
import { Flusher } from "../../../server/hub/flusher.ts";
import {
  MAX_ROUND_BYTES,
  MAX_ROUND_MS,
  MAX_ROUND_PAUSE_BYTES,
  MAX_ROUND_PAUSE_MS,
  MAX_ROUND_PAUSE_READERS,
  MAX_TURN_WRITES,
  ROUND_PAUSE_FACTOR,
} from "../../../server/limits.ts";
import { Room } from "../../../server/hub/room.ts";
import { Session, type Transport, type Writer } from "../../../server/hub/session.ts";
import { assertEquals } from "../../helpers/assert.ts";

function test(name: string, fn: () => void | Promise<void>): void {
  Deno.test({ name, permissions: "none", fn });
}

/** Timers that the test runs. */
class HandTimers implements Timers {
  #turn: (() => void)[] = [];
  #later: { ms: number; run: () => void }[] = [];

  soon(run: () => void): void {
    this.#turn.push(run);
  }

  after(ms: number, run: () => void): () => void {
    const timer = { ms, run };
    this.#later.push(timer);
    return () => this.#later = this.#later.filter((one) => one !== timer);
  }

  /** Ends a turn of the event loop; returns how many callbacks ran. */
  endTurn(): number {
    const turn = this.#turn;
    this.#turn = [];
    for (const run of turn) run();
    return turn.length;
  }

  /** Runs the timers that were set for this delay; returns how many there were. */
  runOut(ms: number): number {
    const due = this.#later.filter((timer) => timer.ms === ms);
    this.#later = this.#later.filter((timer) => timer.ms !== ms);
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

  takes(): void {
    this.#writing = false;
    this.#flusher.written(this, this.rounds.at(-1)!, this.session.waitingBytes > 0);
  }

  repliesQueued(): void {}
  authorSpoke(): void {}
  sessionEnded(): void {}
}

function scene(readers: number) {
  const timers = new HandTimers();
  const clock = { now: 0 };
  const flusher = new Flusher({ timers, elapsed: () => clock.now });
  const room = new Room("main", 0);
  const people = Array.from({ length: readers }, () => new SlowReader(flusher, room));
  const say = () => {
    room.log.append('{"code":205}');
    flusher.roomGrew(room, 20);
  };
  return { timers, clock, flusher, room, people, say };
}

/** A room in which starting the writes of a round takes that long, and all of them are done at once. */
function busyScene(readers: number, tookMs: number) {
  const made = scene(readers);
  const { people, clock, timers, flusher, say } = made;
  people.at(-1)!.onWrite = () => clock.now += tookMs;
  const turn = () => {
    timers.endTurn();
    for (const person of people) if (person.rounds.length > 0) person.takes();
    timers.endTurn();
  };
  const speak = (author: SlowReader) => {
    say();
    flusher.authorSpoke(author);
  };
  return { ...made, turn, speak };
}

test("Flusher pauses after a round, writes to authors at once in the pause, and to everyone else after it", () => {
  const { timers, clock, people: [ana, ben, eve], turn, speak } = busyScene(3, 0.1);
  speak(ana!);
  turn();
  assertEquals([ana, ben, eve].map((person) => person!.rounds), [[0], [1], [1]]);
  speak(ana!);
  turn();
  speak(ana!);
  turn();
  assertEquals([ana, ben, eve].map((person) => person!.rounds), [[0, 0, 0], [1], [1]]);
  // Timers have a resolution of one millisecond.
  clock.now += ROUND_PAUSE_FACTOR * 0.1;
  assertEquals(timers.runOut(1), 1);
  turn();
  assertEquals([ana, ben, eve].map((person) => person!.rounds), [[0, 0, 0], [1, 2], [1, 2]]);
});

test("Flusher pauses for a few milliseconds at most, and not at all after many bytes or with many readers", () => {
  const long = busyScene(2, 100);
  long.say();
  long.turn();
  long.say();
  long.turn();
  // The round took longer than a pause may.
  assertEquals(long.people[0]!.rounds, [1, 2]);

  const loud = busyScene(2, 0.1);
  for (let round = 1; round <= 3; round++) {
    for (let bytes = 0; bytes < MAX_ROUND_PAUSE_BYTES; bytes += 20) loud.say();
    loud.turn();
    assertEquals(loud.people[0]!.rounds.length, round);
  }

  const crowd = busyScene(MAX_ROUND_PAUSE_READERS + 1, 0.1);
  for (let round = 1; round <= 3; round++) {
    crowd.say();
    for (let i = 0; i < 5; i++) crowd.turn();
    assertEquals(crowd.people[0]!.rounds.length, round);
  }

  const slow = busyScene(2, MAX_ROUND_PAUSE_MS / 2);
  slow.say();
  slow.turn();
  slow.say();
  slow.turn();
  assertEquals([slow.people[0]!.rounds.length, slow.timers.runOut(3)], [1, 1]);
});

test("Flusher pauses before a round to pending writers, but not before a second one in a row", () => {
  const { timers, clock, people: [ana, ben], room, turn, say } = busyScene(2, 0.1);
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
  assertEquals(timers.runOut(1), 1);
  while (ana!.session.waitingBytes > 0) {
    const { length } = ana!.rounds;
    turn();
    assertEquals(ana!.rounds.length > length, true);
  }
  assertEquals(ana!.rounds.length >= segments, true);
  assertEquals(ana!.rounds, ben!.rounds);
});

test("Flusher writes to very many authors in a round, some in each turn", () => {
  const { timers, people, turn, say, speak } = busyScene(MAX_TURN_WRITES + 1, 0.1);
  say();
  turn();
  turn();
  // Also during a pause: the authors wait for their own messages.
  for (const person of people) speak(person);
  timers.endTurn();
  assertEquals(people.filter(({ rounds }) => rounds.at(-1) === 0).length, 0);
  assertEquals(people.filter(({ rounds }) => rounds.at(-1) === 2).length, MAX_TURN_WRITES);
  timers.endTurn();
  assertEquals(people.every(({ rounds }) => rounds.at(-1) === 2), true);
});

test("Flusher writes to authors during a round after that round", () => {
  const { timers, flusher, people, say } = scene(MAX_TURN_WRITES + 2);
  say();
  timers.endTurn();
  say();
  flusher.authorSpoke(people[0]!);
  people[0]!.takes();
  timers.endTurn();
  for (const person of people.slice(1)) person.takes();
  timers.endTurn();
  assertEquals([people[0]!.rounds, people[1]!.rounds], [[1, 0], [1, 2]]);
});

test("Flusher lets connections read between the turns of a round", () => {
  const timers = new HandTimers();
  let reads: (() => void)[] = [];
  const flusher = new Flusher({ timers, elapsed: () => 0, afterReads: (run) => reads.push(run) });
  const room = new Room("main", 0);
  const people = Array.from({ length: 2 * MAX_TURN_WRITES }, () => new SlowReader(flusher, room));
  const written = () => people.filter(({ rounds }) => rounds.length > 0).length;
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

test("Flusher writes everything that a turn appended in one write for each reader, after the turn", () => {
  const { timers, people, say } = scene(3);
  say();
  say();
  assertEquals(people.map(({ rounds }) => rounds.length), [0, 0, 0]);
  timers.endTurn();
  assertEquals(people.map(({ rounds }) => rounds.length), [1, 1, 1]);
  assertEquals(people.map(({ session }) => session.waitingBytes), [0, 0, 0]);
});

test("Flusher starts the next round when nine tenths of the writes of this one are done, not before", () => {
  const { timers, people, say } = scene(20);
  say();
  timers.endTurn();
  say();
  for (const person of people.slice(0, 17)) person.takes();
  timers.endTurn();
  assertEquals(people[0]!.rounds.length, 1);
  people[17]!.takes();
  timers.endTurn();
  assertEquals(people.map(({ rounds }) => rounds.length), [...Array(18).fill(2), 1, 1]);
});

test("Flusher starts the next round after 10 ms although too few writes are done", () => {
  const { timers, people, say } = scene(2);
  say();
  timers.endTurn();
  people[0]!.takes();
  say();
  timers.endTurn();
  assertEquals(people[0]!.rounds.length, 1);
  assertEquals(timers.runOut(MAX_ROUND_MS), 1);
  assertEquals(people.map(({ rounds }) => rounds.length), [2, 1]);
});

test("Flusher writes everything to a slow reader in one write once its last write is done", () => {
  const { timers, people, say } = scene(1);
  const [slow] = people;
  say();
  timers.endTurn();
  for (let i = 0; i < 5; i++) {
    say();
    timers.endTurn();
    timers.runOut(MAX_ROUND_MS);
  }
  assertEquals(slow!.rounds.length, 1);
  slow!.takes();
  timers.endTurn();
  assertEquals([slow!.rounds.length, slow!.session.waitingBytes], [2, 0]);
  slow!.takes();
  assertEquals(timers.endTurn(), 0);
});

test("Flusher starts no more writes in a turn than Deno can finish, and no other round meanwhile", () => {
  const { timers, people, say } = scene(2 * MAX_TURN_WRITES + 1);
  const written = () => people.filter(({ rounds }) => rounds.length > 0).length;
  say();
  timers.endTurn();
  assertEquals(written(), MAX_TURN_WRITES);
  // The later writers of the round receive the new bytes with it, the others in the next round.
  say();
  for (const person of people.slice(0, MAX_TURN_WRITES)) person.takes();
  timers.endTurn();
  assertEquals([written(), people[0]!.rounds.length], [2 * MAX_TURN_WRITES, 1]);
  timers.endTurn();
  assertEquals([written(), people[0]!.rounds.length], [people.length, 1]);
  for (const person of people.slice(MAX_TURN_WRITES)) person.takes();
  timers.endTurn();
  assertEquals(people.map(({ rounds }) => rounds), [
    ...Array(MAX_TURN_WRITES).fill([1, 2]),
    ...Array(MAX_TURN_WRITES + 1).fill([1]),
  ]);
  assertEquals(people.every(({ session }) => session.waitingBytes === 0), true);
});

test("Flusher starts no more writes of a round once it is stopped", () => {
  const { timers, flusher, people, say } = scene(MAX_TURN_WRITES + 1);
  say();
  timers.endTurn();
  flusher.stop();
  timers.endTurn();
  assertEquals(people.at(-1)!.rounds, []);
});

test("Flusher writes replies at the end of the turn although a round is under way", () => {
  const { timers, flusher, people, say } = scene(10);
  say();
  timers.endTurn();
  const flushed: number[] = [];
  const asker: Writer = { flush: (round) => flushed.push(round) > 0 };
  flusher.repliesQueued(asker);
  timers.endTurn();
  assertEquals(flushed, [0]);
  assertEquals(people[0]!.rounds.length, 1);
});

test("Flusher is congested when a full round has been appended, until the next round starts", async () => {
  const { timers, flusher, people, say } = scene(1);
  assertEquals(flusher.congested, false);
  for (let bytes = 0; bytes < MAX_ROUND_BYTES; bytes += 20) say();
  assertEquals(flusher.congested, true);
  let started = false;
  const next = flusher.nextRound().then(() => started = true);
  await Promise.resolve();
  assertEquals(started, false);
  timers.endTurn();
  await next;
  assertEquals([flusher.congested, people[0]!.rounds.length], [false, 1]);
});

test("Flusher does nothing more once it is stopped", () => {
  const { timers, flusher, people, say } = scene(2);
  say();
  timers.endTurn();
  say();
  timers.endTurn();
  flusher.stop();
  assertEquals(timers.runOut(MAX_ROUND_MS), 0);
  for (const person of people) person.takes();
  assertEquals([timers.endTurn(), people[0]!.rounds.length], [0, 1]);

  // Neither a round nor a pause starts in the scheduled turn.
  const resting = busyScene(2, 0.1);
  resting.say();
  resting.turn();
  resting.say();
  resting.flusher.stop();
  assertEquals([resting.timers.endTurn(), resting.timers.runOut(1)], [1, 0]);
});

test("Flusher returns to a reader with more to write although other writes of its round are stalled", () => {
  const { timers, flusher, people, say } = scene(2);
  say();
  timers.endTurn();
  say();
  timers.endTurn();
  assertEquals(timers.runOut(MAX_ROUND_MS), 1);
  // One of two writes is done, and nothing was appended since.
  people[0]!.takes();
  timers.endTurn();
  timers.runOut(MAX_ROUND_MS);
  assertEquals([people[0]!.rounds.length, people[0]!.session.waitingBytes, flusher.congested], [2, 0, false]);
});

test("Flusher settles before it takes any bytes, for replies as well as for rounds", () => {
  const timers = new HandTimers();
  const room = new Room("main", 0);
  const order: string[] = [];
  const flusher: Flusher = new Flusher({ timers, elapsed: () => 0, settle: () => order.push("kept") });
  const writer: Writer = {
    flush(round) {
      order.push(round === 0 ? "replies" : "round");
      return false;
    },
  };
  room.members.add({ transport: writer } as Session);
  flusher.repliesQueued(writer);
  timers.endTurn();
  assertEquals(order.splice(0), ["kept", "replies"]);
  room.log.append('{"code":205}');
  flusher.roomGrew(room, 10);
  timers.endTurn();
  assertEquals(order.splice(0), ["kept", "round"]);
  flusher.roomGrew(room, 10);
  flusher.repliesQueued(writer);
  timers.endTurn();
  assertEquals(order.splice(0), ["kept", "replies", "kept", "round"]);
});
