/**
 * A flood that some do not read stays with those who make it: the hub's memory stays below three times what it is when idle,
 * and a MiB for each laggard. Some seconds of flood in the gate; `RIFTCHAT_FLOOD_SECONDS=600` makes it ten minutes.
 *
 * @module
 */
import { assert, assertEquals } from "../helpers/assert.ts";
import { DataFolder } from "../helpers/hubs/history.ts";
import { HonestClient } from "../helpers/clients/honest_client.ts";
import { OriginalClient } from "../helpers/clients/original_client.ts";
import { HubProgram } from "../helpers/program.ts";
import { residentBytes, TELLS_MEMORY } from "../helpers/resident_memory.ts";
import { ResettingClient } from "../helpers/clients/resetting_client.ts";

const SECONDS = Number(Deno.env.get("RIFTCHAT_FLOOD_SECONDS") ?? 4);
const FLOODERS = 3;
const LAGGARDS = 20;
const MIB = 1024 * 1024;

/** How much must have been said for it to be a flood, in bytes: more than all buffers on its way hold. */
const LEAST_BYTES = 16 * MIB;

/** How often the memory is looked at, in milliseconds. */
const LOOK_MS = 100;

const line = new TextEncoder().encode(`{"code":100,"message":"${"flood ".repeat(600)}"}`);
const lines = new Uint8Array(8 * (8 + line.length));
for (let i = 0; i < 8; i++) {
  new DataView(lines.buffer).setBigUint64(i * (8 + line.length), BigInt(line.length));
  lines.set(line, i * (8 + line.length) + 8);
}

/** Says as much as is taken until it is told to stop, and reads all there is; answers how much it has read. */
async function flood(port: number, stop: AbortSignal): Promise<number> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  let count = 0;
  const reading = async () => {
    const buffer = new Uint8Array(65_536);
    for (let read = await connection.read(buffer); read !== null; read = await connection.read(buffer)) {
      count += read;
    }
  };
  const writing = async () => {
    while (!stop.aborted) {
      for (let sent = 0; sent < lines.length;) sent += await connection.write(lines.subarray(sent));
    }
    await connection.closeWrite();
  };
  await Promise.all([reading(), writing()]);
  connection.close();
  return count;
}

Deno.test({
  name: TELLS_MEMORY
    ? `The hub's memory stays bounded in a flood of ${SECONDS} s that ${LAGGARDS} readers do not read`
    : "The hub's memory stays bounded in a flood that some do not read (ignored: only Linux tells it)",
  ignore: !TELLS_MEMORY,
  fn: async () => {
    using folder = new DataFolder();
    const args = ["--history", "on", "--data", folder.path, "--rate-limit", "off", "--log-level", "error"];
    await using hub = await HubProgram.start(args);
    {
      // What it does right after its start is over when it answers without delay.
      await using ana = await HonestClient.connect(hub.port, "ana", true);
      for (let quick = 0; quick < 20;) quick = await ana.ping() < 5 ? quick + 1 : 0;
    }
    const idle = await residentBytes(hub.pid);
    const laggards = await Promise.all(
      Array.from({ length: LAGGARDS }, () => ResettingClient.connect(hub.port)),
    );
    let peak = 0;
    const stop = AbortSignal.timeout(SECONDS * 1000);
    const looking = (async () => {
      while (!stop.aborted) {
        peak = Math.max(peak, await residentBytes(hub.pid));
        // Whoever comes meanwhile is let in; to keep up with the flood is not asked of it.
        const guest = await OriginalClient.connect(hub.port);
        await guest.nextOf(202);
        await guest.close();
        await new Promise((resume) => setTimeout(resume, LOOK_MS));
      }
    })();
    const floods = Array.from({ length: FLOODERS }, () => flood(hub.port, stop));
    const [, read] = await Promise.all([looking, ...floods]);
    peak = Math.max(peak, await residentBytes(hub.pid));
    assert(read! > LEAST_BYTES, `only ${read} bytes were said`);
    const limit = 3 * idle + LAGGARDS * MIB;
    assert(peak < limit, `it takes ${peak} bytes of ${limit}; idle it took ${idle}`);
    await Promise.all(laggards.map((laggard) => laggard.reset()));
    const ana = await HonestClient.connect(hub.port, "ana", true);
    await ana.send();
    await ana[Symbol.asyncDispose]();
    assertEquals(ana.faults, []);
    assertEquals(await hub.stop(), 0);
    assertEquals(hub.stderr, "");
  },
});
