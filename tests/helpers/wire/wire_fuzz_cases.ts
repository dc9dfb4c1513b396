/**
 * Sessions that the fuzzer always runs: those that once failed, and those written by hand. A session that the fuzzer
 * finds is added here as it was printed.
 *
 * @module
 */
import type { FuzzSession } from "./wire_fuzz.ts";

const HELLO = { body: '{"code":102,"client":"fuzz/1"}' };

/** The sessions, each with a description. */
export const FUZZ_CASES: [name: string, session: FuzzSession][] = [
  [
    "many requests, and nothing is read",
    {
      frames: [HELLO, { body: `{"code":110,"ref":"${"r".repeat(64)}"}`, times: 20_000 }],
      pieces: [],
      missing: 0,
      end: "stall",
    },
  ],
  [
    "half a frame, then a reset",
    { frames: [{ body: '{"code":100,"message":"hi"}' }], pieces: [3], missing: 5, end: "reset" },
  ],
  [
    "many messages, then the sending side is closed and everything is read",
    {
      frames: [HELLO, { body: `{"code":100,"message":"${"x".repeat(4000)}"}`, times: 200 }],
      pieces: [],
      missing: 0,
      end: "half a close",
    },
  ],
  [
    "a header with 2^64-1 bytes",
    { frames: [{ body: "{}", announced: 2n ** 64n - 1n }], pieces: [1], missing: 0, end: "half a close" },
  ],
  [
    "the deepest JSON that fits into a frame",
    { frames: [{ body: "[".repeat(65_536) }], pieces: [], missing: 0, end: "half a close" },
  ],
  [
    "many joins and leaves",
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
    "thousands of joins and leaves without ref, then the sending side is closed and everything is read",
    {
      frames: [
        HELLO,
        ...Array(3000).fill([{ body: '{"code":107,"room":"dev"}' }, { body: '{"code":108,"room":"dev"}' }])
          .flat(),
      ],
      pieces: [],
      missing: 0,
      end: "half a close",
    },
  ],
  [
    "many name changes",
    {
      frames: Array.from({ length: 500 }, (_, i) => ({ body: `{"code":101,"username":"eve${i % 2}"}` })),
      pieces: [],
      missing: 0,
      end: "half a close",
    },
  ],
  [
    "bytes that are not UTF-8",
    {
      frames: [{ body: '{"code":100,"message":"hi"}', bytes: [[24, 0xff]] }],
      pieces: [],
      missing: 0,
      end: "half a close",
    },
  ],
];
