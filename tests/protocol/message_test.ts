/**
 * Messages of both directions: a written message reads back as the same message. Any input gives a message, nothing or
 * a `ProtocolError`. An error says what is wrong without repeating text of the peer. The file is long because it
 * generates every message of the protocol.
 *
 * @module
 */
import fc from "fast-check";
import {
  type ClientMessage,
  Code,
  ERROR_WORDS,
  parseBody,
  parseClientMessage,
  ProtocolError,
  readServerMessage,
  serialize,
  type ServerMessage,
} from "../../protocol/mod.ts";
import { assert, assertEquals, assertMatch, assertStrictEquals, assertThrows } from "../helpers/assert.ts";
import { cases } from "../helpers/fuzz.ts";
import { bytesOf } from "../helpers/wire/wire_cases.ts";

/** The error message for an invalid field. */
const EXPLANATION = new RegExp(
  "^Cannot read a message with code \\d{3}: [a-z_.0-9]+ must be " +
    "(?:given|an? [a-z0-9 ]+|true or false): it is [a-zA-Z0-9.e+\\- ]+$",
);

/** Registers a test without permissions. */
function pure(name: string, fn: () => void): void {
  Deno.test({ name, permissions: "none", fn });
}

/** Any string of JavaScript, half surrogate pairs included. */
const anyText = fc.oneof(
  fc.string(),
  fc.string({ unit: "binary" }),
  fc.array(fc.oneof(fc.nat(0xff), fc.integer({ min: 0xd7f0, max: 0xe010 }), fc.nat(0xffff)), {
    maxLength: 20,
  })
    .map((units) => String.fromCharCode(...units)),
);
const id = fc.string({ minLength: 1, maxLength: 64 });
const millis = fc.oneof(fc.nat(), fc.double({ min: 0, max: 1e15, noNaN: true }).map((n) => n + 0));
const count = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
const total = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
const timestamp = fc.oneof(
  fc.nat(),
  fc.integer({ min: 1, max: 8.64e15 }),
  fc.double({ min: 1, max: 2e12, noNaN: true }),
);

/** Any string except the names of properties that each object has. */
const roomName = fc.string().filter((name) => !["__proto__", "prototype", "constructor"].includes(name));

const roomMode = fc.constantFrom("open", "private");
const roomHistory = fc.constantFrom("all", "joined");

const reason = fc.string({ minLength: 1, maxLength: 160 });
const sanctionMs = fc.integer({ min: 1, max: 315_360_000_000 });
const reactions = fc.array(
  fc.record({ reaction: anyText, count, mine: fc.boolean() }, { requiredKeys: ["reaction", "count"] }),
  { maxLength: 3 },
);
const pastLines = fc.array(
  fc.record({
    timestamp,
    username: anyText,
    message: anyText,
    sequence: count,
    room: anyText,
    to: anyText,
    verified: fc.boolean(),
    reply_to: count,
    edited: timestamp,
    deleted: fc.boolean(),
    reactions,
  }, { requiredKeys: ["timestamp", "username", "message"] }),
  { maxLength: 5 },
);
const lineChange = {
  room: anyText,
  change: count,
  sequence: count,
  username: anyText,
  to: anyText,
  by: anyText,
  deleted: fc.boolean(),
  message: anyText,
  edited: timestamp,
  reaction: anyText,
  removed: fc.boolean(),
  reactions,
};
const moderating = { code: fc.constant(Code.Moderate), room: anyText, preview: fc.boolean(), ref: id };

