/** Direct messages that were said while the link was dead, on a terminal. */
import { Link } from "../../client/link/mod.ts";
import { Code } from "../../protocol/mod.ts";
import { assertEquals } from "../helpers/assert.ts";
import { FakeHub, type FakeHubConnection } from "../helpers/hubs/fake_hub.ts";
import { DataFolder } from "../helpers/hubs/history.ts";
import { HubProgram } from "../helpers/program.ts";
import type { Pty } from "../helpers/terminal/pty.ts";
import { ana, terminalTest as test } from "../helpers/terminal/users.ts";
import { FlakyProxy } from "../helpers/wire/flaky_proxy.ts";

/** A hub with a history, ana on a terminal behind a cable, and other users. */
class Scene implements AsyncDisposable {
  readonly hub: HubProgram;
  readonly cable: FlakyProxy;
  readonly pty: Pty;
  readonly #folder: DataFolder;
  readonly #others = new Map<string, Link>();

  private constructor(folder: DataFolder, hub: HubProgram, cable: FlakyProxy, pty: Pty) {
    this.#folder = folder;
    this.hub = hub;
    this.cable = cable;
    this.pty = pty;
  }

  static async start(): Promise<Scene> {
    const folder = new DataFolder();
    const hub = await HubProgram.start(["--history", "on", "--data", folder.path]);
    const cable = new FlakyProxy(hub.port);
    return new Scene(folder, hub, cable, await ana({ port: cable.port }));
  }

  /** Sends a direct message to ana. The hub acknowledges it, whether or not her link is dead. */
  async says(name: string, message: string): Promise<void> {
    const { code } = await (await this.#user(name)).request({ code: Code.SayTo, to: "ana", message });
    assertEquals(code, Code.Done);
  }

  async renames(old: string, username: string): Promise<void> {
    const link = await this.#user(old);
    this.#others.delete(old);
    this.#others.set(username, link);
    assertEquals((await link.request({ code: Code.Rename, username })).code, Code.YourName);
  }

  async #user(name: string): Promise<Link> {
    const { port } = this.hub;
    const link = this.#others.get(name) ??
      await Link.open({ hostname: "127.0.0.1", port }, { name, received: () => {} });
    this.#others.set(name, link);
    return link;
  }

  /** Ana's link dies, and neither side notices. */
  dies(): void {
    this.cable.dropAll();
  }

  /** Ana connects again. */
  async returns(): Promise<void> {
    this.cable.hold();
    this.cable.closeClients();
    await this.pty.until(/^connecting (?:again|to) /);
    await this.pty.type(":reconnect\r");
    this.cable.release();
  }

  /** The texts in the rows of messages, in order. */
  get texts(): string[] {
    return this.pty.allRows.flatMap((row) => /\b(text \w+)$/.exec(row)?.[1] ?? []);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const link of this.#others.values()) link.close();
    await this.pty[Symbol.asyncDispose]();
    await this.cable[Symbol.asyncDispose]();
    await this.hub[Symbol.asyncDispose]();
    this.#folder[Symbol.dispose]();
  }
}

test("Direct messages from the time of a dead link are shown once, in order, before later ones", async () => {
  await using scene = await Scene.start();
  const { pty } = scene;
  await scene.says("bo", "text one");
  await pty.until(/text one$/);
  scene.dies();
  await scene.says("bo", "text two");
  await scene.says("bo", "text three");
  await scene.says("cy", "text four");
  await scene.returns();
  await pty.until(/text four$/);
  await scene.says("bo", "text five");
  await pty.until(/text five$/);
  assertEquals(scene.texts, ["one", "two", "three", "four", "five"].map((text) => `text ${text}`));
  // The author of the last one gets the answer.
  await pty.type(":reply thanks\r");
  await pty.until(/bo.* thanks$/);
  // Nothing was missed now.
  scene.dies();
  await scene.returns();
  await scene.says("cy", "text six");
  await pty.until(/text six$/);
  assertEquals(scene.texts.length, 6);
});

