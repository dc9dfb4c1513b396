/**
 * Who may delete, edit, react to and reply to a message: each row of the tables is one case. The file is long because
 * the tables are.
 *
 * @module
 */
import { nameKey, ProtocolError } from "../../../protocol/mod.ts";
import { contentDigest, MAX_REACTIONS, MAX_REACTORS, type StoredLine } from "../../../server/history/mod.ts";
import {
  type Changer,
  checkDeletion,
  checkEdit,
  checkReaction,
  checkReply,
  isAuthor,
} from "../../../server/hub/message_changes.ts";
import { CHANGE_MS } from "../../../server/limits.ts";
import type { Owner } from "../../../server/registry/mod.ts";
import { assertEquals } from "../../helpers/assert.ts";

const NOW = 1_700_000_000_000;
const SENT = NOW - 60_000;

const owner = (name: string, keys: string[], more: Partial<Owner> = {}): Owner => ({
  id: 1,
  name,
  since: SENT - 1000,
  lastUsed: NOW,
  moved: undefined,
  keys: keys.map((key) => ({ key, added: 0 })),
  ...more,
});

const conversation = { key: "dev", name: "Dev", id: 1, last: 9 };

const line = (more: Partial<StoredLine> = {}): StoredLine => ({
  conversation,
  sequence: 7,
  timestamp: SENT,
  username: "ana",
  message: "hi",
  verified: true,
  ...more,
});

const receipt = {
  author: "~x",
  id: "1",
  sequence: 7,
  stored: true,
  timestamp: SENT,
  digest: contentDigest("dev", "hi"),
};

const changer = (more: Partial<Changer> = {}): Changer => ({
  key: "ana",
  identity: undefined,
  receipt: undefined,
  moderates: false,
  ...more,
});

const context = (found: Owner | undefined = undefined, now = NOW) => ({
  now,
  ownerOf: (name: string) => found !== undefined && nameKey(name) === nameKey(found.name) ? found : undefined,
});

/** Runs a check: its result, or the error word. */
function outcome(check: () => boolean | void): boolean | string | undefined {
  try {
    return check() ?? true;
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return error.word;
  }
}

const direct = (more: Partial<StoredLine> = {}) =>
  line({
    conversation: { ...conversation, key: "@ana@bo", name: "@ana@bo" },
    to: "Bo",
    verified: false,
    ...more,
  });

const directReceipt = { ...receipt, digest: contentDigest("@bo", "hi") };

