/**
 * Sessions that once did harm, or that somebody thought of, and that the fuzzer may not hit on again. What it finds is
 * added here as it was printed.
 *
 * @module
 */
import type { FuzzSession } from "./wire_fuzz.ts";

const HELLO = { body: '{"code":102,"client":"fuzz/1"}' };

/** The sessions, each with what is special about it. */
export const FUZZ_CASES: [name: string, session: FuzzSession][] = [
  [
    "one that asks much and reads nothing",
    {
      frames: [HELLO, { body: `{"code":110,"ref":"${"r".repeat(64)}"}`, times: 20_000 }],
      pieces: [],
      missing: 0,
      end: "stall",
    },
  ],
  [
    "one that says half a frame and resets",
    { frames: [{ body: '{"code":100,"message":"hi"}' }], pieces: [3], missing: 5, end: "reset" },
  ],
  [
    "one that says much, closes its sending side and reads to the end",
    {
      frames: [HELLO, { body: `{"code":100,"message":"${"x".repeat(4000)}"}`, times: 200 }],
      pieces: [],
      missing: 0,
      end: "half a close",
    },
  ],
  [
    "one that announces 2^64-1 bytes",
    { frames: [{ body: "{}", announced: 2n ** 64n - 1n }], pieces: [1], missing: 0, end: "half a close" },
  ],
  [
    "one whose JSON is as deep as it can be",
    { frames: [{ body: "[".repeat(65_536) }], pieces: [], missing: 0, end: "half a close" },
  ],
  [
    "one that joins and leaves",
    {
      frames: [HELLO, { body: '{"code":107,"room":"dev"}' }, { body: '{"code":108,"room":"dev"}' }].flatMap(
        (frame) => frame === HELLO ? [frame] : Array(50).fill(frame),
      ),
      pieces: [7],
      missing: 0,
      end: "close",
    },
  ],
  [
    "one that renames itself without end",
    {
      frames: Array.from({ length: 500 }, (_, i) => ({ body: `{"code":101,"username":"eve${i % 2}"}` })),
      pieces: [],
      missing: 0,
      end: "half a close",
    },
  ],
  [
    "one that sends bytes that are not UTF-8",
    {
      frames: [{ body: '{"code":100,"message":"hi"}', bytes: [[24, 0xff]] }],
      pieces: [],
      missing: 0,
      end: "half a close",
    },
  ],
];
