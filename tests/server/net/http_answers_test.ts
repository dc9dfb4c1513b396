/**
 * Answers in HTTP to clients of a port for the chat.
 *
 * @module
 */
import { getLogger } from "@logtape/logtape";
import { Code, encodeFrame, FrameDecoder, parseBody } from "../../../protocol/mod.ts";
import { httpHint, isHttp, type PageAddress } from "../../../server/net/http_answers.ts";
import { type RunningHub, startHub } from "../../../server/serve/serve.ts";
import { assert, assertEquals, assertMatch } from "../../helpers/assert.ts";
import { WebHub } from "../../helpers/hubs/web_hub.ts";

/** The length of a frame whose header is the beginning of a text; `undefined` if it is shorter. */
function lengthIn(text: string): bigint | undefined {
  const bytes = Uint8Array.from(text, (char) => char.charCodeAt(0));
  return bytes.length < 8 ? undefined : new DataView(bytes.buffer).getBigUint64(0);
}

const bytesOf = (text: string) => new TextEncoder().encode(text);

function startTestHub(): RunningHub {
  return startHub({ host: "127.0.0.1", port: 0, maxConnections: 0 }, getLogger("silent"));
}

/** Sends the pieces with a pause of a turn between them; returns the first message and the text after it. */
async function ask(port: number, ...pieces: string[]): Promise<[code: number, rest: string]> {
  using socket = await Deno.connect({ hostname: "127.0.0.1", port });
  socket.setNoDelay(true);
  const buffer = new Uint8Array(4096);
  const decoder = new FrameDecoder();
  let body: Uint8Array | undefined;
  let count = 0;
  while (body === undefined) {
    count = (await socket.read(buffer))!;
    decoder.push(buffer.slice(0, count));
    body = decoder.next();
  }
  const { code } = parseBody(body);
  for (const piece of pieces) {
    await socket.write(bytesOf(piece));
    await new Promise((resume) => setTimeout(resume));
  }
  let rest = "";
  for (let more = await socket.read(buffer); more !== null; more = await socket.read(buffer)) {
    rest += new TextDecoder().decode(buffer.subarray(0, more));
  }
  return [code, rest];
}

/** The text of an answer, whose length must be the announced one. */
function textOf(answer: string): string {
  const [head, text] = answer.split("\r\n\r\n", 2) as [string, string];
  assertEquals(head.split("\r\n")[0], "HTTP/1.1 400 Bad Request");
  assertMatch(head, /^connection: close$/m);
  assertMatch(head, new RegExp(`^content-length: ${text.length}$`, "m"));
  return text;
}

Deno.test("A client that speaks HTTP on the chat port gets its 202, then an answer in HTTP and the end", async () => {
  const hub = startTestHub();
  for (
    const pieces of [
      ["GET / HTTP/1.1\r\nHost: hub.example:8000\r\n\r\n"],
      ["G", "ET ", "/ HTTP", "/1.1\r\n\r\n"],
      ["POST /rooms/ci HTTP/1.1\r\nContent-Length: 8\r\n\r\ndeployed"],
      ["CONNECT example.org:443 HTTP/1.1\r\n\r\n"],
    ]
  ) {
    const [code, answer] = await ask(hub.address.port, ...pieces);
    assertEquals(code, Code.YourName);
    assertMatch(
      textOf(answer),
      /^This port of the hub is for chat clients.*\nThe hub has no page .*--tls.*--web/,
    );
  }
  await hub.stop();
});

Deno.test("Frames in the body of a request that a web page sends to the chat port are not carried out", async () => {
  const hub = startTestHub();
  const frame = new TextDecoder().decode(encodeFrame('{"code":100,"message":"said by a web page"}'));
  const [, answer] = await ask(
    hub.address.port,
    `POST / HTTP/1.1\r\nHost: localhost\r\n\r\n${frame}${frame}`,
  );
  textOf(answer);
  assertEquals(hub.measures.counters.received[Code.Say], 0);
  await hub.stop();
});

Deno.test("Bytes that are no HTTP, and HTTP after a frame, end with the error of a bad frame", async () => {
  const hub = startTestHub();
  const ping = new TextDecoder().decode(encodeFrame('{"code":110}'));
  for (
    const pieces of [["SSH-2.0-OpenSSH_9.2\r\n"], ["GETTING / HTTP/1.1"], [ping, "GET / HTTP/1.1\r\n\r\n"]]
  ) {
    const [, answer] = await ask(hub.address.port, ...pieces);
    assert(!answer.includes("HTTP/1.1 400"), answer);
    assertMatch(answer, /Cannot read a body of \d+ bytes/);
  }
  await hub.stop();
});

Deno.test("Each method is recognized by its first eight bytes, and nothing else is", () => {
  for (
    const method of ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT", "PRI"]
  ) {
    assert(isHttp(lengthIn(`${method} / HTTP/1.1`)), method);
  }
  for (
    const bytes of [
      "GETTING ",
      "get / HT",
      " GET / H",
      "\0\0\0\0\0\0\0\x02",
      "\xff\xff\xff\xff\xff\xff\xff\xff",
    ]
  ) {
    assert(!isHttp(lengthIn(bytes)), bytes);
  }
});

Deno.test("The answer says where the page is, with the host that the client has asked for", () => {
  const cases: [PageAddress, host: string, line: string][] = [
    [{ secure: true, port: 8443 }, "hub.example:8000", "The page is at https://hub.example:8443/"],
    [{ secure: true, port: 443 }, "hub.example", "The page is at https://hub.example/"],
    [{ secure: true, port: 8443 }, "[::1]:8000", "The page is at https://[::1]:8443/"],
    [
      { secure: false, port: 8080, host: "127.0.0.1" },
      "hub.example",
      "The page is at http://127.0.0.1:8080/",
    ],
    [{ secure: false, port: 80, host: "::1" }, "hub.example", "The page is at http://[::1]/"],
    [{ secure: true, port: 8443 }, "<script>", "The page is on port 8443, by https."],
    [{ secure: true, port: 8443 }, "a b", "The page is on port 8443, by https."],
    [{ secure: false, port: 8080 }, "", "The page is on port 8080, by http."],
  ];
  for (const [page, host, line] of cases) {
    const request = bytesOf(`GET / HTTP/1.1\r\nAccept: */*\r\nHost: ${host}\r\n\r\n`);
    const text = textOf(new TextDecoder().decode(httpHint(request, page, false)));
    assertEquals(text.split("\n")[1], line);
  }
});

Deno.test("The hub knows where its page is", async () => {
  await using hub = await WebHub.start();
  const [, answer] = await ask(hub.hub.address.port, "GET / HTTP/1.1\r\nHost: hub.example:8000\r\n\r\n");
  assertEquals(textOf(answer).split("\n")[1], `The page is at http://127.0.0.1:${hub.port}/`);
});

Deno.test("A client of the TLS port that does not ask for HTTP by ALPN is told so", () => {
  const answer = new TextDecoder().decode(httpHint(new Uint8Array(), { secure: true, port: 8443 }, true));
  assertMatch(textOf(answer), /with a program that does not ask for http\/1\.1 by ALPN/);
});
