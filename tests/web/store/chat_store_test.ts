/**
 * The state of the page against a hub with everything that a hub stores: what a visitor does, and what others see.
 *
 * The file is long because a page and its hub are tested together in each of its cases.
 */
import { generatePrivateKey, signerOf } from "../../../identity/mod.ts";
import { type Connect, connectTcp } from "../../../client/net/mod.ts";
import { HubProgram } from "../../helpers/program.ts";
import { assert, assertEquals } from "../../helpers/assert.ts";
import { PageStore } from "../../helpers/clients/page_store.ts";
import { DataFolder } from "../../helpers/hubs/history.ts";
import { RestHub } from "../../helpers/hubs/rest_hub.ts";
import { keptPort } from "../../helpers/kept_ports.ts";
import { FlakyProxy } from "../../helpers/wire/flaky_proxy.ts";

const range = (count: number) => Array.from({ length: count }, (_, index) => `message ${index + 1}`);

/** Makes the signer of a new visitor with a key. */
const newSigner = async () => signerOf(await generatePrivateKey("test"));

Deno.test("Two pages talk in main, in a room and directly, and each message is shown once", async () => {
  using data = new DataFolder();
  await using hub = await RestHub.start({ data: data.path });
  await using ana = new PageStore(hub.port, "ana");
  await using bo = new PageStore(hub.port, "bo");
  await Promise.all([ana.open(), bo.open()]);
  await ana.type("good morning");
  await bo.sees("ana: good morning");
  await bo.type("hello");
  await ana.sees("bo: hello");
  await ana.until("its messages are acknowledged", () => ana.store.pending.length === 0);
  assertEquals(ana.chat(), ["ana: good morning", "bo: hello"]);
  await ana.store.join("dev");
  assertEquals(ana.store.current.label, "#dev");
  await bo.type(":join #dev");
  await bo.type("in the room");
  await ana.sees("bo: in the room");
  await bo.store.openPerson("ana");
  await bo.type("for you alone");
  await ana.sees("bo: for you alone", "bo");
  await bo.sees("bo: for you alone");
  assertEquals(bo.chat(), ["bo: for you alone"]);
  assertEquals(bo.chat("#main"), ["ana: good morning", "bo: hello"]);
  await ana.until("who is in #dev", () => ana.store.people.join() === "ana,bo");
});

Deno.test("Messages that are not seen are counted, mentions alert, and looking at them ends it", async () => {
  using data = new DataFolder();
  await using hub = await RestHub.start({ data: data.path });
  await using ana = new PageStore(hub.port, "ana");
  await using bo = new PageStore(hub.port, "bo");
  await Promise.all([ana.open(), bo.open()]);
  const main = ana.store.current;
  await ana.store.join("dev");
  await bo.type("one");
  await bo.type("two for ana");
  await ana.sees("bo: two for ana", "#main");
  assertEquals([main.unread, main.mentions, ana.store.unread, ana.store.mentions], [2, 1, 2, 1]);
  assertEquals(ana.alerts.map(({ from, text }) => [from, text]), [["bo", "two for ana"]]);
  ana.store.go(main);
  assertEquals([main.unread, main.mentions], [0, 0]);
  ana.isVisible = false;
  await bo.type(":msg ana three");
  await ana.sees("bo: three", "bo");
  assertEquals([ana.store.mentions, ana.alerts.length], [1, 2]);
});

Deno.test("After a lost link nothing is missing or there twice, and what was typed meanwhile is sent", async () => {
  using data = new DataFolder();
  await using hub = await RestHub.start({ data: data.path });
  await using proxy = new FlakyProxy(hub.port);
  await using ana = new PageStore(proxy.port, "ana");
  await using bo = new PageStore(hub.port, "bo");
  await Promise.all([ana.open(), bo.open()]);
  await bo.type("before");
  await ana.sees("bo: before");
  proxy.hold();
  proxy.closeClients();
  await ana.until("the link is lost", () => ana.store.link?.kind === "waiting");
  await bo.type("missed");
  await ana.type("typed without a link");
  assertEquals(ana.store.pending.map(({ text }) => text), ["typed without a link"]);
  await bo.until("it has its own message", () => bo.store.pending.length === 0);
  proxy.closeHubEnds();
  ana.store.woke();
  proxy.release();
  await ana.sees("bo: missed");
  await bo.sees("ana: typed without a link");
  await ana.until("it is acknowledged", () => ana.store.pending.length === 0);
  await ana.sees("ana: typed without a link");
  assertEquals(ana.chat(), ["bo: before", "bo: missed", "ana: typed without a link"]);
  assertEquals(bo.chat(), ana.chat());
});

