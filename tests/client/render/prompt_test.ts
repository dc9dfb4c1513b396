import { Buffers, personOf, roomOf, type Target } from "../../../client/model/mod.ts";
import { promptOf as partsOf } from "../../../client/render/prompt.ts";
import { assertEquals } from "../../helpers/assert.ts";

const line = (message: string) => ({ timestamp: 0, username: "bo", message });
const promptOf = (buffers: Buffers, columns: number) => partsOf(buffers, columns).text;
const OTHERS = { own: false, mentioned: false };

/** Opens buffers one after the other, after `main`. */
function opened(...targets: Target[]): Buffers {
  const all = new Buffers();
  for (const target of targets) all.open(target);
  return all;
}

Deno.test({
  name: "The prompt names the current buffer, and others with unread messages if they fit, mentions first",
  permissions: "none",
  fn() {
    assertEquals(promptOf(new Buffers(), 80), "> ");
    const buffers = opened(roomOf("dev"), personOf("bo"), roomOf("operations"));
    assertEquals(promptOf(buffers, 80), "[#main] > ");
    const [main, dev, bo, operations] = buffers.all;
    for (let i = 0; i < 3; i++) dev!.addLine(line("x"), { own: false, mentioned: i === 0 });
    assertEquals(promptOf(buffers, 80), "[#main] (#dev 3 @1) > ");
    bo!.addLine(line("x"), { own: false, mentioned: true });
    operations!.addLine(line("x"), OTHERS);
    main!.addLine(line("x"), OTHERS);
    assertEquals(promptOf(buffers, 80), "[#main] (#dev 3 @1, @bo 1, #operations 1) > ");
    assertEquals(promptOf(buffers, 50), "[#main] (#dev 3 @1, @bo 1, +1) > ");
    buffers.switchTo(dev!);
    assertEquals(promptOf(buffers, 20), "[#dev] (@bo 1, +2) > ");
  },
});

Deno.test({
  name: "The prompt says how many people are in a big room, if there is space for that",
  permissions: "none",
  fn() {
    const buffers = new Buffers();
    assertEquals(partsOf(buffers, 80, 412).text, "[#main, 412 people] > ");
    assertEquals(partsOf(buffers, 40, 412).text, "> ");
    const both = opened(roomOf("dev"));
    both.find(roomOf("dev"))!.addLine(line("x"), OTHERS);
    assertEquals(partsOf(both, 80, 10_000).text, "[#main, 10000 people] (#dev 1) > ");
    assertEquals(partsOf(both, 40, 10_000).text, "[#main] (#dev 1) > ");
  },
});

Deno.test({
  name: "In the prompt mentions and direct messages look different from other unread messages",
  permissions: "none",
  fn() {
    const buffers = opened(roomOf("dev"), personOf("bo"), roomOf("ops"));
    const [, dev, bo, ops] = buffers.all;
    dev!.addLine(line("x"), { own: false, mentioned: true });
    bo!.addLine(line("x"), { own: false, mentioned: true });
    ops!.addLine(line("x"), OTHERS);
    const { text, parts } = partsOf(buffers, 80);
    assertEquals(text, "[#main] (#dev 1 @1, @bo 1, #ops 1) > ");
    assertEquals(parts.map(({ start, end, role }) => [text.slice(start, end), role]), [
      [" (", "unread"],
      ["#dev 1", "unread"],
      [" @1", "mention"],
      [", ", "unread"],
      ["@bo 1", "mention"],
      [", #ops 1", "unread"],
      [")", "unread"],
    ]);
  },
});
