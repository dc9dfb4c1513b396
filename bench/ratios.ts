/**
 * Reads what `deno bench --json` says on stdin and prints how many times as long each thing took as what stands first in
 * its group: numbers that mean the same on a fast machine and on a slow one.
 *
 * @module
 */

/** What is read of Deno's report: a thing that was measured, with times in nanoseconds. */
interface Bench {
  group: string | null;
  name: string;
  baseline: boolean;
  results: { ok?: { avg: number }; failed?: unknown }[];
}

const { benches } = await new Response(Deno.stdin.readable).json() as { benches: Bench[] };
const out: string[] = [];
for (const [group, members] of Map.groupBy(benches, ({ group }) => group)) {
  const baseline = members.find(({ baseline }) => baseline)?.results[0]?.ok;
  out.push("", `${group}`);
  for (const { name, results } of members) {
    const took = results[0]?.ok;
    if (took === undefined || baseline === undefined) {
      out.push(`  failed    ${name}`);
      Deno.exitCode = 1;
      continue;
    }
    const times = took.avg / baseline.avg;
    const ratio = times < 100 ? times.toPrecision(3) : times.toFixed(0);
    out.push(`${ratio.padStart(8)}  ${`${Math.round(took.avg)} ns`.padStart(12)}  ${name}`);
  }
}
Deno.stdout.writeSync(new TextEncoder().encode(out.join("\n").trimStart() + "\n"));