Deno.test("Scrolling up fetches earlier messages until there are none, each once and in order", async () => {
  using data = new DataFolder();
  await using hub = await RestHub.start({ data: data.path });
  const texts = range(260);
  for (const text of texts) await hub.post("main", text).then(([status]) => assertEquals(status, 201));
  await using ana = new PageStore(hub.port, "ana");
  await ana.open();
  await ana.until("the newest messages", () => ana.store.current.lines.at(-1)?.message === "message 260");
  assert(ana.store.current.lines.length < 260, "all messages are there at once");
  for (let tries = 0; tries < 20 && ana.store.current.first !== 1; tries++) await ana.store.loadEarlier();
  assertEquals(ana.store.current.lines.map(({ message }) => message), texts);
  assert(!ana.store.current.isLoading);
});

Deno.test("A search shows the messages that have the words", async () => {
  using data = new DataFolder();
  await using hub = await RestHub.start({ data: data.path });
  await using ana = new PageStore(hub.port, "ana");
  await ana.open();
  for (const text of ["the build fails", "lunch?", "the build is green"]) await ana.type(text);
  await ana.until("all are acknowledged", () => ana.store.pending.length === 0);
  await ana.store.search("build");
  assertEquals(ana.store.results?.lines.map(({ message }) => message), [
    "the build fails",
    "the build is green",
  ]);
  ana.store.closeLists();
  assertEquals(ana.store.results, undefined);
});

Deno.test("A search goes on to earlier messages until there are none, and shows each once", async () => {
  using data = new DataFolder();
  await using hub = await RestHub.start({ data: data.path });
  const texts = Array.from({ length: 120 }, (_, index) => `green ${index}`);
  for (const text of texts) await hub.post("main", text);
  await using ana = new PageStore(hub.port, "ana");
  await ana.open();
  const found = () => ana.store.results!.lines.map(({ message }) => message);
  await ana.store.search("green");
  assertEquals(found(), texts.slice(-50));
  for (let searches = 1; ana.store.results!.before !== undefined; searches++) {
    const { before } = ana.store.results!;
    // Whoever clicks twice sees them once.
    await Promise.all([ana.store.search("green", before), ana.store.search("green", before)]);
    assertEquals(found(), texts.slice(-50 - 50 * searches));
  }
  assertEquals(found(), texts);
  await ana.store.search("green");
  const going = ana.store.search("green", ana.store.results!.before);
  ana.store.closeLists();
  await going;
  assertEquals(ana.store.results, undefined);
});

Deno.test("A message is edited, answered, reacted to and deleted, and others see that", async () => {
  using data = new DataFolder();
  await using hub = await RestHub.start({ data: data.path });
  await using ana = new PageStore(hub.port, "ana");
  await using bo = new PageStore(hub.port, "bo");
  await Promise.all([ana.open(), bo.open()]);
  await ana.type("lunch at twelf");
  await ana.sees("ana: lunch at twelf");
  await bo.sees("ana: lunch at twelf");
  const sent = ana.store.current.lines[0]!;
  ana.store.setAbout({ kind: "edit", line: sent });
  assertEquals(ana.store.current.draft, "lunch at twelf");
  await ana.type("lunch at twelve");
  await bo.sees("ana: lunch at twelve");
  bo.store.setAbout({ kind: "reply", line: bo.store.current.lines[0]! });
  await bo.type("yes");
  await ana.sees("bo: yes");
  assertEquals(ana.store.current.lines[1]!.reply_to, sent.sequence);
  await bo.store.change({ kind: "react", sequence: sent.sequence!, reaction: "👍" });
  await ana.until("the reaction", () => JSON.stringify(ana.store.current.lines[0]).includes("👍"));
  await ana.store.change({ kind: "delete", sequence: sent.sequence! });
  if (ana.store.question !== undefined) await ana.store.command(ana.store.question.input);
  await bo.until("the message is deleted", () => !bo.chat().includes("ana: lunch at twelve"));
});

Deno.test("Messages of an ignored user are neither shown, found nor counted, until that ends", async () => {
  using data = new DataFolder();
  await using hub = await RestHub.start({ data: data.path });
  await using ana = new PageStore(hub.port, "ana");
  await using bo = new PageStore(hub.port, "bo");
  await Promise.all([ana.open(), bo.open()]);
  await ana.type(":ignore bo");
  await bo.type("not for ana");
  await bo.until("it is acknowledged", () => bo.store.pending.length === 0);
  await ana.type("from ana");
  await ana.sees("ana: from ana");
  assertEquals(ana.chat(), ["ana: from ana"]);
  await ana.store.search("ana");
  assertEquals(ana.store.results?.lines.map(({ message }) => message), ["from ana"]);
  await ana.store.join("dev");
  await bo.type("ana is not told of this either");
  await ana.sees("bo: ana is not told of this either", "#main");
  assertEquals([ana.store.unread, ana.store.mentions, ana.alerts], [0, 0, []]);
  ana.store.go(ana.store.conversations[0]!);
  await ana.type(":unignore bo");
  assertEquals(ana.chat(), ["bo: not for ana", "ana: from ana", "bo: ana is not told of this either"]);
});

