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

/** A gate, and what was compared at it. */
function passwordGate() {
  const compared: string[] = [];
  const made = new PasswordGate((given) => {
    compared.push(given);
    return given === RIGHT;
  });
  return { passwordGate: made, compared };
}

/** When the next try is worth it, of one that is not let in. */
function wait(verdict: ReturnType<PasswordGate["admit"]>): number {
  assert(!verdict.admitted);
  return verdict.retryAfterMs;
}

test("Whoever gives the right password is let in, whoever gives a wrong one is not", () => {
  const { passwordGate: acceptor } = passwordGate();
  assertEquals(acceptor.admit(ANA, RIGHT, 0), { admitted: true });
  assertEquals(acceptor.admit(ANA, "wrong", 0), { admitted: false, retryAfterMs: 0 });
});

test("A few wrong ones cost no time, then each costs twice what the one before did, up to five minutes", () => {
  const { passwordGate: acceptor } = passwordGate();
  const waits: number[] = [];
  let now = 0;
  for (let i = 0; i < 15; i++) {
    waits.push(wait(acceptor.admit(ANA, `guess ${i}`, now)));
    now += waits.at(-1)!;
  }
  assertEquals(waits.slice(0, FREE_GUESSES + 2), [0, 0, GUESS_WAIT_MS, 2 * GUESS_WAIT_MS, 4 * GUESS_WAIT_MS]);
  assertEquals(waits.at(-1), MAX_GUESS_WAIT_MS);
});

test("Until its time has come, nothing that an address gives is compared, not even the right one; others are not concerned", () => {
  const { passwordGate: acceptor, compared } = passwordGate();
  for (let i = 0; i < FREE_GUESSES; i++) acceptor.admit(ANA, "wrong", 0);
  compared.length = 0;
  assertEquals(wait(acceptor.admit(ANA, RIGHT, 400)), GUESS_WAIT_MS - 400);
  assertEquals(compared, []);
  assertEquals(acceptor.admit(BO, RIGHT, 400), { admitted: true });
  assertEquals(acceptor.admit(ANA, RIGHT, GUESS_WAIT_MS), { admitted: true });
  assertEquals(acceptor.admit(ANA, "wrong", GUESS_WAIT_MS), { admitted: false, retryAfterMs: 0 });
});

test("IPv6 addresses of one home are one guesser, and so are the two spellings of an IPv4 address", () => {
  const { passwordGate: acceptor } = passwordGate();
  for (let i = 0; i < FREE_GUESSES; i++) acceptor.admit(`2001:db8:1:2::${i}`, "wrong", 0);
  assert(!acceptor.admit("2001:db8:1:2:ffff::", RIGHT, 0).admitted);
  assert(acceptor.admit("2001:db8:1:3::1", RIGHT, 0).admitted);
  for (let i = 0; i < FREE_GUESSES; i++) acceptor.admit("192.0.2.9", "wrong", 0);
  assert(!acceptor.admit("::ffff:192.0.2.9", RIGHT, 0).admitted);
});

test("This machine is no exception", () => {
  const { passwordGate: acceptor } = passwordGate();
  for (let i = 0; i < FREE_GUESSES; i++) acceptor.admit("127.0.0.1", "wrong", 0);
  assert(!acceptor.admit("127.0.0.1", RIGHT, 0).admitted);
});

test("After an hour without a guess it is all forgotten", () => {
  const { passwordGate: acceptor } = passwordGate();
  for (let i = 0; i < FREE_GUESSES; i++) acceptor.admit(ANA, "wrong", 0);
  assertEquals(wait(acceptor.admit(ANA, "wrong", GUESS_RESET_MS)), 0);
});

test("However many guess, so many are remembered, those that guessed last", () => {
  const { passwordGate: acceptor } = passwordGate();
  for (let i = 0; i < FREE_GUESSES; i++) acceptor.admit(ANA, "wrong", 0);
  for (let i = 0; i < MAX_GUESSERS - 1; i++) {
    acceptor.admit(`10.${i >> 16}.${i >> 8 & 255}.${i & 255}`, "wrong", 0);
  }
  assertEquals([acceptor.size, acceptor.admit(ANA, RIGHT, 0).admitted], [MAX_GUESSERS, false]);
  acceptor.admit(BO, "wrong", 0);
  assertEquals([acceptor.size, acceptor.admit(ANA, RIGHT, 0).admitted], [MAX_GUESSERS, true]);
});
