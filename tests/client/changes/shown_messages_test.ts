import {
  MAX_SHOWN_MESSAGES,
  MAX_SHOWN_UNITS,
  ShownMessages,
} from "../../../client/changes/shown_messages.ts";
import { assertEquals } from "../../helpers/assert.ts";

const line = (username: string, message: string) => ({ timestamp: 0, username, message });

Deno.test({
  name: "Messages are found by their place from the last one, and by their author",
  permissions: "none",
  fn() {
    const shown = new ShownMessages();
    const texts = (first: number, last = first) => shown.lastOnes(first, last)?.map(({ message }) => message);
    assertEquals([texts(1), shown.lastOf("bo")], [undefined, undefined]);
    for (const [name, text] of [["bo", "1"], ["cy", "2"], ["Bo", "3"], ["cy", "4"]]) {
      shown.add(line(name!, text!), "#main");
    }
    assertEquals([texts(1), texts(4), texts(5)], [["4"], ["1"], undefined]);
    assertEquals([texts(3, 1), texts(4, 3)], [["2", "3", "4"], ["1", "2"]]);
    assertEquals([shown.lastOf("bo")?.message, shown.lastOf("CY")?.message, shown.lastOf("x")], [
      "3",
      "4",
      undefined,
    ]);
  },
});

Deno.test({
  name: "The messages that were shown are limited in number and size, and the last ones are kept",
  permissions: "none",
  fn() {
    const shown = new ShownMessages();
    for (let i = 0; i < MAX_SHOWN_MESSAGES + 5; i++) shown.add(line("bo", `${i}`), "#main");
    assertEquals(shown.count, MAX_SHOWN_MESSAGES);
    assertEquals(shown.lastOnes(MAX_SHOWN_MESSAGES, MAX_SHOWN_MESSAGES), [line("bo", "5")]);
    for (let i = 0; i < 5; i++) shown.add(line("cy", "x".repeat(MAX_SHOWN_UNITS / 2)), "#main");
    assertEquals(shown.count, 2);
    shown.add(line("cy", "x".repeat(MAX_SHOWN_UNITS + 1)), "#main");
    assertEquals(shown.count, 1);
  },
});

Deno.test({
  name: "A message is found by its number, has its last form, and is listed once per conversation",
  permissions: "none",
  fn() {
    const shown = new ShownMessages();
    const numbered = (sequence: number, message: string) => ({ ...line("bo", message), sequence });
    for (const [sequence, key] of [[2, "#main"], [1, "#main"], [2, "#dev"], [2, "#main"]] as const) {
      shown.add(numbered(sequence, `${key} ${sequence}`), key);
    }
    shown.add(line("bo", "without a number"), "#main");
    assertEquals(shown.of("#main").map(({ sequence }) => sequence), [1, 2]);
    shown.update("#main", 2, { ...numbered(2, ""), deleted: true });
    assertEquals([shown.find("#main", 2)?.deleted, shown.find("#dev", 2)?.deleted, shown.find("#main", 3)], [
      true,
      undefined,
      undefined,
    ]);
    assertEquals(shown.lastOnes(5, 1)?.map(({ message }) => message), [
      "",
      "#main 1",
      "#dev 2",
      "",
      "without a number",
    ]);
    assertEquals(shown.lastOf("bo")?.message, "without a number");
    shown.update("#dev", 2, { ...numbered(2, ""), deleted: true });
    shown.forgetAfter("#main", 1);
    assertEquals(shown.of("#main").map(({ sequence }) => sequence), [1]);
  },
});
