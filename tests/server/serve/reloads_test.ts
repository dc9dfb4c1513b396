/** What is read anew, in which order, and what of it is logged. */
import { configure, getLogger, type LogRecord, reset } from "@logtape/logtape";
import { Reloads } from "../../../server/serve/reloads.ts";
import { assertEquals } from "../../helpers/assert.ts";

/** Runs something with a logger, and answers what was logged. */
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

Deno.test("Every part is read anew in order, and one that is broken is reported and keeps none of the others", async () => {
  const lines = await logged(async (log) => {
    const reloads = new Reloads();
    reloads.add("first", () => Promise.resolve());
    reloads.add("second", () => Promise.reject(new Error("it is broken")));
    reloads.add("third", () => Promise.resolve());
    await reloads.run(log);
  });
  assertEquals(lines, [
    "info read anew: first",
    "error cannot read anew: second; it stays as it was: it is broken",
    "info read anew: third",
  ]);
});

Deno.test("A reload that is asked for while one runs follows it, once, and not at the same time", async () => {
  let running = 0;
  let most = 0;
  let runs = 0;
  await logged(async (log) => {
    const reloads = new Reloads();
    const passwordGate = Promise.withResolvers<void>();
    reloads.add("part", async () => {
      most = Math.max(most, ++running);
      runs++;
      await passwordGate.promise;
      running--;
    });
    const first = reloads.run(log);
    const others = [reloads.run(log), reloads.run(log)];
    passwordGate.resolve();
    await Promise.all([first, ...others]);
    await reloads.run(log);
  });
  assertEquals([runs, most], [3, 1]);
});
