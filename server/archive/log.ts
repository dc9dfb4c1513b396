/**
 * `riftchat log`: prints the stored messages in order, and with `--follow` new ones as they arrive, and what becomes of
 * those that were printed.
 *
 * Rules: it only reads. It does not slow down a running hub, and it works without one.
 *
 * @module
 */
import { join } from "node:path";
import { nameKey } from "../../protocol/mod.ts";
import { readerGone, systemClock } from "../../runtime/mod.ts";
import { REGISTRY_FILE } from "../registry/mod.ts";
import { FAILED, OK, printError, reportError } from "./export.ts";
import { matches, readSearch } from "../words/mod.ts";
import { changeLines, logGutter, logLines, type LogSpan, plainText } from "./log_text.ts";
import { ArchiveReader } from "./reader.ts";
import { type LineRecord, writeChanged, writeLine } from "./record.ts";
import { StdoutWriter } from "./streams.ts";

/** How often it looks for new messages, in milliseconds: more often than a user can notice. */
const POLL_MS = 200;

/** How many rooms are listed when a room does not exist. */
const MAX_LISTED_ROOMS = 10;

/** Exit status of an invalid command line. */
const USAGE = 2;

/**
 * Makes a function that formats lines for the terminal at stdout, as rows that fit into it. Every row of a line except
 * the first begins with the gutter.
 */
export type TerminalOutput = (gutter: string) => (lines: readonly LogSpan[][]) => Promise<string>;

/** Options of {@linkcode log}. */
export interface LogOptions {
  /** The rooms to print, in any spelling; empty for all. */
  rooms: readonly string[];
  /** Whether to print direct messages, too. */
  direct: boolean;
  /** The time of the earliest message to print, in milliseconds since 1970. */
  since?: number | undefined;
  /** Only messages from before this time, in milliseconds since 1970. */
  until?: number | undefined;
  /** Whether times are in UTC (ISO 8601), as in the log of the hub; otherwise they are local. */
  iso: boolean;
  /** Words that must all be in a message. */
  match?: string | undefined;
  /** Whether to print JSON. */
  json: boolean;
  /** Whether to wait for new messages and print them. */
  follow: boolean;
  /** How lines are formatted; set if stdout is a terminal. */
  terminal?: TerminalOutput | undefined;
}

/**
 * Prints the stored messages in a data folder.
 *
 * @param folder the path of the folder
 * @param options see {@linkcode LogOptions}
 * @returns the exit status; errors were reported on stderr
 */
export async function log(folder: string, options: LogOptions): Promise<number> {
  const ended = Promise.withResolvers<number>();
  const signals: [Deno.Signal, () => void][] = [["SIGINT", () => ended.resolve(130)]];
  if (Deno.build.os !== "windows") {
    signals.push(["SIGTERM", () => ended.resolve(143)], ["SIGHUP", () => ended.resolve(129)]);
  }
  for (const [signal, listener] of signals) Deno.addSignalListener(signal, listener);
  let stopped = false;
  try {
    if (options.follow) readerGone(1).then(() => ended.resolve(OK));
    return await Promise.race([ended.promise, print(folder, options, () => stopped)]);
  } finally {
    stopped = true;
    for (const [signal, listener] of signals) Deno.removeSignalListener(signal, listener);
  }
}

