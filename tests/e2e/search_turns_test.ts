/**
 * Searches that take too long for one answer, on a real hub whose clock says that each step is slow.
 *
 * @module
 */
import { getLogger } from "@logtape/logtape";
import { BodyDecoder, type ClientMessage, encodeFrame, parseBody, serialize } from "../../protocol/mod.ts";
import { MAX_SEARCH_MS } from "../../server/limits.ts";
import { type RunningHub, startHub } from "../../server/serve/serve.ts";
import { assert, assertEquals } from "../helpers/assert.ts";
import { DataFolder, lineIn } from "../helpers/hubs/history.ts";
import { joinHub, terminalTest } from "../helpers/terminal/users.ts";
import type { HubProgram } from "../helpers/program.ts";

const WORDS = ["alpha", "bravo", "charlie"];
const LINES = 3000;
/** The number of every message with all words. */
const MATCHING = Array.from({ length: LINES }, (_, i) => i + 1).filter((number) => number % 301 === 0);

/** A hub with a history of messages that nearly match. */
function start(folder: DataFolder): RunningHub {
  const history = folder.open({ now: Date.now() });
  history.insert(
    Array.from({ length: LINES }, (_, i) =>
      lineIn(
        history,
        "main",
        WORDS.filter((_, word) => (i + 1) % 301 === 0 || word !== i % 3).join(" ") + ` ${i + 1}`,
        { timestamp: Date.now() },
      )),
  );
  while (history.work(1000));
  let calls = 0;
  const clock = {
    wall: () => Date.now(),
    elapsed: () => performance.now() + MAX_SEARCH_MS / 4 * calls++,
  };
  return startHub({ host: "127.0.0.1", port: 0, maxConnections: 0, history }, getLogger("silent"), { clock });
}

Deno.test("A search that takes too long is answered in several pages, which hold every match once", async () => {
  using folder = new DataFolder();
  const hub = start(folder);
  using socket = await Deno.connect({ hostname: "127.0.0.1", port: hub.address.port });
  const decoder = new BodyDecoder();
  const send = async (message: ClientMessage) => {
    const bytes = encodeFrame(serialize(message));
    for (let done = 0; done < bytes.length;) done += await socket.write(bytes.subarray(done));
  };
  const answer = async (ref: string) => {
    const buffer = new Uint8Array(65_536);
    for (;;) {
      while (decoder.advance()) {
        const body = parseBody(decoder.text());
        if (body.ref === ref) return body;
      }
      const count = await socket.read(buffer);
      assert(count !== null, "the hub has closed the connection");
      decoder.push(buffer.slice(0, count));
    }
  };
  await send({ code: 102, client: "test/1", ref: "hello" });
  await answer("hello");
  const found: number[] = [];
  let pages = 0;
  for (let before: number | undefined, more = true; more; pages++) {
    const ref = `page ${pages}`;
    const from = before === undefined ? {} : { before };
    await send({ code: 105, room: "main", match: WORDS.join(" "), ...from, ref });
    const page = await answer(ref);
    found.unshift(...(page.messages as { sequence: number }[]).map(({ sequence }) => sequence));
    more = page.more as boolean;
    assertEquals(typeof page.before, more ? "number" : "undefined");
    before = page.before as number | undefined;
  }
  assertEquals(found, MATCHING);
  assert(pages > 1, `${pages} page`);
  socket.close();
  await hub.stop();
});

terminalTest(":more goes on with a search that took too long for one answer", async () => {
  using folder = new DataFolder();
  const hub = start(folder);
  await using pty = await joinHub({ port: hub.address.port } as HubProgram, "ana");
  await pty.type(`:search ${WORDS.join(" ")}\r`);
  for (let pages = 1;; pages++) {
    const asked = pty.allRows.filter((row) => /:more (shows them|searches on)$/.test(row)).length;
    await pty.until(() =>
      pty.allRows.filter((row) => /:more (shows them|searches on)$/.test(row)).length > asked ||
      pty.allRows.some((row) => /^── end ──|^-- no more messages/.test(row))
    );
    if (pty.allRows.some((row) => /^── end ──|^-- no more messages/.test(row))) break;
    await pty.type(":more\r");
  }
  const shown = pty.allRows.flatMap((row) => /alpha bravo charlie (\d+)$/.exec(row)?.[1] ?? []).map(Number);
  for (const number of MATCHING) assert(shown.includes(number), `${number} is shown`);
  await pty.type(":quit\r");
  await pty.status;
  await hub.stop();
});
