import { Addresses, readNetwork } from "../../../server/admission/addresses.ts";
import { NETWORK_FACTORS } from "../../../server/limits.ts";
import { networks } from "../../../server/settings/setting_kind.ts";
import { assert, assertEquals, assertStringIncludes, assertThrows } from "../../helpers/assert.ts";

function test(name: string, fn: () => void): void {
  Deno.test({ name, permissions: "none", fn });
}

const NO_NETWORKS = [
  "",
  "10.0.0.0/33",
  "10.0.0/8",
  "ten",
  "1.2.3",
  "::1/129",
  "10.0.0.0/",
  "0x7f.1",
  "fe80::1%eth0",
];

/** How many of a hundred connections of an address are accepted at once. */
function letIn(addresses: Addresses, address: string, now = 0): number {
  return Array.from({ length: 100 }, () => addresses.connected(address, now)).filter((why) =>
    why === undefined
  )
    .length;
}

test("An address may have a limited number of connections at once, and one more for each that ends", () => {
  const addresses = new Addresses({ atOnce: 3, perMinute: 0, trusted: [] });
  assertEquals(letIn(addresses, "192.0.2.1"), 3);
  assertStringIncludes(addresses.connected("192.0.2.1", 0)!.reason, "3 connections");
  addresses.disconnected("192.0.2.1");
  assertEquals(letIn(addresses, "192.0.2.1"), 1);
  assertEquals(letIn(addresses, "192.0.2.2"), 3);
});

test("An address may open a limited number of connections in a minute, and is told how long to wait", () => {
  const addresses = new Addresses({ atOnce: 0, perMinute: 5, trusted: [] });
  for (let i = 0; i < 5; i++) {
    assertEquals(addresses.connected("192.0.2.1", 1000 + i), undefined);
    addresses.disconnected("192.0.2.1");
  }
  const turned = addresses.connected("192.0.2.1", 21_000)!;
  assertEquals(turned.retryAfterMs, 40_000);
  assertStringIncludes(turned.reason, "try again in 40 s");
  assert(addresses.connected("192.0.2.1", 60_999) !== undefined);
  assertEquals(letIn(addresses, "192.0.2.1", 61_000), 5);
});

test("A refused connection does not count for the address", () => {
  const addresses = new Addresses({ atOnce: 2, perMinute: 3, trusted: [] });
  assertEquals(letIn(addresses, "192.0.2.1"), 2);
  addresses.disconnected("192.0.2.1");
  assertEquals(letIn(addresses, "192.0.2.1"), 1);
});

test("IPv6 counts by its first 64 bits, and IPv4 is the same in both notations", () => {
  const addresses = new Addresses({ atOnce: 1, perMinute: 0, trusted: [] });
  assertEquals(letIn(addresses, "2001:db8:1:2::1"), 1);
  assertEquals(letIn(addresses, "2001:db8:1:2:ffff:ffff:ffff:ffff"), 0);
  assertEquals(letIn(addresses, "2001:db8:1:3::1"), 1);
  assertEquals(letIn(addresses, "192.0.2.1"), 1);
  assertEquals(letIn(addresses, "::ffff:192.0.2.1"), 0);
  assertEquals(letIn(addresses, "::ffff:c000:202"), 1);
  assertEquals(letIn(addresses, "192.0.2.2"), 0);
});

