import { MAX_BACKLOG_CHANGES, MAX_BACKLOG_LINES, MAX_BACKLOG_UNITS } from "../../../client/model/backlog.ts";
import { personOf, roomOf, type Target } from "../../../client/model/target.ts";
import { Buffers } from "../../../client/model/buffers.ts";
import { promptOf, roomRows } from "../../../client/render/mod.ts";
import { refusalText } from "../../../client/model/refusal.ts";
import { textOf } from "../../../client/text/style.ts";
import { Code } from "../../../protocol/mod.ts";
import { assert, assertEquals } from "../../helpers/assert.ts";

const line = (message: string) => ({ timestamp: 0, username: "bo", message });
const OTHERS = { own: false, mentioned: false };

/** Places that were opened one after the other, `main` aside. */
function opened(...buffers: Target[]): Buffers {
  const all = new Buffers();
  for (const target of buffers) all.open(target);
  return all;
}

Deno.test({
  name: "Places stand in the order in which they were opened, main first, and are found in any spelling",
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
  name: "Who closes the place where they are goes to where they were before, and main stays open",
  permissions: "none",
  fn() {
    const buffers = opened(roomOf("a"), roomOf("b"), roomOf("c"));
    const [main, a, b, c] = buffers.all as [never, never, never, never];
    for (const target of [a, b, c, a]) assert(buffers.goTo(target));
    assertEquals(buffers.goTo(a), false);
    assertEquals(buffers.close(c), false);
    assertEquals([buffers.close(a), buffers.current], [true, b]);
    assertEquals([buffers.close(b), buffers.current], [true, main]);
    assertEquals([buffers.close(main), buffers.all.length], [false, 1]);
  },
});

Deno.test({
  name: "A conversation goes with the name of the other, unless there is one under the new name",
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
  name: "What waits is counted, taken once and in order, and what is one's own is no news",
  permissions: "none",
  fn() {
    const dev = opened(roomOf("dev")).all[1]!;
    dev.keepLine(line("one"), OTHERS);
    dev.keepChange({ kind: "joined", name: "cy" });
    dev.keepLine(line("two"), { own: false, mentioned: true });
    dev.keepLine(line("mine"), { own: true, mentioned: false });
    assertEquals([dev.unread, dev.mentions], [2, 1]);
    const { entries, lost, unread } = dev.take();
    assertEquals([lost, unread], [0, 2]);
    assertEquals(
      entries.map((entry) =>
        entry.kind === "line" ? entry.line.message : entry.kind === "change" && entry.change.name
      ),
      ["one", "cy", "two", "mine"],
    );
    assertEquals([dev.unread, dev.mentions, dev.take()], [0, 0, { entries: [], lost: 0, unread: 0 }]);
  },
});

Deno.test({
  name: "However much comes, so many lines wait and so many who come and go, the newest of each",
  permissions: "none",
  fn() {
    const dev = opened(roomOf("dev")).all[1]!;
    for (let i = 0; i < 2 * MAX_BACKLOG_CHANGES; i++) dev.keepChange({ kind: "left", name: `c${i}` });
    for (let i = 0; i < MAX_BACKLOG_LINES + 7; i++) dev.keepLine(line(`l${i}`), OTHERS);
    for (let i = 0; i < 2 * MAX_BACKLOG_CHANGES; i++) dev.keepChange({ kind: "joined", name: `d${i}` });
    const { entries, lost, unread } = dev.take();
    const lines = entries.filter(({ kind }) => kind === "line");
    const changes = entries.filter(({ kind }) => kind === "change");
    assertEquals([lines.length, changes.length], [MAX_BACKLOG_LINES, MAX_BACKLOG_CHANGES]);
    assertEquals([lost, unread], [7, MAX_BACKLOG_LINES + 7]);
    assertEquals(lines[0], { kind: "line", line: line("l7") });
    assertEquals(changes.at(-1), {
      kind: "change",
      change: { kind: "joined", name: `d${2 * MAX_BACKLOG_CHANGES - 1}` },
    });
    const long = "x".repeat(MAX_BACKLOG_UNITS / 2);
    for (let i = 0; i < 5; i++) dev.keepLine(line(long), OTHERS);
    assertEquals(dev.take().entries.length, 1);
    dev.keepLine(line(long + long), OTHERS);
    assertEquals(dev.take().entries.length, 1);
  },
});

Deno.test({
  name:
    "The prompt names where one is and what waits elsewhere, as far as there is room, those first that mention one",
  permissions: "none",
  fn() {
    assertEquals(promptOf(new Buffers(), 80), "> ");
    const buffers = opened(roomOf("dev"), personOf("bo"), roomOf("operations"));
    assertEquals(promptOf(buffers, 80), "[#main] > ");
    const [main, dev, bo, operations] = buffers.all;
    for (let i = 0; i < 3; i++) dev!.keepLine(line("x"), { own: false, mentioned: i === 0 });
    assertEquals(promptOf(buffers, 80), "[#main] (#dev 3 @1) > ");
    bo!.keepLine(line("x"), { own: false, mentioned: true });
    operations!.keepLine(line("x"), OTHERS);
    main!.keepLine(line("x"), OTHERS);
    assertEquals(promptOf(buffers, 80), "[#main] (#dev 3 @1, @bo 1, #operations 1) > ");
    assertEquals(promptOf(buffers, 50), "[#main] (#dev 3 @1, @bo 1, +1) > ");
    buffers.goTo(dev!);
    assertEquals(promptOf(buffers, 20), "[#dev] (@bo 1, +2) > ");
  },
});

Deno.test({
  name: "Refusals name what was refused, and a hub's own words stay where they say it all",
  permissions: "none",
  fn() {
    const refused = (error: string, message = "no") => ({ code: Code.Refused, error, message } as const);
    const words: [ReturnType<typeof refused>, Target, string][] = [
      [refused("no_such_user"), personOf("bo"), "Cannot say that to bo: nobody of that name is here"],
      [
        refused("not_in_room"),
        roomOf("dev"),
        "Cannot say that in #dev: you are not in it; :join #dev joins it",
      ],
      [
        refused("no_such_room"),
        roomOf("dev"),
        "Cannot say that in #dev: there is no such room; :join #dev makes it",
      ],
      [refused("muted", "you are muted"), roomOf("dev"), "Cannot say that in #dev: you are muted"],
      [refused("bad_text", "it has U+0007"), roomOf("main"), "it has U+0007"],
      [refused("unavailable", "bo does not read"), personOf("bo"), "bo does not read"],
    ];
    for (const [refusal, target, text] of words) assertEquals(refusalText(refusal, target), text);
  },
});

Deno.test({
  name: "The rooms are listed with the numbers of one's own, then the others, the fullest first",
  permissions: "none",
  fn() {
    const buffers = opened(roomOf("dev"), personOf("bo"));
    buffers.all[1]!.keepLine(line("x"), { own: false, mentioned: true });
    buffers.all[2]!.keepLine(line("x"), { own: false, mentioned: true });
    const room = (name: string, users: number) => ({ name, users, last_sequence: 0 });
    const rows = roomRows([room("main", 12), room("small", 1), room("Dev", 2), room("large", 9)], buffers);
    assertEquals(rows.map(textOf), [
      "  1  #main   12 people  you are here",
      "  2  #dev    2 people   1 new, 1 with your name",
      "  3  @bo                1 new",
      "     #large  9 people",
      "     #small  1 person",
    ]);
    const many = Array.from({ length: 300 }, (_, i) => room(`r${i}`, 1));
    assertEquals(textOf(roomRows(many, buffers).at(-1)!), "  and 100 more");
  },
});