const clientMessages: { [K in ClientMessage["code"]]: fc.Arbitrary<ClientMessage & { code: K }> } = {
  [Code.Say]: fc.record({ code: fc.constant(Code.Say), message: anyText, ref: id }, {
    requiredKeys: ["code", "message"],
  }),
  [Code.Rename]: fc.record({ code: fc.constant(Code.Rename), username: anyText, ref: id }, {
    requiredKeys: ["code", "username"],
  }),
  [Code.Hello]: fc.record({
    code: fc.constant(Code.Hello),
    client: anyText,
    username: anyText,
    rooms: fc.array(anyText),
    after: fc.dictionary(roomName, total),
    session: fc.string({ unit: "binary", minLength: 16, maxLength: 32 }),
    key: fc.base64String(),
    signature: fc.base64String(),
    nonce: fc.base64String({ minLength: 24, maxLength: 64 }),
    invite: fc.string({ minLength: 1, maxLength: 400 }),
    ref: id,
  }, { requiredKeys: ["code", "client"] }),
  [Code.SayIn]: fc.record({
    code: fc.constant(Code.SayIn),
    room: anyText,
    message: anyText,
    id: id,
    reply_to: count,
    ref: id,
  }, {
    requiredKeys: ["code", "room", "message"],
  }),
  [Code.SayTo]: fc.record({
    code: fc.constant(Code.SayTo),
    to: anyText,
    message: anyText,
    id: id,
    reply_to: count,
    ref: id,
  }, {
    requiredKeys: ["code", "to", "message"],
  }),
  [Code.AskHistory]: fc.record({
    code: fc.constant(Code.AskHistory),
    room: anyText,
    before: total,
    after: total,
    limit: fc.integer({ min: 1, max: 500 }),
    match: anyText,
    ref: id,
  }, { requiredKeys: ["code", "room"] }),
  [Code.Who]: fc.record({ code: fc.constant(Code.Who), room: anyText, ref: id }, {
    requiredKeys: ["code"],
  }),
  [Code.Join]: fc.record({ code: fc.constant(Code.Join), room: anyText, ref: id }, {
    requiredKeys: ["code", "room"],
  }),
  [Code.Leave]: fc.record({ code: fc.constant(Code.Leave), room: anyText, ref: id }, {
    requiredKeys: ["code", "room"],
  }),
  [Code.ListRooms]: fc.record({ code: fc.constant(Code.ListRooms), ref: id }, { requiredKeys: ["code"] }),
  [Code.ListConversations]: fc.record({ code: fc.constant(Code.ListConversations), after: total, ref: id }, {
    requiredKeys: ["code"],
  }),
  [Code.Ping]: fc.record({ code: fc.constant(Code.Ping), ref: id }, { requiredKeys: ["code"] }),
  [Code.Release]: fc.record({ code: fc.constant(Code.Release), ref: id }, { requiredKeys: ["code"] }),
  [Code.AddKey]: fc.record({
    code: fc.constant(Code.AddKey),
    key: fc.base64String(),
    key_code: fc.string(),
    ref: id,
  }, { requiredKeys: ["code"] }),
  [Code.RemoveKey]: fc.record({ code: fc.constant(Code.RemoveKey), key: fc.base64String(), ref: id }, {
    requiredKeys: ["code", "key"],
  }),
  [Code.AskKeys]: fc.record({ code: fc.constant(Code.AskKeys), ref: id }, { requiredKeys: ["code"] }),
  [Code.AskKeyCode]: fc.record({ code: fc.constant(Code.AskKeyCode), ref: id }, { requiredKeys: ["code"] }),
  [Code.AskPerson]: fc.record({ code: fc.constant(Code.AskPerson), username: anyText, ref: id }, {
    requiredKeys: ["code", "username"],
  }),
  [Code.AskRoom]: fc.record({ code: fc.constant(Code.AskRoom), room: anyText, ref: id }, {
    requiredKeys: ["code", "room"],
  }),
  [Code.SetRoom]: fc.record({
    code: fc.constant(Code.SetRoom),
    room: anyText,
    topic: anyText,
    mode: roomMode,
    history: roomHistory,
    owner: anyText,
    ref: id,
  }, { requiredKeys: ["code", "room"] }),
  [Code.Invite]: fc.record({ code: fc.constant(Code.Invite), room: anyText, username: anyText, ref: id }, {
    requiredKeys: ["code", "room", "username"],
  }),
  [Code.RemoveMember]: fc.record({
    code: fc.constant(Code.RemoveMember),
    room: anyText,
    username: anyText,
    ref: id,
  }, { requiredKeys: ["code", "room", "username"] }),
  [Code.DeleteRoom]: fc.record({ code: fc.constant(Code.DeleteRoom), room: anyText, ref: id }, {
    requiredKeys: ["code", "room"],
  }),
  [Code.Moderate]: fc.oneof(
    fc.record({
      ...moderating,
      action: fc.constantFrom("kick", "ban", "unban", "mute", "unmute", "mod", "unmod"),
      target: fc.string({ minLength: 1, maxLength: 1024 }),
      duration_ms: sanctionMs,
      reason,
      address: fc.boolean(),
    }, { requiredKeys: ["code", "action", "target"] }),
    fc.record({
      ...moderating,
      action: fc.constant("slow"),
      every_ms: fc.integer({ min: 0, max: 21_600_000 }),
    }, {
      requiredKeys: ["code", "action", "every_ms"],
    }),
    fc.record({
      ...moderating,
      action: fc.constant("lockdown"),
      mode: fc.constantFrom("off", "owned", "invited"),
    }, {
      requiredKeys: ["code", "action", "mode"],
    }),
    fc.record({ ...moderating, action: fc.constant("announce"), text: anyText }, {
      requiredKeys: ["code", "action", "text"],
    }),
  ),
  [Code.AskBans]: fc.record({ code: fc.constant(Code.AskBans), room: anyText, ref: id }, {
    requiredKeys: ["code"],
  }),
  [Code.DeleteLines]: fc.oneof(
    fc.record({
      code: fc.constant(Code.DeleteLines),
      room: anyText,
      sequence: count,
      id,
      preview: fc.boolean(),
      ref: id,
    }, { requiredKeys: ["code", "room", "sequence"] }),
    fc.record({
      code: fc.constant(Code.DeleteLines),
      room: anyText,
      username: anyText,
      within_ms: sanctionMs,
      preview: fc.boolean(),
      ref: id,
    }, { requiredKeys: ["code", "room", "username", "within_ms"] }),
  ),
  [Code.EditLine]: fc.record({
    code: fc.constant(Code.EditLine),
    room: anyText,
    sequence: count,
    message: anyText,
    id,
    ref: id,
  }, { requiredKeys: ["code", "room", "sequence", "message"] }),
  [Code.React]: fc.record({
    code: fc.constant(Code.React),
    room: anyText,
    sequence: count,
    reaction: fc.constantFrom("+1", "❤️", "👨‍👩‍👧‍👦", "ha", "é"),
    remove: fc.boolean(),
    ref: id,
  }, { requiredKeys: ["code", "room", "sequence", "reaction"] }),
  [Code.AskChanges]: fc.record({
    code: fc.constant(Code.AskChanges),
    after: total,
    epoch: fc.string({ minLength: 1, maxLength: 256 }),
    ref: id,
  }, { requiredKeys: ["code", "after"] }),
  [Code.AskMentions]: fc.record({
    code: fc.constant(Code.AskMentions),
    since: timestamp,
    before: total,
    limit: fc.integer({ min: 1, max: 500 }),
    ref: id,
  }, { requiredKeys: ["code"] }),
  [Code.MakeInvite]: fc.record({
    code: fc.constant(Code.MakeInvite),
    room: anyText,
    uses: fc.integer({ min: 1, max: 10_000 }),
    expires_ms: fc.integer({ min: 1, max: 31_536_000_000 }),
    username: anyText,
    ref: id,
  }, { requiredKeys: ["code"] }),
  [Code.RevokeInvite]: fc.record({
    code: fc.constant(Code.RevokeInvite),
    id: anyText,
    ref: id,
  }, { requiredKeys: ["code", "id"] }),
  [Code.AskInvites]: fc.record({ code: fc.constant(Code.AskInvites), ref: id }, { requiredKeys: ["code"] }),
};

