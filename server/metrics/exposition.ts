/**
 * Metrics as text, as Prometheus reads them (text exposition format 0.0.4).
 *
 * PURE. `prom-client` would do all this and more, but `deno compile` of the pinned version overflows its stack on a
 * package that it depends on (bintrees 1.0.2).
 *
 * @module
 */

/** What `Content-Type` says of the text. */
export const CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** One number of a metric. */
export interface Sample {
  /** What stands behind the metric's name, such as `_bucket`. */
  suffix?: string;
  /** What tells it from others of the same metric, by the names of labels. */
  labels?: Readonly<Record<string, string>>;
  /** The number. */
  value: number;
}

/** A metric. */
export interface Metric {
  /** Its name, such as `riftchat_connections`. */
  name: string;
  /** What kind it is. */
  type: "counter" | "gauge" | "histogram";
  /** What it means, in a sentence. */
  help: string;
  /** Its numbers as they are now. */
  samples: () => Iterable<Sample>;
}

/**
 * Writes metrics.
 *
 * @param metrics the metrics
 * @returns the text
 */
export function expose(metrics: Iterable<Metric>): string {
  const lines: string[] = [];
  for (const { name, type, help, samples } of metrics) {
    lines.push(`# HELP ${name} ${escaped(help)}`, `# TYPE ${name} ${type}`);
    for (const { suffix = "", labels = {}, value } of samples()) {
      const pairs = Object.entries(labels).map(([label, text]) =>
        `${label}="${escaped(text).replaceAll('"', '\\"')}"`
      );
      lines.push(`${name}${suffix}${pairs.length === 0 ? "" : `{${pairs.join(",")}}`} ${number(value)}`);
    }
  }
  return lines.join("\n") + "\n";
}

function escaped(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}

function number(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
}

/** How often something was of what size. */
export class Histogram {
  readonly #bounds: readonly number[];
  readonly #counts: number[];
  #sum = 0;

  /**
   * Begins with nothing.
   *
   * @param bounds the upper bounds of its buckets, in order
   */
  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = Array(bounds.length + 1).fill(0);
  }

  /**
   * Counts one.
   *
   * @param value its size
   */
  observe(value: number): void {
    const bucket = this.#bounds.findIndex((bound) => value <= bound);
    this.#counts[bucket < 0 ? this.#bounds.length : bucket]!++;
    this.#sum += value;
  }

  /** Its numbers: for each bound how many were up to it, then their sum and how many there were. */
  get samples(): Sample[] {
    let count = 0;
    const buckets = [...this.#bounds, Infinity].map((bound, i): Sample => {
      count += this.#counts[i]!;
      return { suffix: "_bucket", labels: { le: number(bound) }, value: count };
    });
    return [...buckets, { suffix: "_sum", value: this.#sum }, { suffix: "_count", value: count }];
  }
}
