/**
 * Hostile clients and pages at the port for browsers, as bytes on real sockets: requests that two programs would read
 * differently, heads and bodies without end, paths that leave the folder, other origins and hosts.
 *
 * @module
 */
import { assert, assertEquals, assertMatch } from "../../helpers/assert.ts";
import { withDeadline } from "../../helpers/deadline.ts";
import { howMany, SEED } from "../../helpers/fuzz.ts";
import { WebHub } from "../../helpers/hubs/web_hub.ts";

const bytesOf = (text: string) => Uint8Array.from(text, (char) => char.charCodeAt(0));

/** Sends bytes; returns all that comes until the hub closes. */
async function ask(port: number, request: string | Uint8Array, end = false): Promise<string> {
  using socket = await Deno.connect({ hostname: "127.0.0.1", port });
  const bytes = typeof request === "string" ? bytesOf(request) : request;
  const written = (async () => {
    // The hub may refuse a long request before all of it is written, and close.
    for (let at = 0; at < bytes.length;) at += await socket.write(bytes.subarray(at));
    if (end) await socket.closeWrite();
  })().catch(() => {});
  let answer = "";
  const buffer = new Uint8Array(65_536);
  const read = (async () => {
    try {
      for (let count = await socket.read(buffer); count !== null; count = await socket.read(buffer)) {
        answer += new TextDecoder("latin1").decode(buffer.subarray(0, count));
      }
    } catch (error) {
      if (!(error instanceof Deno.errors.ConnectionReset)) throw error;
    }
  })();
  await withDeadline(read, () => `waiting for the hub to close after ${answer.slice(0, 500)}`);
  await written;
  return answer;
}

