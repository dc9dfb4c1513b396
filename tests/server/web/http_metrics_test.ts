/** The metrics of HTTP: requests by route and status, open WebSockets and streams. */
import { serveMetrics } from "../../../server/metrics/metrics_server.ts";
import { routeOf } from "../../../server/web/request_counts.ts";
import { assertEquals } from "../../helpers/assert.ts";
import { EventStream } from "../../helpers/clients/event_stream.ts";
import { connectWs } from "../../helpers/clients/ws_client.ts";
import { Scrape } from "../../helpers/hubs/scrape.ts";
import { WebHub } from "../../helpers/hubs/web_hub.ts";

Deno.test("A route has no name of a room, and what nobody serves is one route", () => {
  const routes = (path: string) =>
    routeOf(path.split("/").slice(1), (file) => file === "/" || file === "/app.js");
  assertEquals(
    ["/", "/app.js", "/ws", "/openapi.json", "/rooms/ci", "/rooms/ci/messages", "/rooms/ops/stream"].map(
      routes,
    ),
    [
      "page",
      "page",
      "/ws",
      "/openapi.json",
      "/rooms/{room}",
      "/rooms/{room}/messages",
      "/rooms/{room}/stream",
    ],
  );
  for (const path of ["/rooms", "/rooms/", "/rooms/ci/x", "/rooms/ci/stream/x", "/ws/x", "/app.css", "/x"]) {
    assertEquals(routes(path), "other");
  }
});

Deno.test("Metrics count requests by route and status, and the WebSockets and streams that are open", async () => {
  await using hub = await WebHub.start();
  const metrics = serveMetrics("127.0.0.1:0", hub.hub.measures);
  try {
    const get = async (path: string, init?: RequestInit) => {
      const response = await fetch(hub.url + path, init);
      await response.body?.cancel();
      return response.status;
    };
    assertEquals(await get("/"), 200);
    assertEquals(await get("/app.js"), 200);
    assertEquals(await get("/rooms/ci", { method: "POST", body: "one" }), 201);
    assertEquals(await get("/rooms/ops", { method: "POST", body: "two" }), 201);
    assertEquals(await get("/rooms/ops", { method: "POST", body: "" }), 400);
    assertEquals(await get("/nothing"), 404);
    assertEquals(await get("/ws"), 426);
    // The room would be gone with its last member, as this hub stores nothing.
    const ana = connectWs(`ws://127.0.0.1:${hub.port}/ws`);
    await new Promise<void>((resolve) => ana.on("message", () => resolve()));
    const stream = await EventStream.open(hub, "/rooms/main/stream");
    const counts = async () => {
      const scrape = await Scrape.of(metrics.url);
      return [scrape.value("riftchat_http_websockets"), scrape.value("riftchat_http_streams")];
    };
    const scrape = await Scrape.of(metrics.url);
    const requests = (route: string, status: string) =>
      scrape.value(`riftchat_http_requests_total{route="${route}",status="${status}"}`);
    assertEquals(requests("page", "2xx"), 2);
    assertEquals([requests("/rooms/{room}", "2xx"), requests("/rooms/{room}", "4xx")], [2, 1]);
    assertEquals([requests("/ws", "1xx"), requests("/ws", "4xx")], [1, 1]);
    assertEquals([requests("/rooms/{room}/stream", "2xx"), requests("other", "4xx")], [1, 1]);
    assertEquals(await counts(), [1, 1]);
    await stream[Symbol.asyncDispose]();
    ana.close();
    while ((await counts()).some((count) => count !== 0));
  } finally {
    await metrics.close();
  }
});
