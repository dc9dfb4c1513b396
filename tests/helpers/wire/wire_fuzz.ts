/**
 * Random sessions of hostile clients: a valid session with something changed. That may be the length of a frame, how
 * frames are split, the type of a field, a code, the order of messages, bytes of a body, or how the connection ends.
 *
 * A session is plain data, so that fast-check can shrink one that fails, and so that it can be added to
 * `wire_fuzz_cases.ts`. The file is long because it generates every request of the protocol.
 *
 * @module
 */
import fc from "fast-check";
import { ResettingClient } from "../clients/resetting_client.ts";
import { TestKey } from "../clients/test_key.ts";

/** A frame, valid or not. */
export interface FuzzFrame {
  /** The body, not necessarily JSON. */
  body: string;
  /** The length in the header, if it differs from that of the body. */
  announced?: bigint;
  /** Changed bytes of the body: the index, modulo the length of the body, and the value. */
  bytes?: [at: number, byte: number][];
  /** How often the frame is sent; 1 if not given. */
  times?: number;
  /** For a hello: with which of {@linkcode KEYS} it is signed, and what the signature is for. */
  proof?: { key: number; of: "this hello" | "another hub" | "another connection" | "another name" | "git" };
}

/** The identity and the nonce in the 202 of a hub. */
interface Offer {
  identity: string;
  nonce: string;
}

/** What a hostile client does on one connection. */
export interface FuzzSession {
  /** The frames it sends. */
  frames: FuzzFrame[];
  /** The sizes of the writes in bytes, used in turn; one write if there are none. */
  pieces: number[];
  /** How many bytes at the end it does not send. */
  missing: number;
  /**
   * How the connection ends. `close`: it reads, and closes at once. `half a close`: it reads, closes its sending side,
   * and reads to the end. `reset` and `stall`: it reads nothing, and resets at once or after a while.
   */
  end: "close" | "reset" | "half a close" | "stall";
}

/** The keys of the hostile clients. */
const KEYS = await Promise.all([TestKey.make(), TestKey.make(), TestKey.make()]);

/** A key that is no Ed25519 key. */
const RSA_KEY = btoa("\0\0\0\x07ssh-rsa\0\0\0\x03\x01\0\x01");

/** What a hello is signed for if the hub has sent no 202 yet. */
const NO_OFFER: Offer = { identity: KEYS[0]!.key, nonce: btoa("no nonce of a hub") };

/** A text that no hub sends. */
const UNSAID = "\n\n\n";

/** The most writes of one session. */
const MAX_PIECES = 200;

/** How long a session that stalls waits before the reset, in milliseconds. */
const STALL_MS = 20;

const text = fc.oneof(
  fc.constantFrom(
    "hi",
    "",
    "\u0000",
    "\x1b[2J",
    "\u202e",
    "é".normalize("NFD"),
    "x".repeat(4096),
    "x".repeat(4097),
  ),
  fc.string({ unit: "binary", maxLength: 20 }),
  fc.integer({ min: 1, max: 4096 }).map((length) => "漢".repeat(length)),
);
/** Names, among them those of the well-behaved clients, which are taken but can be written to. */
const name = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.constantFrom(
      "eve",
      "Eve",
      "mallory",
      "ana",
      "bo",
      "dee",
      "server",
      "a b",
      "x".repeat(33),
    ),
  },
  fc.string({ unit: "binary", maxLength: 40 }),
);
const key = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...KEYS.map((key) => key.key)) },
  fc.constantFrom(RSA_KEY, "", "AAAA", "*", `${KEYS[0]!.key} `, "A".repeat(1025)),
  text,
);
const signature = fc.oneof(
  fc.constantFrom(
    KEYS[0]!.proof(NO_OFFER, "eve").signature,
    btoa("SSHSIG"),
    btoa("SSHSIG\0\0\0\x01"),
    "",
    "*",
  ),
  text,
);
const nonce = fc.oneof(fc.constantFrom(btoa("sixteen bytes..."), "\n".repeat(30), "x".repeat(129)), text);
const room = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.constantFrom("main", "dev", "Dev", "ops", "lair", "#dev", "", "x".repeat(33)),
  },
  // The private room of a well-behaved client.
  { weight: 2, arbitrary: fc.constantFrom("den", "DEN") },
  fc.string({ unit: "binary", maxLength: 40 }),
);
const sequence = fc.oneof(fc.nat(1000), fc.constantFrom(-1, 0, 2 ** 53, 1.5, 1e308));

