/** The address of the metrics: its HTTP server, and health with a history. */
import { getLogger } from "@logtape/logtape";
import { FolderJournalFiles } from "../../../server/journal/mod.ts";
import { openHistory } from "../../../server/history/mod.ts";
import { METRICS_MAX_REQUESTS } from "../../../server/limits.ts";
import { HttpServer } from "../../../server/metrics/http_server.ts";
import { serveMetrics } from "../../../server/metrics/metrics_server.ts";
import { startHub } from "../../../server/serve/serve.ts";
import { assert, assertEquals, assertStringIncludes } from "../../helpers/assert.ts";
import { OriginalClient } from "../../helpers/clients/original_client.ts";
import { Scrape } from "../../helpers/hubs/scrape.ts";

const LOG = getLogger("silent");

/** Sends bytes to the metrics and returns what comes back until the end. */
async function exchange(url: string, request: string): Promise<string> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port: Number(new URL(url).port) });
  await connection.write(new TextEncoder().encode(request));
  await connection.closeWrite();
  return await new Response(connection.readable).text();
}

Deno.test("The metrics answer requests for any name, and refuse what is no request, without an error", async () => {
  const hub = startHub({ host: "127.0.0.1", port: 0, maxConnections: 0 }, LOG);
  const metrics = serveMetrics("127.0.0.1:0", hub.measures);
  const { url } = metrics;
  for (const target of ["/healthz", "/healthz?verbose", "http://a_b.example/healthz", "http://a b/healthz"]) {
    const wanted = target.includes(" ") ? "HTTP/1.1 400 " : "HTTP/1.1 200 OK\r\n";
    const answer = await exchange(url, `GET ${target} HTTP/1.1\r\nHost: a_b.example\r\n\r\n`);
    assertStringIncludes(answer, wanted);
    assertStringIncludes(answer, "\r\nconnection: close\r\n");
  }
  assertStringIncludes(await exchange(url, "\x16\x03\x01\r\n\r\n"), "HTTP/1.1 400 ");
  assertStringIncludes(await exchange(url, `GET /${"x".repeat(9000)} HTTP/1.1\r\n\r\n`), "HTTP/1.1 414 ");
  assertEquals(await exchange(url, "GET /healthz HT"), "");
  await metrics.close();
  await hub.stop();
});

Deno.test("Half a request to the metrics is closed when its time is over, and at most so many are open", async () => {
  const ends: (() => void)[] = [];
  const server = new HttpServer(
    { hostname: "127.0.0.1", port: 0 },
    () => ({ status: 200, text: "ok\n" }),
    { soon: () => {}, after: (_ms, run) => (ends.push(run), () => {}) },
  );
  const connect = async () => {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port: server.address.port });
    await connection.write(new TextEncoder().encode("GET /"));
    return connection;
  };
  const silent: Deno.TcpConn[] = [];
  for (let i = 0; i < METRICS_MAX_REQUESTS; i++) silent.push(await connect());
  const ended = async (connection: Deno.TcpConn) => {
    assertEquals(await connection.read(new Uint8Array(1)).catch(() => null), null);
    connection.close();
  };
  await ended(await connect());
  // One for the connection and one for the head of its request.
  assertEquals(ends.length, 2 * METRICS_MAX_REQUESTS);
  for (const end of ends) end();
  for (const connection of silent) await ended(connection);
  const { port } = server.address;
  assertStringIncludes(await exchange(`http://127.0.0.1:${port}`, "GET / HTTP/1.0\r\n\r\n"), "\r\n\r\nok\n");
  await server.close();
});

Deno.test("Metrics and health tell whether messages are stored, and how much", async () => {
  const disk = { full: false };
  const folder = await Deno.makeTempDir();
  const journal = new FolderJournalFiles(folder);
  const open = journal.open.bind(journal);
  journal.open = (number, make) => {
    const file = open(number, make);
    const append = file.append.bind(file);
    file.append = (bytes) => {
      if (disk.full) throw new Error("No space left on device (os error 28)");
      append(bytes);
    };
    return file;
  };
  const history = openHistory({
    folder,
    retention: { ms: Infinity, bytes: Infinity },
    now: Date.now(),
    host: "test",
    elapsed: () => performance.now(),
    journal,
    report: () => {},
  });
  const hub = startHub({ host: "127.0.0.1", port: 0, maxConnections: 1, history }, LOG);
  const metrics = serveMetrics("127.0.0.1:0", hub.measures);
  const get = async (path: string) => {
    const response = await fetch(new URL(path, metrics.url));
    return [response.status, await response.text()];
  };
  assertEquals(await get("/readyz"), [200, "ok\n"]);
  {
    await using ana = await OriginalClient.connect(hub.address.port);
    await ana.nextOf(202);
    await ana.say("stored");
    await ana.nextOf(200);
    assertEquals(await get("/readyz"), [503, "the hub is full\n"]);
    const before = await Scrape.of(metrics.url);
    assertEquals(before.value("riftchat_messages_stored_total"), 1);
    assertEquals(before.value("riftchat_storage_paused"), 0);
    assertEquals(before.value("riftchat_connections_allowed"), 1);
    assert(before.value("riftchat_journal_bytes") > 0);
    assert(before.value("riftchat_database_bytes") > 0);
    assert(before.value("riftchat_descriptors_open") > 3);
    disk.full = true;
    await ana.say("not stored");
    await ana.until(({ message }) => (message as { message?: string })?.message === "not stored");
    const after = await Scrape.of(metrics.url);
    assertEquals(after.value("riftchat_messages_stored_total"), 1);
    assertEquals(after.value("riftchat_messages_not_stored_total"), 1);
    assertEquals(after.value("riftchat_storage_paused"), 1);
    const why = "messages are not stored: No space left on device (os error 28)\n";
    assertEquals(await get("/healthz"), [200, `ok, but ${why}`]);
    assertEquals(await get("/readyz"), [503, `the hub is full\n${why}`]);
  }
  disk.full = false;
  await hub.stop();
  await metrics.close();
  await Deno.remove(folder, { recursive: true });
});