/** The statuses of all answers. */
function statusesOf(answers: string): number[] {
  return [...answers.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
}

const SECOND = "GET /second HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

const AMBIGUOUS: [what: string, head: string, body?: string][] = [
  [
    "two lengths",
    "POST /rooms/ci HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 6\r\n\r\n",
  ],
  [
    "two equal lengths",
    "POST /rooms/ci HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
  ],
  ["a list of lengths", "POST /rooms/ci HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1, 1\r\n\r\n"],
  [
    "a length and chunks",
    "POST /rooms/ci HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n",
  ],
  [
    "chunks and a length",
    "POST /rooms/ci HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n",
  ],
  [
    "a coding after chunked",
    "POST /rooms/ci HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked, identity\r\n\r\n",
  ],
  ["two codings", "POST /rooms/ci HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"],
  [
    "a coding that looks like chunked",
    "POST /rooms/ci HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: xchunked\r\n\r\n",
  ],
  [
    "two headers of codings",
    "POST /rooms/ci HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
  ],
  ["chunks in HTTP/1.0", "POST /rooms/ci HTTP/1.0\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"],
  ["a length with a sign", "POST /rooms/ci HTTP/1.1\r\nHost: localhost\r\nContent-Length: +1\r\n\r\n"],
  ["a negative length", "POST /rooms/ci HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n"],
  ["a hexadecimal length", "POST /rooms/ci HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0x1\r\n\r\n"],
  ["a length with a space", "POST /rooms/ci HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1 1\r\n\r\n"],
  ["an empty length", "POST /rooms/ci HTTP/1.1\r\nHost: localhost\r\nContent-Length:\r\n\r\n"],
  [
    "a length of 2^64 and one",
    "POST /rooms/ci HTTP/1.1\r\nHost: localhost\r\nContent-Length: 18446744073709551617\r\n\r\n",
  ],
  ["a space before the colon", "POST /rooms/ci HTTP/1.1\r\nHost: localhost\r\nContent-Length : 1\r\n\r\n"],
  ["a folded line", "GET / HTTP/1.1\r\nHost: localhost\r\nX-A: a\r\n b: c\r\n\r\n"],
  ["a line that is no header", "GET / HTTP/1.1\r\nHost: localhost\r\nnonsense\r\n\r\n"],
  ["a name with a space", "GET / HTTP/1.1\r\nHost: localhost\r\nX A: a\r\n\r\n"],
  ["an empty name", "GET / HTTP/1.1\r\nHost: localhost\r\n: a\r\n\r\n"],
  ["NUL in a value", "GET / HTTP/1.1\r\nHost: localhost\r\nX-A: a\0b\r\n\r\n"],
  ["a lone CR in a value", "GET / HTTP/1.1\r\nHost: localhost\r\nX-A: a\rContent-Length: 5\r\n\r\n"],
  ["no host", "GET / HTTP/1.1\r\n\r\n"],
  ["two hosts", "GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n"],
  ["a host with a path", "GET / HTTP/1.1\r\nHost: localhost/x\r\n\r\n"],
  ["a host with a user", "GET / HTTP/1.1\r\nHost: localhost@evil.example\r\n\r\n"],
  ["another version", "GET / HTTP/2.0\r\nHost: localhost\r\n\r\n"],
  ["two spaces", "GET  / HTTP/1.1\r\nHost: localhost\r\n\r\n"],
  ["no version", "GET /\r\nHost: localhost\r\n\r\n"],
  ["a target without a slash", "GET app.js HTTP/1.1\r\nHost: localhost\r\n\r\n"],
  ["the target of another host", "GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\n\r\n"],
  ["a tunnel", "CONNECT example.org:443 HTTP/1.1\r\nHost: localhost\r\n\r\n"],
  [
    "a chunk whose length is no number",
    "POST /rooms/ci HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n",
    "x\r\na\r\n0\r\n\r\n",
  ],
  [
    "a chunk with 0x",
    "POST /rooms/ci HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n",
    "0x1\r\na\r\n0\r\n\r\n",
  ],
  [
    "a chunk that is longer than it says",
    "POST /rooms/ci HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n",
    "1\r\nab\r\n0\r\n\r\n",
  ],
  [
    "a chunk of 2^64 bytes",
    "POST /rooms/ci HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n",
    "10000000000000001\r\na\r\n0\r\n\r\n",
  ],
];

Deno.test("A request that can be read in two ways is refused, and what follows it is not read", async () => {
  await using hub = await WebHub.start();
  for (const [what, head, body = ""] of AMBIGUOUS) {
    const answers = await ask(hub.port, head + body + SECOND);
    const statuses = statusesOf(answers);
    assertEquals(statuses.length, 1, `${what}: ${answers}`);
    assert(
      statuses[0]! >= 400 && statuses[0]! < 500 || statuses[0] === 501 || statuses[0] === 505,
      `${what}: ${answers}`,
    );
  }
});

Deno.test("Requests in one piece are answered in order, one after the other", async () => {
  await using hub = await WebHub.start();
  const request = (path: string) => `GET ${path} HTTP/1.1\r\nHost: localhost:${hub.port}\r\n\r\n`;
  const answers = await ask(
    hub.port,
    request("/nothing") + request("/openapi.json") + request("/nothing") +
      SECOND.replace("localhost", `localhost:${hub.port}`),
  );
  assertEquals(statusesOf(answers), [404, 200, 404, 404]);
});

Deno.test("A head without end is refused with 431 or 414, a body that is too large with 413", async () => {
  await using hub = await WebHub.start();
  const host = `Host: localhost:${hub.port}\r\n`;
  const long = "a".repeat(200_000);
  for (
    const [request, expected] of [
      [`GET / HTTP/1.1\r\n${host}X-A: ${long}\r\n\r\n`, [431]],
      [`GET / HTTP/1.1\r\n${host}${"X-A: a\r\n".repeat(20_000)}\r\n`, [431]],
      [`GET / HTTP/1.1\r\n${host}X-A: ${long}`, [431]],
      [`GET /${long} HTTP/1.1\r\n${host}\r\n`, [414, 431]],
      [long, [400, 414, 431]],
      [`POST /rooms/ci HTTP/1.1\r\n${host}Content-Length: 100000000\r\n\r\nabc`, [413]],
      [
        `POST /rooms/ci HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n\r\n` +
        `10000\r\n${"a".repeat(65_536)}\r\n`.repeat(40),
        [413],
      ],
    ] as [string, number[]][]
  ) {
    const statuses = statusesOf(await ask(hub.port, request));
    assertEquals(statuses.length, 1, request.slice(0, 80));
    assert(expected.includes(statuses[0]!), `${statuses} for ${request.slice(0, 80)}`);
  }
});

Deno.test("No path leads to a file", async () => {
  await using hub = await WebHub.start();
  for (
    const path of [
      "/../../../../etc/passwd",
      "/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
      "/..%2f..%2f..%2fetc%2fpasswd",
      "/.%2e/%2e./etc/passwd",
      "/..%5c..%5cetc%5cpasswd",
      "/%252e%252e/etc/passwd",
      "//etc/passwd",
      "/app.js/../../main.ts",
      "/app.js%00.html",
      "/file:///etc/passwd",
      "/%ff",
      "/%",
      "/constructor",
      "/__proto__",
      "/rooms/../../etc/passwd/messages",
      "/rooms/..%2f..%2fetc%2fpasswd/messages",
    ]
  ) {
    const request = `GET ${path} HTTP/1.1\r\nHost: localhost:${hub.port}\r\nConnection: close\r\n\r\n`;
    const answer = await ask(hub.port, request);
    const [status] = statusesOf(answer);
    assert(status! >= 400 && status! < 500, `${path}: ${answer}`);
    assert(!answer.includes("root:"), path);
  }
});

Deno.test("A request for a host that the hub is not known by is refused, whatever it asks for", async () => {
  await using hub = await WebHub.start();
  for (const path of ["/", "/app.js", "/ws", "/rooms/ci/messages", "/openapi.json"]) {
    for (
      const host of [
        "evil.example",
        `evil.example:${hub.port}`,
        "localhost.evil.example",
        "127.0.0.1.evil.example",
      ]
    ) {
      const answer = await ask(
        hub.port,
        `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
      );
      assert([403, 421].includes(statusesOf(answer)[0]!), `${path} of ${host}: ${answer}`);
    }
  }
  for (const host of ["localhost", "127.0.0.1", "[::1]"]) {
    const answer = await ask(
      hub.port,
      `GET /openapi.json HTTP/1.1\r\nHost: ${host}:${hub.port}\r\nConnection: close\r\n\r\n`,
    );
    assertEquals(statusesOf(answer), [200], host);
  }
});

/** The head of a request for a WebSocket. */
function upgrade(host: string, origin: string | undefined): string {
  return `GET /ws HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
    (origin === undefined ? "" : `Origin: ${origin}\r\n`) + "\r\n";
}

Deno.test("A page of another origin gets no WebSocket", async () => {
  await using hub = await WebHub.start();
  const host = `localhost:${hub.port}`;
  for (
    const origin of [
      "https://evil.example",
      "http://evil.example",
      "null",
      "http://localhost",
      `http://localhost:${hub.port + 1}`,
      `http://127.0.0.1:${hub.port}`,
      `http://${host}.evil.example`,
      `http://${host}@evil.example`,
      "",
    ]
  ) {
    assertEquals(statusesOf(await ask(hub.port, upgrade(host, origin), true)), [403], origin);
  }
  using socket = await Deno.connect({ hostname: "127.0.0.1", port: hub.port });
  await socket.write(bytesOf(upgrade(host, `http://${host}`)));
  const buffer = new Uint8Array(4096);
  const count = await socket.read(buffer);
  assertMatch(new TextDecoder().decode(buffer.subarray(0, count!)), /^HTTP\/1\.1 101 /);
});

Deno.test("The page allows no foreign code, no frame around it, and no guessed types", async () => {
  await using hub = await WebHub.start();
  for (const path of ["/", "/app.js", "/nothing"]) {
    const { headers, body } = await fetch(`http://localhost:${hub.port}${path}`);
    await body?.cancel();
    const policy = headers.get("content-security-policy") ?? "";
    assertMatch(policy, /default-src 'none'/, path);
    assertMatch(policy, /frame-ancestors 'none'/, path);
    assert(!/unsafe|\*/.test(policy), `${path}: ${policy}`);
    assertEquals(headers.get("x-content-type-options"), "nosniff", path);
    assertEquals(headers.get("referrer-policy"), "no-referrer", path);
    assertEquals(headers.get("strict-transport-security"), null, path);
  }
});

Deno.test(`Random bytes in requests neither end the hub nor are an internal error (seed ${SEED})`, async () => {
  await using hub = await WebHub.start();
  let state = SEED;
  const next = () => (state = state * 48_271 % 2_147_483_647) >>> 3;
  const host = `localhost:${hub.port}`;
  const models = [
    `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
    `POST /rooms/ci HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi`,
    `POST /rooms/ci HTTP/1.1\r\nHost: ${host}\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n`,
    upgrade(host, `http://${host}`),
  ].map(bytesOf);
  for (let i = 0; i < howMany(300); i++) {
    const bytes = models[next() % models.length]!.slice();
    for (let changes = 1 + next() % 4; changes > 0; changes--) bytes[next() % bytes.length] = next() % 256;
    const answer = await ask(hub.port, bytes, true);
    assert(!statusesOf(answer).includes(500), `${new TextDecoder("latin1").decode(bytes)}\n${answer}`);
  }
  const { status, body } = await fetch(`http://${host}/openapi.json`);
  await body?.cancel();
  assertEquals(status, 200);
});
