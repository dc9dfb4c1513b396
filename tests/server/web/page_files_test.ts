/** In which form a file of the page is sent, over real sockets. */
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { assert, assertEquals } from "../../helpers/assert.ts";
import { WebHub } from "../../helpers/hubs/web_hub.ts";

interface Answer {
  status: number;
  headers: Headers;
  body: Uint8Array<ArrayBuffer>;
}

/** Asks for the script of the page, and returns the bytes as they are sent. */
async function get(hub: WebHub, headers: Record<string, string>): Promise<Answer> {
  const conn = await Deno.connect({ hostname: "127.0.0.1", port: hub.port });
  const lines = Object.entries({ host: "localhost", connection: "close", ...headers });
  const request = `GET /app.js HTTP/1.1\r\n${lines.map((line) => line.join(": ")).join("\r\n")}\r\n\r\n`;
  await conn.write(new TextEncoder().encode(request));
  const all = await new Response(conn.readable).bytes();
  const text = new TextDecoder("latin1").decode(all);
  const end = text.indexOf("\r\n\r\n");
  const [first = "", ...rest] = text.slice(0, end).split("\r\n");
  return {
    status: Number(first.split(" ")[1]),
    headers: new Headers(rest.map((line) => line.split(/: ?/, 2) as [string, string])),
    body: all.slice(end + 4),
  };
}

Deno.test("The page is sent with Brotli, with gzip or unpacked, as the client likes it best", async () => {
  await using hub = await WebHub.start();
  const cases: [accepted: string | undefined, encoding: string | null][] = [
    // As Chromium and Firefox ask over TLS, and over plain HTTP.
    ["gzip, deflate, br, zstd", "br"],
    ["gzip, deflate", "gzip"],
    ["GZIP;q=1.0, BR;q=0.5", "gzip"],
    ["gzip;q=0.5, br;q=0.5", "br"],
    ["br;q=0, gzip", "gzip"],
    ["gzip;q=0, br ; q=0.0", null],
    ["gzip;q=0, *", "br"],
    ["*;q=0", null],
    ["identity", null],
    ["brotli, xgzip", null],
    ["br;q=x", null],
    ["", null],
    [undefined, null],
  ];
  const script = gunzipSync((await get(hub, { "accept-encoding": "gzip" })).body);
  const sizes = new Map<string | null, number>();
  for (const [accepted, encoding] of cases) {
    const { status, headers, body } = await get(
      hub,
      accepted === undefined ? {} : { "accept-encoding": accepted },
    );
    assertEquals([status, headers.get("content-encoding")], [200, encoding], accepted);
    assertEquals(headers.get("vary"), "accept-encoding");
    assertEquals(Number(headers.get("content-length")), body.length);
    const unpack = { br: brotliDecompressSync, gzip: gunzipSync }[encoding ?? ""] ??
      ((bytes: Uint8Array) => bytes);
    assert(script.equals(unpack(body)), `${accepted}: the script is not the same`);
    sizes.set(encoding, body.length);
  }
  assert(sizes.get("br")! < sizes.get("gzip")! && sizes.get("gzip")! < sizes.get(null)!);
});

Deno.test("A browser that has the page in one form is told so for that form only", async () => {
  await using hub = await WebHub.start();
  const tags = new Map<string, string>();
  for (const accepted of ["br", "gzip", "identity"]) {
    const { headers } = await get(hub, { "accept-encoding": accepted });
    tags.set(accepted, headers.get("etag")!);
  }
  assertEquals(new Set(tags.values()).size, 3);
  for (const [accepted, tag] of tags) {
    for (const known of [tag, `"x", ${tag}`, `W/${tag}`]) {
      const { status, headers, body } = await get(hub, {
        "accept-encoding": accepted,
        "if-none-match": known,
      });
      assertEquals([status, body.length, headers.get("etag")], [304, 0, tag], known);
      assertEquals(headers.get("vary"), "accept-encoding");
    }
    const other = tags.get(accepted === "br" ? "gzip" : "br")!;
    const { status } = await get(hub, { "accept-encoding": accepted, "if-none-match": other });
    assertEquals(status, 200);
  }
});
