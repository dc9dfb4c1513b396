import { PasswordGate } from "../../../server/admission/password_gate.ts";
import {
  FREE_GUESSES,
  GUESS_RESET_MS,
  GUESS_WAIT_MS,
  MAX_GUESS_WAIT_MS,
  MAX_GUESSERS,
} from "../../../server/limits.ts";
import { assert, assertEquals } from "../../helpers/assert.ts";

function test(name: string, fn: () => void): void {
  Deno.test({ name, permissions: "none", fn });
}

const RIGHT = "correct horse";
const ANA = "192.0.2.1", BO = "192.0.2.2";

/** A gate, and the passwords that it has compared. */
function passwordGate() {
  const compared: string[] = [];
  const made = new PasswordGate((given) => {
    compared.push(given);
    return given === RIGHT;
  });
  return { passwordGate: made, compared };
}

/** The wait of a client that is not admitted, in milliseconds. */
function wait(verdict: ReturnType<PasswordGate["admit"]>): number {
  assert(!verdict.admitted);
  return verdict.retryAfterMs;
}

test("The right password is admitted, a wrong one is not", () => {
  const { passwordGate: gate } = passwordGate();
  assertEquals(gate.admit(ANA, RIGHT, 0), { admitted: true });
  assertEquals(gate.admit(ANA, "wrong", 0), { admitted: false, retryAfterMs: 0 });
});

test("The first wrong passwords cost no time, then the wait doubles each time, up to five minutes", () => {
  const { passwordGate: gate } = passwordGate();
  const waits: number[] = [];
  let now = 0;
  for (let i = 0; i < 15; i++) {
    waits.push(wait(gate.admit(ANA, `guess ${i}`, now)));
    now += waits.at(-1)!;
  }
  assertEquals(waits.filter((ms) => ms === 0).length, FREE_GUESSES);
  assertEquals(waits.slice(0, FREE_GUESSES + 3), [0, 0, GUESS_WAIT_MS, 2 * GUESS_WAIT_MS, 4 * GUESS_WAIT_MS]);
  assertEquals(waits.at(-1), MAX_GUESS_WAIT_MS);
});

test("During the wait of an address none of its passwords is compared, not even the right one", () => {
  const { passwordGate: gate, compared } = passwordGate();
  for (let i = 0; i <= FREE_GUESSES; i++) gate.admit(ANA, "wrong", 0);
  compared.length = 0;
  assertEquals(wait(gate.admit(ANA, RIGHT, 400)), GUESS_WAIT_MS - 400);
  assertEquals(compared, []);
  assertEquals(gate.admit(BO, RIGHT, 400), { admitted: true });
  assertEquals(gate.admit(ANA, RIGHT, GUESS_WAIT_MS), { admitted: true });
  assertEquals(gate.admit(ANA, "wrong", GUESS_WAIT_MS), { admitted: false, retryAfterMs: 0 });
});

test("The IPv6 addresses of one home count as one, and so do the two notations of an IPv4 address", () => {
  const { passwordGate: gate } = passwordGate();
  for (let i = 0; i <= FREE_GUESSES; i++) gate.admit(`2001:db8:1:2::${i}`, "wrong", 0);
  assert(!gate.admit("2001:db8:1:2:ffff::", RIGHT, 0).admitted);
  assert(gate.admit("2001:db8:1:3::1", RIGHT, 0).admitted);
  for (let i = 0; i <= FREE_GUESSES; i++) gate.admit("192.0.2.9", "wrong", 0);
  assert(!gate.admit("::ffff:192.0.2.9", RIGHT, 0).admitted);
});

test("This machine is limited, too", () => {
  const { passwordGate: gate } = passwordGate();
  for (let i = 0; i <= FREE_GUESSES; i++) gate.admit("127.0.0.1", "wrong", 0);
  assert(!gate.admit("127.0.0.1", RIGHT, 0).admitted);
});

test("After an hour without a guess the wrong passwords are forgotten", () => {
  const { passwordGate: gate } = passwordGate();
  for (let i = 0; i <= FREE_GUESSES; i++) gate.admit(ANA, "wrong", 0);
  assertEquals(wait(gate.admit(ANA, "wrong", GUESS_RESET_MS)), 0);
});

test("A limited number of addresses is remembered, those that guessed last", () => {
  const { passwordGate: gate } = passwordGate();
  for (let i = 0; i <= FREE_GUESSES; i++) gate.admit(ANA, "wrong", 0);
  for (let i = 0; i < MAX_GUESSERS - 1; i++) {
    gate.admit(`10.${i >> 16}.${i >> 8 & 255}.${i & 255}`, "wrong", 0);
  }
  assertEquals([gate.size, gate.admit(ANA, RIGHT, 0).admitted], [MAX_GUESSERS, false]);
  gate.admit(BO, "wrong", 0);
  assertEquals([gate.size, gate.admit(ANA, RIGHT, 0).admitted], [MAX_GUESSERS, true]);
});
