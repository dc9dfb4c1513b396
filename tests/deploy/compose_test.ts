/** The compose files: what the compose specification says, and that their parts agree with each other and the hub. */
import { DEFAULT_PORT } from "../../server/limits.ts";
import { assert, assertEquals, assertMatch } from "../helpers/assert.ts";
import { checkComposeFile, readText, readYaml, type Yaml } from "../helpers/manifests.ts";
import { NATS_SERVER, natsTest } from "../helpers/nats/nats_server.ts";

const FILES = ["compose.yaml", "deploy/compose.yaml"];
const cluster: Yaml = (await readYaml("deploy/compose.yaml"))[0];
const servicesOf = (kind: string): [name: string, service: Yaml][] =>
  Object.entries(cluster.services).filter(([name]) => new RegExp(`^${kind}-\\d$`).test(name));

for (const path of FILES) {
  Deno.test(`${path} is a compose file by the specification`, () => assertEquals(checkComposeFile(path), []));
}

Deno.test("The check of compose files finds unknown and wrong fields", async () => {
  const path = await Deno.makeTempFile({ suffix: ".yaml" });
  const problems = async (service: string) => {
    await Deno.writeTextFile(path, `services:\n  hub:\n    image: riftchat:1\n    ${service}\n`);
    return checkComposeFile(path).join("\n");
  };
  assertEquals(await problems("healthcheck: { disable: true }"), "");
  assertMatch(await problems("imag: riftchat"), /invalid-schema.*additional properties/);
  assertMatch(await problems("healthcheck: { disable: 1 }"), /healthcheck\/disable.*must be boolean/);
  await Deno.remove(path);
});

for (const path of FILES) {
  Deno.test(`All that services of ${path} refer to is there`, async () => {
    const [file]: Yaml[] = await readYaml(path);
    const base = new URL(`../../${path}`, import.meta.url);
    const services: [string, Yaml][] = Object.entries(file.services);
    assert(services.length >= 2);
    const volumes = new Set<string>();
    for (const [name, service] of services) {
      for (const other of Object.keys(service.depends_on ?? {})) {
        assert(other in file.services, `${name}: ${other}`);
      }
      for (const network of service.networks ?? []) {
        assert(network === "default" || network in file.networks, `${name}: ${network}`);
      }
      for (const { source } of service.configs ?? []) assert(source in file.configs, `${name}: ${source}`);
      for (const mount of service.volumes ?? []) {
        const [volume] = mount.split(":");
        assert(volume in file.volumes, `${name}: ${volume}`);
        assert(!volumes.has(volume), `two services use ${volume}`);
        volumes.add(volume);
      }
      if (service.build !== undefined) await Deno.stat(new URL(`${service.build}/Dockerfile`, base));
    }
    assertEquals([...volumes].sort(), Object.keys(file.volumes).sort());
    for (const { file: content } of Object.values<Yaml>(file.configs ?? {})) {
      await Deno.stat(new URL(content, base));
    }
  });
}

Deno.test("The compose file has three NATS servers and three hubs, each with its own volume and a health check", () => {
  for (const kind of ["nats", "hub"]) {
    const services = servicesOf(kind);
    assertEquals(services.map(([name]) => name), [1, 2, 3].map((number) => `${kind}-${number}`));
    for (const [name, { volumes, healthcheck }] of services) {
      assertEquals(volumes, [`${name}:/data`]);
      assertEquals(healthcheck.test[0], "CMD");
    }
  }
  assertEquals(Object.keys(cluster.services).length, 6);
});

Deno.test("Servers in compose files have no rights and a file system that cannot be written to", async () => {
  const services = [
    (await readYaml("compose.yaml"))[0].services.server,
    ...Object.values<Yaml>(cluster.services),
  ];
  for (const { read_only, cap_drop, security_opt, privileged, cap_add } of services) {
    assertEquals([read_only, cap_drop, security_opt], [true, ["ALL"], ["no-new-privileges:true"]]);
    assertEquals([privileged, cap_add], [undefined, undefined]);
  }
});

Deno.test("Each hub of the compose file publishes its port and, for this machine alone, its metrics", () => {
  const published = servicesOf("hub").map(([, { ports, command }]) => {
    const metrics = command.find((flag: string) => flag.startsWith("--metrics=")).split(":").at(-1);
    const [chat, health] = ports;
    assertMatch(chat, new RegExp(`^\\d+:${DEFAULT_PORT}$`));
    assertMatch(health, new RegExp(`^127\\.0\\.0\\.1:\\d+:${metrics}$`));
    return [chat.split(":")[0], health.split(":")[1]];
  });
  assertEquals(new Set(published.flat()).size, 6);
  for (const [name, { ports, networks }] of servicesOf("nats")) {
    assertEquals([ports, networks], [undefined, ["cluster"]], `${name} can be reached`);
  }
  assertEquals(cluster.networks.cluster.internal, true);
});

Deno.test("The hubs of the compose file connect to its NATS servers, which know each other", async () => {
  const config = await readText("deploy/nats.conf");
  const port = (name: string, text = config) =>
    Number(new RegExp(`${name}: "0\\.0\\.0\\.0:(\\d+)"`).exec(text)![1]);
  const servers = servicesOf("nats").map(([name]) => name);
  for (const [name, { command }] of servicesOf("hub")) {
    const flag = command.find((flag: string) => flag.startsWith("--cluster=")).slice("--cluster=".length);
    assertEquals(flag.split(","), servers.map((server) => `nats://${server}:${port("listen")}`), name);
    const replicas = command.find((flag: string) => flag.startsWith("--cluster-replicas="));
    assertEquals(replicas, `--cluster-replicas=${servers.length}`);
  }
  const [, section] = config.split("cluster {");
  const routes = [...config.matchAll(/nats-route:\/\/([^"]+)/g)].map(([, route]) => route);
  assertEquals(routes, servers.map((server) => `${server}:${port("listen", section)}`));
  for (const [name, { command, configs, healthcheck }] of servicesOf("nats")) {
    assertEquals(command, ["--config", configs[0].target, "--name", name]);
    assert(healthcheck.test.at(-1).startsWith(`http://127.0.0.1:${port("http")}/healthz`));
  }
});

natsTest("NATS accepts the configuration of the compose file", async () => {
  const { success, stderr } = await new Deno.Command(NATS_SERVER!, {
    args: ["--config", new URL("../../deploy/nats.conf", import.meta.url).pathname, "--name", "nats-1", "-t"],
  }).output();
  assert(success, new TextDecoder().decode(stderr));
});
