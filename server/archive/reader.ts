/**
 * Reads what a hub keeps, beside the hub or while none runs, page by page. The one place that knows what it lies in.
 *
 * Strategy: what stands in the journal only is read first, then the database. What is filed between the two is in both,
 * and known by its number; so every line is there once, however the hub goes on.
 *
 * Rules: nothing is written, and the hub never waits for a reader.
 *
 * @module
 */
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { nameKey } from "../../protocol/mod.ts";
import { HistoryError, HistoryReader, type RecordedLine } from "../history/mod.ts";
import type { LineRecord, MarkRecord, PlaceRecord } from "./record.ts";

/** The file of the database in a data folder. */
export const DATABASE_FILE = "riftchat.db";

/** How many lines are read at once: enough to be quick, few enough for any memory. */
const PAGE_LINES = 1000;

/** As in `history/schema.ts`: where nothing is left of a place, the place itself knows its last number. */
const LAST = "max(places.last, ifnull((SELECT max(sequence) FROM lines WHERE lines.place = places.id), 0))";

/** A history that is only read. */
export class ArchiveReader {
  readonly #db: DatabaseSync;
  readonly #history: HistoryReader;
  /** What stood in the journal only when places were listed. */
  #unfiled: RecordedLine[] = [];

  /**
   * Opens the history in a data folder.
   *
   * @param folder the path of the folder
   * @throws {HistoryError} where there is none, or it cannot be read
   */
  constructor(folder: string) {
    const path = join(folder, DATABASE_FILE);
    try {
      // SQLite's own words for a file that is not there help nobody.
      Deno.statSync(path);
      this.#db = new DatabaseSync(path, { readOnly: true });
      this.#db.prepare("SELECT 1 FROM places LIMIT 1").get();
    } catch (error) {
      const missing = error instanceof Deno.errors.NotFound;
      const reason = missing ? "there is none" : error instanceof Error ? error.message : String(error);
      const hint = missing ? "; --data names another folder" : "";
      throw new HistoryError(`Cannot read a history in ${folder}: ${reason}${hint}`, { cause: error });
    }
    try {
      this.#history = new HistoryReader(folder);
    } catch (error) {
      this.#db.close();
      throw error;
    }
  }

  /**
   * Lists the places of which something is kept. What is read afterwards is as of now, as far as it is not filed.
   *
   * @returns rooms first, in the order in which they were made
   * @throws {HistoryError} where the hub writes faster than it can be read
   */
  places(): PlaceRecord[] {
    this.#unfiled = this.#history.unfiled();
    const places = new Map(
      this.#db.prepare(`SELECT key, name, ${LAST} AS last FROM places ORDER BY id`).all()
        .map(({ key, name, last }): [string, PlaceRecord] => [
          String(key),
          { kind: "place", name: String(name), last: Number(last) },
        ]),
    );
    for (const { place: name, sequence } of this.#unfiled) {
      const place = places.get(keyOf(name));
      if (place === undefined) places.set(keyOf(name), { kind: "place", name, last: sequence });
      else place.last = Math.max(place.last, sequence);
    }
    const all = [...places.values()];
    return [
      ...all.filter(({ name }) => !name.startsWith("@")),
      ...all.filter(({ name }) => name.startsWith("@")),
    ];
  }

  /**
   * Lists the rooms of which a line is kept.
   *
   * @returns their names
   * @throws {HistoryError} where the hub writes faster than it can be read
   */
  rooms(): string[] {
    return this.#history.places().map(({ name }) => name).filter((name) => !name.startsWith("@"));
  }

  /**
   * Reads the lines of a place that was listed, oldest first, as many at a time as memory has room for.
   *
   * @param place as {@linkcode PlaceRecord.name}
   * @param range `after` and `upTo`: only lines with numbers above the one and not above the other; `since`: only those
   * that were said then or later, in milliseconds since 1970
   * @returns the lines
   */
  *lines(
    place: string,
    range: { after?: number; upTo?: number; since?: number } = {},
  ): Generator<LineRecord> {
    const { after = 0, upTo = Number.MAX_SAFE_INTEGER, since = -1 } = range;
    const key = keyOf(place);
    const unfiled = this.#unfiled.filter(({ place: name, sequence, timestamp }) =>
      keyOf(name) === key && sequence > after && sequence <= upTo && timestamp >= since
    ).map(({ mark: _, ...line }): LineRecord => ({ kind: "line", ...line, place, to: line.to }));
    yield* merged(unfiled, this.#filed(place, { after, upTo, since }), (a, b) => a.sequence - b.sequence);
  }

