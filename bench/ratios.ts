/**
 * Reads the output of `deno bench --json` from stdin, and prints the time of each benchmark as a multiple of the
 * baseline of its group. These ratios are the same on a fast machine and on a slow one.
 *
 * @module
 */

/** The part of the output of Deno that is read: one benchmark, with times in nanoseconds. */
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