/** A room or a direct conversation. */
const conversation = fc.oneof(room, name.map((name) => `@${name}`));

type Request = Record<string, unknown> & { code: number };

/** The requests of `docs/protocol.md`. */
const request: fc.Arbitrary<Request> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ code: fc.constant(100), message: text }) },
  { weight: 2, arbitrary: fc.record({ code: fc.constant(101), username: name }) },
  {
    weight: 3,
    arbitrary: fc.record(
      {
        code: fc.constant(102),
        client: text,
        username: name,
        rooms: fc.array(room, { maxLength: 5 }),
        password: text,
        key,
        signature,
        nonce,
        after: fc.dictionary(room, sequence, { maxKeys: 3 }),
        newest: fc.integer({ min: 1, max: 500 }),
        invite: text,
        quiet: fc.boolean(),
        session: fc.oneof(fc.constantFrom("a secret of a run", "another secret of a run"), text),
      },
      { requiredKeys: ["code", "client"] },
    ),
  },
  {
    weight: 2,
    arbitrary: fc.record({ code: fc.constant(103), room, message: text, id: text, reply_to: sequence }, {
      requiredKeys: ["code", "room", "message"],
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ code: fc.constant(104), to: name, message: text, id: text, reply_to: sequence }, {
      requiredKeys: ["code", "to", "message"],
    }),
  },
  fc.record({
    code: fc.constant(105),
    room,
    before: sequence,
    after: sequence,
    limit: sequence,
    match: text,
  }, { requiredKeys: ["code", "room"] }),
  fc.record({ code: fc.constant(106), room }, { requiredKeys: ["code"] }),
  { weight: 2, arbitrary: fc.record({ code: fc.constant(107), room }) },
  fc.record({ code: fc.constant(108), room }),
  fc.record({ code: fc.constant(109) }),
  fc.record({ code: fc.constant(110), ref: text }, { requiredKeys: ["code"] }),
  fc.record({ code: fc.constant(111), after: sequence }, { requiredKeys: ["code"] }),
  fc.record({ code: fc.constant(113) }),
  fc.record({ code: fc.constant(114), key, key_code: text }, { requiredKeys: ["code"] }),
  fc.record({ code: fc.constant(115), key }),
  fc.record({ code: fc.constantFrom(116, 117) }),
  fc.record({ code: fc.constant(123), username: name }),
  fc.record({ code: fc.constantFrom(118, 122), room }),
  {
    weight: 2,
    arbitrary: fc.record({
      code: fc.constant(119),
      room,
      topic: text,
      mode: fc.constantFrom("private", "open", "Open"),
      history: fc.constantFrom("all", "joined", ""),
      owner: name,
    }, { requiredKeys: ["code", "room"] }),
  },
  { weight: 2, arbitrary: fc.record({ code: fc.constantFrom(120, 121), room, username: name }) },
  {
    weight: 3,
    arbitrary: fc.record({
      code: fc.constant(124),
      action: fc.constantFrom("kick", "ban", "unban", "mute", "unmute", "mod", "unmod", "later"),
      target: fc.oneof(
        name,
        key,
        fc.constantFrom("127.0.0.1", "127.0.0.0/8", "::1/64", "0.0.0.0/0", "1.2.3.4/33"),
      ),
      room,
      duration_ms: sequence,
      reason: text,
      address: fc.boolean(),
      preview: fc.boolean(),
    }, { requiredKeys: ["code", "action", "target"] }),
  },
  fc.record({ code: fc.constant(124), action: fc.constant("slow"), room, every_ms: sequence }, {
    requiredKeys: ["code", "action", "every_ms"],
  }),
  fc.record({
    code: fc.constant(124),
    action: fc.constant("lockdown"),
    room,
    mode: fc.constantFrom("off", "owned", "invited", "on"),
  }, { requiredKeys: ["code", "action", "mode"] }),
  fc.record({ code: fc.constant(124), action: fc.constant("announce"), room, text }, {
    requiredKeys: ["code", "action", "text"],
  }),
  fc.record({ code: fc.constant(125), room }, { requiredKeys: ["code"] }),
  {
    weight: 2,
    arbitrary: fc.record({
      code: fc.constant(126),
      room: conversation,
      sequence,
      username: name,
      within_ms: sequence,
      id: text,
      preview: fc.boolean(),
    }, { requiredKeys: ["code", "room"] }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ code: fc.constant(127), room: conversation, sequence, message: text, id: text }, {
      requiredKeys: ["code", "room", "sequence", "message"],
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      code: fc.constant(128),
      room: conversation,
      sequence,
      reaction: fc.oneof(fc.constantFrom("+1", "❤️", "👨‍👩‍👧‍👦", " ", "\u200d"), text),
      remove: fc.boolean(),
    }, { requiredKeys: ["code", "room", "sequence", "reaction"] }),
  },
  fc.record({ code: fc.constant(129), after: sequence, epoch: text }, { requiredKeys: ["code", "after"] }),
  fc.record({ code: fc.constant(130), since: sequence, before: sequence, limit: sequence }, {
    requiredKeys: ["code"],
  }),
  fc.record({ code: fc.constant(131), room, uses: sequence, expires_ms: sequence, username: name }, {
    requiredKeys: ["code"],
  }),
);