const serverMessages: { [K in ServerMessage["code"]]: fc.Arbitrary<ServerMessage & { code: K }> } = {
  [Code.Said]: fc.record({
    code: fc.constant(Code.Said),
    message: fc.record({
      timestamp,
      username: anyText,
      message: anyText,
      sequence: count,
      room: anyText,
      verified: fc.boolean(),
      reply_to: count,
    }, { requiredKeys: ["timestamp", "username", "message"] }),
  }),
  [Code.Joined]: fc.record({ code: fc.constant(Code.Joined), new: anyText }),
  [Code.YourName]: fc.record({
    code: fc.constant(Code.YourName),
    new: anyText,
    server: fc.record({ version: anyText, protocol: fc.nat(), nonce: anyText, identity: fc.base64String() }, {
      requiredKeys: ["version", "protocol", "nonce"],
    }),
    ref: id,
  }, { requiredKeys: ["code", "new"] }),
  [Code.Renamed]: fc.record({ code: fc.constant(Code.Renamed), old: anyText, new: anyText }),
  [Code.Left]: fc.record({ code: fc.constant(Code.Left), username: anyText }),
  [Code.HubDown]: fc.record({ code: fc.constant(Code.HubDown) }),
  [Code.Refused]: fc.record({
    code: fc.constant(Code.Refused),
    error: fc.oneof(fc.constantFrom(...ERROR_WORDS), fc.string()),
    message: anyText,
    ref: id,
    retry_after_ms: millis,
    free: anyText,
  }, { requiredKeys: ["code", "error", "message"] }),
  [Code.Done]: fc.record({
    code: fc.constant(Code.Done),
    ref: id,
    sequence: count,
    stored: fc.boolean(),
    username: anyText,
    count: total,
  }, { requiredKeys: ["code", "ref"] }),
  [Code.History]: fc.record({
    code: fc.constant(Code.History),
    room: anyText,
    messages: pastLines,
    more: fc.boolean(),
    ref: id,
  }, { requiredKeys: ["code", "room", "messages", "more"] }),
  [Code.Users]: fc.record({
    code: fc.constant(Code.Users),
    users: fc.array(
      fc.record({
        username: anyText,
        rooms: fc.array(anyText),
        connected_ms: millis,
        idle_ms: millis,
        verified: fc.boolean(),
      }),
      { maxLength: 5 },
    ),
    more: fc.boolean(),
    ref: id,
  }, { requiredKeys: ["code", "users"] }),
  [Code.Welcome]: fc.record({
    code: fc.constant(Code.Welcome),
    username: anyText,
    rooms: fc.array(anyText),
    limits: fc.record({ text_bytes: count, name_chars: count, body_bytes: count }),
    features: fc.array(anyText),
    motd: anyText,
    retention_ms: millis,
    identity_signature: fc.base64String(),
    changes: total,
    ref: id,
  }, { requiredKeys: ["code", "username", "rooms", "limits", "features", "retention_ms"] }),
  [Code.RoomJoined]: fc.record({ code: fc.constant(Code.RoomJoined), room: anyText, username: anyText }),
  [Code.RoomLeft]: fc.record({ code: fc.constant(Code.RoomLeft), room: anyText, username: anyText }),
  [Code.SaidTo]: fc.record({
    code: fc.constant(Code.SaidTo),
    message: fc.record({
      timestamp,
      username: anyText,
      message: anyText,
      to: anyText,
      sequence: count,
      verified: fc.boolean(),
      reply_to: count,
    }, { requiredKeys: ["timestamp", "username", "message", "to", "verified"] }),
  }),
  [Code.Rooms]: fc.record({
    code: fc.constant(Code.Rooms),
    rooms: fc.array(fc.record({ name: anyText, users: fc.nat(), last_sequence: fc.nat() }), { maxLength: 5 }),
    more: fc.boolean(),
    ref: id,
  }, { requiredKeys: ["code", "rooms"] }),
  [Code.Conversations]: fc.record({
    code: fc.constant(Code.Conversations),
    conversations: fc.array(fc.record({ with: anyText, last_sequence: total, timestamp })),
    last: total,
    more: fc.boolean(),
    ref: id,
  }, { requiredKeys: ["code", "conversations", "last"] }),
  [Code.Pong]: fc.record({ code: fc.constant(Code.Pong), ref: id }, { requiredKeys: ["code"] }),
  [Code.Ending]: fc.record({
    code: fc.constant(Code.Ending),
    reason: anyText,
    error: fc.constantFrom("banned", "kicked", "later"),
    retry_after_ms: millis,
  }, { requiredKeys: ["code", "reason"] }),
  [Code.Keys]: fc.record({
    code: fc.constant(Code.Keys),
    username: anyText,
    since: timestamp,
    keys: fc.array(fc.record({ key: fc.base64String(), added: timestamp }), { maxLength: 5 }),
    ref: id,
  }, { requiredKeys: ["code", "username", "keys"] }),
  [Code.KeyCode]: fc.record({
    code: fc.constant(Code.KeyCode),
    key_code: fc.string(),
    valid_ms: millis,
    ref: id,
  }, { requiredKeys: ["code", "key_code", "valid_ms"] }),
  [Code.Person]: fc.record({
    code: fc.constant(Code.Person),
    username: anyText,
    online: fc.boolean(),
    verified: fc.boolean(),
    since: timestamp,
    moved: timestamp,
    last_used: timestamp,
    keys: fc.array(anyText, { maxLength: 5 }),
    addresses: fc.array(anyText, { maxLength: 5 }),
    ref: id,
  }, { requiredKeys: ["code", "username", "online", "verified"] }),
  [Code.RoomDetails]: fc.record({
    code: fc.constant(Code.RoomDetails),
    room: anyText,
    mode: roomMode,
    history: roomHistory,
    owner: anyText,
    since: timestamp,
    topic: anyText,
    members: fc.array(anyText, { maxLength: 5 }),
    more: fc.boolean(),
    ref: id,
  }, { requiredKeys: ["code", "room", "mode", "history"] }),
  [Code.RoomChanged]: fc.record({
    code: fc.constant(Code.RoomChanged),
    room: anyText,
    by: anyText,
    topic: anyText,
    mode: roomMode,
    history: roomHistory,
    owner: anyText,
    invited: anyText,
    removed: anyText,
    deleted: fc.boolean(),
  }, { requiredKeys: ["code", "room"] }),
  [Code.Invited]: fc.record({ code: fc.constant(Code.Invited), room: anyText, by: anyText }),
  [Code.Moderated]: fc.record({
    code: fc.constant(Code.Moderated),
    action: fc.constantFrom("kick", "ban", "later"),
    target: anyText,
    room: anyText,
    names: fc.array(anyText, { maxLength: 5 }),
    others: total,
    until: timestamp,
    done: fc.boolean(),
    ref: id,
  }, { requiredKeys: ["code", "action", "names", "others", "done"] }),
  [Code.Bans]: fc.record({
    code: fc.constant(Code.Bans),
    bans: fc.array(
      fc.record({
        kind: fc.constantFrom("ban", "mute", "slow", "lockdown", "later"),
        target: anyText,
        room: anyText,
        by: anyText,
        at: timestamp,
        until: timestamp,
        reason: anyText,
        every_ms: millis,
        mode: anyText,
      }, { requiredKeys: ["kind", "by", "at"] }),
      { maxLength: 5 },
    ),
    more: fc.boolean(),
    ref: id,
  }, { requiredKeys: ["code", "bans"] }),
  [Code.LineChanged]: fc.record({ code: fc.constant(Code.LineChanged), ...lineChange }, {
    requiredKeys: ["code", "room", "change", "sequence", "username"],
  }),
  [Code.Changes]: fc.record({
    code: fc.constant(Code.Changes),
    changes: fc.array(fc.record(lineChange, { requiredKeys: ["room", "change", "sequence", "username"] }), {
      maxLength: 5,
    }),
    last: total,
    more: fc.boolean(),
    ref: id,
  }, { requiredKeys: ["code", "changes", "last"] }),
  [Code.Mentions]: fc.record({
    code: fc.constant(Code.Mentions),
    messages: pastLines,
    more: fc.boolean(),
    before: total,
    ref: id,
  }, { requiredKeys: ["code", "messages"] }),
  [Code.InviteLink]: fc.record({
    code: fc.constant(Code.InviteLink),
    link: anyText,
    id: anyText,
    expires: timestamp,
    uses: count,
    ref: id,
  }, { requiredKeys: ["code", "link", "id", "expires", "uses"] }),
  [Code.Invites]: fc.record({
    code: fc.constant(Code.Invites),
    invites: fc.array(
      fc.record({
        id: anyText,
        by: anyText,
        room: anyText,
        username: anyText,
        expires: timestamp,
        uses: count,
        uses_left: total,
      }, { requiredKeys: ["id", "expires", "uses", "uses_left"] }),
    ),
    more: fc.boolean(),
    ref: id,
  }, { requiredKeys: ["code", "invites"] }),
  [Code.Powers]: fc.record({
    code: fc.constant(Code.Powers),
    operator: fc.boolean(),
    rooms: fc.array(anyText),
    contact: anyText,
  }, { requiredKeys: ["code", "operator", "rooms"] }),
  [Code.RoomPeople]: fc.record({
    code: fc.constant(Code.RoomPeople),
    room: anyText,
    users: total,
    announced: fc.boolean(),
    usernames: fc.array(anyText),
    more: fc.boolean(),
  }, { requiredKeys: ["code", "room", "users", "announced"] }),
};

