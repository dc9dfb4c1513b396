/**
 * Formats metrics as text for Prometheus (text exposition format 0.0.4).
 *
 * PURE. The package `prom-client` is not used: `deno compile` of the pinned version overflows its stack on one of its
 * dependencies (bintrees 1.0.2).
 *
 * @module
 */

/** The `Content-Type` of the text. */
export const CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** One value of a metric. */
export interface Sample {
  /** A suffix of the metric's name, such as `_bucket`. */
  suffix?: string;
  /** Labels that distinguish this value from others of the metric. */
  labels?: Readonly<Record<string, string>>;
  /** The value. */
  value: number;
}

/** A metric. */
export interface Metric {
  /** Its name, such as `riftchat_connections`. */
  name: string;
  /** Its type. */
  type: "counter" | "gauge" | "histogram";
  /** A sentence that describes it. */
  help: string;
  /** Returns its current values. */
  samples: () => Iterable<Sample>;
}

/**
 * Formats metrics.
 *
 * @param metrics the metrics
 * @returns the text
 */
export function formatMetrics(metrics: Iterable<Metric>): string {
  const lines: string[] = [];
  for (const { name, type, help, samples } of metrics) {
    lines.push(`# HELP ${name} ${escaped(help)}`, `# TYPE ${name} ${type}`);
    for (const { suffix = "", labels = {}, value } of samples()) {
      const pairs = Object.entries(labels).map(([label, text]) =>
        `${label}="${escaped(text).replaceAll('"', '\\"')}"`
      );
      lines.push(
        `${name}${suffix}${pairs.length === 0 ? "" : `{${pairs.join(",")}}`} ${formatNumber(value)}`,
      );
    }
  }
  return lines.join("\n") + "\n";
}

function escaped(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}

function formatNumber(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
}

/** Counts observations in buckets by size. */
export class Histogram {
  readonly #bounds: readonly number[];
  readonly #counts: number[];
  #sum = 0;

  /**
   * Makes a histogram without observations.
   *
   * @param bounds the upper bounds of its buckets, in ascending order
   */
  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = Array(bounds.length + 1).fill(0);
  }

  /**
   * Adds an observation.
   *
   * @param value its size
   */
  observe(value: number): void {
    const bucket = this.#bounds.findIndex((bound) => value <= bound);
    this.#counts[bucket < 0 ? this.#bounds.length : bucket]!++;
    this.#sum += value;
  }

  /** The count of observations up to each bound, then their sum and total count. */
  get samples(): Sample[] {
    let count = 0;
    const buckets = [...this.#bounds, Infinity].map((bound, i): Sample => {
      count += this.#counts[i]!;
      return { suffix: "_bucket", labels: { le: formatNumber(bound) }, value: count };
    });
    return [...buckets, { suffix: "_sum", value: this.#sum }, { suffix: "_count", value: count }];
  }
}
