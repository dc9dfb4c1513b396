/**
 * Several hubs over one log that loses, doubles, delays and reorders what is sent, and accepts every batch: what
 * JetStream does without `Nats-Msg-Id`, and worse.
 *
 * The file is long because hubs, authors and what is compared belong together.
 *
 * @module
 */
import fc from "fast-check";
import { Code, encodeFrame, ProtocolError, type Said, serialize } from "../../../protocol/mod.ts";
import {
  ClusteredBackplane,
  type LogOrder,
  type RoomEvent,
  type SentBatch,
  type SharedLog,
  StoredBackplane,
} from "../../../server/backplane/mod.ts";
import type { History, Progress } from "../../../server/history/mod.ts";
import { assert, assertEquals, assertThrows } from "../../helpers/assert.ts";
import { DataFolder } from "../../helpers/hubs/history.ts";
import { START } from "../../helpers/hubs/test_hub.ts";

const ROOMS = ["main", "tea"];
const AUTHORS = ["ana", "bo", "cy"];
const HUBS = 3;

/** The log: the batches in their order. */
type Log = Uint8Array<ArrayBuffer>[];

/** A hub, as far as its backplane goes. */
class Hub implements SharedLog, Disposable {
  readonly hub: string;
  readonly epoch = "1";
  refusal: ProtocolError | undefined;
  readonly clustered: ClusteredBackplane;
  /** For each room: its texts by their numbers. */
  readonly shown: Record<string, string[]> = {};
  /** What was refused, and what counts, in order. */
  readonly refused: string[] = [];
  readonly counted: string[] = [];
  /** What was acknowledged, and what was stored of the log, in order. */
  readonly acknowledged: string[] = [];
  readonly progress: Progress[] = [];
  readonly #folder = new DataFolder();
  readonly #history: History;
  readonly #sent = new Map<number, SentBatch>();
  #soon: (() => void)[] = [];
  #read = 0;

  constructor(number: number) {
    this.hub = `hub${number}`;
    const history = this.#history = this.#folder.open();
    const frames: Uint8Array[] = [];
    const inner = new StoredBackplane(history, {
      apply: ({ room, message }, sequence) => {
        const texts = this.shown[room] ??= [];
        assertEquals(sequence, texts.length + 1);
        const said = message as Said;
        texts.push(said.message.message);
        frames.push(encodeFrame(serialize(said)).slice());
        return true;
      },
      acknowledge: ({ ref }) => void this.acknowledged.push(ref!),
      now: () => START,
      takeShown: () => frames.splice(0),
      takeProgress: () => {
        const progress = this.clustered.takeProgress();
        this.progress.push(progress);
        return progress;
      },
      stored() {},
      paused: (error) => assert(false, error.message),
      resumed() {},
    });
    this.clustered = new ClusteredBackplane({
      history,
      inner,
      log: this,
      answered: ({ ref }, error) => {
        (error === undefined ? this.counted : this.refused).push(ref!);
        // As a hub does for a client that waits for it.
        this.clustered.settle();
      },
    });
  }

  send(batch: SentBatch): void {
    this.#sent.set(batch.batch, batch);
  }

  end(batch: number): void {
    this.#sent.delete(batch);
  }

  order(_order: LogOrder): void {}

  show(): void {}

  soon(run: () => void): void {
    this.#soon.push(run);
  }

