/** The steps that start a hub: limits from the settings, and errors with a reason. */
import { getLogger } from "@logtape/logtape";
import { loadParts } from "../../../server/serve/hub_parts.ts";
import { connectionLimits, listen, startMetrics } from "../../../server/serve/start.ts";
import { StartError } from "../../../server/serve/start_error.ts";
import { resolveConfiguration } from "../../../server/settings/configuration.ts";
import type { SettingName, Settings } from "../../../server/settings/settings.ts";
import { assertEquals, assertRejects, assertThrows } from "../../helpers/assert.ts";

const LOG = getLogger("silent");

/** The default settings of a hub on loopback without a history, and some others. */
function settings(flags: Partial<Record<SettingName, string>> = {}): Settings {
  const flagsOfTest = { host: "127.0.0.1", port: "0", history: "off", ...flags };
  return resolveConfiguration({ flags: flagsOfTest, env: () => undefined, cwd: () => "/" }).settings;
}

Deno.test("Limits are read from the settings, in the units of the hub", () => {
  const { rate, limits, rooms, addresses } = connectionLimits(settings({
    ...{ rateLimit: "5/0.5", maxLag: "1000", frameTimeout: "7", deadTimeout: "off" },
    ...{ maxRooms: "8", maxRoomsEach: "9", maxPerAddress: "off", trust: "10.0.0.0/8, ::1" },
  }));
  assertEquals(rate, { burst: 5, perSecond: 0.5 });
  assertEquals(limits, { lagBytes: 1000, frameMs: 7000, deadMs: 0 });
  assertEquals(rooms, { rooms: 8, perSession: 9, announceUpTo: 0 });
  assertEquals([addresses?.atOnce, addresses?.trusted.length], [0, 2]);
});

Deno.test("Up to how many people joins are announced depends on --cluster, unless it is set", () => {
  const upTo = (flags: Partial<Record<SettingName, string>>) =>
    connectionLimits(settings(flags)).rooms?.announceUpTo;
  const cluster = "nats://127.0.0.1:4222";
  assertEquals([upTo({}), upTo({ cluster, history: "on" })], [0, 300]);
  assertEquals([upTo({ announceUpTo: "7" }), upTo({ announceUpTo: "7", cluster, history: "on" })], [7, 7]);
  for (const none of ["off", "0"]) assertEquals(upTo({ announceUpTo: none, cluster, history: "on" }), 0);
});

for (const name of ["motdFile", "tlsCert", "passwordFile"] as const) {
  Deno.test(`A missing ${name} is a start error with the reason alone`, async () => {
    const tls: Partial<Record<SettingName, string>> = name === "tlsCert"
      ? { tls: "on", tlsKey: "/no/key", data: "/no/data" }
      : {};
    const error = await assertRejects(
      () => loadParts(settings({ ...tls, [name]: "/no/such" }), undefined, LOG),
      StartError,
      "/no/such",
    );
    assertEquals([error.template, error.message, error.stopHub], ["{reason}", error.reason, false]);
  });
}

Deno.test("A port in use is a start error, for the hub and for its metrics", async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const port = String(taken.addr.port);
  const none = {
    motd: undefined,
    tls: undefined,
    passwordGate: undefined,
    history: undefined,
    cluster: undefined,
    registry: undefined,
    moderation: undefined,
    folder: undefined,
    invites: undefined,
    tokens: undefined,
    rest: undefined,
    web: undefined,
  };
  const inUse = (flags: Partial<Record<SettingName, string>>) =>
    assertThrows(() => {
      const given = settings(flags);
      listen(given, connectionLimits(given), none, LOG);
    }, StartError).message;
  assertEquals(
    inUse({ port }),
    `cannot listen on 127.0.0.1:${port}: the port is in use; choose another with --port`,
  );
  const free = settings();
  const hub = listen(free, connectionLimits(free), none, LOG);
  const error = await assertRejects(
    () => startMetrics(settings({ metrics: `127.0.0.1:${port}` }), hub, LOG),
    StartError,
    "the port is in use; choose another with --metrics",
  );
  assertEquals(error.stopHub, true);
  await hub.stop();
});