const clientMessage: fc.Arbitrary<ClientMessage> = fc.oneof(...Object.values(clientMessages));
const serverMessage: fc.Arbitrary<ServerMessage> = fc.oneof(...Object.values(serverMessages));

/** Parses a body as both sides do; throws any error but `ProtocolError`. */
function readBoth(body: Uint8Array): void {
  for (const read of [() => parseClientMessage(body), () => readServerMessage(parseBody(body))]) {
    try {
      read();
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      assert(error.word === "bad_frame" || error.word === "bad_message", error.word);
      assert(error.message.isWellFormed() && error.message.length < 200, error.message);
    }
  }
}

pure("A written client message reads back as the same message", () => {
  fc.assert(
    fc.property(clientMessage, (message) => {
      assertEquals(parseClientMessage(bytesOf(serialize(message))), message);
    }),
    { numRuns: 1000 },
  );
});

pure("A written server message reads back as the same message", () => {
  fc.assert(
    fc.property(serverMessage, (message) => {
      assertEquals(readServerMessage(parseBody(bytesOf(serialize(message)))), message);
    }),
    { numRuns: 2000 },
  );
});

pure("A message is written as compact JSON without raw control characters", () => {
  fc.assert(
    fc.property(
      fc.oneof<fc.Arbitrary<ClientMessage | ServerMessage>[]>(clientMessage, serverMessage),
      (message) => {
        const json = serialize(message);
        assertEquals(JSON.stringify(JSON.parse(json)), json);
        // deno-lint-ignore no-control-regex
        assert(!/[\0-\x1f]/.test(json) && json.isWellFormed());
        assertStrictEquals(json.indexOf(`{"code":${message.code}`), 0);
      },
    ),
    { numRuns: 1000 },
  );
});