const AUTHORS: [string, StoredLine, Partial<Changer>, Owner | undefined, boolean][] = [
  ["the owner of the name", line(), { identity: "k1" }, owner("ana", ["k1"]), true],
  ["another device of the owner", line(), { identity: "k2" }, owner("ana", ["k1", "k2"]), true],
  [
    "the owner under another of their names",
    line(),
    { key: "anna", identity: "k1" },
    owner("ana", ["k1"]),
    true,
  ],
  [
    "the owner since the message itself",
    line(),
    { identity: "k1" },
    owner("ana", ["k1"], { since: SENT }),
    true,
  ],
  ["somebody with the name and another key", line(), { identity: "k3" }, owner("ana", ["k1"]), false],
  ["somebody with the name and no key", line(), {}, owner("ana", ["k1"]), false],
  [
    "whoever owns the name later",
    line(),
    { identity: "k1" },
    owner("ana", ["k1"], { since: SENT + 1 }),
    false,
  ],
  [
    "whoever an operator gave the name later",
    line(),
    { identity: "k1" },
    owner("ana", ["k1"], { moved: SENT + 1 }),
    false,
  ],
  [
    "whoever an operator gave the name before",
    line(),
    { identity: "k1" },
    owner("ana", ["k1"], { moved: SENT }),
    true,
  ],
  ["the former owner of a name that is free now", line(), { identity: "k1" }, undefined, false],
  [
    "the owner of the name, of a guest's message",
    line({ verified: false }),
    { identity: "k1" },
    owner("ana", ["k1"]),
    false,
  ],
  ["the guest who knows the id", line({ verified: false }), { receipt }, undefined, true],
  [
    "the guest who knows the id, under another name",
    line({ verified: false }),
    { key: "cy", receipt },
    undefined,
    true,
  ],
  [
    "the id of another message",
    line({ verified: false }),
    { receipt: { ...receipt, sequence: 8 } },
    undefined,
    false,
  ],
  [
    "the id of the same text elsewhere",
    line({ verified: false }),
    { receipt: { ...receipt, digest: contentDigest("ops", "hi") } },
    undefined,
    false,
  ],
  [
    "the id of another text",
    line({ verified: false }),
    { receipt: { ...receipt, digest: contentDigest("dev", "ho") } },
    undefined,
    false,
  ],
  [
    "the id of the same text at another time",
    line({ verified: false }),
    { receipt: { ...receipt, timestamp: SENT + 1 } },
    undefined,
    false,
  ],
  [
    "an id that an older version stored",
    line({ verified: false }),
    { receipt: { ...receipt, digest: undefined } },
    undefined,
    false,
  ],
  [
    "the id of the text before an edit",
    line({ verified: false, message: "ho", edited: NOW - 5 }),
    { receipt },
    undefined,
    false,
  ],
  [
    "the id of an edited message",
    line({ verified: false, message: "ho", edited: NOW - 5 }),
    { receipt: { ...receipt, timestamp: NOW - 5, digest: contentDigest("dev", "ho") } },
    undefined,
    true,
  ],
  ["the author of a direct message", direct(), { receipt: directReceipt }, undefined, true],
  ["the reader of a direct message", direct(), { key: "bo", receipt: directReceipt }, undefined, false],
  ["a moderator", line(), { key: "mo", moderates: true }, owner("ana", ["k1"]), false],
];

for (const [who, message, more, found, expected] of AUTHORS) {
  Deno.test({
    name: `A message ${expected ? "is" : "is not"} that of: ${who}`,
    permissions: "none",
    fn: () => assertEquals(isAuthor(message, changer(more), context(found)), expected),
  });
}

const own = { identity: "k1" };
const old = line({ timestamp: NOW - CHANGE_MS - 1 });
const early = owner("ana", ["k1"], { since: 0 });
const deleted = line({ deleted: true, message: "" });

const CHANGES: [string, () => boolean | void, boolean | string][] = [
  ["deletes an own message", () => checkDeletion(line(), changer(own), context(early)), true],
  [
    "deletes an own message after exactly 24 hours",
    () => checkDeletion(line({ timestamp: NOW - CHANGE_MS }), changer(own), context(early)),
    true,
  ],
  [
    "deletes an own message after more",
    () => checkDeletion(old, changer(own), context(early)),
    "not_allowed",
  ],
  [
    "deletes an own message after the clock was set back by less",
    () => checkDeletion(line({ timestamp: NOW + 5 }), changer(own), context(early)),
    true,
  ],
  [
    "deletes an own message after the clock was set back by more",
    () => checkDeletion(line({ timestamp: NOW + CHANGE_MS + 1 }), changer(own), context(early)),
    "not_allowed",
  ],
  [
    "deletes the message of another",
    () => checkDeletion(line(), changer({ key: "bo" }), context(early)),
    "not_allowed",
  ],
  [
    "moderates, and deletes the old message of another",
    () => checkDeletion(old, changer({ key: "mo", moderates: true }), context(early)),
    true,
  ],
  ["deletes an own message twice", () => checkDeletion(deleted, changer(own), context(early)), false],
  ["deletes a guest's own message twice", () => checkDeletion(deleted, changer(), context()), false],
  [
    "deletes the deleted message of another",
    () => checkDeletion(deleted, changer({ key: "bo" }), context(early)),
    "not_allowed",
  ],
  [
    "moderates, and deletes a deleted message",
    () => checkDeletion(deleted, changer({ key: "mo", moderates: true }), context(early)),
    false,
  ],
  ["edits an own message", () => checkEdit(line(), "ho", changer(own), context(early)), true],
  [
    "edits an own message to the same text",
    () => checkEdit(line(), "hi", changer(own), context(early)),
    false,
  ],
  [
    "edits an own message after more than 24 hours",
    () => checkEdit(old, "ho", changer(own), context(early)),
    "not_allowed",
  ],
  [
    "edits the message of another",
    () => checkEdit(line(), "ho", changer({ key: "bo" }), context(early)),
    "not_allowed",
  ],
  [
    "moderates, and edits the message of another",
    () => checkEdit(line(), "ho", changer({ key: "mo", moderates: true }), context(early)),
    "not_allowed",
  ],
  [
    "edits a deleted message",
    () => checkEdit(deleted, "ho", changer(own), context(early)),
    "no_such_message",
  ],
  ["replies to a message", () => checkReply(line(), 7, 6), true],
  ["replies to a message that it may not read", () => checkReply(line(), 7, 7), "no_such_message"],
  ["replies to a message that is not there", () => checkReply(undefined, 7, 0), "no_such_message"],
  ["replies to a deleted message", () => checkReply(deleted, 7, 0), "no_such_message"],
];

