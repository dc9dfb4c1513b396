import { OwnLines, SLOW_MS } from "../../../client/talk/own_lines.ts";
import type { OwnLine } from "../../../client/link/mod.ts";
import { Buffers, MAIN, personOf, roomOf } from "../../../client/model/mod.ts";
import { assertEquals } from "../../helpers/assert.ts";
import { ManualClock } from "../../helpers/terminal/console.ts";

/** A user with the open rooms main (current) and dev. */
class User {
  readonly clock = new ManualClock();
  readonly buffers = new Buffers();
  readonly dev = this.buffers.open(roomOf("dev"));
  isOnline = true;
  isQueued = false;
  told: string[] = [];
  hints: (string | undefined)[] = [];
  readonly lines = new OwnLines({
    clock: this.clock,
    buffers: this.buffers,
    isOnline: () => this.isOnline,
    isQueued: () => this.isQueued,
    note: (text) => this.told.push(`-- ${text}`),
    error: (message) => this.told.push(`! ${message}`),
    giveBack: (room, input) => this.told.push(`${room.name}> ${input}`),
    hintChanged: () => this.hints.push(this.lines.hint),
  });

  change(
    id: number,
    kind: OwnLine["state"]["kind"],
    more: Partial<OwnLine> & { message?: string } = {},
  ): this {
    const { message = "", ...line } = more;
    const state = (kind === "refused" ? { kind, message } : { kind }) as OwnLine["state"];
    this.lines.changed({ id, text: `line ${id}`, resent: false, state, ...line });
    return this;
  }

  take(): string[] {
    return this.told.splice(0);
  }

  takeHints(): (string | undefined)[] {
    return this.hints.splice(0);
  }
}

function test(name: string, fn: () => void): void {
  Deno.test({ name, permissions: "none", fn });
}

test("Messages that are not acknowledged in time are shown with their age, until the last one is", () => {
  const ana = new User();
  ana.change(1, "waiting").change(1, "sent");
  ana.clock.advance(SLOW_MS - 1);
  assertEquals(ana.takeHints(), []);
  ana.clock.advance(1);
  assertEquals(ana.takeHints(), ["not acknowledged for 2 s: line 1"]);
  ana.change(2, "sent");
  ana.clock.advance(2000);
  assertEquals(ana.takeHints(), [
    "not acknowledged for 3 s: line 1",
    "not acknowledged for 4 s (and 1 more): line 1",
  ]);
  ana.change(1, "acknowledged");
  assertEquals(ana.takeHints(), ["not acknowledged for 2 s: line 2"]);
  ana.change(2, "acknowledged");
  assertEquals([ana.takeHints(), ana.clock.waiting, ana.take()], [[undefined], 0, []]);
});

test("A message that is acknowledged in time shows nothing, nor does one without a link", () => {
  const ana = new User();
  ana.change(1, "sent");
  ana.clock.advance(1900);
  ana.change(2, "sent").change(1, "acknowledged");
  ana.clock.advance(1999);
  assertEquals(ana.takeHints(), []);
  ana.clock.advance(1);
  assertEquals(ana.takeHints(), ["not acknowledged for 2 s: line 2"]);
  ana.isOnline = false;
  ana.change(3, "waiting").change(2, "unsure");
  assertEquals(ana.takeHints(), [undefined]);
  assertEquals(ana.take(), [
    "-- not sent yet: line 3",
    "-- perhaps not delivered, will be sent again: line 2",
  ]);
  ana.lines.end();
  assertEquals(ana.clock.waiting, 0);
});

test("A message that waited for a link is shown only if the hub does not acknowledge it in time after that", () => {
  const ana = new User();
  ana.isOnline = false;
  ana.change(1, "waiting");
  ana.clock.advance(20_000);
  ana.isOnline = true;
  ana.lines.linkOpened();
  assertEquals(ana.lines.hint, undefined, "what the input is drawn with when the link opens");
  ana.change(1, "sent");
  ana.clock.advance(SLOW_MS - 1);
  assertEquals(ana.lines.hint, undefined);
  ana.takeHints();
  ana.clock.advance(1001);
  assertEquals(ana.takeHints().at(-1)?.startsWith("not acknowledged for "), true);
  ana.change(1, "acknowledged");
  assertEquals([ana.takeHints(), ana.lines.hint], [[undefined], undefined]);
});

test("A refused message comes back to its room, in the form that sends it again", () => {
  const ana = new User();
  const message = "Cannot send: why";
  for (const text of ["plain", ":quit", "/quit", "/me waves", "::two"]) {
    ana.change(1, "refused", { text, message });
  }
  assertEquals(ana.take().filter((told) => told.startsWith("main> ")), [
    "main> plain",
    "main> ::quit",
    "main> //quit",
    "main> /me waves",
    "main> :::two",
  ]);
  ana.change(2, "refused", { target: ana.dev, message }).change(3, "refused", {
    target: personOf("bo"),
    message,
  })
    .change(4, "refused", { target: roomOf("left"), message });
  assertEquals(ana.take(), [
    "! #dev: Cannot send: why; the message is a draft there again",
    "dev> line 2",
    "! Cannot send: why",
    "main> :msg bo line 3",
    "! Cannot send: why",
  ]);
});

test("An acknowledged message that waits behind missed messages is shown as sent, until it is shown with them", () => {
  const ana = new User();
  ana.isQueued = true;
  ana.change(1, "waiting").change(1, "sent").change(1, "acknowledged");
  ana.change(2, "sent", { target: ana.dev }).change(2, "acknowledged", { target: ana.dev });
  assertEquals(ana.takeHints(), [
    "sent, and shown after the missed messages: line 1",
    "sent, and shown after the missed messages (and 1 more): line 1",
  ]);
  ana.lines.caughtUp(MAIN);
  assertEquals(ana.takeHints(), ["sent, and shown after the missed messages: line 2"]);
  ana.isQueued = false;
  ana.lines.caughtUp(ana.dev);
  assertEquals(ana.takeHints(), [undefined]);
  ana.change(3, "sent").change(3, "acknowledged");
  assertEquals(ana.takeHints(), []);
});
