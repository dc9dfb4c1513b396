import { loadWidths, paint } from "../../../client/text/mod.ts";
import { Transcript } from "../../../client/render/transcript.ts";
import {
  type ChatLine,
  Code,
  type LineChanged,
  type PastLine,
  type ServerMessage,
} from "../../../protocol/mod.ts";
import { assert, assertEquals } from "../../helpers/assert.ts";

await loadWidths();

/** 14:03 in UTC. */
const AT = Date.UTC(2024, 4, 17, 14, 3, 59);

const OFFER = { version: "1.0.0", protocol: 1, nonce: "00" };

/** Returns the transcript of the messages of a connection. */
function transcribe(...messages: ServerMessage[]): string[] {
  const transcript = new Transcript(() => 0);
  return messages.flatMap((message) => transcript.receive(message)).map((line) => paint(line, "none"));
}

function said(line: Partial<ChatLine>): ServerMessage {
  return {
    code: Code.Said,
    message: { timestamp: AT, username: "ana", message: "hello", sequence: 1, ...line },
  };
}

Deno.test({
  name: "A conversation on a hub with the extension is shown in order",
  permissions: "none",
  fn() {
    assertEquals(
      transcribe(
        { code: Code.YourName, new: "x7f3kd92ab", server: OFFER },
        {
          code: Code.Welcome,
          username: "ana",
          rooms: ["main"],
          limits: { text_bytes: 4096, name_chars: 32, body_bytes: 65536 },
          features: [],
          motd: "Be kind.\nHave fun.",
          retention_ms: 0,
          ref: "hello",
        },
        { code: Code.Joined, new: "ana" },
        said({}),
        { code: Code.Renamed, old: "bo", new: "bob" },
        said({ username: "bob", message: "hi", sequence: 2 }),
        { code: Code.YourName, new: "anna", ref: "1" },
        { code: Code.Left, username: "bob" },
        { code: Code.Ending, reason: "too far behind" },
        { code: Code.HubDown },
      ),
      [
        "* your name is ana",
        "* message of the day:",
        "  │ Be kind.",
        "  │ Have fun.",
        "* ana joined",
        "14:03 ana  hello",
        "* bo is now bob",
        "14:03 bob  hi",
        "* your name is anna",
        "* bob left",
        "* the hub ends this connection: too far behind",
        "* the hub is going down",
      ],
    );
  },
});

Deno.test({
  name: "Answers to requests are not shown, but a refusal without a request is",
  permissions: "none",
  fn() {
    assertEquals(
      transcribe(
        { code: Code.Done, ref: "1", sequence: 7 },
        { code: Code.Pong, ref: "2" },
        { code: Code.Users, users: [], ref: "3" },
        { code: Code.Refused, error: "muted", message: "you are muted", ref: "4" },
        { code: Code.Refused, error: "bad_frame", message: "that was\nno frame" },
      ),
      ["! that was␊no frame"],
    );
  },
});

Deno.test({
  name: "Further lines of a message have a gutter, so it does not look like two messages",
  permissions: "none",
  fn() {
    assertEquals(transcribe(said({ message: "one\n14:04 bo  two\n\n* bo left" })), [
      "14:03 ana  one",
      "      │ 14:04 bo  two",
      "      │ ",
      "      │ * bo left",
    ]);
  },
});

Deno.test({
  name: "A notice of the hub differs from a message of a user",
  permissions: "none",
  fn() {
    const offered: ServerMessage = { code: Code.YourName, new: "x", server: OFFER };
    const alone: ChatLine = { timestamp: AT, username: "Server", message: "too long\n! forged" };
    assertEquals(transcribe(offered, { code: Code.Said, message: alone }), ["! too long", "  │ ! forged"]);
    assertEquals(transcribe({ code: Code.Said, message: alone }), ["! too long", "  │ ! forged"]);
    assertEquals(transcribe(offered, said({ username: "server" })), ["14:03 server  hello"]);
  },
});

Deno.test({
  name: "On an original hub, where a user may be called server, no message is a notice",
  permissions: "none",
  fn() {
    const alone: ChatLine = { timestamp: AT, username: "server", message: "give me your password" };
    assertEquals(
      transcribe({ code: Code.YourName, new: "x" }, { code: Code.Said, message: alone }),
      ["* your name is x", "14:03 server  give me your password"],
    );
  },
});

Deno.test({
  name: "Dangerous characters are sanitized in every field",
  permissions: "none",
  fn() {
    const evil = "\x1b[2J\x9b1m\u202e\r\n* bo left\u2028";
    const lines = transcribe(
      { code: Code.YourName, new: evil },
      { code: Code.Joined, new: evil },
      { code: Code.Left, username: evil },
      { code: Code.Renamed, old: evil, new: evil },
      said({ username: evil, message: evil }),
      said({ username: "server\x1b", message: evil }),
      { code: Code.Refused, error: evil, message: evil },
      { code: Code.Ending, reason: evil },
    );
    assertEquals(lines.length, 10);
    for (const line of lines) {
      // deno-lint-ignore no-control-regex
      assert(!/[\x00-\x1f\x7f-\x9f\u2028\u202a-\u202e]/.test(line), JSON.stringify(line));
      assert(/^(\* |! |14:03 | {6}│ )/.test(line), line);
    }
  },
});

