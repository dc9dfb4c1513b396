/** The manifests for Kubernetes: what its schema says, and that they agree with each other and with the hub. */
import { DEFAULT_PORT } from "../../server/limits.ts";
import { splitHostPort } from "../../runtime/mod.ts";
import { assert, assertEquals, assertMatch } from "../helpers/assert.ts";
import {
  checkBySchema,
  checkResource,
  readText,
  readVariables,
  readYaml,
  type Yaml,
} from "../helpers/manifests.ts";

const FOLDER = "deploy/kubernetes";
const kustomization: Yaml = (await readYaml(`${FOLDER}/kustomization.yaml`))[0];
const resources: Yaml[] =
  (await Promise.all(kustomization.resources.map((name: string) => readYaml(`${FOLDER}/${name}`)))).flat();
const variables = await readVariables(`${FOLDER}/hub.env`);
const natsValues: Yaml = (await readYaml(`${FOLDER}/nats-values.yaml`))[0];

function only(kind: string, name = "riftchat"): Yaml {
  const found = resources.filter((resource) => resource.kind === kind && resource.metadata.name === name);
  assertEquals(found.length, 1, `${kind} ${name}`);
  return found[0];
}

const hubs = only("StatefulSet");
const pod = hubs.spec.template;
const hub: Yaml = pod.spec.containers[0];
const ports = new Map<string, number>(hub.ports.map((port: Yaml) => [port.name, port.containerPort]));

Deno.test("Kubernetes accepts each manifest: its schema has no objection and knows all fields", async () => {
  assert(resources.length >= 7);
  for (const resource of resources) {
    assertEquals(await checkResource(resource), [], `${resource.kind} ${resource.metadata?.name}`);
  }
});

Deno.test("The check of manifests finds unknown, missing and wrong fields", async () => {
  const broken = structuredClone(hubs);
  broken.spec.replica = { of: "three" };
  broken.spec.template.spec.containers[0].securityContext.readOnlyRootFileSystem = true;
  delete broken.spec.selector;
  broken.spec.template.spec.containers[0].ports[0].containerPort = "8000";
  broken.spec.podManagementPolicy = "Sequential";
  broken.spec.template.spec.containers[0].resources.limits.memory = "1 GiB";
  const problems = await checkResource(broken);
  for (
    const problem of [
      /^\/spec\/replica: unknown field$/,
      /^\/spec\/template\/spec\/containers\/0\/securityContext\/readOnlyRootFileSystem: unknown field$/,
      /^\/spec: .*"selector"/,
      /^\/spec\/template\/spec\/containers\/0\/ports\/0\/containerPort: .*integer/,
      /^\/spec\/podManagementPolicy: /,
      /^\/spec\/template\/spec\/containers\/0\/resources\/limits\/memory: /,
    ]
  ) {
    assertEquals(
      problems.filter((line) => problem.test(line)).length > 0,
      true,
      `${problem} in ${problems.join("\n")}`,
    );
  }
  assertEquals(await checkResource(hubs), []);
});

Deno.test("The kustomization names each manifest, and nothing that is not there", async () => {
  const files = (await Array.fromAsync(Deno.readDir(new URL(`../../${FOLDER}`, import.meta.url))))
    .map(({ name }) => name);
  const named = [
    "kustomization.yaml",
    "nats-values.yaml",
    ...kustomization.resources,
    ...kustomization.configMapGenerator.flatMap(({ envs }: { envs: string[] }) => envs),
  ];
  assertEquals(files.sort(), named.sort());
  const image = kustomization.images.find(({ name }: { name: string }) => name === hub.image);
  assertEquals(image.newTag, JSON.parse(await readText("deno.json")).version);
  assertEquals(hub.envFrom[0].configMapRef.name, kustomization.configMapGenerator[0].name);
  assertEquals(only("Namespace").metadata.name, kustomization.namespace);
});

Deno.test("All that selects hubs selects the labels of their pods", () => {
  const { labels } = pod.metadata;
  assertEquals(hubs.spec.selector.matchLabels, labels);
  assertEquals(only("PodDisruptionBudget").spec.selector.matchLabels, labels);
  assertEquals(only("NetworkPolicy").spec.podSelector.matchLabels, labels);
  assertEquals(only("NetworkPolicy", "nats").spec.ingress[0].from[0].podSelector.matchLabels, labels);
  for (const name of ["riftchat", "riftchat-hubs"]) assertEquals(only("Service", name).spec.selector, labels);
  for (const { labelSelector } of pod.spec.topologySpreadConstraints) {
    assertEquals(labelSelector.matchLabels, labels);
  }
  assertEquals(only("Service", hubs.spec.serviceName).spec.clusterIP, "None");
});