/** Another code than that of the message, or something that is not a code. */
const otherCode = fc.oneof(
  fc.integer({ min: 95, max: 235 }),
  fc.constantFrom<unknown[]>(0, -1, 1e9, 100.5, "100", null, true, [100], { code: 100 }, 2 ** 53),
);

/** A request as JSON with an invalid field. */
const invalidJson: fc.Arbitrary<string> = fc.oneof(
  fc.tuple(request, otherCode).map(([request, code]) => JSON.stringify({ ...request, code })),
  fc.tuple(request, fc.nat(), fc.jsonValue({ maxDepth: 2 })).map(([request, which, value]) => {
    const fields = Object.keys(request);
    return JSON.stringify({ ...request, [fields[which % fields.length]!]: value });
  }),
  fc.tuple(request, fc.nat()).map(([request, which]) => {
    const fields = Object.entries(request);
    fields.splice(which % fields.length, 1);
    return JSON.stringify(Object.fromEntries(fields));
  }),
  fc.tuple(request, fc.jsonValue({ maxDepth: 1 })).map(([request, ref]) =>
    JSON.stringify({ ...request, ref })
  ),
  // A field that occurs twice, and names that are special in JavaScript.
  fc.tuple(request, fc.constantFrom("code", "message", "__proto__", "constructor", "toString"), fc.json())
    .map(
      ([request, field, value]) => JSON.stringify(request).replace(/\}$/, `,"${field}":${value}}`),
    ),
  fc.tuple(request, fc.nat(200)).map(([request, length]) => JSON.stringify(request).slice(0, length)),
  fc.tuple(fc.constantFrom("[", '{"a":', '{"code":100,"message":['), fc.integer({ min: 1, max: 9000 })).map(
    ([open, depth]) => open.repeat(Math.min(depth, Math.floor(65_000 / open.length))),
  ),
  fc.constantFrom(
    "[]",
    "{}",
    "null",
    "100",
    '""',
    '"code"',
    '{"code":1e999}',
    '{"code":100,"message":"\\ud800"}',
    '\ufeff{"code":100,"message":"hi"}',
    ' \n\t{ "code" : 100 , "message" : "h\\u0069" } ',
    `{"code":100,"message":"${"\\u0041".repeat(9000)}"}`,
    `{"code":102,"client":"x","rooms":[${'"r",'.repeat(15_000)}"r"]}`,
  ),
);

const announced = fc.oneof(
  fc.bigInt({ min: 0n, max: 200n }),
  fc.constantFrom(0n, 1n, 65_536n, 65_537n, 2n ** 31n, 2n ** 32n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n),
);

const json = request.map((request) => JSON.stringify(request));

