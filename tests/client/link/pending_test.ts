import {
  MAX_PENDING_BYTES,
  MAX_PENDING_LINES,
  type OwnLine,
  PendingLines,
  type Sending,
  SESSION,
} from "../../../client/link/pending.ts";
import { assert, assertEquals } from "../../helpers/assert.ts";

function test(name: string, fn: () => void): void {
  Deno.test({ name, permissions: "none", fn });
}

/** How a message is sent to a hub that deduplicates it by a name, or not. */
function by(name: string, deduplicates = true): Sending {
  return { name, author: name, deduplicates };
}

const NO_DEDUP = by("ana", false);

/** Sends all messages that are not sent. */
function sendAll(pending: PendingLines): OwnLine[] {
  const sent: OwnLine[] = [];
  for (let line = pending.next; line !== undefined; line = pending.next) {
    sent.push(pending.sent(line, NO_DEDUP));
  }
  return sent;
}

function brief(lines: (OwnLine | undefined)[]): string[] {
  return lines.map((line) =>
    line === undefined ? "-" : `${line.text} ${line.state.kind}${line.resent ? " again" : ""}`
  );
}

test("A message waits, is sent, and is settled by its acknowledgement", () => {
  const pending = new PendingLines();
  const line = pending.say("one");
  assertEquals(line, { id: 1, text: "one", resent: false, state: { kind: "waiting" } });
  assertEquals(pending.next, line);
  assertEquals(brief(sendAll(pending)), ["one sent"]);
  assertEquals(pending.next, undefined);
  assertEquals(pending.find(1)?.state.kind, "sent");
  assertEquals(pending.acknowledge(1, 17)?.state, { kind: "acknowledged", sequence: 17 });
  assertEquals([pending.size, pending.find(1), pending.acknowledge(1, 17)], [0, undefined, undefined]);
});

test("The acknowledgement of a base hub has no sequence number", () => {
  const pending = new PendingLines();
  pending.say("one");
  assertEquals(pending.acknowledge(1)?.state, { kind: "acknowledged" });
});

test("A refusal settles one message and no other", () => {
  const pending = new PendingLines();
  for (const text of ["one", "two", "three"]) pending.say(text);
  sendAll(pending);
  assertEquals(pending.refuse(2, "you are muted")?.state, { kind: "refused", message: "you are muted" });
  assertEquals(brief(pending.lines), ["one sent", "three sent"]);
});

test("A message without acknowledgement is sent once more only, before newer ones", () => {
  const pending = new PendingLines();
  for (const text of ["one", "two", "three"]) pending.say(text);
  for (let i = 0; i < 2; i++) pending.sent(pending.next!, NO_DEDUP);
  pending.acknowledge(1);
  assertEquals(brief(pending.linkLost()), ["two unsure"]);
  pending.say("four");
  assertEquals(brief(sendAll(pending)), ["two sent again", "three sent", "four sent"]);
  assertEquals(brief(pending.linkLost()), ["two unknown again", "three unsure", "four unsure"]);
  assertEquals(brief(sendAll(pending)), ["three sent again", "four sent again"]);
  assertEquals(brief([pending.acknowledge(3, 9), pending.acknowledge(4, 10)]), [
    "three acknowledged again",
    "four acknowledged again",
  ]);
  assertEquals(pending.size, 0);
});

test("A message that was never sent may wait for any number of links", () => {
  const pending = new PendingLines();
  pending.say("one");
  for (let i = 0; i < 5; i++) assertEquals(pending.linkLost(), []);
  assertEquals(brief(sendAll(pending)), ["one sent"]);
});

test("A late acknowledgement still settles its message", () => {
  const pending = new PendingLines();
  pending.say("one");
  sendAll(pending);
  pending.linkLost();
  assertEquals(brief([pending.acknowledge(1)]), ["one acknowledged"]);
  assertEquals(pending.next, undefined);
});

