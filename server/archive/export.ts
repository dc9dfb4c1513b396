/**
 * `riftchat export` and `riftchat import`: a history as lines of JSON, and back.
 *
 * Rules: an export is whole: every line there was when it began, those to one person included, and it ends with a line
 * that says so. An import keeps all of it or nothing; it uses no more memory for a million lines than for one.
 *
 * @module
 */
import { HistoryError, StorageError } from "../history/mod.ts";
import { reasonOf, systemClock } from "../../runtime/mod.ts";
import { ArchiveReader } from "./reader.ts";
import { FIRST_LINE, lastLine, RecordError, RecordReader, writeRecord } from "./record.ts";
import { linesOfStdin, Progress, Writer } from "./streams.ts";
import { ArchiveWriter } from "./writer.ts";

/** What the shell is told. */
export const OK = 0;
/** The same, where something went wrong that was told on stderr. */
export const FAILED = 1;

/**
 * Writes the history in a data folder to stdout.
 *
 * @param folder its path
 * @returns the exit status; what went wrong was told on stderr
 */
export async function exportHistory(folder: string): Promise<number> {
  const progress = new Progress("exported");
  let reader: ArchiveReader | undefined;
  try {
    reader = new ArchiveReader(folder);
    const out = new Writer();
    let records = 0;
    const write = async (record: Parameters<typeof writeRecord>[0]) => {
      await out.write(writeRecord(record));
      progress.at(++records);
    };
    await out.write(FIRST_LINE);
    // What is said meanwhile would be behind the number that was given as the last.
    for (const place of reader.places()) {
      await write(place);
      for (const line of reader.lines(place.name, { upTo: place.last })) await write(line);
    }
    for (const mark of reader.marks()) await write(mark);
    await out.write(lastLine(records));
    await out.flush();
    return OK;
  } catch (error) {
    progress.end();
    return explain(error);
  } finally {
    progress.end();
    reader?.close();
  }
}

/**
 * Reads a history from stdin into a data folder in which none is.
 *
 * @param folder its path; it is made where it is not there
 * @returns the exit status; what went wrong was told on stderr
 */
export async function importHistory(folder: string): Promise<number> {
  const progress = new Progress("imported");
  const reader = new RecordReader();
  let writer: ArchiveWriter | undefined;
  try {
    writer = new ArchiveWriter(folder, systemClock.wall());
    let records = 0;
    for await (const text of linesOfStdin()) {
      const record = reader.read(text);
      if (record === undefined) continue;
      writer.write(record);
      progress.at(++records);
    }
    reader.finish();
    const written = writer;
    writer = undefined;
    written.close(true);
    progress.end();
    tell(`${records.toLocaleString("en")} records are now in ${folder}`);
    return OK;
  } catch (error) {
    progress.end();
    return explain(error, "; nothing was imported");
  } finally {
    writer?.close(false);
  }
}

/**
 * Says on stderr what went wrong.
 *
 * @param error what was thrown
 * @param then what follows from it
 * @returns the exit status
 */
export function explain(error: unknown, then = ""): number {
  // Who closes the pipe early, such as `head`, has read enough.
  if (error instanceof Deno.errors.BrokenPipe) return OK;
  const known = error instanceof HistoryError || error instanceof StorageError ||
    error instanceof RecordError ||
    error instanceof RangeError;
  const message = error instanceof TypeError
    ? "the input must be UTF-8: it is not"
    : known
    ? (error as Error).message.replace(/(^|: )Cannot /, "$1cannot ")
    : reasonOf(error);
  tell(message + then);
  return FAILED;
}

/**
 * Says something on stderr, with what could do harm to a terminal replaced.
 *
 * @param message what to say, without the name of the program
 */
export function tell(message: string): void {
  // deno-lint-ignore no-control-regex
  const shown = message.replace(/[\x00-\x1f\x7f-\x9f\p{Cf}\p{Zl}\p{Zp}]/gu, "\ufffd");
  Deno.stderr.writeSync(new TextEncoder().encode(`riftchat: ${shown}\n`));
}