const frame: fc.Arbitrary<FuzzFrame> = fc.oneof(
  { weight: 10, arbitrary: json.map((body) => ({ body })) },
  {
    weight: 2,
    arbitrary: fc.record({
      body: name.map((username) => JSON.stringify({ code: 102, client: "fuzz/1", username })),
      proof: fc.record({
        key: fc.nat(KEYS.length - 1),
        of: fc.constantFrom<NonNullable<FuzzFrame["proof"]>["of"][]>(
          "this hello",
          "another hub",
          "another connection",
          "another name",
          "git",
        ),
      }),
    }),
  },
  { weight: 5, arbitrary: invalidJson.map((body) => ({ body })) },
  { weight: 1, arbitrary: fc.record({ body: json, announced }) },
  {
    weight: 2,
    arbitrary: fc.record({
      body: json,
      bytes: fc.array(fc.tuple(fc.nat(5000), fc.nat(255)), { minLength: 1, maxLength: 3 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ body: json, times: fc.integer({ min: 2, max: 300 }) }) },
);

/** A valid session with all kinds of requests. */
const VALID_SESSION: Request[] = [
  { code: 102, client: "fuzz/1", username: "eve", rooms: ["dev"], ref: "1" },
  { code: 100, message: "hello", ref: "2" },
  { code: 107, room: "ops", ref: "3" },
  { code: 103, room: "ops", message: "hello", ref: "4" },
  { code: 104, to: "ana", message: "hello", ref: "5" },
  { code: 106, ref: "6" },
  { code: 109, ref: "7" },
  { code: 111, ref: "11" },
  { code: 110, ref: "8" },
  { code: 101, username: "mallory", ref: "9" },
  { code: 108, room: "ops", ref: "10" },
];
const framesOf = (requests: Request[]) => requests.map((request) => ({ body: JSON.stringify(request) }));
const validFrames = framesOf(VALID_SESSION);
/** A valid session of somebody with a key. */
const ownedFrames: FuzzFrame[] = framesOf([
  { code: 102, client: "fuzz/1", username: "eve", rooms: ["dev"], nonce: btoa("sixteen bytes..."), ref: "1" },
  { code: 100, message: "mine", ref: "2" },
  { code: 114, key: KEYS[1]!.key, ref: "3" },
  { code: 116, ref: "4" },
  { code: 117, ref: "5" },
  { code: 104, to: "eve", message: "to all my devices", ref: "6" },
  { code: 101, username: "Eve", ref: "7" },
  { code: 123, username: "bo", ref: "8" },
  { code: 115, key: KEYS[0]!.key, ref: "9" },
  { code: 113, ref: "10" },
]).map((frame, i) => i === 0 ? { ...frame, proof: { key: 0, of: "this hello" } } : frame);
/** A valid session of somebody who owns a private room, and tries to read and change that of somebody else. */
const roomFrames: FuzzFrame[] = framesOf([
  { code: 102, client: "fuzz/1", username: "eve", rooms: ["lair", "den"], after: { den: 0 }, ref: "1" },
  { code: 119, room: "lair", mode: "private", topic: "ours", ref: "2" },
  { code: 103, room: "lair", message: "mine", ref: "3" },
  { code: 120, room: "lair", username: "mallory", ref: "4" },
  { code: 118, room: "lair", ref: "5" },
  { code: 107, room: "den", ref: "6" },
  { code: 103, room: "den", message: "mine", ref: "7" },
  { code: 105, room: "den", after: 0, ref: "8" },
  { code: 105, room: "den", match: "between", ref: "9" },
  { code: 106, room: "den", ref: "10" },
  { code: 118, room: "den", ref: "11" },
  { code: 119, room: "den", mode: "open", history: "all", topic: "mine", owner: "eve", ref: "12" },
  { code: 120, room: "den", username: "eve", ref: "13" },
  { code: 121, room: "den", username: "bo", ref: "14" },
  { code: 122, room: "den", ref: "15" },
  { code: 119, room: "lair", history: "all", ref: "16" },
  { code: 105, room: "lair", ref: "17" },
  { code: 119, room: "lair", mode: "open", ref: "18" },
  { code: 121, room: "lair", username: "mallory", ref: "19" },
  { code: 119, room: "lair", owner: "mallory", ref: "20" },
  { code: 122, room: "lair", ref: "21" },
  { code: 113, ref: "22" },
]).map((frame, i) => i === 0 ? { ...frame, proof: { key: 0, of: "this hello" } } : frame);
/** A valid session of somebody who may be a member of that room. */
const memberFrames: FuzzFrame[] = framesOf([
  { code: 102, client: "fuzz/1", username: "mallory", rooms: ["lair"], after: { lair: 0 }, ref: "1" },
  { code: 100, message: "mine", ref: "2" },
  { code: 107, room: "lair", ref: "3" },
  { code: 103, room: "lair", message: "hello", ref: "4" },
  { code: 119, room: "lair", mode: "private", ref: "5" },
  { code: 121, room: "lair", username: "mallory", ref: "6" },
  { code: 118, room: "lair", ref: "7" },
]).map((frame, i) => i === 0 ? { ...frame, proof: { key: 1, of: "this hello" } } : frame);
/** A valid session of somebody who moderates, and changes messages of its own and of others. */
const orderFrames: FuzzFrame[] = framesOf([
  { code: 102, client: "fuzz/1", username: "eve", rooms: ["lair", "den"], ref: "1" },
  { code: 103, room: "lair", message: "mine", id: "a", ref: "2" },
  { code: 103, room: "lair", message: "again", reply_to: 1, ref: "3" },
  { code: 127, room: "lair", sequence: 1, message: "changed", id: "a", ref: "4" },
  { code: 128, room: "lair", sequence: 1, reaction: "+1", ref: "5" },
  { code: 128, room: "lair", sequence: 1, reaction: "+1", remove: true, ref: "6" },
  { code: 126, room: "lair", sequence: 1, id: "a", ref: "7" },
  { code: 126, room: "den", username: "bo", within_ms: 600_000, preview: true, ref: "8" },
  { code: 126, room: "den", username: "bo", within_ms: 600_000, ref: "9" },
  { code: 127, room: "den", sequence: 1, message: "mine", ref: "10" },
  { code: 126, room: "main", username: "bo", within_ms: 600_000, ref: "27" },
  { code: 127, room: "main", sequence: 1, message: "mine", ref: "28" },
  { code: 126, room: "main", sequence: 1, ref: "29" },
  { code: 124, action: "ban", target: "bo", address: true, preview: true, ref: "11" },
  { code: 124, action: "ban", target: "bo", address: true, ref: "12" },
  { code: 124, action: "ban", target: "127.0.0.1", duration_ms: 60_000, reason: "spam", ref: "13" },
  { code: 124, action: "mute", target: "mallory", room: "lair", ref: "14" },
  { code: 124, action: "mod", target: "mallory", room: "lair", ref: "15" },
  { code: 124, action: "slow", room: "lair", every_ms: 10_000, ref: "16" },
  { code: 124, action: "slow", room: "den", every_ms: 10_000, ref: "17" },
  { code: 124, action: "lockdown", mode: "owned", ref: "18" },
  { code: 124, action: "announce", text: "hello", ref: "19" },
  { code: 124, action: "kick", target: "ana", ref: "20" },
  { code: 125, ref: "21" },
  { code: 129, after: 0, ref: "22" },
  { code: 130, since: 0, limit: 500, ref: "23" },
  { code: 131, room: "lair", uses: 2, expires_ms: 60_000, ref: "24" },
  { code: 124, action: "unmod", target: "mallory", room: "lair", ref: "25" },
  { code: 124, action: "unban", target: "bo", ref: "26" },
  { code: 132, id: "x7k2mq", ref: "27" },
  { code: 133, ref: "28" },
]).map((frame, i) => i === 0 ? { ...frame, proof: { key: 0, of: "this hello" } } : frame);
/** {@linkcode VALID_SESSION} without `ref`: nothing is acknowledged. */
const silentFrames = framesOf(VALID_SESSION.map(({ ref: _, ...request }) => request));
/** Joins a room and leaves it, as a session may do many times in one packet. */
const joinAndLeave = framesOf([{ code: 107, room: "dev" }, { code: 108, room: "dev" }]);

/** A valid session, in order or not, with parts left out and other frames inserted. */
const frames: fc.Arbitrary<FuzzFrame[]> = fc.oneof(
  fc.array(frame, { maxLength: 12 }),
  fc.tuple(
    fc.oneof(
      ...[validFrames, silentFrames, ownedFrames, roomFrames, memberFrames, orderFrames].flatMap((frames) => [
        fc.constant(frames),
        fc.subarray(frames),
        fc.shuffledSubarray(frames),
      ]),
      fc.tuple(fc.subarray(silentFrames.slice(1)), fc.integer({ min: 1, max: 2000 })).map((
        [others, times],
      ) => [
        silentFrames[0]!,
        ...others,
        ...Array<FuzzFrame[]>(times).fill(joinAndLeave).flat(),
      ]),
    ),
    fc.array(fc.tuple(fc.nat(), frame), { maxLength: 4 }),
  ).map(([validFrames, others]) => {
    const frames: FuzzFrame[] = [...validFrames];
    for (const [at, other] of others) frames.splice(at % (frames.length + 1), 0, other);
    return frames;
  }),
);

/** Any session. */
export const fuzzSession: fc.Arbitrary<FuzzSession> = fc.record({
  frames,
  pieces: fc.array(fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 9000 })), {
    maxLength: 6,
  }),
  missing: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.integer({ min: 1, max: 60 })),
  end: fc.constantFrom<FuzzSession["end"][]>("close", "close", "half a close", "reset", "stall"),
});

