/** The question for another name. */
import { askName } from "../../../client/identity/mod.ts";
import { assert, assertEquals, assertStringIncludes } from "../../helpers/assert.ts";

/** Answers the questions in order; returns the name and the questions. */
async function asked(
  refused: { isOwned: boolean; free: string | undefined },
  ...answers: (string | undefined)[]
) {
  const questions: string[] = [];
  const name = await askName(refused, (question) => {
    questions.push(question);
    return Promise.resolve(answers[questions.length - 1]);
  });
  return { name, questions };
}

Deno.test("Enter takes the name that the hub offers, and a typed name takes that one", async () => {
  const owned = { isOwned: true, free: "ana-2" };
  const { name, questions } = await asked(owned, "");
  assertEquals(name, "ana-2");
  assertStringIncludes(questions[0]!, "--identity FILE");
  assert(questions[0]!.endsWith("\nAnother name (Enter for ana-2): "));
  assertEquals((await asked(owned, "  Bo ")).name, "Bo");
  assertEquals((await asked(owned, undefined)).name, undefined);
});

Deno.test("A name that somebody else is using at the moment is no reason to look for a key", async () => {
  const { name, questions } = await asked({ isOwned: false, free: undefined }, "");
  assertEquals([name, questions], [undefined, ["Another name: "]]);
});

Deno.test("An answer that is no name is explained, and a hub cannot offer one", async () => {
  const offered = await asked({ isOwned: false, free: "a b\x1b[2J" }, "no name", "x".repeat(40), "bo");
  assertEquals(offered.name, "bo");
  assertEquals(offered.questions.length, 3);
  assertEquals(offered.questions[0], "Another name: ");
  for (const question of offered.questions.slice(1)) assert(question.startsWith("cannot "), question);
  assertEquals((await asked({ isOwned: false, free: "ana-2" }, "a b", "a b", "a b", "bo")).name, undefined);
});
