import {
  MAX_BACKLOG_CHANGE_UNITS,
  MAX_BACKLOG_CHANGES,
  MAX_BACKLOG_LINES,
  MAX_BACKLOG_UNITS,
} from "../../../client/model/backlog.ts";
import { personOf, roomOf, type Target } from "../../../client/model/target.ts";
import { Buffers } from "../../../client/model/buffers.ts";
import { assert, assertEquals } from "../../helpers/assert.ts";

const line = (message: string) => ({ timestamp: 0, username: "bo", message });
const OTHERS = { own: false, mentioned: false };

/** Opens buffers one after the other, after `main`. */
function opened(...targets: Target[]): Buffers {
  const all = new Buffers();
  for (const target of targets) all.open(target);
  return all;
}

Deno.test({
  name: "Buffers are in the order of opening, main first, and are found in any case",
  permissions: "none",
  fn() {
    const buffers = opened(roomOf("Dev"), personOf("Bo"), roomOf("dev"));
    assertEquals(buffers.all.map(({ kind, name }) => `${kind} ${name}`), [
      "room main",
      "room dev",
      "person Bo",
    ]);
    assertEquals(buffers.rooms, ["dev"]);
    const bo = buffers.find(personOf("BO"))!;
    assertEquals([bo.name, buffers.numberOf(bo)], ["Bo", 3]);
    assertEquals(buffers.find(roomOf("bo")), undefined);
    assertEquals(buffers.current.name, "main");
  },
});

Deno.test({
  name: "Closing the current buffer switches to the one before, and main stays open",
  permissions: "none",
  fn() {
    const buffers = opened(roomOf("a"), roomOf("b"), roomOf("c"));
    const [main, a, b, c] = buffers.all as [never, never, never, never];
    for (const target of [a, b, c, a]) assert(buffers.switchTo(target));
    assertEquals(buffers.switchTo(a), false);
    assertEquals(buffers.close(c), false);
    assertEquals([buffers.close(a), buffers.current], [true, b]);
    assertEquals([buffers.close(b), buffers.current], [true, main]);
    assertEquals([buffers.close(main), buffers.all.length], [false, 1]);
  },
});

Deno.test({
  name: "A direct conversation takes the new name of the person, unless there is one with that name",
  permissions: "none",
  fn() {
    const buffers = opened(personOf("bo"), personOf("cy"));
    buffers.renamed("BO", "bob");
    buffers.renamed("cy", "bob");
    buffers.renamed("nobody", "anybody");
    assertEquals(buffers.all.map(({ name }) => name), ["main", "bob", "cy"]);
  },
});

Deno.test({
  name: "Unread messages are counted and taken once in order, and the user's own messages are not unread",
  permissions: "none",
  fn() {
    const dev = opened(roomOf("dev")).all[1]!;
    dev.addLine(line("one"), OTHERS);
    dev.addChange({ kind: "joined", name: "cy" });
    dev.addLine(line("two"), { own: false, mentioned: true });
    dev.addLine(line("mine"), { own: true, mentioned: false });
    assertEquals([dev.unread, dev.mentions], [2, 1]);
    const { entries, dropped, unread } = dev.take();
    assertEquals([dropped, unread], [0, 2]);
    assertEquals(
      entries.map((entry) =>
        entry.kind === "line" ? entry.line.message : entry.kind === "change" && entry.change.name
      ),
      ["one", "cy", "two", "mine"],
    );
    assertEquals([dev.unread, dev.mentions, dev.take()], [0, 0, { entries: [], dropped: 0, unread: 0 }]);
  },
});

Deno.test({
  name: "A backlog stores the newest messages and the newest joins and leaves, up to its limits",
  permissions: "none",
  fn() {
    const dev = opened(roomOf("dev")).all[1]!;
    for (let i = 0; i < 2 * MAX_BACKLOG_CHANGES; i++) dev.addChange({ kind: "left", name: `c${i}` });
    for (let i = 0; i < MAX_BACKLOG_LINES + 7; i++) dev.addLine(line(`l${i}`), OTHERS);
    for (let i = 0; i < 2 * MAX_BACKLOG_CHANGES; i++) dev.addChange({ kind: "joined", name: `d${i}` });
    const { entries, dropped, unread } = dev.take();
    const lines = entries.filter(({ kind }) => kind === "line");
    const changes = entries.filter(({ kind }) => kind === "change");
    assertEquals([lines.length, changes.length], [MAX_BACKLOG_LINES, MAX_BACKLOG_CHANGES]);
    assertEquals([dropped, unread], [7, MAX_BACKLOG_LINES + 7]);
    assertEquals(lines[0], { kind: "line", line: line("l7"), isNew: true, mentioned: false });
    assertEquals(changes.at(-1), {
      kind: "change",
      change: { kind: "joined", name: `d${2 * MAX_BACKLOG_CHANGES - 1}` },
    });
    const long = "x".repeat(MAX_BACKLOG_UNITS / 2);
    for (let i = 0; i < 5; i++) dev.addLine(line(long), OTHERS);
    assertEquals(dev.take().entries.length, 1);
    dev.addLine(line(long + long), OTHERS);
    assertEquals(dev.take().entries.length, 1);
    const longName = "x".repeat(MAX_BACKLOG_CHANGE_UNITS / 3);
    for (let i = 0; i < 5; i++) dev.addChange({ kind: "renamed", name: `c${i}`, to: longName });
    assertEquals(
      dev.take().entries.map((entry) => entry.kind === "change" && entry.change.name),
      ["c3", "c4"],
    );
  },
});
