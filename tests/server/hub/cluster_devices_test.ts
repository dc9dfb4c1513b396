/**
 * Devices of one person at several hubs of a cluster: they share a name, and spell it alike.
 *
 * @module
 */
import { assertEquals } from "../../helpers/assert.ts";
import { TestKey } from "../../helpers/clients/test_key.ts";
import { registryIn } from "../../helpers/hubs/owned_hub.ts";
import { outcome, PeopleHub, PeopleLog } from "../../helpers/hubs/people_hub.ts";
import type { TestUser } from "../../helpers/hubs/test_hub.ts";

const anaKey = await TestKey.make(), trollKey = await TestKey.make();

Deno.test("Devices with one key share a name at two hubs before anybody owns it, as they do at one hub", async () => {
  const log = new PeopleLog();
  using one = new PeopleHub("one", log, registryIn(undefined));
  using two = new PeopleHub("two", log, registryIn(undefined));
  const comes = async (key?: TestKey) => {
    const user = two.comes("bo", key);
    await Promise.all([one.reads(), two.reads()]);
    return outcome(user);
  };
  const first = one.comes("bo", anaKey);
  await Promise.all([one.reads(), two.reads()]);
  assertEquals(outcome(first), "bo");
  assertEquals([await comes(trollKey), await comes(), await comes(anaKey)], [
    "name_taken",
    "name_taken",
    "bo",
  ]);
  first.disconnects();
  assertEquals([await comes(trollKey), await comes(anaKey)], ["name_taken", "bo"]);
});

/** Two hubs of a cluster with a device of one person each. */
class TwoDevices implements AsyncDisposable {
  readonly log = new PeopleLog();
  readonly one: PeopleHub;
  readonly two: PeopleHub;
  readonly first: TestUser;
  readonly second: TestUser;

  private constructor(quiet: boolean) {
    this.one = new PeopleHub("one", this.log, registryIn(undefined));
    this.two = new PeopleHub("two", this.log, registryIn(undefined));
    this.first = this.one.comes("ana", anaKey, { quiet });
    this.second = this.two.comes("ana", anaKey);
  }

  static async start({ quiet = false } = {}): Promise<TwoDevices> {
    const devices = new TwoDevices(quiet);
    await devices.read();
    assertEquals([devices.first, devices.second].map(outcome), ["ana", "ana"]);
    return devices;
  }

  /** Has both hubs read all that was told. */
  async read(): Promise<void> {
    await Promise.all([this.one.reads(), this.two.reads()]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.read();
    this.one[Symbol.dispose]();
    this.two[Symbol.dispose]();
  }
}

/** The last name that a user got to know as its own. */
function nameOf(user: TestUser): unknown {
  return user.receives().findLast(({ code }) => code === 202)?.["new"];
}

Deno.test("A name that a device spells otherwise is spelled so by the devices at other hubs", async () => {
  await using devices = await TwoDevices.start();
  const { one, two, first, second } = devices;
  first.sends({ code: 101, username: "Ana" });
  await devices.read();
  assertEquals([nameOf(first), nameOf(second)], ["Ana", "Ana"]);
  const late = [one.comes("ANA", anaKey), two.comes("aNA", anaKey)];
  await devices.read();
  assertEquals(late.map(outcome), ["Ana", "Ana"]);
});

Deno.test("Devices at two hubs that spell their name otherwise at once end with one spelling", async () => {
  await using devices = await TwoDevices.start();
  const { first, second } = devices;
  first.sends({ code: 101, username: "Ana" });
  second.sends({ code: 101, username: "aNa" });
  await devices.read();
  assertEquals([nameOf(first), nameOf(second)], ["aNa", "aNa"]);
});

Deno.test("All learn that a quiet device spells its name otherwise if they see one at another hub", async () => {
  await using devices = await TwoDevices.start({ quiet: true });
  const { one, first, second } = devices;
  const watcher = await one.has("watcher");
  first.sends({ code: 101, username: "Ana" });
  await devices.read();
  assertEquals([nameOf(first), nameOf(second)], ["Ana", "Ana"]);
  const renamed = watcher.receives().filter(({ code }) => code === 203);
  assertEquals(renamed, [{ code: 203, old: "ana", new: "Ana" }]);
});

Deno.test("A device whose hub comes back to the others spells its name as the other devices do meanwhile", async () => {
  await using devices = await TwoDevices.start();
  const { log, first, second } = devices;
  log.events.push({ event: { kind: "gone", gone: "two", of: "1" }, from: { hub: "one", epoch: "1" } });
  first.sends({ code: 101, username: "Ana" });
  await devices.read();
  assertEquals([nameOf(first), nameOf(second)], ["Ana", "Ana"]);
});
