/**
 * Names that hubs own, and a NATS that loses what it has acknowledged: it gets back an earlier store.
 *
 * @module
 */
import { join } from "node:path";
import type { TestKey } from "../clients/test_key.ts";
import type { NatsClient } from "../nats/log_reader.ts";
import type { NatsServer } from "../nats/nats_server.ts";
import type { ClusterHub } from "./cluster_hub.ts";

/** Copies a folder. */
async function copy(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    if (isDirectory) await copy(join(from, name), join(to, name));
    else await Deno.copyFile(join(from, name), join(to, name));
  }
}

/** Makes a key own a name at a hub. */
export function own(hub: ClusterHub, key: TestKey, name: string): void {
  const user = hub.comes(key, name);
  user.sends({ code: 100, message: "hello" });
  user.disconnects();
}

/** Which names are owned at a hub. */
export function namesAt({ registry }: ClusterHub, ...names: string[]): string[] {
  return names.filter((name) => registry.names.ownerOf(name) !== undefined);
}

/** The store of NATS as it is now, which it may get back later: what it has acknowledged since is lost then. */
export async function backUp(nats: NatsServer, clients: readonly NatsClient[]): Promise<() => Promise<void>> {
  const store = join(nats.folder, "store"), before = join(nats.folder, "before");
  const restart = async (change: () => Promise<void>) => {
    await nats.kill();
    await change();
    await nats.start();
    await Promise.all(clients.map((client) => client.changed("connected")));
  };
  await restart(() => copy(store, before));
  return () =>
    restart(async () => {
      await Deno.remove(store, { recursive: true });
      await copy(before, store);
    });
}
