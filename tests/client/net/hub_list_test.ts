/** In which order the hubs of one chat are tried. */
import { HubList } from "../../../client/net/hub_list.ts";
import { type Address, describeAddress, parseAddresses } from "../../../client/net/address.ts";
import { assert, assertEquals } from "../../helpers/assert.ts";

/** Always swaps with the last one that is possible, so that the order stays. */
const KEEPS_ORDER = () => 0.999;

function test(name: string, fn: () => void | Promise<void>): void {
  Deno.test({ name, permissions: "none", fn });
}

function listOf(
  text: string,
  { random = KEEPS_ORDER, ips = {} }: { random?: () => number; ips?: Record<string, string[]> } = {},
): HubList {
  const resolve = (hostname: string) => Promise.resolve(ips[hostname] ?? []);
  return new HubList(parseAddresses(text), { random, resolve });
}

/** Takes all hubs of the round; each takes the first connection, and then refuses. */
async function roundOf(hubs: HubList): Promise<string[]> {
  const tried: string[] = [];
  for (let address = await hubs.next(); address !== undefined; address = await hubs.next()) {
    const [ip] = address.ips ?? [];
    tried.push(ip === undefined ? address.hostname : `${address.hostname} ${ip}`);
    if (ip !== undefined) address.connected!(ip);
  }
  return tried;
}

test("Each hub is tried once in a round, and the next round begins with the next hub", async () => {
  const hubs = listOf("a,b,c");
  assertEquals([hubs.address.hostname, hubs.size, hubs.hasNext], ["a", 3, true]);
  assertEquals(await roundOf(hubs), ["a", "b", "c"]);
  assertEquals([hubs.hasNext, hubs.address.hostname], [false, "c"]);
  hubs.startRound();
  assertEquals(await roundOf(hubs), ["a", "b", "c"]);
  const alone = listOf("a");
  assertEquals(await roundOf(alone), ["a"]);
  alone.startRound();
  assertEquals(await roundOf(alone), ["a"]);
});

test("After a hub that was good all others are tried, beginning with the next one", async () => {
  const hubs = listOf("a,b,c");
  await hubs.next();
  await hubs.next();
  assertEquals(hubs.address.hostname, "b");
  hubs.currentIsGood();
  assertEquals(await roundOf(hubs), ["c", "a"]);
});

test("Clients begin with each of the hubs about equally often, and go on in each order", async () => {
  const addresses = parseAddresses("a,b,c");
  const orders = new Map<string, number>();
  let seed = 1;
  const random = () => (seed = seed * 48_271 % 2_147_483_647) / 2_147_483_647;
  for (let client = 0; client < 6000; client++) {
    const order = (await roundOf(new HubList(addresses, { random }))).join("");
    orders.set(order, (orders.get(order) ?? 0) + 1);
  }
  assertEquals([...orders.keys()].sort(), ["abc", "acb", "bac", "bca", "cab", "cba"]);
  for (const [order, count] of orders) assert(count > 850 && count < 1150, `${order}: ${count}`);
});

test("A host with several IP addresses stands for several hubs, the preferred family first", async () => {
  const ips = { name: ["2001:db8::1", "192.0.2.1", "2001:db8::2", "192.0.2.2"], one: ["192.0.2.9"] };
  const hubs = listOf("name,one", { ips });
  const inOrder = [
    "name 2001:db8::1",
    "name 2001:db8::2",
    "name 192.0.2.1",
    "name 192.0.2.2",
    "one",
  ];
  assertEquals(await roundOf(hubs), inOrder);
  hubs.startRound();
  assertEquals((await roundOf(hubs)).toSorted(), inOrder.toSorted());
  const shuffled = listOf("name", { ips, random: () => 0 });
  assertEquals(await roundOf(shuffled), [1, 0, 3, 2].map((index) => inOrder[index]));
});

test("IP addresses before the one that answers were tried, and if none answers all of them", async () => {
  const hubs = listOf("name", { ips: { name: ["192.0.2.1", "192.0.2.2", "192.0.2.3"] } });
  const address = (await hubs.next()) as Address;
  assertEquals(address.ips, ["192.0.2.1", "192.0.2.2", "192.0.2.3"]);
  assertEquals(describeAddress(address), "name:8000");
  assertEquals(hubs.hasNext, false);
  address.connected!("192.0.2.2");
  // The first one did not answer in this round.
  assertEquals((await hubs.next())?.ips, ["192.0.2.3"]);
  address.connected!("192.0.2.2");
  hubs.currentIsGood();
  assertEquals((await hubs.next())?.ips, ["192.0.2.1", "192.0.2.3"]);
});

test("Hubs that a hub has named come after those of the user, and stay as long as they are named", async () => {
  const hubs = listOf("a,b");
  await hubs.next();
  hubs.setNamed(parseAddresses("B:8000,c,d"));
  assertEquals(await roundOf(hubs), ["b", "c", "d"]);
  hubs.startRound();
  await hubs.next();
  await hubs.next();
  await hubs.next();
  assertEquals(hubs.address.hostname, "c");
  // The hub at hand is known, though it does not name itself.
  hubs.setNamed(parseAddresses("e"));
  assertEquals(new Set(await roundOf(hubs)), new Set(["e"]));
  hubs.setNamed([]);
  hubs.startRound();
  assertEquals((await roundOf(hubs)).toSorted(), ["a", "b", "e"]);
});