Deno.test("A visitor with a key owns the name, and another visitor does not get it", async () => {
  using data = new DataFolder();
  await using hub = await RestHub.start({ data: data.path });
  const signer = await newSigner();
  {
    await using ana = new PageStore(hub.port, "ana", new Map(), { signer });
    await ana.open();
    await ana.type("the name is mine");
    await ana.sees("ana: the name is mine");
  }
  await using guest = new PageStore(hub.port, "ana");
  await guest.until("an answer", () => ["open", "ended"].includes(guest.store.link!.kind));
  assert(guest.store.name !== "ana");
  await using again = new PageStore(hub.port, "ana", new Map(), { signer });
  await again.open();
  assertEquals(again.store.name, "ana");
});

Deno.test("A code made with one key gives the name to the key of a browser", async () => {
  using data = new DataFolder();
  await using hub = await RestHub.start({ data: data.path });
  await using first = new PageStore(hub.port, "ana", new Map(), { signer: await newSigner() });
  await first.open();
  await first.type("the name is mine");
  await first.sees("ana: the name is mine");
  await first.type(":key code");
  await first.isTold(":key add ");
  const code = /:key add ([a-z ]+)/.exec(first.notes.join("\n"))![1]!;
  first.store.end();
  await using second = new PageStore(hub.port, "bo", new Map(), { signer: await newSigner() });
  await second.open();
  await second.type(":key add key.pub");
  await second.isTold("key.pub is no key: one begins with ssh-ed25519");
  await second.type(`:key add ${code}`);
  await second.until("it has the name", () => second.store.name === "ana");
});

Deno.test("A private room lets in who is invited, and closes for who is removed", async () => {
  using data = new DataFolder();
  await using hub = await RestHub.start({ data: data.path });
  await using ana = new PageStore(hub.port, "ana", new Map(), { signer: await newSigner() });
  await using bo = new PageStore(hub.port, "bo", new Map(), { signer: await newSigner() });
  await Promise.all([ana.open(), bo.open()]);
  await ana.type("a");
  await bo.type("b");
  await Promise.all([ana.sees("bo: b"), bo.sees("ana: a")]);
  await ana.store.join("plans");
  await ana.type(":room private");
  await ana.type(":topic the <b>big</b> plan");
  await ana.until("the topic", () => ana.store.current.topic === "the <b>big</b> plan");
  assert(ana.store.moderates);
  await bo.store.join("plans");
  assertEquals(bo.store.current.label, "#main");
  assert(bo.notes.length > 0, "nobody says why the room cannot be joined");
  await ana.type(":invite bo");
  await bo.isTold("invites you to #plans");
  await bo.store.join("plans");
  assertEquals(bo.store.current.label, "#plans");
  assert(!bo.store.moderates);
  await ana.type("welcome");
  await bo.sees("ana: welcome");
  await ana.type(":remove bo");
  if (ana.store.question !== undefined) await ana.store.command(ana.store.question.input);
  await bo.until("the room is closed", () => bo.store.conversations.length === 1);
  await bo.isTold("#plans is closed");
});

Deno.test("When its hub goes the page moves to one that the hub has named, and shows what it missed once", async () => {
  using data = new DataFolder();
  const asked: string[] = [];
  /** The addresses of hubs are those of pages; the test connects to their other ports. */
  const ports = new Map<number, number>();
  const connect: Connect = (address, signal) => {
    asked.push(`${address.tls}:${address.port}`);
    return connectTcp({ hostname: "127.0.0.1", port: ports.get(address.port) ?? address.port }, signal);
  };
  const other = keptPort();
  const peers = ["--peers", `http://127.0.0.1:${other},https://127.0.0.1:1,rift://127.0.0.1:2`];
  const args = ["--history", "on", "--data", data.path];
  await using hub = await HubProgram.start([...args, ...peers]);
  await using ana = new PageStore(hub.port, "ana", undefined, { connect });
  await ana.open();
  await ana.type("before");
  await ana.sees("ana: before");
  hub.kill("SIGKILL");
  await hub.status;
  await ana.until("the loss", () => ana.store.link?.kind === "waiting" && !ana.store.link.isMoving);
  {
    await using again = await HubProgram.start(args);
    await using bo = new PageStore(again.port, "bo");
    await bo.open();
    for (const text of ["one", "two"]) await bo.type(text);
    await bo.sees("bo: two");
    await again.stop();
  }
  await using moved = await HubProgram.start(args);
  ports.set(other, moved.port);
  ana.store.woke();
  await ana.sees("bo: two");
  assertEquals(ana.chat(), ["ana: before", "bo: one", "bo: two"]);
  await ana.isTold(`reconnected to 127.0.0.1:${other}`);
  assert(asked.includes(`false:${other}`), asked.join());
  assert(asked.includes("true:1") && !asked.some((one) => one.endsWith(":2")), asked.join());
});
