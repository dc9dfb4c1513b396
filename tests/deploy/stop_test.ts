/** Whatever stops a hub gives it more time than it takes to notify its clients. */
import { CLUSTER_DRAIN_MS, LINGER_MS, SHUTDOWN_MS } from "../../server/limits.ts";
import { STOP_MS } from "../../server/daemon/limits.ts";
import { assert } from "../helpers/assert.ts";
import { readText, readYaml } from "../helpers/manifests.ts";

/** The time that a hub takes at most, in milliseconds. */
const HUB_MS = CLUSTER_DRAIN_MS + SHUTDOWN_MS + LINGER_MS;

/** How long Docker waits by default. */
const DOCKER_MS = 10_000;

const seconds = (text: string) => Number(/^(\d+)s?$/.exec(text)![1]) * 1000;

const PLACES: [what: string, timeMs: () => Promise<number>][] = [
  ["deploy/kubernetes", async () => {
    const [hubs] = await readYaml("deploy/kubernetes/hubs.yaml");
    const { terminationGracePeriodSeconds, containers: [hub] } = hubs.spec.template.spec;
    return (terminationGracePeriodSeconds - hub.lifecycle.preStop.sleep.seconds) * 1000;
  }],
  ["deploy/compose.yaml", async () => {
    const [{ services }] = await readYaml("deploy/compose.yaml");
    return Math.min(...[1, 2, 3].map((number) => seconds(services[`hub-${number}`].stop_grace_period)));
  }],
  ["compose.yaml", async () => {
    const [{ services }] = await readYaml("compose.yaml");
    return services.server.stop_grace_period === undefined
      ? DOCKER_MS
      : seconds(services.server.stop_grace_period);
  }],
  [
    "contrib/riftchat.service",
    async () => seconds(/^TimeoutStopSec=(.*)$/m.exec(await readText("contrib/riftchat.service"))![1]!),
  ],
  ["contrib/org.riftchat.hub.plist", async () => {
    const text = await readText("contrib/org.riftchat.hub.plist");
    return seconds(/<key>ExitTimeOut<\/key>\s*<integer>(.*)<\/integer>/.exec(text)![1]!);
  }],
  ["riftchat serve --daemon stop", () => Promise.resolve(STOP_MS)],
];

for (const [what, timeMs] of PLACES) {
  Deno.test(`A hub that ${what} stops has more time than it takes`, async () => {
    const given = await timeMs();
    assert(given > HUB_MS, `${given} ms of ${HUB_MS}`);
  });
}
