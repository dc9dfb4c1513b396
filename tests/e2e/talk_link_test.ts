/** A lost and restored connection, on a terminal. */
import { NAME_TRIES } from "../../client/link/own_name.ts";
import { assert, assertEquals } from "../helpers/assert.ts";
import { FakeHub, type FakeHubConnection } from "../helpers/hubs/fake_hub.ts";
import { ana, bo, receives, terminalTest as test } from "../helpers/terminal/users.ts";
import { DataFolder } from "../helpers/hubs/history.ts";
import { FlakyProxy } from "../helpers/wire/flaky_proxy.ts";
import { HubProgram } from "../helpers/program.ts";
import { keptPort } from "../helpers/kept_ports.ts";
import type { Pty } from "../helpers/terminal/pty.ts";

/** Returns the next message that the client sends. Skips other requests. */
async function nextMessage(guest: FakeHubConnection) {
  for (;;) {
    const { code, message, ref } = await guest.receive();
    if (code === 100) return { message: String(message), ref: String(ref) };
  }
}

/** Broadcasts a message of the client and acknowledges it, as a hub does. */
async function deliver(
  guest: FakeHubConnection,
  { message, ref }: { message: string; ref: string },
  sequence: number,
) {
  await guest.send(
    { code: 200, message: { timestamp: Date.now(), username: "ana", message, sequence, room: "main" } },
    { code: 207, ref, sequence },
  );
}

/**
 * Makes a client without a link and with an empty input connect now. The hub does not accept it yet, so it stays
 * connecting. If it was connecting already, `:reconnect` has had no effect by the end, and cannot close the next link.
 */
async function reconnect(pty: Pty): Promise<void> {
  await pty.type(":reconnect");
  await pty.until(() => pty.cursorRow.endsWith("> :reconnect|"));
  await pty.type("\r");
  await pty.until(() => /^connecting to .+ > \|$/.test(pty.cursorRow));
}

const count = (pty: Pty, wanted: RegExp) => pty.allRows.filter((row) => wanted.test(row)).length;

test("After a restart of the hub all users are back, with their drafts and unsent messages", async () => {
  const port = keptPort();
  await using first = await HubProgram.start(["--port", String(port)]);
  await using pty = await ana(first);
  await pty.type(":username anna\r");
  await pty.until(/^-- your name is anna$/);
  await pty.type("a draft");
  await pty.until(() => pty.cursorRow === "> a draft|");
  await first.stop();
  await first[Symbol.asyncDispose]();
  await pty.until(/^-- the hub is going down$/);
  await pty.until(/^-- connection lost: .*; connecting again$/);
  const seconds = new Set<string>();
  await pty.until(() => {
    const shown = /^connecting again in (\d+) s > a draft\|$/.exec(pty.cursorRow);
    if (shown !== null) seconds.add(shown[1]!);
    return seconds.size >= 2;
  });
  await pty.type("\x15said while away\r\x19, and more of it");
  await pty.until(/^-- not sent yet: said while away$/);

  await using again = await HubProgram.start(["--port", String(port)]);
  await using other = await bo(again);
  await pty.until(/anna {2,}said while away$/);
  await pty.until(() => pty.cursorRow === "> a draft, and more of it|");
  await pty.type("\r");
  assertEquals(await receives(other, "a draft, and more of it"), "anna");
  await pty.until(/anna {2,}a draft, and more of it$/);
  assertEquals(count(pty, /anna {2,}said while away$/), 1);
});

test("A message typed offline is sent once, an unacknowledged one again, both in order", async () => {
  await using hub = new FakeHub();
  const [pty, first] = await Promise.all([ana(hub), hub.welcome()]);
  await using _pty = pty;
  await pty.type("acknowledged\r");
  await deliver(first, await nextMessage(first), 1);
  await pty.until(/ana {2,}acknowledged$/);
  await pty.type("unacknowledged\r");
  assertEquals((await nextMessage(first)).message, "unacknowledged");
  await first.send({ code: 205 });
  first.close();
  await pty.until(/^-- perhaps not delivered, will be sent again: unacknowledged$/);
  await pty.type("said while away\r");
  await pty.until(/^-- not sent yet: said while away$/);

  await reconnect(pty);
  await pty.type("a draft");
  await pty.until(() => pty.cursorRow.endsWith("> a draft|"));
  const second = await hub.welcome();
  const received: string[] = [];
  for (const text of ["unacknowledged", "said while away"]) {
    const request = await nextMessage(second);
    received.push(request.message);
    await deliver(second, request, received.length + 1);
    await pty.until(new RegExp(`ana {2,}${text}$`));
  }
  await pty.until(/^-- sent again, so others may see it twice: unacknowledged$/);
  await pty.until(() => pty.cursorRow === "> a draft|");
  await pty.type(" that goes out\r");
  received.push((await nextMessage(second)).message);
  assertEquals(received, ["unacknowledged", "said while away", "a draft that goes out"]);
});

test("A name that another user has taken meanwhile is reported, and taken back later", async () => {
  await using hub = new FakeHub();
  const [pty, first] = await Promise.all([ana(hub), hub.welcome()]);
  await using _pty = pty;
  first.close();
  for (let tries = 0; tries < NAME_TRIES; tries++) {
    await pty.until(/^connecting again/);
    await reconnect(pty);
    await hub.refuse("name_taken");
  }
  const second = await hub.welcome("x7f3");
  await pty.until(/^-- cannot get the name ana back yet: no: name_taken$/);
  await pty.until(/^-- your name is x7f3$/);
  const { code, username, ref } = await second.receive();
  assertEquals([code, username], [101, "ana"]);
  await second.send({ code: 202, new: "ana", ref }, { code: 203, old: "x7f3", new: "ana" });
  await pty.until(() =>
    pty.allRows.findLast((row) => row.startsWith("-- your name")) === "-- your name is ana"
  );
});

