/** The connection of the page to its hub, by a real WebSocket in a real browser. */
import { assertEquals } from "../../helpers/assert.ts";
import { browserTest } from "../../helpers/browser/chromium.ts";
import { ModuleSite, openModules } from "../../helpers/browser/module_site.ts";

/** Opens the connection and calls functions with it; `read` returns what came as an array, or `null`. */
const run = (body: string) =>
  `(async () => {
    const connection = await browser.connectWebSocket({ hostname: location.hostname, port: Number(location.port) });
    const read = async (size) => {
      const buffer = new Uint8Array(size);
      const count = await connection.read(buffer);
      return count === null ? null : [...buffer.subarray(0, count)];
    };
    const nameOf = (promise) => promise.then(() => "none", ({ message }) => message);
    ${body}
  })()`;

browserTest(
  "A connection of the page carries bytes in pieces that fit the buffer of its reader",
  async (browser) => {
    await using site = await ModuleSite.start();
    const page = await openModules(browser, site);
    const result = await page.evaluate(run(`
    const written = await connection.write(Uint8Array.of(1, 2, 3, 4, 5));
    await connection.write(Uint8Array.of(6, 7));
    const got = [];
    for (let count = 0; count < 7; count = got.flat().length) got.push(await read(2));
    const waiting = read(100);
    await connection.write(new Uint8Array(0));
    await connection.write(Uint8Array.of(8));
    let last = await waiting;
    while (last.length === 0) last = await read(100);
    connection.close();
    return { written, got, last, security: connection.security };
  `));
    assertEquals(result, {
      written: 5,
      got: [[1, 2], [3, 4], [5], [6, 7]],
      last: [8],
      security: { encrypted: false, local: true },
    });
  },
);

browserTest("A connection of the page takes no text for bytes", async (browser) => {
  await using site = await ModuleSite.start();
  const page = await openModules(browser, site);
  const read = page.evaluate(run(`
    await connection.write(Uint8Array.of(1));
    const first = await read(9);
    document.title = "connected";
    return [first, await read(9)];
  `));
  await page.until("a connection", async () => await page.evaluate("document.title") === "connected");
  site.send("a text");
  site.send(Uint8Array.of(2));
  assertEquals(await read, [[1], [2]]);
});

browserTest("A connection that the hub closes ends after its last bytes, and takes none", async (browser) => {
  await using site = await ModuleSite.start();
  const page = await openModules(browser, site);
  const read = page.evaluate(run(`
    await connection.write(Uint8Array.of(1, 2));
    const got = [await read(1)];
    document.title = "connected";
    while (got.at(-1) !== null) got.push(await read(1));
    return [got, await read(1), await nameOf(connection.write(Uint8Array.of(3)))];
  `));
  await page.until("a connection", async () => await page.evaluate("document.title") === "connected");
  site.send(Uint8Array.of(9));
  site.closeSockets();
  assertEquals(await read, [[[1], [2], [9], null], null, "the connection is closed"]);
});

browserTest("A connection that the page closes ends its pending read, and tells the hub", async (browser) => {
  await using site = await ModuleSite.start();
  const page = await openModules(browser, site);
  assertEquals(
    await page.evaluate(run(`
      const pending = read(1);
      connection.close();
      return [await pending, await nameOf(connection.write(Uint8Array.of(1)))];
    `)),
    [null, "the connection is closed"],
  );
  assertEquals(await page.evaluate(run(`await connection.closeWrite(); return await read(1);`)), null);
  assertEquals(site.got.sort(), ["closed 1000", "closed 1005"]);
});

browserTest("Without a hub, or when it is given up, there is no connection but a reason", async (browser) => {
  const site = await ModuleSite.start();
  const page = await openModules(browser, site);
  const failed = (signal = "undefined") =>
    page.evaluate(
      `browser.connectWebSocket({ hostname: location.hostname, port: Number(location.port) }, ${signal})
        .then(() => "connected", ({ name, kind, message }) => [name, kind, message])`,
    );
  const reason = ["LinkError", "unreachable", "the hub does not answer"];
  assertEquals(await failed("AbortSignal.abort()"), reason);
  assertEquals(
    await failed(
      "(() => { const giving = new AbortController(); setTimeout(() => giving.abort()); return giving.signal; })()",
    ),
    reason,
  );
  await site[Symbol.asyncDispose]();
  assertEquals(await failed(), reason);
});
