import { PasswordGate } from "../../../server/admission/password_gate.ts";
import {
  FREE_GUESSES,
  GUESS_BUDGET,
  GUESS_RESET_MS,
  GUESS_WAIT_MS,
  KNOWN_ADDRESS_MS,
  MAX_GUESS_WAIT_MS,
  MAX_GUESSERS,
  MAX_KNOWN_ADDRESSES,
  NETWORK_GUESSES,
  TELL_KNOWN_MS,
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
  assertEquals(gate.admit(ANA, "wrong", 0), { admitted: false, compared: true, retryAfterMs: 0 });
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
  assertEquals(wait(gate.admit(ANA, "wrong", GUESS_WAIT_MS)), 0);
});

test("The IPv6 addresses of one /64 count as one, and so do the two notations of an IPv4 address", () => {
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

/** An IPv4 address of its own /24. */
const ipv4 = (index: number) => `10.${index >> 8 & 255}.${index & 255}.1`;

/** How many of many wrong passwords at one time are compared. */
function compared(gate: PasswordGate, addresses: Iterable<string>, now = 0): number {
  let count = 0;
  for (const address of addresses) {
    const result = gate.admit(address, "wrong", now);
    if (!result.admitted && result.compared) count++;
  }
  return count;
}

const many = (count: number, address: (index: number) => string) =>
  Array.from({ length: count }, (_, i) => address(i));

test("All of 127.0.0.0/8 is one address", () => {
  const { passwordGate: gate } = passwordGate();
  const guesses = many(1000, (i) => `127.${i & 255}.${i >> 8}.1`);
  assertEquals(compared(gate, guesses), FREE_GUESSES + 1);
});

for (
  const [bits, network, address] of [
    [48, "an IPv6 /48", (i: number) => `2001:db8:1:${(i * 64).toString(16)}::1`],
    [56, "an IPv6 /56", (i: number) => `2001:db8:1:${(i & 255).toString(16)}::1`],
    [24, "an IPv4 /24", (i: number) => `192.0.2.${i & 255}`],
  ] as const
) {
  test(`A thousand addresses of ${network} have as many guesses as its rate allows, then must wait`, () => {
    const { passwordGate: gate } = passwordGate();
    const { burst, perSecond } = NETWORK_GUESSES.get(bits)!;
    assertEquals(compared(gate, many(1000, address)), burst);
    const waitMs = wait(gate.admit(address(77), RIGHT, 0));
    assertEquals(waitMs, 1000 / perSecond);
    assertEquals(compared(gate, many(1000, address), waitMs), 1);
  });
}

test("Neighbors of a guesser's network are admitted", () => {
  const { passwordGate: gate } = passwordGate();
  compared(gate, many(1000, (i) => `2001:db8:1:${i.toString(16)}::1`));
  compared(gate, many(256, (i) => `192.0.2.${i}`));
  assert(gate.admit("2001:db8:2::1", RIGHT, 0).admitted);
  assert(gate.admit("192.0.3.1", RIGHT, 0).admitted);
});

test("All addresses together have as many guesses as the budget allows, and a new one is told how long to wait", () => {
  const { passwordGate: gate } = passwordGate();
  assertEquals(compared(gate, many(5000, ipv4)), GUESS_BUDGET.burst);
  assertEquals(gate.admit(ANA, RIGHT, 0), {
    admitted: false,
    compared: false,
    retryAfterMs: 1000 / GUESS_BUDGET.perSecond,
  });
  assertEquals(compared(gate, many(5000, ipv4), 60_000), 60 * GUESS_BUDGET.perSecond);
});

test("A known address is admitted while others use up the budget and the rate of its network", () => {
  const { passwordGate: gate } = passwordGate();
  assert(gate.admit(ANA, RIGHT, 0).admitted);
  compared(gate, many(256, (i) => `192.0.2.${i + 2}`));
  compared(gate, many(5000, ipv4));
  assert(gate.admit(ANA, RIGHT, 0).admitted);
  assert(!gate.admit("192.0.2.77", RIGHT, 0).admitted);
});

test("Known addresses wait for their own guesses, and together have a budget of their own", () => {
  const { passwordGate: gate } = passwordGate();
  for (const address of many(5000, ipv4)) gate.admit(address, RIGHT, 0);
  for (let i = 0; i <= FREE_GUESSES; i++) gate.admit(ipv4(0), "wrong", 0);
  assertEquals(wait(gate.admit(ipv4(0), RIGHT, 0)), GUESS_WAIT_MS);
  assertEquals(compared(gate, many(5000, ipv4)), GUESS_BUDGET.burst - FREE_GUESSES - 1);
  assert(gate.admit(ANA, RIGHT, 0).admitted);
});

test("A known address is forgotten after some time without the right password", () => {
  const { passwordGate: gate } = passwordGate();
  gate.admit(ANA, RIGHT, 0);
  compared(gate, many(5000, ipv4), KNOWN_ADDRESS_MS - 1);
  assert(gate.admit(ANA, RIGHT, KNOWN_ADDRESS_MS - 1).admitted);
  assert(gate.admit(ANA, RIGHT, 2 * KNOWN_ADDRESS_MS - 2).admitted);
  compared(gate, many(5000, ipv4), 3 * KNOWN_ADDRESS_MS);
  assert(!gate.admit(ANA, RIGHT, 3 * KNOWN_ADDRESS_MS).admitted);
});

test("A limited number of guessers, networks and known addresses is remembered, those that came last", () => {
  const { passwordGate: gate } = passwordGate();
  // A guess a second, as fast as the budget allows.
  for (let i = 0; i < MAX_GUESSERS + 50; i++) {
    assert(!gate.admit(`2001:db8:${i.toString(16)}::1`, "wrong", i * 1000).admitted);
  }
  assertEquals(gate.size, MAX_GUESSERS);

  const { passwordGate: other } = passwordGate();
  for (let i = 0; i <= MAX_KNOWN_ADDRESSES; i++) assert(other.admit(ipv4(i), RIGHT, 0).admitted);
  assertEquals(other.size, MAX_KNOWN_ADDRESSES);
  compared(other, many(5000, (i) => ipv4(i + 20_000)));
  assertEquals([other.admit(ipv4(0), RIGHT, 0).admitted, other.admit(ipv4(1), RIGHT, 0).admitted], [
    false,
    true,
  ]);
});

/** Two gates of a cluster, which tell each other of guesses at once. */
function twoGates() {
  const gates = [passwordGate().passwordGate, passwordGate().passwordGate] as const;
  const told: boolean[] = [];
  let now = 0;
  for (const [index, gate] of gates.entries()) {
    gate.told = (guess) => {
      told.push(guess.isRight);
      gates[1 - index]!.hear(guess, now);
    };
  }
  return { gates, told, at: (time: number) => now = time };
}

test("Wrong passwords of an address at two hubs count together", () => {
  const { gates: [one, other] } = twoGates();
  for (let guess = 0; guess < FREE_GUESSES; guess++) one.admit(ANA, "wrong", 0);
  assertEquals(wait(other.admit(ANA, "wrong", 0)), GUESS_WAIT_MS);
  assertEquals(one.admit(ANA, RIGHT, 0), { admitted: false, compared: false, retryAfterMs: GUESS_WAIT_MS });
  assertEquals(one.admit(BO, RIGHT, 0), { admitted: true });
});

test("Wrong passwords of a network, and those of all addresses, at two hubs count together", () => {
  const { gates } = twoGates();
  const { burst } = NETWORK_GUESSES.get(24)!;
  for (let guess = 0; guess < burst; guess++) {
    assertEquals(
      wait(gates[guess % 2]!.admit(`192.0.2.${guess}`, "wrong", 0)),
      guess === burst - 1 ? 60_000 : 0,
    );
  }
  for (const gate of gates) assertEquals(wait(gate.admit("192.0.2.99", RIGHT, 0)), 60_000);
  for (let guess = burst; guess < GUESS_BUDGET.burst; guess++) {
    gates[guess % 2]!.admit(`10.${guess >> 8}.${guess & 255}.1`, "wrong", 0);
  }
  for (const gate of gates) assertEquals(wait(gate.admit("198.51.100.1", RIGHT, 0)), 1000);
});

test("Who gave the right password at one hub does not wait for the guesses of others at another one", () => {
  const { gates: [one, other] } = twoGates();
  one.admit(ANA, RIGHT, 0);
  for (let guess = 0; guess < GUESS_BUDGET.burst; guess++) {
    other.admit(`10.${guess >> 8}.${guess & 255}.1`, "wrong", 0);
  }
  assertEquals(wait(other.admit(BO, RIGHT, 0)), 1000);
  assertEquals(other.admit(ANA, RIGHT, 0), { admitted: true });
});

test("Other hubs are told of the right password of an address once a day, and after its wrong ones", () => {
  const { gates: [one, other], told, at } = twoGates();
  for (const now of [0, 1, TELL_KNOWN_MS - 1, TELL_KNOWN_MS]) {
    at(now);
    one.admit(ANA, RIGHT, now);
  }
  assertEquals(told, [true, true]);
  const now = TELL_KNOWN_MS + 1;
  at(now);
  for (let guess = 0; guess < FREE_GUESSES; guess++) other.admit(ANA, "wrong", now);
  other.admit(ANA, RIGHT, now);
  assertEquals(told.slice(2), [false, false, true]);
  // So here they are forgotten, too.
  assertEquals(wait(one.admit(ANA, "wrong", now)), 0);
});
