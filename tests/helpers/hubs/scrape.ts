/**
 * Reads metrics like Prometheus: over HTTP, in its text format. It is written from the description of the format.
 *
 * @module
 */

/** The result of one scrape. */
export class Scrape {
  /** The type of each metric, by its name. */
  readonly types: Map<string, string> = new Map();
  /** The help text of each metric, by its name. */
  readonly help: Map<string, string> = new Map();
  readonly #values = new Map<string, number>();

  /**
   * Parses one response.
   *
   * @param text the body of the response
   * @throws {Error} for a line that is not in the format, or a value that occurs twice
   */
  constructor(text: string) {
    for (const line of text.split("\n")) {
      const [, kind, about, rest] = line.match(/^# (TYPE|HELP) (\w+) (.+)$/) ?? [];
      const [, series, value] = line.match(/^([a-z_]+(?:\{(?:\w+="[^"]*",?)+\})?) (\S+)$/) ?? [];
      if (kind !== undefined) (kind === "TYPE" ? this.types : this.help).set(about!, rest!);
      else if (series !== undefined) {
        if (this.#values.has(series)) throw new Error(`occurs twice: ${line}`);
        this.#values.set(series, Number(value));
      } else if (line !== "") throw new Error(`not in the format: ${line}`);
    }
  }

  /**
   * Requests and parses metrics.
   *
   * @param url the URL of the metrics
   * @throws {Error} if the request fails, or the response is not in the format
   */
  static async of(url: string): Promise<Scrape> {
    const response = await fetch(url);
    const text = await response.text();
    if (!response.ok) throw new Error(`status ${response.status}: ${text}`);
    if (!/^text\/plain; version=0\.0\.4/.test(response.headers.get("content-type") ?? "")) {
      throw new Error("its content type is not that of the format");
    }
    return new Scrape(text);
  }

  /**
   * Returns one value.
   *
   * @param series the name of the metric, with its labels in braces if it has any
   * @throws {Error} if there is no such value
   */
  value(series: string): number {
    const value = this.#values.get(series);
    if (value === undefined) {
      throw new Error(`there is no ${series} among ${[...this.#values.keys()].join(", ")}`);
    }
    return value;
  }
}