  /** Ends a task. */
  endTask(): void {
    for (const run of this.#soon.splice(0)) run();
  }

  /** Puts one of the batches that are being sent into the log; a copy of it may be there already. */
  transmit(log: Log, which: number): void {
    const sent = [...this.#sent.values()];
    if (sent.length > 0) log.push(sent[which % sent.length]!.bytes.slice());
  }

  /** Reads some batches of the log; returns whether there was one. */
  read(log: Log, count: number): boolean {
    const until = Math.min(log.length, this.#read + count);
    const isNew = until > this.#read;
    while (this.#read < until) {
      const bytes = log[this.#read++]!;
      this.clustered.deliver(bytes, this.#read, `${this.#read} then`);
    }
    this.clustered.settle();
    this.endTask();
    return isNew;
  }

  /** Goes away from the log: refuses what waits. */
  leave(): void {
    if (this.refusal !== undefined) return;
    this.refusal = new ProtocolError("unavailable", "away");
    this.clustered.refuseWaiting(this.refusal);
  }

  /** The messages that are stored, by room. */
  stored(): Record<string, string[]> {
    const rows = this.#folder.query(
      "SELECT key, sequence, message FROM lines JOIN places ON places.id = place ORDER BY sequence",
    );
    const texts: Record<string, string[]> = {};
    for (const { key, sequence, message } of rows) {
      const room = texts[String(key)] ??= [];
      assertEquals(sequence, room.length + 1);
      room.push(String(message));
    }
    return texts;
  }

  /** Ends the hub; its messages can be read with `stored` before it is disposed of. */
  close(): void {
    this.#history.close();
  }

  [Symbol.dispose](): void {
    this.#folder[Symbol.dispose]();
  }
}

/** A client: it has an id for each message, and sends what is not answered again when it goes to another hub. */
class Author {
  readonly said: string[] = [];
  readonly moved = new Set<string>();
  readonly #name: string;
  #at: number;
  #answered = 0;

  constructor(name: string, at: number) {
    this.#name = name;
    this.#at = at;
  }

  say(hubs: readonly Hub[], room: string): void {
    const ref = `${this.#name} ${this.said.length + 1} ${room}`;
    this.said.push(ref);
    this.#send(hubs[this.#at]!, ref);
  }

  move(hubs: readonly Hub[], at: number): void {
    this.#at = at;
    const answered = new Set(hubs.flatMap(({ counted, refused }) => [...counted, ...refused]));
    for (const ref of this.said.slice(this.#answered)) {
      if (answered.has(ref)) continue;
      this.moved.add(ref);
      this.#send(hubs[at]!, ref);
    }
  }

  #send(hub: Hub, ref: string): void {
    try {
      hub.clustered.publish(eventOf(ref, ref));
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      hub.refused.push(ref);
    }
  }
}

/** A message of an author, with an id, in a room. */
function eventOf(text: string, ref: string): RoomEvent {
  const [author = "", id = "", room = ""] = text.split(" ");
  const message = { timestamp: START, username: author, message: text, room, verified: false };
  return {
    room,
    message: { code: Code.Said, message },
    from: "c1",
    ref,
    messageId: { author, id, digest: text },
  };
}

const index = (count: number) => fc.integer({ min: 0, max: count - 1 });
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant("say"), who: index(3), which: index(ROOMS.length) }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant("transmit"), who: index(HUBS), which: index(4) }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant("read"), who: index(HUBS), which: index(4) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("endTask"), who: index(HUBS), which: index(1) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("move"), who: index(3), which: index(HUBS) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("leave"), who: index(HUBS), which: index(1) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("return"), who: index(HUBS), which: index(1) }) },
);

type Step = { do: string; who: number; which: number };

function carryOut(
  { do: what, who, which }: Step,
  log: Log,
  hubs: readonly Hub[],
  authors: readonly Author[],
) {
  switch (what) {
    case "say":
      return authors[who]!.say(hubs, ROOMS[which]!);
    case "move":
      return authors[who]!.move(hubs, which);
    case "transmit":
      return hubs[who]!.transmit(log, which);
    case "read":
      return hubs[who]!.read(log, which + 1);
    case "endTask":
      return hubs[who]!.endTask();
    case "leave":
      return hubs[who]!.leave();
    case "return":
      hubs[who]!.refusal = undefined;
  }
}

