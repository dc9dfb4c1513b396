/**
 * What a visitor of the page finds on the next visit, and with another name.
 *
 * @module
 */
import { generatePrivateKey, signerOf } from "../../../identity/mod.ts";
import { assertEquals } from "../../helpers/assert.ts";
import { PageStore } from "../../helpers/clients/page_store.ts";
import { DataFolder } from "../../helpers/hubs/history.ts";
import { RestHub } from "../../helpers/hubs/rest_hub.ts";

const newSigner = async () => signerOf(await generatePrivateKey("test"));

Deno.test("Drafts of conversations, rooms and read marks are there on the next visit", async () => {
  using data = new DataFolder();
  await using hub = await RestHub.start({ data: data.path });
  const kept = new Map<string, string>();
  await using bo = new PageStore(hub.port, "bo");
  {
    await using ana = new PageStore(hub.port, "ana", kept);
    await Promise.all([ana.open(), bo.open()]);
    await ana.store.join("dev");
    ana.store.setDraft("half a mess");
    ana.store.go(ana.store.conversations[0]!);
    assertEquals(ana.store.current.draft, "");
    await bo.type("seen");
    await ana.sees("bo: seen");
  }
  await bo.type("not seen");
  await bo.until("it is acknowledged", () => bo.store.pending.length === 0);
  await using again = new PageStore(hub.port, "ana", kept, { isVisible: () => false });
  await again.open();
  await again.sees("bo: not seen");
  assertEquals(again.store.conversations.map(({ label }) => label), ["#main", "#dev"]);
  assertEquals(again.store.conversations[1]!.draft, "half a mess");
  assertEquals(again.store.current.unread, 1);
});

Deno.test("A direct conversation has its messages on the next visit, and those that are new count", async () => {
  using data = new DataFolder();
  await using hub = await RestHub.start({ data: data.path });
  const kept = new Map<string, string>();
  const signer = await newSigner();
  const options = { signer };
  await using bo = new PageStore(hub.port, "bo");
  await bo.open();
  const say = async (text: string, before: string) => {
    await bo.type(text);
    await bo.sees(`bo: ${text}`, "ana");
    assertEquals(bo.chat("ana").at(-2), before);
  };
  {
    await using ana = new PageStore(hub.port, "ana", kept, options);
    await ana.open();
    await ana.type("my name");
    await bo.sees("ana: my name");
    await ana.store.openPerson("bo");
    await ana.type("are you there?");
    await bo.sees("ana: are you there?", "ana");
    await bo.store.openPerson("ana");
    await bo.type("I am");
    await ana.sees("bo: I am");
  }
  const read = ["ana: are you there?", "bo: I am"];
  {
    await using ana = new PageStore(hub.port, "ana", kept, options);
    await ana.open();
    const conversation = ana.store.conversations[1]!;
    ana.store.go(conversation);
    await ana.sees("bo: I am");
    assertEquals(ana.chat(), read);
    await ana.type("good");
    await ana.sees("ana: good");
    assertEquals([ana.chat(), ana.notes], [[...read, "ana: good"], []]);
  }
  {
    // Another device of ana gets what is said meanwhile.
    await using device = new PageStore(hub.port, "ana", new Map(), options);
    await device.open();
    await say("see you at ten", "ana: good");
    await device.sees("bo: see you at ten", "bo");
  }
  await using ana = new PageStore(hub.port, "ana", kept, options);
  await ana.open();
  await ana.sees("bo: see you at ten", "bo");
  assertEquals(ana.chat("bo"), [...read, "ana: good", "bo: see you at ten"]);
  assertEquals([ana.store.unread, ana.store.mentions], [1, 1]);
  ana.store.go(ana.store.conversations[1]!);
  assertEquals(ana.store.unread, 0);
});

Deno.test("A person with another name has other conversations, with the old one again those before", async () => {
  using data = new DataFolder();
  await using hub = await RestHub.start({ data: data.path });
  await using ana = new PageStore(hub.port, "ana", new Map(), { signer: await newSigner() });
  await using bo = new PageStore(hub.port, "bo");
  await Promise.all([ana.open(), bo.open()]);
  await ana.type("my name");
  await bo.sees("ana: my name");
  await ana.store.openPerson("bo");
  for (const text of ["first", "as ana"]) await ana.type(text);
  await bo.sees("ana: as ana", "ana");
  await ana.type(":username anna");
  await ana.until("the name", () => ana.store.name === "anna");
  await ana.type("as anna");
  await Promise.all([ana.sees("anna: as anna"), bo.sees("anna: as anna", "anna")]);
  assertEquals(ana.chat(), ["anna: as anna"]);
  // The other page goes on in the conversation that it shows, though its numbers begin again.
  assertEquals(bo.chat("anna"), ["ana: first", "ana: as ana", "anna: as anna"]);
  await ana.type(":username ana");
  await ana.sees("ana: as ana");
  assertEquals(ana.chat(), ["ana: first", "ana: as ana"]);
  await ana.type(":username anna");
  await ana.sees("anna: as anna");
  assertEquals(ana.chat(), ["anna: as anna"]);
});

