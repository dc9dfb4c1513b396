/**
 * The steps of a chat message through the hub, compared with work that no hub in JavaScript can avoid: parsing the
 * same JSON and copying the same bytes. The ratios to these are the same on every machine; `deno task bench` prints
 * them.
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
  PlainText,
  serialize,
} from "../protocol/mod.ts";
import { BroadcastLog, Flusher } from "../server/fanout/mod.ts";
import { systemClock } from "../runtime/mod.ts";
import { Hub } from "../server/hub/mod.ts";
import { Room, Session, type Transport } from "../server/sessions/mod.ts";

const text = "T00000001700000000000:0:".padEnd(64, "x");
const json = serialize({ code: Code.Say, message: text });
const frame = encodeFrame(json);
const body = frame.slice(8);
const burst = new Uint8Array(frame.length * 100);
for (let i = 0; i < 100; i++) burst.set(frame, i * frame.length);
/** The same message in another alphabet, which is always decoded to a string. */
const otherText = text.replaceAll("x", "\u0436");
const otherJson = serialize({ code: Code.Say, message: otherText });
const otherBody = encodeFrame(otherJson).slice(8);
/** A parsed plain message; the hub reuses the object for each one. */
const plain = { code: Code.Say, message: new PlainText() } as const;
const whole = new BodyDecoder();
whole.push(frame);
if (!whole.advance() || !whole.isPlainSay(plain.message)) throw new Error("the message must be a plain one");
const shown = {
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

/** A hub with that many users; the messages for them are discarded. */
function crowd(size: number) {
  const transport: Transport = {
    repliesQueued() {},
    authorSpoke() {},
    searched() {},
    historySent() {},
    sessionEnded() {},
    flush: () => false,
  };
  const hub = new Hub({
    clock: systemClock,
    randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
    roomGrew() {},
    wakeAfter() {},
  });
  const sessions = Array.from({ length: size }, () => hub.connect(transport));
  return { hub, author: sessions[0]! };
}

/** A room with that many readers whose writes are done at once; `turn` runs a write round. */
function audience(size: number) {
  let soon: (() => void)[] = [];
  const flusher = new Flusher({
    timers: { soon: (run) => soon.push(run), after: () => () => {} },
    elapsed: () => 0,
  });
  const room = new Room("main", 0);
  for (let i = 0; i < size; i++) {
    const transport: Transport = {
      repliesQueued() {},
      authorSpoke() {},
      searched() {},
      historySent() {},
      sessionEnded() {},
      flush(round) {
        if (session.take().length === 0) return false;
        flusher.written(transport, round, session.waitingBytes > 0);
        return true;
      },
    };
    const session = new Session(`c${i}`, `user${i}`, transport, 0);
    room.add(session);
  }
  const turn = (room: Room) => {
    flusher.roomGrew(room, 1);
    while (soon.length > 0) {
      const now = soon;
      soon = [];
      for (const run of now) run();
    }
  };
  return { room, turn };
}

const utf8 = new TextDecoder();
const copy = new Uint8Array(burst.length);

/** The baseline of a group: work that no hub can avoid. */
function parsing(group: string): void {
  Deno.bench("JSON.parse of a message body", { group, baseline: true }, () => {
    JSON.parse(utf8.decode(body));
  });
}
function copying(group: string): void {
  Deno.bench("a plain copy of 100 frames", { group, baseline: true }, () => {
    copy.set(burst);
  });
}

parsing("a message in");
Deno.bench("isPlainSay", { group: "a message in" }, () => {
  whole.isPlainSay(plain.message);
});
Deno.bench("parseClientMessage, Cyrillic", { group: "a message in" }, () => {
  parseClientMessage(otherBody);
});
Deno.bench("checkText of 64 bytes", { group: "a message in" }, () => checkText(text));
Deno.bench("checkName, ASCII", { group: "a message in" }, () => checkName("ana_bo.cy-17"));
Deno.bench("checkName, Cyrillic", { group: "a message in" }, () => checkName("\u0430\u043d\u043d\u0430"));
for (const size of [10, 10_000]) {
  const { hub, author } = crowd(size);
  Deno.bench(`Hub.receive of a plain message, room of ${size}`, { group: "a message in" }, () => {
    hub.receive(author, plain);
  });
  Deno.bench(`Hub.receive of a Cyrillic message, room of ${size}`, { group: "a message in" }, () => {
    hub.receive(author, { code: Code.Say, message: otherText });
  });
}

copying("100 frames in");
Deno.bench("FrameDecoder: in one read", { group: "100 frames in" }, () => {
  const decoder = new FrameDecoder();
  decoder.push(burst);
  while (decoder.next() !== undefined);
});
Deno.bench("FrameDecoder: one frame in each read", { group: "100 frames in" }, () => {
  const decoder = new FrameDecoder();
  for (let at = 0; at < burst.length; at += frame.length) {
    decoder.push(burst.subarray(at, at + frame.length));
    while (decoder.next() !== undefined);
  }
});
Deno.bench("FrameDecoder: one byte in each read", { group: "100 frames in" }, () => {
  const decoder = new FrameDecoder();
  for (let at = 0; at < burst.length; at++) {
    decoder.push(burst.subarray(at, at + 1));
    decoder.next();
  }
});
Deno.bench("BodyDecoder: in one read, plain messages as bytes", { group: "100 frames in" }, () => {
  const decoder = new BodyDecoder();
  decoder.push(burst);
  while (decoder.advance()) decoder.isPlainSay(plain.message);
});
Deno.bench("BodyDecoder: in one read, as text", { group: "100 frames in" }, () => {
  const decoder = new BodyDecoder();
  decoder.push(burst);
  while (decoder.next() !== undefined);
});

parsing("a message out");
Deno.bench("JSON.stringify of a 200", { group: "a message out" }, () => {
  JSON.stringify(shown);
});
Deno.bench("serialize of a 200", { group: "a message out" }, () => {
  serialize(shown);
});

const shownJson = serialize(shown);
copying("100 frames out");
const log = new BroadcastLog();
const reader = log.cursor();
Deno.bench(
  "BroadcastLog: append 100 plain messages, one reader takes them",
  { group: "100 frames out" },
  () => {
    for (let i = 0; i < 100; i++) log.appendPlain({ ...shown.message, message: plain.message });
    while (reader.take().length > 0);
  },
);
Deno.bench("BroadcastLog: append 100, one reader takes them", { group: "100 frames out" }, () => {
  for (let i = 0; i < 100; i++) log.append(shownJson);
  while (reader.take().length > 0);
});
for (const size of [10, 1000]) {
  const { room, turn } = audience(size);
  Deno.bench(`Flusher: a round of 100 frames to ${size} readers`, { group: "100 frames out" }, () => {
    for (let i = 0; i < 100; i++) room.log.append(shownJson);
    turn(room);
  });
}