/**
 * Encodes a session.
 *
 * @param session the session
 * @param offer what the hub has sent, for signatures
 * @returns all bytes that it sends
 */
export function bytesOf({ frames, missing }: FuzzSession, offer: Offer = NO_OFFER): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const { body, announced, bytes = [], times = 1, proof } of frames) {
    const encoded = new TextEncoder().encode(proof === undefined ? body : signed(body, proof, offer));
    const part = new Uint8Array(8 + encoded.length);
    new DataView(part.buffer).setBigUint64(0, announced ?? BigInt(encoded.length));
    part.set(encoded, 8);
    for (const [at, byte] of bytes) part[8 + at % encoded.length] = byte;
    for (let i = 0; i < times; i++) parts.push(part);
  }
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let end = 0;
  for (const part of parts) {
    all.set(part, end);
    end += part.length;
  }
  return all.subarray(0, Math.max(0, end - missing));
}

/** Adds a key and a signature to a hello. */
function signed(body: string, { key, of }: NonNullable<FuzzFrame["proof"]>, offer: Offer): string {
  const hello = JSON.parse(body);
  const signedOffer = {
    identity: of === "another hub" ? KEYS[1]!.key : offer.identity,
    nonce: of === "another connection" ? NO_OFFER.nonce : offer.nonce,
  };
  const username = of === "another name" ? "bo" : hello.username;
  const proof = KEYS[key]!.proof(signedOffer, username, of === "git" ? "git" : undefined);
  return JSON.stringify({ ...hello, ...proof });
}