Deno.test("How far a direct conversation is read holds for the name with which it was read", async () => {
  using data = new DataFolder();
  const kept = new Map<string, string>();
  const signer = await newSigner();
  {
    await using hub = await RestHub.start({ data: data.path });
    await using ana = new PageStore(hub.port, "ana", kept, { signer });
    await using bo = new PageStore(hub.port, "bo");
    await Promise.all([ana.open(), bo.open()]);
    await ana.type("my name");
    await ana.store.openPerson("bo");
    for (const text of ["first", "second"]) await ana.type(text);
    await ana.sees("ana: second");
    await ana.type(":username anna");
    await ana.until("the name", () => ana.store.name === "anna");
    await ana.type("as anna");
    await ana.sees("anna: as anna");
  }
  await using hub = await RestHub.start({ data: data.path });
  await using ana = new PageStore(hub.port, "anna", kept, { signer });
  await ana.open();
  ana.store.go(ana.store.conversations[1]!);
  await ana.sees("anna: as anna");
  assertEquals([ana.chat(), ana.notes], [["anna: as anna"], []]);
});

Deno.test("A visitor is told once that a hub has an earlier state, and not on the next visit", async () => {
  using data = new DataFolder();
  using backup = new DataFolder();
  const kept = new Map<string, string>();
  const visit = async (path: string, visited: (ana: PageStore) => Promise<void>) => {
    await using hub = await RestHub.start({ data: path });
    await using ana = new PageStore(hub.port, "ana", kept);
    await ana.open();
    await visited(ana);
  };
  await visit(data.path, async (ana) => {
    await ana.type("kept");
    await ana.sees("ana: kept");
  });
  for await (const { name, isFile } of Deno.readDir(data.path)) {
    if (isFile) await Deno.copyFile(`${data.path}/${name}`, `${backup.path}/${name}`);
  }
  await visit(data.path, async (ana) => {
    for (const text of ["lost 1", "lost 2"]) await ana.type(text);
    await ana.sees("ana: lost 2");
  });
  await visit(backup.path, async (ana) => {
    await ana.isTold("an earlier state");
    await ana.sees("ana: kept");
  });
  await visit(backup.path, async (ana) => {
    await ana.type("new");
    await ana.sees("ana: new");
    assertEquals([ana.chat(), ana.notes], [["ana: kept", "ana: new"], []]);
  });
});

Deno.test("A read mark keeps the state of the hub in which it was made, also without a link", async () => {
  using data = new DataFolder();
  const kept = new Map<string, string>();
  const mark = () => JSON.parse(kept.get("riftchat:read") ?? "{}")["#main"];
  const hub = await RestHub.start({ data: data.path });
  await using ana = new PageStore(hub.port, "ana", kept);
  await ana.open();
  await ana.type("read");
  await ana.sees("ana: read");
  const { epoch, sequence } = mark();
  assertEquals([typeof epoch, sequence], ["string", 1]);
  await hub[Symbol.asyncDispose]();
  await ana.until("the link is lost", () => ana.store.link?.kind === "waiting");
  // As the browser does when the page gets the focus.
  ana.store.seen();
  assertEquals(mark().epoch, epoch);
});

Deno.test("Each message of a person is there once after that person has had another name", async () => {
  using data = new DataFolder();
  await using hub = await RestHub.start({ data: data.path });
  await using ana = new PageStore(hub.port, "ana");
  await using bo = new PageStore(hub.port, "bo");
  await Promise.all([ana.open(), bo.open()]);
  await bo.store.openPerson("ana");
  for (const text of ["one", "two"]) await bo.type(text);
  await ana.sees("bo: two", "bo");
  ana.store.go(ana.store.conversations[1]!);
  for (const name of ["bob", "bo"]) {
    await bo.type(`:username ${name}`);
    await ana.until(name, () => ana.store.current.label === name);
  }
  await bo.store.openPerson("ana");
  await bo.type("three");
  await ana.sees("bo: three");
  // As the page does where its messages do not fill it.
  await ana.store.loadEarlier();
  assertEquals(ana.chat(), ["bo: one", "bo: two", "bo: three"]);
});

Deno.test("With the former name all of a long conversation can be read again, also below notes", async () => {
  using data = new DataFolder();
  await using hub = await RestHub.start({ data: data.path });
  const signer = await newSigner();
  await using bo = new PageStore(hub.port, "bo");
  const texts = Array.from({ length: 120 }, (_, index) => `text ${index + 1}`);
  {
    await using ana = new PageStore(hub.port, "ana", new Map(), { signer });
    await Promise.all([ana.open(), bo.open()]);
    await ana.type("my name");
    await bo.sees("ana: my name");
    await bo.store.openPerson("ana");
    for (const text of texts) await bo.type(text);
    await ana.sees("bo: text 120", "bo");
  }
  await using ana = new PageStore(hub.port, "ana", new Map(), { signer });
  await ana.open();
  await ana.store.openPerson("bo");
  const readsAll = async () => {
    await ana.sees("bo: text 120");
    for (let pages = 0; pages < 3; pages++) await ana.store.loadEarlier();
    assertEquals(ana.chat(), texts.map((text) => `bo: ${text}`));
  };
  await readsAll();
  ana.store.tell("a note");
  for (const name of ["anna", "ana"]) {
    await ana.type(`:username ${name}`);
    await ana.until(name, () => ana.store.name === name);
  }
  await readsAll();
});
