/**
 * Reads metrics as Prometheus does: over HTTP, in its text format, from the description of the format alone.
 *
 * @module
 */

/** What one scrape has told. */
export class Scrape {
  /** The type of each metric, by its name. */
  readonly types: Map<string, string> = new Map();
  /** What each one means, by its name. */
  readonly help: Map<string, string> = new Map();
  readonly #values = new Map<string, number>();

  /**
   * Takes one page apart.
   *
   * @param text the page
   * @throws {Error} for a line that is none of the format, or a value that was told before
   */
  constructor(text: string) {
    for (const line of text.split("\n")) {
      const [, kind, about, rest] = line.match(/^# (TYPE|HELP) (\w+) (.+)$/) ?? [];
      const [, series, value] = line.match(/^([a-z_]+(?:\{(?:\w+="[^"]*",?)+\})?) (\S+)$/) ?? [];
      if (kind !== undefined) (kind === "TYPE" ? this.types : this.help).set(about!, rest!);
      else if (series !== undefined) {
        if (this.#values.has(series)) throw new Error(`told twice: ${line}`);
        this.#values.set(series, Number(value));
      } else if (line !== "") throw new Error(`no line of the format: ${line}`);
    }
  }

  /**
   * Scrapes.
   *
   * @param url where the metrics are
   * @throws {Error} where that fails, or what comes is not in the format
   */
  static async of(url: string): Promise<Scrape> {
    const response = await fetch(url);
    const text = await response.text();
    if (!response.ok) throw new Error(`status ${response.status}: ${text}`);
    if (!/^text\/plain; version=0\.0\.4/.test(response.headers.get("content-type") ?? "")) {
      throw new Error("its type is not that of the format");
    }
    return new Scrape(text);
  }

  /**
   * Gives one value.
   *
   * @param series its name, with labels in braces where it has any
   * @throws {Error} where there is none
   */
  value(series: string): number {
    const value = this.#values.get(series);
    if (value === undefined) {
      throw new Error(`there is no ${series} among ${[...this.#values.keys()].join(", ")}`);
    }
    return value;
  }
}
