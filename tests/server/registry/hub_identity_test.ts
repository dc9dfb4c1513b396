/**
 * The key by which clients know the hubs of a cluster.
 *
 * @module
 */
import { loadHubIdentity } from "../../../server/registry/mod.ts";
import { assertEquals } from "../../helpers/assert.ts";

Deno.test("A hub of a cluster takes the key of the cluster, and keeps its own beside it", async () => {
  const [folder, other] = [await Deno.makeTempDir(), await Deno.makeTempDir()];
  try {
    let shared: string | undefined;
    const share = (key: string) => Promise.resolve(shared ??= key);
    const first = await loadHubIdentity(folder, share);
    const alone = await loadHubIdentity(other);
    const joined = await loadHubIdentity(other, share);
    assertEquals([joined.key, joined.key === alone.key], [first.key, false]);
    assertEquals((await loadHubIdentity(other)).key, first.key);
    assertEquals((await loadHubIdentity(other, share)).key, first.key);
    assertEquals(await Deno.readTextFile(`${other}/hub_identity`), shared);
    const former = `${other}/hub_identity.before-cluster`;
    await Deno.copyFile(former, `${folder}/hub_identity`);
    assertEquals((await loadHubIdentity(folder)).key, alone.key);
    for (const path of [former, `${other}/hub_identity`]) {
      assertEquals(((await Deno.stat(path)).mode ?? 0o600) & 0o777, 0o600);
    }
  } finally {
    for (const path of [folder, other]) await Deno.remove(path, { recursive: true });
  }
});
