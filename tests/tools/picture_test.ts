/** The picture in the README is up to date, and its task draws it. */
import { PICTURE } from "../../tools/picture.ts";
import { assert, assertEquals } from "../helpers/assert.ts";
import { needs, NO_PTY } from "../helpers/needs.ts";

const ROOT = new URL("../../", import.meta.url);

/** Draws the picture as the task does, with its permissions, into another file. */
async function draw(file: string): Promise<string> {
  const { tasks } = JSON.parse(await Deno.readTextFile(new URL("deno.json", ROOT)));
  const [, args] = /deno (run .*? tools\/picture\.ts)/.exec(tasks.picture.command)!;
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...args!.split(" "), file],
    cwd: ROOT,
    stdin: "null",
  }).output();
  assertEquals([success, new TextDecoder().decode(stderr)], [true, ""]);
  return await Deno.readTextFile(file);
}

Deno.test({
  ...needs("The picture in the README is up to date", NO_PTY),
  fn: async () => {
    const file = await Deno.makeTempFile({ suffix: ".svg" });
    try {
      const drawn = await draw(file);
      const kept = await Deno.readTextFile(PICTURE);
      if (drawn === kept) return;
      const lines = kept.split("\n");
      const first = drawn.split("\n").find((line, index) => line !== lines[index]);
      assert(false, `docs/conversation.svg is out of date: run deno task picture\nnow: ${first}`);
    } finally {
      await Deno.remove(file);
    }
  },
});