test("A conversation goes on under another name of the other user, and shows nothing twice", async () => {
  await using scene = await Scene.start();
  const { pty } = scene;
  await scene.says("bo", "text one");
  await pty.until(/text one$/);
  await pty.type(":query bo\r");
  await pty.until(() => pty.cursorRow.includes("@bo"));
  await scene.says("bo", "text two");
  await pty.until(/text two$/);
  await scene.renames("bo", "bob");
  await pty.until(() => pty.cursorRow.includes("@bob"));
  await scene.says("bob", "text three");
  await pty.until(/text three$/);
  const before = scene.texts;
  scene.dies();
  await scene.says("bob", "text four");
  await scene.returns();
  await pty.until(/text four$/);
  await scene.says("bob", "text five");
  await pty.until(/text five$/);
  assertEquals(scene.texts, [...before, "text four", "text five"]);
  await pty.type("an answer\r");
  await pty.until(/an answer$/);
});

test("What was missed is shown under both names of a user who has another one since", async () => {
  await using scene = await Scene.start();
  const { pty } = scene;
  await scene.says("bo", "text one");
  await pty.until(/text one$/);
  scene.dies();
  await scene.says("bo", "text two");
  await scene.renames("bo", "bob");
  await scene.says("bob", "text three");
  await scene.returns();
  await pty.until(/text three$/);
  assertEquals(scene.texts, ["text one", "text two", "text three"]);
});

test("Many missed messages of a user open the conversation", async () => {
  await using scene = await Scene.start();
  const { pty } = scene;
  await scene.says("bo", "text one");
  await pty.until(/text one$/);
  scene.dies();
  for (let i = 1; i <= 25; i++) await scene.says("bo", `text ${i}`);
  await scene.returns();
  await pty.until(() => pty.cursorRow.includes("@bo 25"));
  assertEquals(scene.texts, ["text one"]);
  await pty.type(":switch @bo\r");
  await pty.until(/text 25$/);
  assertEquals(scene.texts, ["text one", ...Array.from({ length: 25 }, (_, i) => `text ${i + 1}`)]);
});

/** Answers requests for messages and conversations until the client is gone; of each user there are 25 messages. */
async function answerRequests(client: FakeHubConnection, users: string[]): Promise<void> {
  const conversations = users.map((name) => ({ with: name, last_sequence: 25, timestamp: 0 }));
  for (;;) {
    const { code, ref, room } = await client.receive();
    if (code === Code.Ping) await client.send({ code: Code.Pong, ref });
    else if (code === Code.ListConversations) {
      await client.send({ code: Code.Conversations, conversations, last: users.length, ref });
    } else if (code === Code.AskHistory) {
      const username = String(room).slice(1);
      const messages = room === "main" ? [] : Array.from({ length: 25 }, (_, i) => (
        { timestamp: 0, username, to: "ana", message: `message ${i + 1}`, sequence: i + 1 }
      ));
      await client.send({
        code: Code.History,
        room,
        messages,
        more: false,
        last_sequence: messages.length,
        ref,
      });
    }
  }
}

test("Of any number of missed conversations 99 are opened, and the last messages of the others shown", async () => {
  await using hub = new FakeHub();
  const features = { features: ["history", "direct", "conversations", "ping"], retention_ms: 1000 };
  const [pty, first] = await Promise.all([ana(hub), hub.welcome("ana", features)]);
  await using _pty = pty;
  const users = Array.from({ length: 101 }, (_, i) => `user${i}`);
  const done: Promise<unknown>[] = [answerRequests(first, []).catch(() => {})];
  await pty.until(/your name is ana/);
  await first.send({ code: 205 });
  first.close();
  const second = await hub.welcome("ana", features);
  done.push(answerRequests(second, users).catch(() => {}));
  // With main and 99 conversations 100 buffers are open. The last in the list is fetched first.
  await pty.until(/^-- 5 earlier direct messages of user0 are not shown; :query user0 shows them$/);
  assertEquals(pty.allRows.filter((row) => row.includes("earlier direct messages of")).length, 2);
  await pty.until(/user0 → ana {2}message 25$/);
  assertEquals(pty.allRows.some((row) => /message 5$/.test(row)), false);
  second.close();
  await Promise.all(done);
});