for (
  const [bits, network, address] of [
    [24, "192.0.2.0/24", (i: number) => `192.0.2.${i}`],
    [56, "2001:db8:1::/56", (i: number) => `2001:db8:1:${i.toString(16)}::1`],
    [48, "2001:db8:1::/48", (i: number) => `2001:db8:1:${(i * 256).toString(16)}::1`],
  ] as const
) {
  test(`All addresses of a /${bits} together may have a multiple of the connections of one`, () => {
    const factor = NETWORK_FACTORS.get(bits)!;
    const all = Array.from({ length: 256 }, (_, i) => address(i));
    const addresses = new Addresses({ atOnce: 2, perMinute: 0, trusted: [] });
    assertEquals(all.map((one) => letIn(addresses, one)).reduce((sum, count) => sum + count), 2 * factor);
    assertEquals(
      addresses.connected(address(255), 0)?.reason,
      `the network of your address, ${network}, has ${2 * factor} connections already, which is the limit; ` +
        "try again later",
    );
    addresses.disconnected(address(0));
    assertEquals(letIn(addresses, address(255)), 1);

    const perMinute = new Addresses({ atOnce: 0, perMinute: 3, trusted: [] });
    assertEquals(all.map((one) => letIn(perMinute, one)).reduce((sum, count) => sum + count), 3 * factor);
    assertEquals(perMinute.connected(address(255), 20_000)?.retryAfterMs, 40_000);
    assertEquals(letIn(perMinute, address(255), 60_000), 3);
  });
}

test("A connection that a network refuses does not count for its address", () => {
  const addresses = new Addresses({ atOnce: 1, perMinute: 0, trusted: [] });
  const factor = NETWORK_FACTORS.get(24)!;
  for (let i = 0; i < factor; i++) assertEquals(letIn(addresses, `192.0.2.${i}`), 1);
  assertEquals(letIn(addresses, "192.0.2.99"), 0);
  for (let i = 0; i < factor; i++) addresses.disconnected(`192.0.2.${i}`);
  assertEquals(letIn(addresses, "192.0.2.99"), 1);
});

test("This machine is not limited, nor is a trusted network", () => {
  const trusted = ["198.51.100.0/24", "2001:db8::/32", "203.0.113.7"].map(readNetwork);
  const addresses = new Addresses({ atOnce: 1, perMinute: 1, trusted });
  for (const address of ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"]) {
    assertEquals(letIn(addresses, address), 100, address);
  }
  for (const address of ["198.51.100.9", "2001:db8:ffff::1", "203.0.113.7", "::ffff:198.51.100.1"]) {
    assertEquals(letIn(addresses, address), 100, address);
  }
  for (const address of ["198.51.101.9", "2001:db9::1", "203.0.113.8"]) {
    assertEquals(letIn(addresses, address), 1, address);
  }
  // Each of the three, and their networks.
  assertEquals(addresses.size, 2 + 3 + 2);
});

test("0 means no limit", () => {
  assertEquals(letIn(new Addresses({ atOnce: 0, perMinute: 0, trusted: [] }), "192.0.2.1"), 100);
});

test("Addresses without connections are forgotten after a minute, others are not", () => {
  const addresses = new Addresses({ atOnce: 9, perMinute: 9, trusted: [] });
  for (let i = 0; i < 200; i++) {
    addresses.connected(`192.0.${i}.1`, 0);
    if (i > 0) addresses.disconnected(`192.0.${i}.1`);
  }
  assertEquals(addresses.size, 400);
  addresses.connected("198.51.100.1", 61_000);
  assertEquals(addresses.size, 4);
  assertEquals(letIn(addresses, "192.0.0.1", 61_001), 8);
});

test("readNetwork accepts exactly the valid networks", () => {
  const known = [
    "10.0.0.0/8",
    "10.0.0.0/0",
    "192.0.2.1",
    "::1",
    "::/0",
    "2001:db8::/32",
    "::ffff:192.0.2.0/120",
    "1::2/128",
  ];
  const { fromText } = networks();
  for (const text of known) {
    readNetwork(text);
    assertEquals(fromText(text), text);
  }
  assertEquals(fromText(known.join(", ")), known.join(", "));
  for (const text of NO_NETWORKS.filter((text) => text !== "")) assertEquals(fromText(text), undefined, text);
});

test("readNetwork refuses an invalid network with the reason", () => {
  for (const text of NO_NETWORKS) {
    const { message } = assertThrows(() => readNetwork(text), RangeError);
    assertStringIncludes(message, `Cannot use the network ${JSON.stringify(text)}: it must be a network`);
  }
});
