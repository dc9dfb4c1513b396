/** The configuration of NATS and the patch for Kubernetes in docs/scaling.md, tried as they are written. */
import { parse } from "@std/yaml";
import { systemTimers } from "../../runtime/mod.ts";
import { answerNumbers, askNumbers } from "../../server/cluster/numbers.ts";
import { ensureStreams, OwnLease } from "../../server/nats/mod.ts";
import { assert, assertEquals, assertMatch, assertRejects } from "../helpers/assert.ts";
import { checkResource, readText, readYaml, type Yaml } from "../helpers/manifests.ts";
import { LogReader, NatsClient } from "../helpers/nats/log_reader.ts";
import { NATS_SERVER, NatsServer, natsTest } from "../helpers/nats/nats_server.ts";

const document = await readText("docs/scaling.md");

/** Returns the block of code after a marker. */
function block(marker: string): string {
  return new RegExp(`<!-- config: ${marker} -->\n+\`\`\`\\w*\n([^]*?)\`\`\``).exec(document)![1]!;
}

natsTest("The permissions of NATS in docs/scaling.md are all that a hub needs", async () => {
  const config = block("access").replace("$RIFTCHAT_NATS_PASSWORD", '"secret"');
  await using server = await NatsServer.start({ config });
  await assertRejects(() => NatsClient.connect([server.url]));
  const url = server.url.replace("nats://", "nats://hub:secret@");
  await using client = await NatsClient.withStreams([url]);
  await client.publishSurely(1, 3);
  using log = new LogReader(client);
  await log.count(3);
  const value = () => ({ hub: "hub", epoch: 1, shown: {} });
  const lease = new OwnLease(client.connection, client.publisher, client.names, value);
  await lease.start();
  await lease.resign();
  await ensureStreams(client.connection, { name: "other", replicas: 1 });
  // A hub that begins in the middle of the log asks another one for the numbers of messages.
  await using other = await NatsClient.connect([url]);
  const known = { at: 7, numbers: new Map([["main", 3]]) };
  const clustered = { numbersAt: () => known };
  const end = answerNumbers(client.connection, "main", () => ({ hub: "hub", clustered }));
  try {
    // Each has a connection of its own: until the server knows that somebody answers, nobody is asked.
    await client.connection.flush();
    assertEquals(await askNumbers(other.connection, "main", systemTimers), known);
  } finally {
    end();
  }
});

natsTest("The configuration of NATS that docs/scaling.md makes starts a server", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const sed = /^sed [^]*?deploy\/nats\.conf/m.exec(block("nats"))![0];
    const made = await new Deno.Command("sh", { args: ["-c", sed] }).output();
    const config = new TextDecoder().decode(made.stdout);
    assertMatch(config, /nats-route:\/\/10\.0\.0\.3:6222/);
    const path = `${folder}/nats.conf`;
    await Deno.writeTextFile(path, config.replace("/var/lib/nats", folder).replaceAll("10.0.0.", "127.0.0."));
    const args = ["--config", path, "-a", "127.0.0.1", "-p", "-1", "-m", "-1"];
    const server = new Deno.Command(NATS_SERVER!, {
      args: [...args, "--cluster", "nats://127.0.0.1:-1"],
      stderr: "piped",
    }).spawn();
    let text = "";
    for await (const part of server.stderr.pipeThrough(new TextDecoderStream())) {
      text += part;
      if (text.includes("Server is ready")) break;
    }
    if (text.includes("Server is ready")) server.kill("SIGKILL");
    await server.status;
    assert(text.includes("Server is ready"), text);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("The patch for secrets in docs/scaling.md makes hubs that Kubernetes accepts", async () => {
  const kustomization = parse(block("secret")) as Yaml;
  const [hubs] = await readYaml("deploy/kubernetes/hubs.yaml");
  const [{ target, patch }] = kustomization.patches;
  assertEquals([target.kind, target.name], [hubs.kind, hubs.metadata.name]);
  for (const { op, path, value } of parse(patch) as Yaml[]) {
    assertEquals(op, "add");
    const keys: string[] = path.slice(1).split("/");
    const last = keys.pop()!;
    const parent = keys.reduce((part: Yaml, key) => part[key], hubs);
    if (last === "-") parent.push(value);
    else {
      assert(!(last in parent), `${path} replaces what is there`);
      parent[last] = value;
    }
  }
  assertEquals(await checkResource(hubs), []);
  const [hub] = hubs.spec.template.spec.containers;
  const { mountPath, name } = hub.volumeMounts.at(-1);
  assertEquals(hubs.spec.template.spec.volumes.at(-1).name, name);
  for (const { value } of hub.env) assertMatch(value, new RegExp(`^${mountPath}/`));
});
