/** The order of reloads, and what is logged. */
import { configure, getLogger, type LogRecord, reset } from "@logtape/logtape";
import { Reloads } from "../../../server/serve/reloads.ts";
import { assertEquals } from "../../helpers/assert.ts";

/** Runs a function with a logger, and returns what it logs. */
async function logged(run: (log: ReturnType<typeof getLogger>) => Promise<void>): Promise<string[]> {
  const records: LogRecord[] = [];
  await configure({
    reset: true,
    sinks: { list: (record) => records.push(record) },
    loggers: [
      { category: ["reloads test"], lowestLevel: "info", sinks: ["list"] },
      { category: ["logtape", "meta"], lowestLevel: "error", sinks: ["list"] },
    ],
  });
  await run(getLogger(["reloads test"]));
  await reset();
  return records.map(({ level, message }) => `${level} ${message.join("")}`);
}

Deno.test("All parts are reloaded in order; one that fails is logged and does not stop the others", async () => {
  const lines = await logged(async (log) => {
    const reloads = new Reloads();
    reloads.add("first", () => Promise.resolve());
    reloads.add("second", () => Promise.reject(new Error("it is broken")));
    reloads.add("third", () => Promise.resolve());
    await reloads.run(log);
  });
  assertEquals(lines, [
    "info reloaded: first",
    "error cannot reload: second; the old one stays in use: it is broken",
    "info reloaded: third",
  ]);
});

Deno.test("A reload that is requested during another one runs after it, and only once", async () => {
  let running = 0;
  let most = 0;
  let runs = 0;
  await logged(async (log) => {
    const reloads = new Reloads();
    const blocker = Promise.withResolvers<void>();
    reloads.add("part", async () => {
      most = Math.max(most, ++running);
      runs++;
      await blocker.promise;
      running--;
    });
    const first = reloads.run(log);
    const others = [reloads.run(log), reloads.run(log)];
    blocker.resolve();
    await Promise.all([first, ...others]);
    await reloads.run(log);
  });
  assertEquals([runs, most], [3, 1]);
});
