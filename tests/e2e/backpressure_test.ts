/**
 * Backpressure: during a flood with slow readers the memory of the hub stays below three times its idle size plus 1 MiB
 * per slow reader. The flood takes some seconds; `RIFTCHAT_FLOOD_SECONDS=600` makes it ten minutes.
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
const SLOW_READERS = 20;
const MIB = 1024 * 1024;

/** The minimum size of a flood, in bytes: more than all buffers on the way hold. */
const MIN_FLOOD_BYTES = 16 * MIB;

/** The interval of memory checks, in milliseconds. */
const CHECK_MS = 100;

const line = new TextEncoder().encode(`{"code":100,"message":"${"flood ".repeat(600)}"}`);
const lines = new Uint8Array(8 * (8 + line.length));
for (let i = 0; i < 8; i++) {
  new DataView(lines.buffer).setBigUint64(i * (8 + line.length), BigInt(line.length));
  lines.set(line, i * (8 + line.length) + 8);
}

/** Sends as much as the hub accepts until it is stopped, at least the minimum, and reads everything. */
async function flood(port: number, stop: AbortSignal): Promise<void> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  let count = 0;
  const reading = async () => {
    const buffer = new Uint8Array(65_536);
    for (let read = await connection.read(buffer); read !== null; read = await connection.read(buffer)) {
      count += read;
    }
  };
  const writing = async () => {
    // On a busy machine the minimum may take longer.
    while (!stop.aborted || count < MIN_FLOOD_BYTES) {
      for (let sent = 0; sent < lines.length;) sent += await connection.write(lines.subarray(sent));
    }
    await connection.closeWrite();
  };
  await Promise.all([reading(), writing()]);
  connection.close();
}

Deno.test({
  name: TELLS_MEMORY
    ? `The hub's memory stays bounded in a flood of ${SECONDS} s with ${SLOW_READERS} slow readers`
    : "The hub's memory stays bounded in a flood with slow readers (ignored: only Linux reports it)",
  ignore: !TELLS_MEMORY,
  fn: async () => {
    using folder = new DataFolder();
    const args = ["--history", "on", "--data", folder.path, "--rate-limit", "off", "--log-level", "error"];
    await using hub = await HubProgram.start(args);
    const idle = await residentBytes(hub.pid);
    const slowReaders = await Promise.all(
      Array.from({ length: SLOW_READERS }, () => ResettingClient.connect(hub.port)),
    );
    let peak = 0;
    const stop = AbortSignal.timeout(SECONDS * 1000);
    const checking = (async () => {
      while (!stop.aborted) {
        peak = Math.max(peak, await residentBytes(hub.pid));
        // A new client is accepted during the flood; it need not keep up with it.
        const client = await OriginalClient.connect(hub.port);
        await client.nextOf(202);
        await client.close();
        await new Promise((resume) => setTimeout(resume, CHECK_MS));
      }
    })();
    const floods = Array.from({ length: FLOODERS }, () => flood(hub.port, stop));
    await Promise.all([checking, ...floods]);
    peak = Math.max(peak, await residentBytes(hub.pid));
    const limit = 3 * idle + SLOW_READERS * MIB;
    assert(peak < limit, `it takes ${peak} bytes of ${limit}; idle it took ${idle}`);
    await Promise.all(slowReaders.map((reader) => reader.reset()));
    const ana = await HonestClient.connect(hub.port, "ana", true);
    await ana.send();
    await ana[Symbol.asyncDispose]();
    assertEquals(ana.faults, []);
    assertEquals(await hub.stop(), 0);
    assertEquals(hub.stderr, "");
  },
});
