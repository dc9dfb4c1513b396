/** Framed copies of slices of real logs. */
import { BroadcastLog, segmentReuses } from "../../../server/fanout/mod.ts";
import { FRAMED_COPIES_MS, MAX_FRAMED_COPIES, MAX_SEGMENT_BYTES } from "../../../server/limits.ts";
import { FramedCopies } from "../../../server/websocket/mod.ts";
import { assert, assertEquals, assertStrictEquals } from "../../helpers/assert.ts";
import { ServerFrames } from "../../helpers/wire/web_frames.ts";

/** A timer that runs when the test says so. */
function manualTimers() {
  const waiting = new Set<() => void>();
  return {
    waiting,
    elapse: () => [...waiting].forEach((run) => run()),
    timers: {
      after(ms: number, run: () => void) {
        assertEquals(ms, FRAMED_COPIES_MS);
        const once = () => {
          waiting.delete(once);
          run();
        };
        waiting.add(once);
        return () => void waiting.delete(once);
      },
    },
  };
}

function copiesWithTimers() {
  const manual = manualTimers();
  return { ...manual, copies: new FramedCopies({ timers: manual.timers, reuses: segmentReuses }) };
}

/** The payload of a frame. */
function payloadOf(frame: Uint8Array): Uint8Array {
  const [only, ...others] = new ServerFrames().push(frame);
  assertEquals([only?.opcode, others.length], [2, 0]);
  return only!.payload;
}

Deno.test("Readers of the same slice share one frame", () => {
  const { copies } = copiesWithTimers();
  const log = new BroadcastLog();
  const readers = [log.cursor(), log.cursor()];
  log.append('{"code":200}');
  const [first, second] = readers.map((reader) => reader.take());
  const frame = copies.frame(first!);
  assertStrictEquals(copies.frame(second!), frame);
  assertEquals(payloadOf(frame), first!);
  assertEquals(copies.size, 1);
});

Deno.test("A slice that starts elsewhere or is longer has a frame of its own", () => {
  const { copies } = copiesWithTimers();
  const log = new BroadcastLog();
  const [early, late] = [log.cursor(), log.cursor()];
  log.append('{"code":200}');
  early.take();
  log.append('{"code":201}');
  const slices = [early.take(), late.take()];
  for (const slice of slices) assertEquals(payloadOf(copies.frame(slice)), slice);
  assertEquals(copies.size, 2);
});

Deno.test("A frame is never that of other bytes, when a log uses its memory again", () => {
  const { copies } = copiesWithTimers();
  const log = new BroadcastLog();
  const reader = log.cursor();
  const before = segmentReuses();
  const text = "x".repeat(60_000);
  // Each segment holds as many of these, so that slices of later segments have the same place and length.
  for (let i = 0; i < 200; i++) {
    log.append(`{"n":"${String(i).padStart(3, "0")}","text":"${text}"}`);
    const slice = reader.take();
    assertEquals(payloadOf(copies.frame(slice)), slice.slice());
  }
  assert(segmentReuses() > before, "no memory was used again, so the test shows nothing");
});

Deno.test("A reply to one reader is not kept", () => {
  const { copies } = copiesWithTimers();
  const reply = Uint8Array.of(1, 2, 3);
  assertEquals(payloadOf(copies.frame(reply)), reply);
  assertEquals(copies.size, 0);
});

Deno.test("No more than a few copies are kept, and the oldest is replaced", () => {
  const { copies } = copiesWithTimers();
  const buffer = new Uint8Array(MAX_SEGMENT_BYTES);
  const slices = Array.from({ length: MAX_FRAMED_COPIES + 1 }, (_, i) => buffer.subarray(i, i + 10));
  const frames = slices.map((slice) => copies.frame(slice));
  assertEquals(copies.size, MAX_FRAMED_COPIES);
  assertStrictEquals(copies.frame(slices[1]!), frames[1]);
  assert(copies.frame(slices[0]!) !== frames[0]);
});

Deno.test("Copies are forgotten when no new one was made for a time, and no timer runs then", () => {
  const { copies, elapse, waiting } = copiesWithTimers();
  const buffer = new Uint8Array(100);
  copies.frame(buffer.subarray(0, 10));
  elapse();
  copies.frame(buffer.subarray(10, 20));
  elapse();
  assertEquals([copies.size, waiting.size], [2, 1]);
  elapse();
  assertEquals([copies.size, waiting.size], [0, 0]);
  copies.frame(buffer.subarray(20, 30));
  copies.forget();
  assertEquals([copies.size, waiting.size], [0, 0]);
});
