/** What the page tells its visitor about what they may moderate, with a hub. */
import { generatePrivateKey, signerOf } from "../../../identity/mod.ts";
import { assertEquals } from "../../helpers/assert.ts";
import { PageStore } from "../../helpers/clients/page_store.ts";
import { DataFolder } from "../../helpers/hubs/history.ts";
import { RestHub } from "../../helpers/hubs/rest_hub.ts";

/** Makes the signer of a new visitor with a key. */
const newSigner = async () => signerOf(await generatePrivateKey("test"));

Deno.test("Somebody who becomes a moderator for the first time is told so, and not who makes a room", async () => {
  using data = new DataFolder();
  await using hub = await RestHub.start({ data: data.path });
  await using ana = new PageStore(hub.port, "ana", new Map(), { signer: await newSigner() });
  await using bo = new PageStore(hub.port, "bo", new Map(), { signer: await newSigner() });
  for (const page of [ana, bo]) {
    await page.open();
    await page.type("it is me");
    await page.sees(`${page.store.name}: it is me`);
  }
  await ana.store.join("dev");
  await ana.until("ana owns the room", () => ana.store.moderates);
  await ana.type(":mod bo");
  await bo.isTold("you may keep order in #dev now");
  const notes = ana.store.conversations.flatMap(({ items }) =>
    items.flatMap((item) => item.kind === "note" ? [item.text] : [])
  );
  assertEquals(notes.filter((note) => note.startsWith("you may")), []);
});
