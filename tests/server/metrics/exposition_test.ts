import { formatMetrics, Histogram } from "../../../server/metrics/exposition.ts";
import { assertEquals } from "../../helpers/assert.ts";

function test(name: string, fn: () => void): void {
  Deno.test({ name, permissions: "none", fn });
}

test("A metric has its help, its type and a line for each value", () => {
  const samples = [{ value: 1.5 }, { labels: { a: "x", b: "y" }, value: 2 }, {
    suffix: "_sum",
    value: -0.25,
  }];
  assertEquals(
    formatMetrics([{ name: "one", type: "gauge", help: "What it is.", samples: () => samples }, {
      name: "none",
      type: "counter",
      help: "Nothing yet.",
      samples: () => [],
    }]),
    `# HELP one What it is.
# TYPE one gauge
one 1.5
one{a="x",b="y"} 2
one_sum -0.25
# HELP none Nothing yet.
# TYPE none counter
`,
  );
});

test("Texts and numbers of any kind are formatted as the format requires", () => {
  const values = [Infinity, -Infinity, NaN, 1e21].map((value) => ({ value }));
  const labels = { a: 'back\\slash, "quotes"\nand a line' };
  const text = formatMetrics([{
    name: "n",
    type: "gauge",
    help: "a\nb\\c",
    samples: () => [...values, { labels, value: 0 }],
  }]);
  assertEquals(text.split("\n").slice(0, -1), [
    "# HELP n a\\nb\\\\c",
    "# TYPE n gauge",
    "n +Inf",
    "n -Inf",
    "n NaN",
    "n 1e+21",
    'n{a="back\\\\slash, \\"quotes\\"\\nand a line"} 0',
  ]);
});

test("A histogram counts values up to and including each bound, and all values at infinity", () => {
  const histogram = new Histogram([0.1, 1]);
  for (const value of [0, 0.1, 0.5, 1, 7]) histogram.observe(value);
  assertEquals(histogram.samples.map(({ suffix, labels, value }) => [suffix, labels?.le, value]), [
    ["_bucket", "0.1", 2],
    ["_bucket", "1", 4],
    ["_bucket", "+Inf", 5],
    ["_sum", undefined, 8.6],
    ["_count", undefined, 5],
  ]);
});
