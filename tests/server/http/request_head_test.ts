/**
 * The parser of heads: what is valid and how it is read, and that nothing else gets through. What is refused over a
 * socket is in `hostile_http_test`.
 *
 * @module
 */
import fc from "fast-check";
import { HttpProblem, parseHead, pathOf } from "../../../server/http/mod.ts";
import { assert, assertEquals, assertThrows } from "../../helpers/assert.ts";
import { cases } from "../../helpers/fuzz.ts";

Deno.test("A head is read as it is meant", () => {
  const head = parseHead(
    "POST /rooms/ci?limit=5 HTTP/1.1\r\nhost: Hub.example:8000\r\nX-A:a\r\nX-A:\t b c \t\r\nContent-Length: 12\r\n" +
      "Connection: Keep-Alive, x",
  );
  assertEquals({ ...head, headers: [...head.headers] }, {
    method: "POST",
    target: "/rooms/ci?limit=5",
    isVersion11: true,
    keepAlive: true,
    length: 12,
    headers: [
      ["connection", "Keep-Alive, x"],
      ["content-length", "12"],
      ["host", "Hub.example:8000"],
      ["x-a", "a, b c"],
    ],
  });
});

Deno.test("A connection is kept or closed as its version and its header say; a body has a length or chunks", () => {
  const cases: [head: string, keepAlive: boolean, length: number | undefined][] = [
    ["GET / HTTP/1.1\r\nHost: a", true, 0],
    ["GET / HTTP/1.1\r\nHost: a\r\nConnection: close", false, 0],
    ["GET / HTTP/1.1\r\nHost: a\r\nConnection: x, CLOSE", false, 0],
    ["GET / HTTP/1.0", false, 0],
    ["GET / HTTP/1.0\r\nConnection: keep-alive", true, 0],
    ["POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked", true, undefined],
    ["POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 007", true, 7],
  ];
  for (const [text, keepAlive, length] of cases) {
    const head = parseHead(text);
    assertEquals([head.keepAlive, head.length], [keepAlive, length], text);
  }
});

Deno.test("An absolute target is one of the host that is asked, and nothing else", () => {
  const targetOf = (target: string) => parseHead(`GET ${target} HTTP/1.1\r\nHost: hub.example:8000`).target;
  assertEquals(targetOf("http://hub.example:8000/app.js?a"), "/app.js?a");
  assertEquals(targetOf("HTTPS://HUB.example:8000"), "/");
  assertEquals(targetOf("http://hub.example:8000?a"), "/?a");
  for (
    const target of ["http://hub.example/", "http://evil.example/", "ftp://hub.example:8000/", "*", "a:1"]
  ) {
    assertThrows(() => targetOf(target), HttpProblem);
  }
});

Deno.test("A path is split, then decoded; no segment leaves its folder or has a slash", () => {
  assertEquals(pathOf("/").path, [""]);
  assertEquals(pathOf("/rooms/%23ci%20x/messages?after=1&match=a%20b").path, ["rooms", "#ci x", "messages"]);
  assertEquals(pathOf("/rooms/ci?match=a%20b#x").query.get("match"), "a b");
  assertEquals(pathOf("//a/").path, ["", "a", ""]);
  for (
    const path of [
      "/..",
      "/a/../b",
      "/%2e%2e",
      "/.",
      "/a%2fb",
      "/a%5cb",
      "/a\\b",
      "/%00",
      "/%",
      "/%ff",
      "/%c0%ae",
    ]
  ) {
    assertThrows(() => pathOf(path), HttpProblem);
  }
});

Deno.test("Whatever a head is, it is read or refused with a problem, and never with two lengths", () => {
  const line = fc.oneof(
    fc.constantFrom(
      "Host: a",
      "Content-Length: 1",
      "Transfer-Encoding: chunked",
      "Connection: close",
      " folded",
      "content-length:2",
      "",
    ),
    fc.string({ unit: "binary", maxLength: 20 }),
  );
  const first = fc.constantFrom(
    "GET / HTTP/1.1",
    "POST /a HTTP/1.0",
    "GET /",
    "GET http://a/ HTTP/1.1",
    "\0",
  );
  fc.assert(
    fc.property(first, fc.array(line, { maxLength: 6 }), (start, lines) => {
      const latin1 = [start, ...lines].join("\r\n").replace(/[^\0-\xff]/g, "?");
      try {
        const { headers, length } = parseHead(latin1);
        assert(!(headers.has("transfer-encoding") && headers.has("content-length")));
        assertEquals(
          length,
          headers.has("transfer-encoding") ? undefined : Number(headers.get("content-length") ?? 0),
        );
      } catch (error) {
        if (!(error instanceof HttpProblem)) throw error;
      }
    }),
    cases(2000),
  );
});