  *#filed(
    place: string,
    range: { after: number; upTo: number; since: number },
  ): Generator<LineRecord> {
    const { upTo, since } = range;
    const statement = this.#db.prepare(`
      SELECT sequence, timestamp, username, recipient, verified, message FROM lines
      WHERE place = (SELECT id FROM places WHERE name = ?) AND sequence > ? AND sequence <= ? AND timestamp >= ?
      ORDER BY sequence LIMIT ${PAGE_LINES}`);
    for (let { after } = range;;) {
      const rows = statement.all(place, after, upTo, since);
      for (const { sequence, timestamp, username, recipient, verified, message } of rows) {
        yield {
          kind: "line",
          place,
          sequence: after = Number(sequence),
          timestamp: Number(timestamp),
          username: String(username),
          to: recipient === null ? undefined : String(recipient),
          verified: verified === 1,
          message: String(message),
        };
      }
      if (rows.length < PAGE_LINES) return;
    }
  }

  /**
   * Reads the marks of lines that may be sent again.
   *
   * @returns the marks, in the order of their authors and themselves
   */
  *marks(): Generator<MarkRecord> {
    const unfiled = this.#unfiled.flatMap(({ mark, sequence, timestamp }): MarkRecord[] =>
      mark === undefined
        ? []
        : [{ kind: "mark", author: mark.author, id: mark.id, sequence, stored: true, timestamp }]
    ).sort(byMark);
    yield* merged(unfiled, this.#filedMarks(), byMark);
  }

  *#filedMarks(): Generator<MarkRecord> {
    const statement = this.#db.prepare(`
      SELECT author, id, sequence, stored, timestamp FROM receipts
      WHERE (author, id) > (?, ?) ORDER BY author, id LIMIT ${PAGE_LINES}`);
    for (let last = { author: "", id: "" };;) {
      const rows = statement.all(last.author, last.id);
      for (const row of rows) {
        last = { author: String(row.author), id: String(row.id) };
        const { sequence, stored, timestamp } = row;
        yield {
          kind: "mark",
          ...last,
          sequence: Number(sequence),
          stored: stored === 1,
          timestamp: Number(timestamp),
        };
      }
      if (rows.length < PAGE_LINES) return;
    }
  }

  /** Ends. */
  close(): void {
    this.#history.close();
    this.#db.close();
  }
}

/** The key of a place, as the database has it. */
function keyOf(name: string): string {
  return name.startsWith("@") ? name : nameKey(name);
}

/** In the order of the database: by author, then by the mark, each by its bytes. */
function byMark(a: MarkRecord, b: MarkRecord): number {
  return compareBytes(a.author, b.author) || compareBytes(a.id, b.id);
}

/** Compares as UTF-8, as SQLite does; JavaScript compares as UTF-16. */
function compareBytes(a: string, b: string): number {
  if (a === b) return 0;
  const [left, right] = [a, b].map((text) => new TextEncoder().encode(text)) as [Uint8Array, Uint8Array];
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    if (left[i] !== right[i]) return left[i]! - right[i]!;
  }
  return left.length - right.length;
}

/** Merges two rows that are in order each; of what is in both, the first one's counts. */
function* merged<T>(
  first: readonly T[],
  second: Generator<T>,
  compare: (a: T, b: T) => number,
): Generator<T> {
  let at = 0;
  for (const one of second) {
    while (at < first.length && compare(first[at]!, one) < 0) yield first[at++]!;
    if (at < first.length && compare(first[at]!, one) === 0) yield first[at++]!;
    else yield one;
  }
  yield* first.slice(at);
}