/** Carries out steps, lets everything arrive, and compares. */
function check(steps: readonly Step[]): void {
  const log: Log = [];
  const hubs = Array.from({ length: HUBS }, (_, number) => new Hub(number));
  const authors = AUTHORS.map((name, number) => new Author(name, number % HUBS));
  try {
    for (const step of steps) carryOut(step, log, hubs, authors);
    for (const hub of hubs) hub.refusal = undefined;
    const isWaiting = () => hubs.some(({ clustered }) => clustered.waitingCount > 0);
    for (let round = 0; isWaiting() || hubs.some((hub) => hub.read(log, 1)); round++) {
      assert(round < 10_000, "messages wait for ever");
      for (const hub of hubs) {
        hub.endTask();
        for (let which = 0; which < 4; which++) hub.transmit(log, which);
        hub.read(log, Infinity);
      }
    }
    for (const hub of hubs) hub.close();
    const [{ shown }] = hubs as [Hub, ...Hub[]];
    for (const hub of hubs) {
      assertEquals(hub.shown, shown);
      assertEquals(hub.stored(), shown);
    }
    const texts = Object.values(shown).flat();
    assertEquals(new Set(texts).size, texts.length);
    const refused = new Set(hubs.flatMap(({ refused }) => refused));
    const counted = new Set(hubs.flatMap(({ counted }) => counted));
    const numberOf = (ref: string) => Number(ref.split(" ")[1]);
    for (const { said, moved } of authors) {
      for (const ref of said) {
        assert(counted.has(ref) || refused.has(ref), `${ref} has no answer`);
        if (counted.has(ref)) assert(texts.includes(ref), `${ref} counts, and nobody has it`);
        // Another hub may have sent what one has refused.
        else if (!moved.has(ref)) assert(!texts.includes(ref), `${ref} is refused, and everybody has it`);
      }
      for (const room of Object.values(shown)) {
        const own = room.filter((ref) => said.includes(ref) && !refused.has(ref)).map(numberOf);
        assertEquals(own, own.toSorted((a, b) => a - b));
      }
      for (const hub of hubs) {
        for (const room of ROOMS) {
          const own = hub.refused.filter((ref) => said.includes(ref) && ref.endsWith(` ${room}`)).map(
            numberOf,
          );
          assertEquals(own, own.toSorted((a, b) => a - b));
        }
      }
    }
  } finally {
    for (const hub of hubs) hub[Symbol.dispose]();
  }
}

Deno.test("Hubs over a log that loses and doubles batches show the same messages, each once and in order", () => {
  fc.assert(fc.property(fc.array(step, { minLength: 20, maxLength: 120 }), check), { numRuns: 20 });
});

Deno.test("A batch is stored as a whole, and acknowledged in its order, with what was said again", () => {
  const log: Log = [];
  using hub = new Hub(0);
  const said = [["ana 1 main", "a"], ["ana 1 main", "b"], ["bo 1 main", "c"], [
    "ana 1 main other",
    "d",
  ]] as const;
  for (const [text, ref] of said) hub.clustered.publish(eventOf(text, ref));
  hub.endTask();
  hub.transmit(log, 0);
  hub.read(log, 1);
  assertEquals(hub.shown.main, ["ana 1 main", "bo 1 main", "ana 1 main other"]);
  assertEquals(hub.counted, ["a", "b", "c", "d"]);
  assertEquals(hub.acknowledged, ["a", "b", "c", "d"]);
  assertEquals(hub.progress.map(({ numbers }) => numbers), [[["main", 3]]]);
  hub.close();
});

Deno.test("A message that is said again while the log is away is not refused if it is in flight", () => {
  const log: Log = [];
  using hub = new Hub(0);
  hub.clustered.publish(eventOf("ana 1 main", "a"));
  hub.endTask();
  hub.leave();
  hub.clustered.publish(eventOf("ana 1 main", "b"));
  assertThrows(() => hub.clustered.publish(eventOf("ana 2 main", "c")), ProtocolError);
  hub.transmit(log, 0);
  hub.read(log, 1);
  assertEquals([hub.shown.main, hub.acknowledged, hub.refused], [["ana 1 main"], ["a", "b"], []]);
  hub.close();
});