const reacted = line({ reactions: [{ reaction: "+1", by: ["ana", "bo"] }] });
const many = (different: number, each: number) =>
  line({
    reactions: Array.from({ length: different }, (_, i) => ({
      reaction: `r${i}`,
      by: Array.from({ length: each }, (_, j) => `u${j}`),
    })),
  });

const REACTIONS: [string, () => boolean, boolean | string][] = [
  ["reacts", () => checkReaction(line(), "+1", "ana", false), true],
  ["reacts as others do", () => checkReaction(reacted, "+1", "cy", false), true],
  ["reacts twice with the same", () => checkReaction(reacted, "+1", "ana", false), false],
  ["reacts with another one", () => checkReaction(reacted, "-1", "ana", false), true],
  ["takes a reaction back", () => checkReaction(reacted, "+1", "ana", true), true],
  ["takes back what it never gave", () => checkReaction(reacted, "+1", "cy", true), false],
  ["takes back what nobody gave", () => checkReaction(line(), "+1", "ana", true), false],
  ["reacts to a deleted message", () => checkReaction(deleted, "+1", "ana", false), "no_such_message"],
  [
    "takes a reaction back from a deleted message",
    () => checkReaction(deleted, "+1", "ana", true),
    "no_such_message",
  ],
  [
    "gives the last different reaction",
    () => checkReaction(many(MAX_REACTIONS - 1, 1), "new", "ana", false),
    true,
  ],
  [
    "gives one different reaction too many",
    () => checkReaction(many(MAX_REACTIONS, 1), "new", "ana", false),
    "not_allowed",
  ],
  [
    "joins one of the most different reactions",
    () => checkReaction(many(MAX_REACTIONS, 1), "r0", "ana", false),
    true,
  ],
  ["gives the last reaction", () => checkReaction(many(1, MAX_REACTORS - 1), "r0", "ana", false), true],
  [
    "gives one reaction too many",
    () => checkReaction(many(1, MAX_REACTORS), "r0", "ana", false),
    "not_allowed",
  ],
  [
    "takes back one of the most reactions",
    () => checkReaction(many(1, MAX_REACTORS), "r0", "u1", true),
    true,
  ],
];

for (const [what, check, expected] of [...CHANGES, ...REACTIONS]) {
  const result = typeof expected === "string"
    ? `refused (${expected})`
    : expected
    ? "accepted"
    : "without effect";
  Deno.test({
    name: `Somebody ${what}: ${result}`,
    permissions: "none",
    fn: () => assertEquals(outcome(check), expected),
  });
}