Deno.test("The ports of the hub, its services, probes, policy and annotations agree", () => {
  assertEquals(ports.get("chat"), Number(variables.RIFTCHAT_PORT ?? DEFAULT_PORT));
  assertEquals(ports.get("metrics"), splitHostPort(variables.RIFTCHAT_METRICS!)!.port);
  for (const name of ["riftchat", "riftchat-hubs"]) {
    for (const { port, targetPort } of only("Service", name).spec.ports) {
      assertEquals(port, ports.get(targetPort));
    }
  }
  const paths = ["startupProbe", "readinessProbe", "livenessProbe"].map((probe) => {
    assertEquals(hub[probe].httpGet.port, "metrics", probe);
    return hub[probe].httpGet.path;
  });
  assertEquals(paths, ["/healthz", "/readyz", "/healthz"]);
  const allowed = only("NetworkPolicy").spec.ingress.flatMap((rule: Yaml) =>
    rule.ports.map(({ port }: Yaml) => port)
  );
  assertEquals(allowed, [...ports.keys()]);
  assertEquals(Number(pod.metadata.annotations["prometheus.io/port"]), ports.get("metrics"));
});

Deno.test("The pods run as the user of the image, without rights, and write to their volumes only", async () => {
  const [, user] = /^USER (\d+):\d+$/m.exec(await readText("Dockerfile"))!;
  const { securityContext, volumes, automountServiceAccountToken } = pod.spec;
  assertEquals([securityContext.runAsUser, securityContext.fsGroup], [Number(user), Number(user)]);
  assertEquals([securityContext.runAsNonRoot, automountServiceAccountToken], [true, false]);
  assertEquals(hub.securityContext, {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ["ALL"] },
  });
  const mounted = hub.volumeMounts.map(({ name }: { name: string }) => name).sort();
  const claims = hubs.spec.volumeClaimTemplates.map(({ metadata }: Yaml) => metadata.name);
  assertEquals(mounted, [...claims, ...volumes.map(({ name }: { name: string }) => name)].sort());
  assertEquals(hub.volumeMounts[0].mountPath, /^VOLUME \["(.*)"\]$/m.exec(await readText("Dockerfile"))![1]);
});

Deno.test("The hubs connect to the servers that the chart of NATS starts", () => {
  const { replicas } = natsValues.config.cluster;
  const port = natsValues.config.nats?.port ?? 4222;
  const servers = Array.from(
    { length: replicas },
    (_, index) => `nats://nats-${index}.nats-headless:${port}`,
  );
  assertEquals(variables.RIFTCHAT_CLUSTER?.split(","), servers);
  assert(Number(variables.RIFTCHAT_CLUSTER_REPLICAS) <= replicas);
  const [egress, dns, ...more] = only("NetworkPolicy").spec.egress;
  assertEquals(egress.ports, [{ port }]);
  assertEquals([dns.ports.map((port: Yaml) => port.port), more], [[53, 53], []]);
  // The labels that the chart gives to the pods of a release called nats.
  assertEquals(egress.to[0].podSelector.matchLabels, { "app.kubernetes.io/name": "nats" });
  const policy = only("NetworkPolicy", "nats").spec;
  assertEquals(policy.podSelector.matchLabels, {
    "app.kubernetes.io/name": "nats",
    "app.kubernetes.io/component": "nats",
  });
  assertEquals(policy.ingress[0].ports, [{ port }]);
});

/** The keys of the chart's own values that nats-values.yaml may use; `true` for a value, a name for a schema. */
const CHART_KEYS: Record<string, unknown> = {
  config: {
    cluster: { enabled: true, port: true, replicas: true },
    jetstream: {
      enabled: true,
      fileStore: {
        enabled: true,
        dir: true,
        maxSize: true,
        pvc: { enabled: true, size: true, storageClassName: true },
      },
      memoryStore: { enabled: true, maxSize: true },
    },
  },
  container: { env: { GOMEMLIMIT: true }, merge: "IoK8sApiCoreV1Container" },
  podTemplate: {
    topologySpreadConstraints: { "kubernetes.io/hostname": "IoK8sApiCoreV1TopologySpreadConstraint" },
    merge: { spec: "IoK8sApiCoreV1PodSpec" },
  },
  podDisruptionBudget: { enabled: true },
  promExporter: { enabled: true },
  natsBox: { enabled: true },
};

/** What the chart adds to the parts that are merged into its own. */
const CHART_PARTS: Record<string, object> = {
  IoK8sApiCoreV1Container: { name: "nats" },
  IoK8sApiCoreV1TopologySpreadConstraint: { topologyKey: "kubernetes.io/hostname" },
  IoK8sApiCoreV1PodSpec: { containers: [] },
};

Deno.test("The values for NATS use keys that its chart has, and parts that Kubernetes accepts", async () => {
  const check = async (values: Yaml, keys: unknown, path: string): Promise<void> => {
    if (keys === true) return assert(typeof values !== "object", path);
    if (typeof keys === "string") {
      return assertEquals(await checkBySchema({ ...CHART_PARTS[keys], ...values }, keys), [], path);
    }
    assert(typeof values === "object" && values !== null, path);
    for (const [key, value] of Object.entries(values)) {
      const known = (keys as Record<string, unknown>)[key];
      assert(known !== undefined, `${path}.${key} is no key of the chart`);
      await check(value, known, `${path}.${key}`);
    }
  };
  await check(natsValues, CHART_KEYS, "");
  assert(natsValues.config.cluster.enabled && natsValues.config.jetstream.fileStore.enabled);
  assertMatch(natsValues.config.jetstream.fileStore.pvc.size, /^\d+Gi$/);
});
