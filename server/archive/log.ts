/**
 * `riftchat log`: what a hub keeps, in the order in which it was said, and what is said from now on.
 *
 * Rules: it only reads; a hub that runs is not slowed down, and it does not have to run.
 *
 * @module
 */
import { nameKey } from "../../protocol/mod.ts";
import { explain, FAILED, OK, tell } from "./export.ts";
import { logText, matcher } from "./log_text.ts";
import { ArchiveReader } from "./reader.ts";
import { lineFields, type LineRecord } from "./record.ts";
import { Writer } from "./streams.ts";

/** How often it is looked for new lines, in milliseconds: sooner than anybody expects them. */
const LOOK_MS = 200;

/** How many rooms are named to somebody who asked for one that is not there. */
const MAX_NAMED = 10;

/** What is wanted. */
export interface LogOptions {
  /** The names of the rooms that are wanted, in any spelling; all where there are none. */
  rooms: readonly string[];
  /** Whether lines from one person to another are wanted, too. */
  direct: boolean;
  /** Since when, in milliseconds since 1970. */
  since?: number | undefined;
  /** Words that are to be in a line. */
  match?: string | undefined;
  /** Whether lines go out as JSON. */
  json: boolean;
  /** Whether to go on with what is said from now on. */
  follow: boolean;
}

/**
 * Prints what is kept in a data folder.
 *
 * @param folder its path
 * @param options see {@linkcode LogOptions}
 * @returns the exit status; what went wrong was told on stderr
 */
export async function log(folder: string, options: LogOptions): Promise<number> {
  const ended = Promise.withResolvers<number>();
  const signals: [Deno.Signal, () => void][] = [["SIGINT", () => ended.resolve(130)]];
  if (Deno.build.os !== "windows") {
    signals.push(["SIGTERM", () => ended.resolve(143)], ["SIGHUP", () => ended.resolve(129)]);
  }
  for (const [signal, listener] of signals) Deno.addSignalListener(signal, listener);
  let over = false;
  try {
    return await Promise.race([ended.promise, print(folder, options, () => over)]);
  } finally {
    over = true;
    for (const [signal, listener] of signals) Deno.removeSignalListener(signal, listener);
  }
}

async function print(folder: string, options: LogOptions, over: () => boolean): Promise<number> {
  const { direct, since, match, json, follow } = options;
  const rooms = new Map(options.rooms.map((name) => [nameKey(name), name]));
  const out = new Writer();
  const fits = match === undefined ? () => true : matcher(match);
  const isWanted = (place: string) =>
    place.startsWith("@") ? direct : rooms.size === 0 || rooms.has(nameKey(place));
  /** The number of the last line of each place that was looked at. */
  const last = new Map<string, number>();
  let reader: ArchiveReader | undefined;
  try {
    reader = new ArchiveReader(folder);
    const missing = rooms.size > 0 && tellOfMissing(rooms, reader.rooms());
    do {
      const places = reader.places().filter(({ name }) => isWanted(name));
      const sources = places.flatMap(({ name, last: upTo }) => {
        const after = last.get(name) ?? 0;
        last.set(name, upTo);
        return upTo > after
          ? [reader!.lines(name, { after, upTo, ...(since === undefined ? {} : { since }) })]
          : [];
      });
      for (const line of inOrder(sources)) {
        if (over()) break;
        if (!fits(line.message)) continue;
        await out.write(
          json
            ? JSON.stringify(lineFields(line)) + "\n"
            : logText(line, -new Date(line.timestamp).getTimezoneOffset()),
        );
      }
      await out.flush();
      if (follow && !over()) await new Promise<void>((resolve) => setTimeout(resolve, LOOK_MS));
    } while (follow && !over());
    return missing ? FAILED : OK;
  } catch (error) {
    return explain(error);
  } finally {
    reader?.close();
  }
}

/** Says which of the rooms that are wanted are not there, and which there are; answers whether there were such. */
function tellOfMissing(wanted: ReadonlyMap<string, string>, rooms: readonly string[]): boolean {
  const known = new Set(rooms.map(nameKey));
  const missing = [...wanted].flatMap(([key, name]) => known.has(key) ? [] : [`#${name}`]);
  if (missing.length === 0) return false;
  const others = rooms.length > MAX_NAMED ? `, and ${rooms.length - MAX_NAMED} more` : "";
  const there = rooms.length === 0
    ? "of no room is anything kept"
    : `there is ${rooms.slice(0, MAX_NAMED).map((name) => `#${name}`).join(", ")}${others}`;
  tell(`nothing is kept of ${missing.join(", ")}; ${there}`);
  return true;
}

/** Merges the lines of places by their times; those of one place stay in their order. */
function* inOrder(sources: Generator<LineRecord>[]): Generator<LineRecord> {
  const heads = sources.flatMap((source) => {
    const { value, done } = source.next();
    return done ? [] : [{ source, line: value as LineRecord }];
  });
  while (heads.length > 0) {
    let first = 0;
    for (let i = 1; i < heads.length; i++) {
      if (heads[i]!.line.timestamp < heads[first]!.line.timestamp) first = i;
    }
    const head = heads[first]!;
    yield head.line;
    const { value, done } = head.source.next();
    if (done) heads.splice(first, 1);
    else head.line = value;
  }
}
