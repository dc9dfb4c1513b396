/** Lines that arrive together become one message. */
import { type LineBatch, LineBatcher, MAX_DELAY_MS, PAUSE_MS } from "../../../client/pipe/line_batcher.ts";
import { assertEquals } from "../../helpers/assert.ts";
import { ManualClock } from "../../helpers/terminal/console.ts";

/** A batcher with a clock, and the messages that it has sent. */
function prepare() {
  const clock = new ManualClock();
  const sent: LineBatch[] = [];
  const hub = { ready: true };
  const batcher = new LineBatcher({ clock, ready: () => hub.ready, send: (batch) => sent.push(batch) });
  return { clock, sent, hub, batcher, texts: () => sent.map(({ text }) => text) };
}

Deno.test({
  name: "Lines are sent as one message after a pause, with their numbers",
  permissions: "none",
  async fn() {
    const { clock, sent, batcher } = prepare();
    await batcher.add(3, "one");
    clock.advance(PAUSE_MS - 1);
    await batcher.add(4, "");
    await batcher.add(5, "two");
    clock.advance(PAUSE_MS - 1);
    assertEquals(sent, []);
    clock.advance(1);
    assertEquals(sent, [{ text: "one\n\ntwo", first: 3, last: 5, lines: 2 }]);
    assertEquals(clock.waiting, 0);
  },
});

Deno.test({
  name: "The first line does not wait forever while more lines come",
  permissions: "none",
  async fn() {
    const { clock, sent, batcher } = prepare();
    let lines = 0;
    for (; sent.length === 0; lines++) {
      await batcher.add(lines, "x");
      clock.advance(10);
    }
    assertEquals(lines, MAX_DELAY_MS / 10);
  },
});

Deno.test({
  name: "Empty lines at the beginning and the end of a message are left out",
  permissions: "none",
  async fn() {
    const { batcher, texts } = prepare();
    for (const text of ["", " ", "one", "", "\t"]) await batcher.add(1, text);
    await batcher.flush();
    for (const text of ["", "two"]) await batcher.add(1, text);
    await batcher.flush();
    await batcher.add(1, "");
    await batcher.flush();
    assertEquals(texts(), ["one", "two"]);
  },
});

Deno.test({
  name: "A message is filled to the byte, and a line that does not fit begins the next",
  permissions: "none",
  async fn() {
    const { batcher, texts } = prepare();
    await batcher.add(1, "é".repeat(1000));
    await batcher.add(2, "");
    await batcher.add(3, "x".repeat(2094));
    await batcher.add(4, "y");
    assertEquals(texts(), [`${"é".repeat(1000)}\n\n${"x".repeat(2094)}`]);
    // Empty lines are dropped when they no longer fit into the message.
    for (let i = 0; i < 5000; i++) await batcher.add(5, "");
    assertEquals(texts()[1], "y");
  },
});

Deno.test({
  name: "While no message may be sent lines are still added, and a line that does not fit waits",
  permissions: "none",
  async fn() {
    const { clock, hub, batcher, texts } = prepare();
    hub.ready = false;
    await batcher.add(1, "one");
    clock.advance(PAUSE_MS);
    await batcher.add(2, "two");
    let added = false;
    const adding = batcher.add(3, "x".repeat(4090)).then(() => added = true);
    batcher.pump();
    await Promise.resolve();
    assertEquals([added, texts().length], [false, 0]);
    hub.ready = true;
    batcher.pump();
    await adding;
    assertEquals(texts(), ["one\ntwo"]);
    await batcher.flush();
    assertEquals(texts()[1]?.length, 4090);
    assertEquals(clock.waiting, 0);
  },
});

Deno.test({
  name: "Stopping returns the lines that were not sent, once, and nothing waits any longer",
  permissions: "none",
  async fn() {
    const { clock, hub, batcher, sent } = prepare();
    hub.ready = false;
    await batcher.add(7, "one");
    const flushing = batcher.flush();
    assertEquals(batcher.stop()?.first, 7);
    await flushing;
    assertEquals([await batcher.add(8, "two"), batcher.stop()], [false, undefined]);
    hub.ready = true;
    batcher.pump();
    clock.advance(MAX_DELAY_MS);
    assertEquals([sent.length, clock.waiting], [0, 0]);
  },
});
