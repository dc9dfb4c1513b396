/** The state of the page in a room with more people than are announced. */
import { assertEquals } from "../../helpers/assert.ts";
import { PageStore } from "../../helpers/clients/page_store.ts";
import { HubProgram } from "../../helpers/program.ts";

Deno.test("In a big room the page shows how many people are there, and lists them on request", async () => {
  await using hub = await HubProgram.start(["--announce-up-to", "2"]);
  await using ana = new PageStore(hub.port, "ana");
  await ana.open();
  const bo = new PageStore(hub.port, "bo");
  await bo.open();
  await ana.until("bo is there", () => ana.store.people.includes("bo"));
  const cy = new PageStore(hub.port, "cy");
  await cy.open();
  await ana.until("main is big", () => ana.store.peopleCount === 3);
  await cy.until("main is big for who has come", () => cy.store.peopleCount === 3);
  const notes = () => ana.store.current.items.flatMap((item) => item.kind === "note" ? [item.text] : []);
  assertEquals(notes(), ["people in #main: 3; joins and leaves are not shown; :who lists who is there"]);
  const di = new PageStore(hub.port, "di");
  await di.open();
  // Nothing is fetched that was not asked for.
  assertEquals([di.store.people, ana.store.people], [["di"], ["ana", "bo"]]);
  await di.type("here I am");
  await ana.sees("di: here I am");
  assertEquals(ana.store.people, ["ana", "bo", "di"]);
  await ana.store.listPeople();
  assertEquals(ana.store.people, ["ana", "bo", "cy", "di"]);
  await ana.until("the number follows", () => ana.store.peopleCount === 4);
  // A room of one is small in the big hub; direct messages work.
  await ana.store.join("dev");
  await ana.until("who is in #dev", () => ana.store.people.join() === "ana");
  assertEquals(ana.store.peopleCount, undefined);
  await ana.type(":msg cy psst");
  await cy.sees("ana: psst", "ana");
  assertEquals(ana.store.peopleCount, undefined);
  for (const page of [bo, cy, di]) await page[Symbol.asyncDispose]();
  ana.store.go(ana.store.conversations[0]!);
  await ana.until("main is small again", () => ana.store.peopleCount === undefined);
  assertEquals([ana.store.people, notes().at(-1)], [
    ["ana"],
    "people in #main: 1; joins and leaves are shown again",
  ]);
});