pure("Neither side accepts the messages of the other direction", () => {
  fc.assert(fc.property(clientMessage, (message) => {
    assertEquals(readServerMessage(parseBody(bytesOf(serialize(message)))), undefined);
  }));
  fc.assert(fc.property(serverMessage, (message) => {
    assertEquals(parseClientMessage(bytesOf(serialize(message))), undefined);
  }));
});

pure("Unknown fields of a newer peer are removed", () => {
  // No field of the protocol has a name that begins so.
  const unknown = fc.dictionary(fc.string().map((name) => `x-${name}`), fc.jsonValue());
  fc.assert(fc.property(clientMessage, unknown, (message, added) => {
    assertEquals(parseClientMessage(bytesOf(JSON.stringify({ ...added, ...message }))), message);
  }));
});

pure("Garbage gives a message, nothing or ProtocolError: random bytes", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), readBoth), cases(3000));
});

pure("Garbage gives a message, nothing or ProtocolError: any JSON", () => {
  fc.assert(fc.property(fc.json(), (json) => readBoth(bytesOf(json))), cases(2000));
});

pure("Garbage gives a message, nothing or ProtocolError: known codes with anything in their fields", () => {
  const field = fc.constantFrom(
    ...("message username client room ref new old server error users limits rooms sequence reason __proto__ " +
      "action target duration_ms every_ms mode text reaction within_ms uses change changes names bans reactions")
      .split(" "),
  );
  const code = fc.constantFrom<number[]>(...Object.values(Code));
  fc.assert(
    fc.property(
      code,
      fc.dictionary(field, fc.oneof(fc.jsonValue(), anyText), { noNullPrototype: true }),
      (code, rest) => readBoth(bytesOf(JSON.stringify({ ...rest, code }))),
    ),
    cases(3000),
  );
});

