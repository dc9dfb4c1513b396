import { Buffers, personOf, roomOf, type Target } from "../../../client/model/mod.ts";
import { roomRows } from "../../../client/render/room_list.ts";
import { isolate } from "../../../client/text/mod.ts";
import { textOf } from "../../../client/text/style.ts";
import { assertEquals } from "../../helpers/assert.ts";

const line = (message: string) => ({ timestamp: 0, username: "bo", message });

/** Opens buffers one after the other, after `main`. */
function opened(...targets: Target[]): Buffers {
  const all = new Buffers();
  for (const target of targets) all.open(target);
  return all;
}

Deno.test({
  name: "Rooms are listed: open buffers with their numbers, then the others, the largest first",
  permissions: "none",
  fn() {
    const buffers = opened(roomOf("dev"), personOf("bo"));
    buffers.all[1]!.addLine(line("x"), { own: false, mentioned: true });
    buffers.all[2]!.addLine(line("x"), { own: false, mentioned: true });
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
    assertEquals(roomRows(many, buffers).length, 303);
    assertEquals(roomRows(many, buffers, (name) => name.endsWith("99")).map(textOf), [
      "    #r99   1 person",
      "    #r199  1 person",
      "    #r299  1 person",
    ]);
    assertEquals(roomRows(many, buffers, () => false), []);
  },
});

Deno.test({
  name: "The name of a right-to-left room does not reorder its figures",
  permissions: "none",
  fn() {
    const rows = roomRows([{ name: "חדר", users: 3, last_sequence: 0 }], opened());
    assertEquals(textOf(isolate(rows.at(-1)!)), "     \u200e#חדר\u200e  3 people");
  },
});
