/**
 * `deno task bans [BANS [NAMES]]`: what BANS bans (default 100,000) and NAMES names (default 10,000) in force cost a
 * hub at its start, and a client that connects, in the time of the processor, beside ten of each.
 *
 * @module
 */
import process from "node:process";
import { fillFolder, openFolder } from "../tests/helpers/many_bans.ts";

/** How many look-ups are measured, after as many that are not. */
const LOOK_UPS = 20_000;

const [bans = 100_000, names = 10_000] = Deno.args.map(Number);
await measure(10, 10);
await measure(bans, names);

/** Measures and prints one line. */
async function measure(bans: number, names: number): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    fillFolder(folder, bans, names);
    const start = processorMs();
    using open = openFolder(folder);
    const startMs = processorMs() - start;
    const { moderation, registry } = open;
    const lookUp = (i: number) => {
      const owner = registry.names.ownerOf(`user${i % names}`)!;
      const address = i % 2 === 0 ? `172.16.${i >> 8 & 255}.${i & 255}` : `2001:db9:${i.toString(16)}::1`;
      moderation.banOf({ name: owner.name, owner, identity: owner.keys[0]!.key, address, room: "den" }, 0);
    };
    for (let i = 0; i < LOOK_UPS; i++) lookUp(i);
    const before = processorMs();
    for (let i = 0; i < LOOK_UPS; i++) lookUp(i);
    const micros = (processorMs() - before) * 1000 / LOOK_UPS;
    // deno-lint-ignore no-console
    console.log(
      `${bans} bans, ${names} names: to open them ${startMs.toFixed(0)} ms, a look-up ${
        micros.toFixed(1)
      } µs`,
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** The time of the processor that this process has used, in milliseconds. */
function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