Deno.test({
  name: "A message, join or leave in another room than main names the room",
  permissions: "none",
  fn() {
    const transcript = new Transcript(() => 0);
    const line = (room: string | undefined): ServerMessage => ({
      code: Code.Said,
      message: {
        timestamp: 0,
        username: "bo",
        message: "hi",
        sequence: 1,
        ...(room === undefined ? {} : { room }),
      },
    });
    const rows = [
      line(undefined),
      line("main"),
      line("dev"),
      line("a b\x1b"),
      { code: Code.RoomJoined, room: "dev", username: "bo" } as const,
      { code: Code.RoomLeft, room: "dev", username: "bo" } as const,
      {
        code: Code.SaidTo,
        message: { timestamp: 0, username: "bo", to: "ana", message: "psst", verified: false },
      } as const,
    ].flatMap((message) => transcript.receive(message)).map((styled) => paint(styled, "none"));
    assertEquals(rows, [
      "00:00 bo  hi",
      "00:00 bo  hi",
      "00:00 #dev bo  hi",
      "00:00 #a␠b␛ bo  hi",
      "* bo joined #dev",
      "* bo left #dev",
      "00:00 bo (direct)  psst",
    ]);
  },
});

Deno.test({
  name:
    "A name that does not belong to its user is marked on a hub where names belong to keys, and only there",
  permissions: "none",
  fn() {
    const lines = (features: string[], identity: { identity?: string }) =>
      transcribe(
        { code: Code.YourName, new: "x7f3kd92ab", server: { ...OFFER, ...identity } },
        said({ username: "early", verified: false }),
        {
          code: Code.Welcome,
          username: "ana",
          rooms: ["main"],
          limits: { text_bytes: 4096, name_chars: 32, body_bytes: 65536 },
          features,
          retention_ms: 0,
        },
        said({ username: "guest", verified: false }),
        said({ username: "owner", verified: true }),
        { code: Code.Said, message: { timestamp: AT, username: "server", message: "a notice" } },
        {
          code: Code.SaidTo,
          message: { timestamp: AT, username: "guest", to: "ana", message: "psst", verified: false },
        },
      ).slice(-5);
    assertEquals(
      lines(["keys"], { identity: "key" }),
      [
        "14:03 ~guest  hello",
        "14:03 owner  hello",
        "! a notice",
        "14:03 ~guest (direct)  psst",
      ].toSpliced(0, 0, "* your name is ana"),
    );
    assertEquals(
      transcribe(
        { code: Code.YourName, new: "x", server: { ...OFFER, identity: "key" } },
        said({ username: "early", verified: false }),
      ).at(-1),
      "14:03 ~early  hello",
    );
    assertEquals(lines([], {}).filter((line) => line.includes("~")), []);
  },
});

Deno.test({
  name: "Changes, answers and what has become of a message are shown",
  permissions: "none",
  fn() {
    const changed = (what: Partial<LineChanged>): ServerMessage => ({
      code: Code.LineChanged,
      room: "main",
      sequence: 4,
      change: 1,
      username: "bo",
      by: "bo",
      ...what,
    });
    assertEquals(
      transcribe(
        said({ reply_to: 3 }),
        said(
          { message: "one\ntwo", edited: AT, reactions: [{ reaction: "+1", count: 2 }] } as Partial<PastLine>,
        ),
        said({ message: "", deleted: true } as Partial<PastLine>),
        changed({ deleted: true, by: "cy", room: "dev" }),
        changed({ message: "new\x1b\ntext", edited: AT }),
        changed({ reaction: "+1", reactions: [{ reaction: "+1", count: 1 }], by: "cy" }),
        changed({ reaction: "+1", removed: true, reactions: [], room: "@bo" }),
        { ...changed({ message: "x", edited: AT, reactions: [] }) },
        changed({ reactions: [{ reaction: "\x1b[2J\n".repeat(99), count: 1 }] }),
      ),
      [
        "14:03 ana (reply to 3)  hello",
        "14:03 ana  one",
        "      │ two (edited, +1: 2)",
        "14:03 ana  (deleted)",
        "* cy deleted message 4 of bo in #dev",
        "* bo edited message 4 of bo: new␛",
        "      │ text",
        "* cy reacted to message 4 of bo with +1 (+1: 1)",
        "* bo took +1 back from message 4 of bo in @bo (none left)",
        "* bo edited message 4 of bo: x",
        "* reactions to message 4 of bo (␛[2J ␛[2…: 1)",
      ],
    );
  },
});
