/** A hub with a password. */
import { PasswordGate } from "../../../server/admission/password_gate.ts";
import { FREE_GUESSES, GUESS_WAIT_MS } from "../../../server/limits.ts";
import { assertEquals, assertMatch } from "../../helpers/assert.ts";
import { TestHub } from "../../helpers/hubs/test_hub.ts";

function test(name: string, fn: () => void): void {
  Deno.test({ name, permissions: "none", fn });
}

const locked = () => new TestHub(undefined, new PasswordGate((given) => given === "sesame"));

test("A hub with a password says so in its offer, one without does not mention it", () => {
  const offer = (chat: TestHub) => (chat.connect().receives()[0]!.server as { password?: boolean }).password;
  assertEquals([offer(locked()), offer(new TestHub())], [true, undefined]);
});

test("Without the password a client receives nothing and is invisible; with it everything works as usual", () => {
  const chat = locked();
  const ana = chat.connect();
  ana.sends({ code: 102, client: "test/1", username: "ana", password: "sesame" });
  assertEquals(ana.receives().map(({ code }) => code), [202, 210, 201]);
  const bo = chat.connect();
  const his = bo.name;
  bo.receives();
  chat.advance(1000);
  ana.sends({ code: 100, message: "among us" });
  ana.sends({ code: 104, to: his, message: "are you there?", ref: "to bo" });
  ana.sends({ code: 106, ref: "who" });
  const received = ana.receives();
  assertEquals(received.find(({ ref }) => ref === "to bo")!.error, "no_such_user");
  assertEquals((received.find(({ ref }) => ref === "who")!.users as unknown[]).length, 1);
  assertEquals(bo.receives(), []);
  bo.disconnects();
  assertEquals(ana.receives(), []);

  const cy = chat.connect();
  cy.sends({ code: 102, client: "test/1", password: "sesame" });
  assertEquals(cy.receives().map(({ code }) => code), [202, 210, 201]);
  assertEquals(ana.receives().map(({ code }) => code), [201]);
});

test("A hello without the password or with a wrong one is refused by bad_password, and may be sent again", () => {
  const chat = locked();
  const ana = chat.connect();
  ana.receives();
  ana.sends({ code: 102, client: "test/1", username: "ana", ref: "none" });
  ana.sends({ code: 102, client: "test/1", username: "ana", password: "open", ref: "wrong" });
  ana.sends({ code: 106, ref: "who" });
  ana.sends({ code: 110, ref: "ping" });
  ana.sends({ code: 100, message: "hello?", ref: "say" });
  const received = ana.receives();
  assertEquals(received.map(({ code, error }) => [code, error]), Array(5).fill([206, "bad_password"]));
  for (const { message } of received) assertEquals(/open|sesame/.test(String(message)), false);
  ana.sends({ code: 102, client: "test/1", username: "ana", password: "sesame" });
  assertEquals(ana.receives().map(({ code }) => code), [210, 201]);
});

test("A refused guess says when to try again, and before that not even the right password is compared", () => {
  const chat = locked();
  const ana = chat.connect();
  for (let i = 0; i <= FREE_GUESSES; i++) ana.sends({ code: 102, client: "test/1", password: `${i}` });
  const last = ana.receives().at(-1)!;
  assertEquals([last.error, last.retry_after_ms], ["bad_password", GUESS_WAIT_MS]);
  ana.sends({ code: 102, client: "test/1", password: "sesame", ref: "early" });
  const early = ana.receives().at(-1)!;
  assertEquals([early.error, early.retry_after_ms, early.ref], ["too_fast", GUESS_WAIT_MS, "early"]);
  assertMatch(String(early.message), /Cannot check your password now, .*try again in 1 s/);
  chat.advance(GUESS_WAIT_MS);
  ana.sends({ code: 102, client: "test/1", password: "sesame" });
  assertEquals(ana.receives().map(({ code }) => code), [210, 201]);
});

test("A base client, which cannot give a password, is ended with the reason, a silent one after a time", () => {
  const chat = locked();
  const speaks = chat.connect();
  const names = chat.connect();
  const silent = chat.connect();
  for (const one of [speaks, names, silent]) one.receives();
  speaks.sends({ code: 100, message: "hello" });
  names.sends({ code: 101, username: "ana" });
  chat.hub.endUnadmitted(silent.session);
  for (const one of [speaks, names, silent]) {
    const [line, ...more] = one.receives();
    assertEquals([line!.code, (line!.message as { username: string }).username, more], [200, "server", []]);
    assertMatch(one.endReason!, /this hub needs a password/);
  }
  const ana = chat.connect();
  ana.sends({ code: 102, client: "test/1", username: "ana", password: "sesame" });
  chat.hub.endUnadmitted(ana.session);
  assertEquals(ana.endReason, undefined);
});

test("A new password applies to new clients, not to admitted ones", () => {
  const passwordGate = new PasswordGate((given) => given === "sesame");
  const chat = new TestHub(undefined, passwordGate);
  const ana = chat.connect();
  ana.sends({ code: 102, client: "test/1", username: "ana", password: "sesame" });
  passwordGate.matches = (given) => given === "simsim";
  ana.receives();
  ana.sends({ code: 100, message: "still here", ref: "1" });
  assertEquals(ana.receives().map(({ code }) => code), [207, 200]);
  const bo = chat.connect();
  bo.sends({ code: 102, client: "test/1", password: "sesame" });
  assertEquals(bo.receives().at(-1)!.error, "bad_password");
});
