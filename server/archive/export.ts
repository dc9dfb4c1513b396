/**
 * `riftchat export` and `riftchat import`: a history as lines of JSON, and back.
 *
 * Rules: an export is complete: it has every message from before it began, direct messages included, and a last
 * line that says so. An import stores everything or nothing, and needs no more memory for a million messages
 * than for one.
 *
 * @module
 */
import { HistoryError, StorageError } from "../history/mod.ts";
import { afterPrefix, errorText, reasonOf, systemClock } from "../../runtime/mod.ts";
import { ImportCheck, type Keep } from "./import_check.ts";
import { ArchiveReader } from "./reader.ts";
import { firstLine, lastLine, RecordError, writeRecord } from "./record.ts";
import { RecordReader } from "./record_reader.ts";
import { Progress, stdinLines, StdoutWriter } from "./streams.ts";
import { ArchiveWriter } from "./writer.ts";

export { Progress };

/** Exit status of success. */
export const OK = 0;
/** Exit status of a failure that was reported on stderr. */
export const FAILED = 1;

/**
 * Writes the history in a data folder to stdout.
 *
 * @param folder the path of the folder
 * @returns the exit status; errors were reported on stderr
 */
export async function exportHistory(folder: string): Promise<number> {
  const progress = new Progress("exported");
  let reader: ArchiveReader | undefined;
  try {
    reader = new ArchiveReader(folder);
    const out = new StdoutWriter();
    let records = 0;
    const write = async (record: Parameters<typeof writeRecord>[0]) => {
      await out.write(writeRecord(record));
      progress.update(++records);
    };
    const conversations = reader.conversations();
    await out.write(firstLine(reader.lastChange));
    // Newer messages have higher numbers than `last`, so they are left out.
    for (const conversation of conversations) {
      await write(conversation);
      for (const line of reader.lines(conversation.name, { upTo: conversation.last })) await write(line);
    }
    for (const receipt of reader.receipts()) await write(receipt);
    await out.write(lastLine(records));
    await out.flush();
    return OK;
  } catch (error) {
    progress.clear();
    return reportError(error);
  } finally {
    progress.clear();
    reader?.close();
  }
}

/** Options of {@linkcode importHistory}. */
export interface ImportOptions {
  /** What a hub keeps of it. */
  keep: Keep;
  /** Whether to check the input only, without writing anything. */
  dryRun: boolean;
}

/**
 * Reads a history from stdin into a data folder that has none, and says what of it a hub would delete again.
 *
 * @param folder the path of the folder; it is created if it does not exist
 * @param options see {@linkcode ImportOptions}
 * @returns the exit status; errors were reported on stderr
 */
export async function importHistory(folder: string, { keep, dryRun }: ImportOptions): Promise<number> {
  const progress = new Progress(dryRun ? "checked" : "imported");
  const reader = new RecordReader();
  const check = new ImportCheck(keep, systemClock.wall());
  let writer: ArchiveWriter | undefined;
  try {
    if (!dryRun) writer = new ArchiveWriter(folder, systemClock.wall());
    if (Deno.stdin.isTerminal()) {
      printError("waiting for an export on stdin: riftchat import < FILE reads a file; Ctrl-C stops");
    }
    let records = 0;
    for await (const text of stdinLines()) {
      const record = reader.read(text);
      if (record === undefined) continue;
      writer?.write(record);
      if (record.kind === "line") check.add(record.timestamp);
      progress.update(++records);
    }
    reader.finish();
    const usedBytes = writer?.usedBytes() ?? 0;
    const written = writer;
    writer = undefined;
    written?.close(true, reader.lastChange);
    progress.clear();
    const count = `${records.toLocaleString("en")} ${records === 1 ? "record" : "records"}`;
    printError(
      dryRun
        ? `${count} can be imported; nothing was imported (--dry-run)`
        : `${count} ${records === 1 ? "is" : "are"} now in ${folder}`,
    );
    for (const warning of check.warnings(usedBytes)) printError(warning);
    return OK;
  } catch (error) {
    progress.clear();
    return reportError(error, "; nothing was imported");
  } finally {
    writer?.close(false);
  }
}

/**
 * Reports an error on stderr.
 *
 * @param error the error
 * @param consequence what follows from it, appended to the message
 * @returns the exit status
 */
export function reportError(error: unknown, consequence = ""): number {
  // A reader that closes the pipe early, such as `head`, has all it wants.
  if (error instanceof Deno.errors.BrokenPipe) return OK;
  const known = error instanceof HistoryError || error instanceof StorageError ||
    error instanceof RecordError ||
    error instanceof RangeError;
  const message = error instanceof TypeError
    ? "the input must be UTF-8: it is not"
    : known
    ? afterPrefix((error as Error).message)
    : reasonOf(error);
  printError(message + consequence);
  return FAILED;
}

/**
 * Prints a message to stderr; characters that could control a terminal are replaced.
 *
 * @param message the message, without the name of the program
 */
export function printError(message: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(errorText(message)));
}