async function print(folder: string, options: LogOptions, stopped: () => boolean): Promise<number> {
  const { direct, since, until = Infinity, match, iso, json, follow } = options;
  const rooms = new Map(options.rooms.map((name) => [nameKey(name), name]));
  const out = new StdoutWriter();
  const formatRows = options.terminal?.(logGutter(iso));
  const marks = await hasOwnedNames(folder);
  const format = (line: LineRecord) => {
    if (json) return writeLine(line);
    const offsetMinutes = -new Date(line.timestamp).getTimezoneOffset();
    const lines = logLines(line, offsetMinutes, { iso, marks });
    return formatRows?.(lines) ?? plainText(lines);
  };
  const formatChange = (line: LineRecord) => {
    if (json) return writeChanged(line);
    const now = systemClock.wall();
    const lines = changeLines(line, now, -new Date(now).getTimezoneOffset(), { iso });
    return formatRows?.(lines) ?? plainText(lines);
  };
  const search = match === undefined ? undefined : readSearch(match);
  if (search?.terms.length === 0) {
    printError(`cannot take --match ${match}: it must contain a letter or a digit`);
    return USAGE;
  }
  const isWanted = (conversation: string) =>
    conversation.startsWith("@") ? direct : rooms.size === 0 || rooms.has(nameKey(conversation));
  /** The last sequence number that was read in each conversation. */
  const lastPrinted = new Map<string, number>();
  /** With a search, which messages were printed: a deleted one is found by no words. */
  const found = new Set<string>();
  let lastChange: number | undefined;
  let reader: ArchiveReader | undefined;
  try {
    reader = new ArchiveReader(folder);
    const missing = rooms.size > 0 && reportMissing(rooms, reader.rooms());
    do {
      const conversations = reader.conversations().filter(({ name }) => isWanted(name));
      const printedBefore = new Map(lastPrinted);
      const sources = conversations.flatMap(({ name, last: upTo }) => {
        const after = lastPrinted.get(name) ?? 0;
        lastPrinted.set(name, upTo);
        return upTo > after
          ? [reader!.lines(name, { after, upTo, ...(since === undefined ? {} : { since }) })]
          : [];
      });
      for (const line of inOrder(sources)) {
        if (stopped()) break;
        if (line.timestamp >= until) continue;
        if (search !== undefined) {
          if (!matches(search, line.message)) continue;
          if (follow) found.add(placeOf(line));
        }
        await out.write(await format(line));
      }
      const changesBefore = lastChange ?? reader.listedChange;
      lastChange = reader.listedChange;
      for (const line of lastChange > changesBefore ? reader.changedLines(changesBefore) : []) {
        if (stopped()) break;
        if (line.sequence > (printedBefore.get(line.conversation) ?? 0)) continue;
        if (line.timestamp < (since ?? 0) || line.timestamp >= until) continue;
        if (search !== undefined && !found.has(placeOf(line))) {
          if (!matches(search, line.message)) continue;
          found.add(placeOf(line));
        }
        await out.write(await formatChange(line));
      }
      await out.flush();
      if (follow && !stopped()) await new Promise<void>((resolve) => setTimeout(resolve, POLL_MS));
    } while (follow && !stopped());
    return missing ? FAILED : OK;
  } catch (error) {
    return reportError(error);
  } finally {
    reader?.close();
  }
}

function placeOf({ conversation, sequence }: LineRecord): string {
  return `${sequence} ${conversation}`;
}

/** Whether names can belong to keys on the hub with this data folder. */
async function hasOwnedNames(folder: string): Promise<boolean> {
  return await Deno.stat(join(folder, REGISTRY_FILE)).then(() => true, () => false);
}

/** Reports which rooms have no stored messages, and which have some; returns whether one was missing. */
function reportMissing(wanted: ReadonlyMap<string, string>, rooms: readonly string[]): boolean {
  const known = new Set(rooms.map(nameKey));
  const missing = [...wanted].flatMap(([key, name]) => known.has(key) ? [] : [`#${name}`]);
  if (missing.length === 0) return false;
  const others = rooms.length > MAX_LISTED_ROOMS ? `, and ${rooms.length - MAX_LISTED_ROOMS} more` : "";
  const existing = rooms.length === 0
    ? "no room has stored messages"
    : `rooms with stored messages: ${
      rooms.slice(0, MAX_LISTED_ROOMS).map((name) => `#${name}`).join(", ")
    }${others}`;
  printError(`no messages are stored for ${missing.join(", ")}; ${existing}`);
  return true;
}

/** Merges the messages of conversations by their times; those of one conversation stay in order. */
function* inOrder(sources: Generator<LineRecord>[]): Generator<LineRecord> {
  const cursors = sources.flatMap((source) => {
    const { value, done } = source.next();
    return done ? [] : [{ source, line: value as LineRecord }];
  });
  while (cursors.length > 0) {
    let first = 0;
    for (let i = 1; i < cursors.length; i++) {
      if (cursors[i]!.line.timestamp < cursors[first]!.line.timestamp) first = i;
    }
    const cursor = cursors[first]!;
    yield cursor.line;
    const { value, done } = cursor.source.next();
    if (done) cursors.splice(first, 1);
    else cursor.line = value;
  }
}
