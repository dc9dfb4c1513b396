/**
 * The log in a file: real files, as the package writes them.
 */
import { configure, getTextFormatter, type LogRecord, reset } from "@logtape/logtape";
import { systemClock } from "../../../runtime/mod.ts";
import { LOG_RETRY_MS } from "../../../server/limits.ts";
import { LogFile } from "../../../server/log/log_file.ts";
import { assert, assertEquals, assertMatch, assertThrows } from "../../helpers/assert.ts";

const formatter = getTextFormatter({
  format: ({ message }) => message,
  value: (value) => String(value),
});

function record(text: string): LogRecord {
  return {
    category: ["test"],
    level: "info",
    timestamp: Date.now(),
    message: [text],
    rawMessage: text,
    properties: {},
  };
}

/** A folder with a log file, which receives its own write errors as in the hub. */
class TestLog implements AsyncDisposable {
  readonly folder = Deno.makeTempDirSync();
  readonly path = `${this.folder}/hub.log`;
  readonly complaints: string[] = [];
  #skippedMs = 0;
  readonly file: LogFile;

  constructor(maxBytes: number, keep: number) {
    this.file = new LogFile(this.path, {
      maxBytes,
      keep,
      formatter,
      clock: { ...systemClock, elapsed: () => systemClock.elapsed() + this.#skippedMs },
      onFailure: (reason) => this.complaints.push(reason),
    });
  }

  static async open(maxBytes = 1000, keep = 2): Promise<TestLog> {
    const log = new TestLog(maxBytes, keep);
    await configure({
      reset: true,
      sinks: { trouble: ({ properties }) => log.file.failed(properties["error"]) },
      loggers: [{ category: ["logtape", "meta"], lowestLevel: "warning", sinks: ["trouble"] }],
    });
    return log;
  }

  /** Advances the time. */
  skip(ms: number): void {
    this.#skippedMs += ms;
  }

  /** Logs lines one after the other; each is being written before the next is logged. */
  async log(...lines: string[]): Promise<void> {
    for (const line of lines) {
      this.file.write(record(line));
      await this.file.reopen();
    }
  }

  read(suffix = ""): string {
    return Deno.readTextFileSync(this.path + suffix);
  }

  files(): string[] {
    return [...Deno.readDirSync(this.folder)].map(({ name }) => name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.file.close();
    await reset();
    await Deno.remove(this.folder, { recursive: true });
  }
}

Deno.test("A log file is appended to", async () => {
  await using log = await TestLog.open();
  await log.log("one");
  await log.file.close();
  const again = new LogFile(log.path, {
    maxBytes: 1000,
    keep: 2,
    formatter,
    clock: systemClock,
    onFailure: () => {},
  });
  again.write(record("two"));
  await again.close();
  assertEquals(log.read(), "one\ntwo\n");
});

Deno.test("A line is in the log file as soon as it is logged", async () => {
  await using log = await TestLog.open();
  log.file.write(record("one"));
  assertEquals(log.read(), "one\n");
});

Deno.test("A log file is rotated when it is large, and only the given number of files is kept", async () => {
  await using log = await TestLog.open(10, 2);
  await log.log("line one", "line two", "line three", "line four");
  assertEquals([log.read(), log.read(".1"), log.read(".2")], [
    "line four\n",
    "line three\n",
    "line two\n",
  ]);
  assertEquals(log.files().length, 3);
});

Deno.test("A log file without rotated files starts again empty", async () => {
  await using log = await TestLog.open(10, 0);
  await log.log("line one", "line two");
  assertEquals([log.read(), log.files().length], ["line two\n", 1]);
});

Deno.test("A log file that another program renamed is reopened, and no line is lost", async () => {
  await using log = await TestLog.open(100_000);
  for (let i = 0; i < 50; i++) log.file.write(record(`before ${i}`));
  await Deno.rename(log.path, log.path + ".old");
  for (let i = 0; i < 50; i++) log.file.write(record(`between ${i}`));
  await log.file.reopen();
  log.file.write(record("after"));
  const old = log.read(".old").trimEnd().split("\n");
  assertEquals([old.length, old.at(-1), log.read()], [100, "between 49", "after\n"]);
});

Deno.test("A log file is rotated after it is reopened if the queued lines make it too large", async () => {
  await using log = await TestLog.open(100, 3);
  // All lines but the first are queued until that one is written.
  for (let i = 0; i < 50; i++) log.file.write(record(`line ${i}`));
  const reopened = log.file.reopen();
  log.file.write(record("after"));
  await reopened;
  log.file.write(record("later"));
  await log.file.close();
  const lines = log.files().sort().reverse().map((name) => log.read(name.replace("hub.log", ""))).join("");
  assertEquals(lines, [...Array(50).keys()].map((i) => `line ${i}\n`).join("") + "after\nlater\n");
  assertEquals(log.read().endsWith("later\n"), true);
});

Deno.test("A log file that cannot be reopened stays open", async () => {
  await using log = await TestLog.open();
  await log.log("one");
  await Deno.rename(log.path, log.path + ".old");
  await Deno.mkdir(log.path);
  const error = await log.file.reopen().then(() => undefined, String);
  assertMatch(error ?? "", /it must be a file: it is something else/);
  log.file.write(record("two"));
  assertEquals(log.read(".old"), "one\ntwo\n");
});

Deno.test("A log file that cannot be rotated grows, and the loss is reported once", async () => {
  await using log = await TestLog.open(10, 1);
  await log.log("line one");
  await Deno.mkdir(log.path + ".1");
  log.file.write(record("missing"));
  log.file.write(record("missing too"));
  log.skip(LOG_RETRY_MS);
  log.file.write(record("line four"));
  await log.file.reopen();
  assertMatch(
    log.read(),
    /^line one\nlog lines are missing here, 2 or more: .*rename.*\nline four\n$/,
  );
  assertEquals(log.complaints.length, 1);
  await Deno.remove(log.path + ".1");
  await log.log("line five");
  assertEquals([log.read(), log.read(".1").endsWith("line four\n")], ["line five\n", true]);
});

Deno.test("A folder, a device, or a path in a missing folder is refused as a log file", () => {
  const folder = Deno.makeTempDirSync();
  const options = { maxBytes: 1000, keep: 1, formatter, clock: systemClock, onFailure: () => {} };
  for (const path of [folder, "/dev/null"]) {
    assertMatch(String(assertThrows(() => new LogFile(path, options))), /it must be a file/);
  }
  const error = assertThrows(() => new LogFile(`${folder}/none/hub.log`, options));
  assert(error instanceof Deno.errors.NotFound);
  Deno.removeSync(folder);
});
