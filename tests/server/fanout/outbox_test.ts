import { BodyDecoder } from "../../../protocol/mod.ts";
import { ANNOUNCE_SILENT_MS, PAGE_BYTES } from "../../../server/limits.ts";
import { Outbox } from "../../../server/fanout/outbox.ts";
import { pagesOf } from "../../../server/fanout/pages.ts";
import { assert, assertEquals } from "../../helpers/assert.ts";
import { TestHub } from "../../helpers/hubs/test_hub.ts";

function test(name: string, fn: () => void): void {
  Deno.test({ name, permissions: "none", fn });
}

/** The bodies in some frames. */
function bodies(frames: Uint8Array): string[] {
  const decoder = new BodyDecoder();
  decoder.push(frames);
  const found: string[] = [];
  for (let body = decoder.next(); body !== undefined; body = decoder.next()) found.push(body);
  return found;
}

test("An outbox makes the pages of a list as they are taken, and frames after the list wait for its end", () => {
  let made = 0;
  const outbox = new Outbox({ repliesQueued() {} });
  outbox.push('{"before":1}');
  outbox.pushPages(() => ({ json: `{"page":${++made}}`, more: made < 3 }));
  outbox.push('{"after":1}');
  assertEquals([made, outbox.full], [1, true]);
  const taken = [outbox.take(), outbox.take(), outbox.take()].map(bodies);
  assertEquals(taken, [['{"before":1}', '{"page":1}'], ['{"page":2}'], ['{"page":3}', '{"after":1}']]);
  assertEquals([made, outbox.full, outbox.byteLength, outbox.take().length], [3, false, 0, 0]);
});

test("An outbox notifies its transport of all that is added, before anything is taken", () => {
  const waiting: number[] = [];
  const outbox: Outbox = new Outbox({ repliesQueued: () => waiting.push(outbox.byteLength) });
  outbox.push('{"a":1}');
  outbox.pushFrames(new Uint8Array(10));
  outbox.pushPages(() => ({ json: "{}", more: false }));
  assertEquals(waiting, [15, 25, 35]);
});

test("Pages show an item when its page is made, and leave out hidden items", () => {
  const shown: number[] = [];
  const next = pagesOf([1, 2, 3, 4], (item) => {
    shown.push(item);
    return item === 2 ? undefined : "x".repeat(40);
  }, 100);
  assertEquals(shown.length < 4, true);
  const pages = [next(), next()];
  assertEquals(pages.map(({ items, more }) => [items.length, more.more]), [[1, true], [1, true]]);
  assertEquals(next().more, {});
  assertEquals(pagesOf([], (item) => item, 100)(), { items: [], more: {} });
});

test("A client that asks for thousands of users and does not read makes the hub hold one page", () => {
  const chat = new TestHub();
  for (let i = 0; i < 2000; i++) chat.connect();
  chat.advance(ANNOUNCE_SILENT_MS);
  const ana = chat.join("ana");
  ana.sends({ code: 106, ref: "who" });
  assert(ana.session.outbox.byteLength < 3 * PAGE_BYTES, String(ana.session.outbox.byteLength));
  assert(ana.session.outbox.full);
  const lists = ana.receives().filter(({ code }) => code === 209);
  assertEquals(lists.map(({ more }) => more === true), lists.map((_, i) => i < lists.length - 1));
  assert(lists.length > 2);
  assertEquals(lists.flatMap(({ users }) => users as unknown[]).length, 2001);
});
