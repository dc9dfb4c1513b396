/** Lines that come together, made into messages. */
import { type LineBatch, LineBatcher, MAX_DELAY_MS, PAUSE_MS } from "../../../client/pipe/line_batcher.ts";
import { assertEquals } from "../../helpers/assert.ts";
import { ManualClock } from "../../helpers/terminal/console.ts";

/** A gathering with a clock, and what it has said. */
function batcher() {
  const clock = new ManualClock();
  const said: LineBatch[] = [];
  const hub = { ready: true };
  const gathered = new LineBatcher({ clock, ready: () => hub.ready, send: (batch) => said.push(batch) });
  return { clock, said, hub, gathered, texts: () => said.map(({ text }) => text) };
}

Deno.test({
  name: "Lines are said together when nothing more came for a moment, with their numbers",
  permissions: "none",
  async fn() {
    const { clock, said, gathered } = batcher();
    await gathered.add(3, "one");
    clock.advance(PAUSE_MS - 1);
    await gathered.add(4, "");
    await gathered.add(5, "two");
    clock.advance(PAUSE_MS - 1);
    assertEquals(said, []);
    clock.advance(1);
    assertEquals(said, [{ text: "one\n\ntwo", first: 3, last: 5, lines: 2 }]);
    assertEquals(clock.waiting, 0);
  },
});

Deno.test({
  name: "The first line does not wait for ever, where more keep coming",
  permissions: "none",
  async fn() {
    const { clock, said, gathered } = batcher();
    let lines = 0;
    for (; said.length === 0; lines++) {
      await gathered.add(lines, "x");
      clock.advance(10);
    }
    assertEquals(lines, MAX_DELAY_MS / 10);
  },
});

Deno.test({
  name: "Empty lines at the beginning and the end of a message are left out",
  permissions: "none",
  async fn() {
    const { gathered, texts } = batcher();
    for (const text of ["", " ", "one", "", "\t"]) await gathered.add(1, text);
    await gathered.flush();
    for (const text of ["", "two"]) await gathered.add(1, text);
    await gathered.flush();
    await gathered.add(1, "");
    await gathered.flush();
    assertEquals(texts(), ["one", "two"]);
  },
});

Deno.test({
  name: "A message is full to the byte, and what does not fit begins the next",
  permissions: "none",
  async fn() {
    const { gathered, texts } = batcher();
    await gathered.add(1, "é".repeat(1000));
    await gathered.add(2, "");
    await gathered.add(3, "x".repeat(2094));
    await gathered.add(4, "y");
    assertEquals(texts(), [`${"é".repeat(1000)}\n\n${"x".repeat(2094)}`]);
    // Empty lines are kept no longer than they could be said.
    for (let i = 0; i < 5000; i++) await gathered.add(5, "");
    assertEquals(texts()[1], "y");
  },
});

Deno.test({
  name: "While nothing may be said lines go on coming together, and what does not fit waits",
  permissions: "none",
  async fn() {
    const { clock, hub, gathered, texts } = batcher();
    hub.ready = false;
    await gathered.add(1, "one");
    clock.advance(PAUSE_MS);
    await gathered.add(2, "two");
    let taken = false;
    const adding = gathered.add(3, "x".repeat(4090)).then(() => taken = true);
    gathered.pump();
    await Promise.resolve();
    assertEquals([taken, texts().length], [false, 0]);
    hub.ready = true;
    gathered.pump();
    await adding;
    assertEquals(texts(), ["one\ntwo"]);
    await gathered.flush();
    assertEquals(texts()[1]?.length, 4090);
    assertEquals(clock.waiting, 0);
  },
});

Deno.test({
  name: "What was not said when it is stopped is given back, and nobody waits",
  permissions: "none",
  async fn() {
    const { clock, hub, gathered, said } = batcher();
    hub.ready = false;
    await gathered.add(7, "one");
    const flushing = gathered.flush();
    assertEquals(gathered.stop()?.first, 7);
    await flushing;
    hub.ready = true;
    gathered.pump();
    clock.advance(MAX_DELAY_MS);
    assertEquals([said.length, clock.waiting], [0, 0]);
  },
});
