/** The actions of menus and forms, in the state of the page. */
import { assert, assertEquals } from "../../helpers/assert.ts";
import { PageStore } from "../../helpers/clients/page_store.ts";
import { RestHub } from "../../helpers/hubs/rest_hub.ts";

Deno.test("A form that is sent twice at once is carried out once, and a form that fails says why", async () => {
  await using hub = await RestHub.start({});
  await using ana = new PageStore(hub.port, "ana");
  await using bo = new PageStore(hub.port, "bo");
  await Promise.all([ana.open(), bo.open()]);
  ana.store.show({ action: "a form" });
  await Promise.all([ana.store.perform(":username one"), ana.store.perform(":username two")]);
  await ana.until("the new name", () => ana.store.name === "one");
  assertEquals(ana.store.panel, undefined);
  ana.store.show({ action: "a form" });
  await ana.store.perform(":username bo");
  const { panel } = ana.store;
  assert(panel?.problem?.startsWith("Cannot use the name bo: "), panel?.problem);
  assertEquals([panel?.isBusy, ana.store.name], [false, "one"]);
});

Deno.test("A question about a message is gone when another conversation is shown", async () => {
  await using hub = await RestHub.start({});
  await using ana = new PageStore(hub.port, "ana");
  await ana.open();
  ana.store.askToDelete({ timestamp: 0, username: "ana", message: "at tne", sequence: 1 });
  assertEquals(ana.store.question?.lines, ["Your message is deleted for everyone: at tne"]);
  // As a click on a notification does.
  await ana.store.join("plans");
  assertEquals(ana.store.question, undefined);
  ana.store.askToDelete({ timestamp: 0, username: "bo", message: "hello", sequence: 1 });
  assertEquals(ana.store.question?.lines, ["The message of bo is deleted for everyone: hello"]);
});