pure("Garbage gives a message, nothing or ProtocolError: good messages with some bytes changed", () => {
  const change = fc.tuple(fc.nat(300), fc.nat(255));
  fc.assert(
    fc.property(
      fc.oneof<fc.Arbitrary<ClientMessage | ServerMessage>[]>(clientMessage, serverMessage),
      fc.array(change, { minLength: 1, maxLength: 3 }),
      (message, changes) => {
        const body = bytesOf(serialize(message));
        for (const [at, byte] of changes) body[at % body.length] = byte;
        readBoth(body);
      },
    ),
    cases(3000),
  );
});

pure("An error carries the ref of the request if it is valid", () => {
  const refOf = (json: string) => assertThrows(() => parseClientMessage(bytesOf(json)), ProtocolError).ref;
  assertEquals(refOf('{"code":100,"ref":"mine"}'), "mine");
  assertEquals(refOf('{"code":100,"ref":5}'), undefined);
  assertEquals(refOf('{"code":100,"ref":""}'), undefined);
  assertEquals(refOf(`{"code":100,"ref":"${"r".repeat(65)}"}`), undefined);
  assertEquals(refOf('{"code":100}'), undefined);
});

pure("An error says what was expected, for any invalid field", () => {
  const code = fc.constantFrom<number[]>(...Object.values(Code));
  const fields = fc.dictionary(
    fc.constantFrom(
      ..."message username client room ref new old server error users limits sequence".split(" "),
    ),
    fc.jsonValue(),
    { noNullPrototype: true },
  );
  fc.assert(
    fc.property(code, fields, (code, fields) => {
      for (const read of [parseClientMessage, (body: Uint8Array) => readServerMessage(parseBody(body))]) {
        try {
          read(bytesOf(JSON.stringify({ ...fields, code })));
        } catch (error) {
          assert(error instanceof ProtocolError);
          assertMatch(
            error.message,
            EXPLANATION,
          );
        }
      }
    }),
    { numRuns: 2000 },
  );
});