test("At the end each message says whether the hub may have it", () => {
  const pending = new PendingLines();
  pending.say("one");
  sendAll(pending);
  pending.linkLost();
  pending.say("two");
  sendAll(pending);
  pending.say("three");
  assertEquals(brief(pending.giveUp()), ["one unknown again", "two unknown", "three unsent"]);
  assertEquals([pending.size, pending.giveUp()], [0, []]);
});

test("A message over the limit is refused, and each settled one makes space for another", () => {
  const pending = new PendingLines();
  for (let i = 0; i < MAX_PENDING_LINES; i++) assertEquals(pending.say("x").state.kind, "waiting");
  const refused = pending.say("one too many");
  assertEquals(refused.state, {
    kind: "refused",
    message: "Cannot send this message: at most 1000 messages may wait for the hub: 1000 do",
  });
  assertEquals([pending.size, pending.find(refused.id)], [MAX_PENDING_LINES, undefined]);
  pending.acknowledge(1);
  assertEquals(pending.say("now").state.kind, "waiting");
  assert(pending.lines.every(({ text }) => text !== "one too many"));
});

test("Bytes count, not characters, and are freed when a message is settled", () => {
  const pending = new PendingLines();
  const big = "€".repeat(1365);
  const fit = Math.floor(MAX_PENDING_BYTES / 4095);
  for (let i = 0; i < fit; i++) assertEquals(pending.say(big).state.kind, "waiting");
  assertEquals(pending.say(big).state, {
    kind: "refused",
    message: `Cannot send this message: at most 1048576 bytes may wait for the hub: it would be ${
      (fit + 1) * 4095
    }`,
  });
  assertEquals(pending.say("small").state.kind, "waiting");
  pending.refuse(1, "no");
  assertEquals(pending.say(big).state.kind, "waiting");
});

Deno.test({
  name: "A message that the hub deduplicates is sent as often as needed, unless the name has changed",
  permissions: "none",
  fn() {
    const pending = new PendingLines();
    pending.say("hi");
    for (let i = 0; i < 3; i++) {
      assertEquals(pending.sent(pending.next!, by("ana")).resent, false);
      assertEquals(pending.linkLost().map(({ state }) => state.kind), ["unsure"]);
    }
    assertEquals(pending.sent(pending.next!, by("x7f3")).resent, true);
    assertEquals(pending.linkLost().map(({ state }) => state.kind), ["unknown"]);
    // Once sent to a hub that does not deduplicate, no hub can deduplicate it.
    pending.say("there");
    pending.sent(pending.next!, NO_DEDUP);
    pending.linkLost();
    assertEquals(pending.sent(pending.next!, by("ana")).resent, true);
  },
});

test("A message that was sent under another name is not sent again, unless the hub knows the session", () => {
  for (const deduplicates of [true, false]) {
    const pending = new PendingLines();
    pending.say("hi");
    const [ana, other] = [by("ana", deduplicates), by("x7f3", deduplicates)];
    assertEquals(pending.isOfOtherName(pending.next!, other), false);
    pending.sent(pending.next!, ana);
    assertEquals(pending.hasUnsure, false);
    pending.linkLost();
    assertEquals(pending.hasUnsure, true);
    const line = pending.next!;
    assertEquals([ana, other].map((sending) => pending.isOfOtherName(line, sending)), [false, true]);
    assertEquals(pending.isOfOtherName(line, { ...other, author: SESSION }), false);
    assertEquals(brief([pending.giveUpUnsure(line.id)]), ["hi unknown"]);
    assertEquals(pending.size, 0);
  }
});

test("A hub that knows the session deduplicates a message under any name", () => {
  const pending = new PendingLines();
  pending.say("hi");
  for (const name of ["ana", "x7f3", "ana"]) {
    assertEquals(pending.sent(pending.next!, { ...by(name), author: SESSION }).resent, false);
    pending.linkLost();
  }
  // A hub of another version knows it by the name only.
  assertEquals(pending.sent(pending.next!, by("ana")).resent, true);
});
