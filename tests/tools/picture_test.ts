/** The picture in the README is up to date. */
import { drawConversation, PICTURE } from "../../tools/picture.ts";
import { assert } from "../helpers/assert.ts";
import { needs, NO_PTY } from "../helpers/needs.ts";

Deno.test({
  ...needs("The picture in the README is up to date", NO_PTY),
  fn: async () => {
    const drawn = await drawConversation();
    const kept = await Deno.readTextFile(PICTURE);
    if (drawn === kept) return;
    const lines = kept.split("\n");
    const first = drawn.split("\n").find((line, index) => line !== lines[index]);
    assert(
      false,
      `docs/conversation.svg is out of date: run deno task picture\nnow: ${first}`,
    );
  },
});