/**
 * Runs a session. It is no error if the hub closes the connection.
 *
 * @param port the port of the hub on 127.0.0.1
 * @param session the session
 * @param secret a text that the hub must not send, if there is one
 * @returns when the connection is closed, whether the hub has sent the text
 */
export async function runSession(port: number, session: FuzzSession, secret = UNSAID): Promise<boolean> {
  if (session.end === "reset" || session.end === "stall") {
    await runWithReset(port, session);
    return false;
  }
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const offer = session.frames.some(({ proof }) => proof !== undefined)
    ? await readOffer(connection)
    : undefined;
  const reading = readAll(connection, secret);
  try {
    for (const piece of piecesOf(session, offer)) {
      for (let sent = 0; sent < piece.length;) sent += await connection.write(piece.subarray(sent));
    }
    if (session.end === "half a close") {
      await connection.closeWrite();
      await reading;
    }
  } catch {
    // The hub closed the connection.
  }
  try {
    connection.close();
  } catch {
    // It is closed already.
  }
  return await reading;
}

/** Runs a session that reads nothing and resets the connection. */
async function runWithReset(port: number, session: FuzzSession): Promise<void> {
  const client = await ResettingClient.connect(port);
  for (const piece of piecesOf(session)) client.send(piece);
  if (session.end === "stall") await new Promise((resume) => setTimeout(resume, STALL_MS));
  await client.reset();
}

function* piecesOf(session: FuzzSession, offer?: Offer): Iterable<Uint8Array> {
  const bytes = bytesOf(session, offer);
  const { pieces } = session;
  if (pieces.length === 0) return yield bytes;
  const least = Math.ceil(bytes.length / MAX_PIECES);
  for (let start = 0, i = 0; start < bytes.length; i++) {
    const size = Math.max(least, pieces[i % pieces.length]!);
    yield bytes.subarray(start, start += size);
  }
}

/** Reads the first 202; `undefined` if the hub closes the connection instead. */
async function readOffer(connection: Deno.TcpConn): Promise<Offer | undefined> {
  let text = "";
  const buffer = new Uint8Array(1024);
  while (!text.includes("}}")) {
    const count = await connection.read(buffer).catch(() => null);
    if (count === null) return undefined;
    text += new TextDecoder().decode(buffer.subarray(0, count));
  }
  return /"nonce":"(?<nonce>[^"]+)","identity":"(?<identity>[^"]+)"/.exec(text)?.groups as Offer | undefined;
}

/** Reads to the end; returns whether a text was in what came. */
async function readAll(connection: Deno.TcpConn, text: string): Promise<boolean> {
  const buffer = new Uint8Array(65_536);
  const decoder = new TextDecoder();
  let found = false;
  let end = "";
  try {
    for (let count = await connection.read(buffer); count !== null; count = await connection.read(buffer)) {
      const received = end + decoder.decode(buffer.subarray(0, count), { stream: true });
      found ||= received.includes(text);
      end = received.slice(1 - text.length);
    }
  } catch {
    // It was closed or reset.
  }
  return found;
}