test("After a change of network lines are there once, under the user's name, at once", async () => {
  using folder = new DataFolder();
  await using hub = await HubProgram.start(["--history", "on", "--data", folder.path]);
  await using cable = new FlakyProxy(hub.port);
  await using other = await bo(hub);
  await using pty = await ana({ port: cable.port });
  await pty.type("one\r");
  assertEquals(await receives(other, "one"), "ana");
  cable.dropFromHub();
  await pty.type("two\r");
  assertEquals(await receives(other, "two"), "ana");
  // The hub does not notice.
  cable.hold();
  cable.closeClients();
  await pty.until(/^-- connection lost: .*; connecting again$/);
  await pty.type("three\r");
  await pty.until(/^-- not sent yet: three$/);
  await pty.type(":reconnect\r");
  cable.release();
  assertEquals(await receives(other, "three"), "ana");
  await pty.until(/ana {2,}three$/);
  await pty.type("four\r");
  assertEquals(await receives(other, "four"), "ana");
  await pty.until(/ana {2,}four$/);
  for (const text of ["one", "two", "three", "four"]) {
    assertEquals(count(pty, new RegExp(`ana {2,}${text}$`)), 1, text);
  }
  const said = other.received.filter(({ code }) => code === 200).map(({ message }) =>
    (message as { message: string }).message
  );
  assertEquals(said, ["one", "two", "three", "four"]);
  assertEquals(other.received.filter(({ code }) => code === 203 || code === 204), []);
  assertEquals(count(pty, /^-- (your name is|you are|sent again|cannot)/), 1);
});

test("On an older hub messages wait for the name, and the client says so once", async () => {
  await using hub = new FakeHub();
  const [pty, first] = await Promise.all([ana(hub), hub.welcome()]);
  await using _pty = pty;
  await pty.type("one\r");
  assertEquals((await nextMessage(first)).message, "one");
  first.close();
  for (let tries = 0; tries < NAME_TRIES; tries++) {
    await pty.until(/^connecting again/);
    await reconnect(pty);
    await hub.refuse("name_taken");
  }
  const second = await hub.welcome("x7f3");
  await pty.until(/^-- your messages wait for that name; :username takes another one at once$/);
  await pty.type("two\r");
  for (let tries = 0; tries < 2; tries++) {
    const { code, ref } = await second.receive();
    assertEquals(code, 101);
    await second.send({ code: 206, error: "name_taken", message: `no: ${tries}`, ref });
  }
  const { ref } = await second.receive();
  await second.send({ code: 202, new: "ana", ref }, { code: 203, old: "x7f3", new: "ana" });
  for (const text of ["one", "two"]) assertEquals((await nextMessage(second)).message, text);
  assertEquals(count(pty, /^-- cannot get the name/), 1);
  assertEquals(count(pty, /no: name_taken; trying again$/), 1);
});

test("While the client connects, the prompt shows the seconds, and the user can leave", async () => {
  await using hub = new FakeHub();
  const [pty, first] = await Promise.all([ana(hub), hub.welcome()]);
  await using _pty = pty;
  first.close();
  await pty.until(/^connecting again/);
  await reconnect(pty);
  await pty.type("words");
  // The hub accepts the connection and sends nothing.
  await hub.accept();
  await pty.until(new RegExp(`^connecting to 127\\.0\\.0\\.1:${hub.port} … [1-9] s > words$`));
  await pty.type("\x03\x04");
  assertEquals(await pty.status, 0);
});

test("A message without an acknowledgement is shown below the input after 2 s, until it comes", async () => {
  await using hub = new FakeHub();
  const [pty, guest] = await Promise.all([ana(hub), hub.welcome()]);
  await using _pty = pty;
  await pty.type("hello?\r");
  const request = await nextMessage(guest);
  await pty.type("a draft");
  // A slow machine may skip a second.
  const seconds = () =>
    pty.window.flatMap((row) => /^not acknowledged for (\d+) s: hello\?$/.exec(row)?.[1] ?? []).map(
      Number,
    )[0];
  await pty.until(() => seconds() !== undefined);
  const first = seconds()!;
  assert(first >= 2, `${first}`);
  await pty.until(() => (seconds() ?? 0) > first);
  assertEquals(pty.cursorRow, "> a draft|");
  await deliver(guest, request, 1);
  await pty.until(/ana {2,}hello\?$/);
  await pty.until(() => !pty.window.some((row) => row.startsWith("not acknowledged")));
});

test("A refused message comes back as it was typed, and does not join what is being typed", async () => {
  await using hub = new FakeHub();
  const [pty, guest] = await Promise.all([ana(hub), hub.welcome()]);
  await using _pty = pty;
  await pty.type("::quit is not for you\r");
  const { message, ref } = await nextMessage(guest);
  assertEquals(message, ":quit is not for you");
  await pty.type("typing on");
  await pty.until(() => pty.cursorRow === "> typing on|");
  await guest.send({ code: 206, error: "too_long", message: "Cannot send this", ref });
  await pty.until(/^! Cannot send this$/);
  assertEquals(pty.cursorRow, "> typing on|");
  await pty.type("\r");
  assertEquals((await nextMessage(guest)).message, "typing on");
  await pty.until(() => pty.cursorRow === "> ::quit is not for you|");
  // What the user types without looking does not join it.
  await pty.type("next");
  await pty.until(() => pty.cursorRow === "> next|");
  await pty.type("\x1f");
  await pty.until(() => pty.cursorRow === "> ::quit is not for you|");
});
