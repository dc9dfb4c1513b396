/** A hub with a password, as conversations. */
import { PasswordGate } from "../../../server/admission/password_gate.ts";
import { FREE_GUESSES, GUESS_WAIT_MS } from "../../../server/limits.ts";
import { assertEquals, assertMatch } from "../../helpers/assert.ts";
import { Conversation } from "../../helpers/hubs/conversation.ts";

function test(name: string, fn: () => void): void {
  Deno.test({ name, permissions: "none", fn });
}

const locked = () => new Conversation(undefined, new PasswordGate((given) => given === "sesame"));

test("Hub with a password says so in its offer, and one without says nothing of it", () => {
  const offer = (chat: Conversation) =>
    (chat.connect().hears()[0]!.server as { password?: boolean }).password;
  assertEquals([offer(locked()), offer(new Conversation())], [true, undefined]);
});

test("Whoever has not given the password sees nothing and is seen by nobody; with it all is as ever", () => {
  const chat = locked();
  const ana = chat.connect();
  ana.says({ code: 102, client: "test/1", username: "ana", password: "sesame" });
  assertEquals(ana.hears().map(({ code }) => code), [202, 210, 201]);
  const bo = chat.connect();
  const his = bo.name;
  bo.hears();
  chat.pass(1000);
  ana.says({ code: 100, message: "among us" });
  ana.says({ code: 104, to: his, message: "are you there?", ref: "to bo" });
  ana.says({ code: 106, ref: "who" });
  const heard = ana.hears();
  assertEquals(heard.find(({ ref }) => ref === "to bo")!.error, "no_such_user");
  assertEquals((heard.find(({ ref }) => ref === "who")!.users as unknown[]).length, 1);
  assertEquals(bo.hears(), []);
  bo.leaves();
  assertEquals(ana.hears(), []);

  const cy = chat.connect();
  cy.says({ code: 102, client: "test/1", password: "sesame" });
  assertEquals(cy.hears().map(({ code }) => code), [202, 210, 201]);
  assertEquals(ana.hears().map(({ code }) => code), [201]);
});

test("A hello without the password or with a wrong one is refused by bad_password, and may be said again", () => {
  const chat = locked();
  const ana = chat.connect();
  ana.hears();
  ana.says({ code: 102, client: "test/1", username: "ana", ref: "none" });
  ana.says({ code: 102, client: "test/1", username: "ana", password: "open", ref: "wrong" });
  ana.says({ code: 106, ref: "who" });
  ana.says({ code: 110, ref: "ping" });
  ana.says({ code: 100, message: "hello?", ref: "say" });
  const heard = ana.hears();
  assertEquals(heard.map(({ code, error }) => [code, error]), Array(5).fill([206, "bad_password"]));
  for (const { message } of heard) assertEquals(/open|sesame/.test(String(message)), false);
  ana.says({ code: 102, client: "test/1", username: "ana", password: "sesame" });
  assertEquals(ana.hears().map(({ code }) => code), [210, 201]);
});

test("Guesses are told when the next one is worth it, and not even the right one counts before", () => {
  const chat = locked();
  const ana = chat.connect();
  for (let i = 0; i < FREE_GUESSES; i++) ana.says({ code: 102, client: "test/1", password: `${i}` });
  const last = ana.hears().at(-1)!;
  assertEquals([last.error, last.retry_after_ms], ["bad_password", GUESS_WAIT_MS]);
  ana.says({ code: 102, client: "test/1", password: "sesame" });
  assertEquals(ana.hears().at(-1)!.error, "bad_password");
  chat.pass(GUESS_WAIT_MS);
  ana.says({ code: 102, client: "test/1", password: "sesame" });
  assertEquals(ana.hears().map(({ code }) => code), [210, 201]);
});

test("A base client, which cannot give a password, is told so and ended at its first word; a silent one when its time is over", () => {
  const chat = locked();
  const speaks = chat.connect();
  const names = chat.connect();
  const silent = chat.connect();
  for (const one of [speaks, names, silent]) one.hears();
  speaks.says({ code: 100, message: "hello" });
  names.says({ code: 101, username: "ana" });
  chat.hub.endUnadmitted(silent.session);
  for (const one of [speaks, names, silent]) {
    const [line, ...more] = one.hears();
    assertEquals([line!.code, (line!.message as { username: string }).username, more], [200, "server", []]);
    assertMatch(one.endedBecause!, /this hub needs a password/);
  }
  const ana = chat.connect();
  ana.says({ code: 102, client: "test/1", username: "ana", password: "sesame" });
  chat.hub.endUnadmitted(ana.session);
  assertEquals(ana.endedBecause, undefined);
});

test("Another password concerns those who come, not those who are in", () => {
  const passwordGate = new PasswordGate((given) => given === "sesame");
  const chat = new Conversation(undefined, passwordGate);
  const ana = chat.connect();
  ana.says({ code: 102, client: "test/1", username: "ana", password: "sesame" });
  passwordGate.matches = (given) => given === "simsim";
  ana.hears();
  ana.says({ code: 100, message: "still here", ref: "1" });
  assertEquals(ana.hears().map(({ code }) => code), [207, 200]);
  const bo = chat.connect();
  bo.says({ code: 102, client: "test/1", password: "sesame" });
  assertEquals(bo.hears().at(-1)!.error, "bad_password");
});