pure("The session of a 102 has 16 to 64 characters", () => {
  const hello = (session: unknown) => bytesOf(JSON.stringify({ code: 102, client: "a", session }));
  for (const session of ["x".repeat(16), "x".repeat(64), "😀".repeat(64)]) {
    assertEquals(parseClientMessage(hello(session)), { code: 102, client: "a", session });
  }
  for (const session of ["x".repeat(15), "😀".repeat(15), "x".repeat(65), "😀".repeat(65), "", 16, null]) {
    const error = assertThrows(() => parseClientMessage(hello(session)), ProtocolError);
    assertMatch(error.message, /session must be a string of 16 to 64 characters: it is /);
  }
});

pure("An error never repeats text of the peer", () => {
  const secret = "\x1b[31mPWNED\u202e";
  const json = JSON.stringify(secret);
  for (
    const body of [
      `{"code":${json}}`,
      json,
      `{"code":101,"username":[${json}]}`,
      `{"code":110,"ref":{"a":${json}}}`,
      `{"code":106,"room":{${json}:1}}`,
      `{"code":110,"ref":${JSON.stringify(secret.repeat(20))}}`,
      secret,
    ]
  ) {
    const { message } = assertThrows(() => parseClientMessage(bytesOf(body)), ProtocolError);
    assert(!message.includes("PWNED") && !message.includes("\x1b"), message);
  }
});

pure("An error of a client never repeats text of the server", () => {
  const json = '"\\u001b[31mPWNED"';
  for (
    const body of [
      `{"code":200,"message":${json}}`,
      `{"code":202,"new":"a","server":${json}}`,
      `{"code":209,"users":${json}}`,
      `{"code":209,"users":[${json}]}`,
      `{"code":209,"users":[{"username":"a","rooms":${json}}]}`,
      `{"code":210,"username":"a","rooms":[],"limits":${json}}`,
      `{"code":207,"ref":"1","sequence":${json}}`,
      `{"code":207,"ref":"1","stored":${json}}`,
    ]
  ) {
    const { message } = assertThrows(() => readServerMessage(parseBody(bytesOf(body))), ProtocolError);
    assert(!message.includes("PWNED"), message);
  }
});

pure("An error in JSON or UTF-8 has its cause", () => {
  assert(assertThrows(() => parseBody(bytesOf("{]")), ProtocolError).cause instanceof SyntaxError);
  assert(assertThrows(() => parseBody(bytesOf([0xff, 0xff])), ProtocolError).cause instanceof TypeError);
});

pure("No prototype is changed", () => {
  parseClientMessage(
    bytesOf('{"code":100,"message":"hi","__proto__":{"polluted":1},"constructor":{"prototype":{"p":1}}}'),
  );
  assertEquals(Object.keys(Object.prototype), []);
  assert(!("polluted" in {}) && !("p" in {}));
});
