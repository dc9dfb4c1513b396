/**
 * What a line of chat goes through in the hub, step by step, beside what no hub in JavaScript can do without: parsing
 * the same JSON, and copying the same bytes. The ratios to these hold on any machine.
 *
 * @module
 */
import {
  BodyDecoder,
  checkName,
  checkText,
  Code,
  encodeFrame,
  FrameDecoder,
  parseClientMessage,
  serialize,
} from "../protocol/mod.ts";
import { BroadcastLog } from "../server/broadcast_log.ts";
import { systemClock } from "../server/clock.ts";
import { Hub } from "../server/hub.ts";
import type { Outlet } from "../server/session.ts";

const text = "T00000001700000000000:0:".padEnd(64, "x");
const json = serialize({ code: Code.Say, message: text });
const frame = encodeFrame(json);
const body = frame.slice(8);
const burst = new Uint8Array(frame.length * 100);
for (let i = 0; i < 100; i++) burst.set(frame, i * frame.length);
const said = {
  code: Code.Said,
  message: {
    timestamp: 1_700_000_000_000,
    username: "ana",
    message: text,
    sequence: 1,
    room: "main",
    verified: false,
  },
};

/** A hub with that many people in it, one of whom talks; what they hear is thrown away. */
function crowd(size: number) {
  const outlet: Outlet = { replied() {}, ended() {}, flush: () => false };
  const hub = new Hub({
    clock: systemClock,
    randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
    spoken() {},
    wakeAfter() {},
  });
  const sessions = Array.from({ length: size }, () => hub.connect(outlet));
  return { hub, author: sessions[0]! };
}

const utf8 = new TextDecoder();
const copy = new Uint8Array(burst.length);

Deno.bench("JSON.parse of a line's body", { group: "read", baseline: true }, () => {
  JSON.parse(utf8.decode(body));
});
Deno.bench("parseClientMessage", { group: "read" }, () => {
  parseClientMessage(body);
});

Deno.bench("a plain copy of 100 frames", { group: "cut", baseline: true }, () => {
  copy.set(burst);
});
Deno.bench("FrameDecoder: 100 frames in one read", { group: "cut" }, () => {
  const decoder = new FrameDecoder();
  decoder.push(burst);
  while (decoder.next() !== undefined);
});
Deno.bench("FrameDecoder: one frame, a byte a read", { group: "cut" }, () => {
  const decoder = new FrameDecoder();
  for (let i = 0; i < frame.length; i++) {
    decoder.push(frame.subarray(i, i + 1));
    decoder.next();
  }
});
Deno.bench("BodyDecoder: 100 frames in one read, as text", { group: "cut" }, () => {
  const decoder = new BodyDecoder();
  decoder.push(burst);
  while (decoder.next() !== undefined);
});

Deno.bench("JSON.stringify of a 200", { group: "write", baseline: true }, () => {
  JSON.stringify(said);
});
Deno.bench("serialize of a 200", { group: "write" }, () => {
  serialize(said);
});
const log = new BroadcastLog();
const cursor = log.cursor();
let appended = 0;
Deno.bench("serialize and BroadcastLog.append of a 200, a cursor every 32", { group: "write" }, () => {
  log.append(serialize(said));
  if (++appended % 32 === 0) cursor.take();
});

Deno.bench("checkText of 64 bytes", { group: "check" }, () => checkText(text));
Deno.bench("checkName, ASCII", { group: "check" }, () => checkName("ana_bo.cy-17"));
Deno.bench("checkName, Cyrillic", { group: "check" }, () => checkName("\u0430\u043d\u043d\u0430"));

for (const size of [10, 10_000]) {
  const { hub, author } = crowd(size);
  Deno.bench(`Hub.receive of a line, ${size} in the room`, { group: "hub" }, () => {
    hub.receive(author, { code: Code.Say, message: text });
  });
}
