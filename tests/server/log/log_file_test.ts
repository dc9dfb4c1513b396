/**
 * The log in a file: real files.
 */
import { getTextFormatter, type LogRecord } from "@logtape/logtape";
import { systemClock } from "../../../runtime/mod.ts";
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

/** A folder with a log file. */
class TestLog implements Disposable {
  readonly folder = Deno.makeTempDirSync();
  readonly path = `${this.folder}/hub.log`;
  readonly complaints: string[] = [];
  readonly file: LogFile;

  constructor(maxBytes: number, keep: number) {
    this.file = new LogFile(this.path, {
      maxBytes,
      keep,
      formatter,
      clock: systemClock,
      onFailure: (reason) => this.complaints.push(reason),
    });
  }

  static open(maxBytes = 1000, keep = 2): TestLog {
    return new TestLog(maxBytes, keep);
  }

  /** Logs lines one after the other. */
  log(...lines: string[]): void {
    for (const line of lines) this.file.write(record(line));
  }

  read(suffix = ""): string {
    return Deno.readTextFileSync(this.path + suffix);
  }

  files(): string[] {
    return [...Deno.readDirSync(this.folder)].map(({ name }) => name);
  }

  [Symbol.dispose](): void {
    this.file.close();
    Deno.removeSync(this.folder, { recursive: true });
  }
}

Deno.test("A log file is appended to", () => {
  using log = TestLog.open();
  log.log("one");
  log.file.close();
  const again = new LogFile(log.path, {
    maxBytes: 1000,
    keep: 2,
    formatter,
    clock: systemClock,
    onFailure: () => {},
  });
  again.write(record("two"));
  again.close();
  assertEquals(log.read(), "one\ntwo\n");
});

Deno.test("A line is in the log file as soon as it is logged", () => {
  using log = TestLog.open();
  log.file.write(record("one"));
  assertEquals(log.read(), "one\n");
});

Deno.test("A log file is rotated when it is large, and only the given number of files is kept", () => {
  using log = TestLog.open(10, 2);
  log.log("line one", "line two", "line three", "line four");
  assertEquals([log.read(), log.read(".1"), log.read(".2")], [
    "line four\n",
    "line three\n",
    "line two\n",
  ]);
  assertEquals(log.files().length, 3);
});

Deno.test("A log file without rotated files starts again empty", () => {
  using log = TestLog.open(10, 0);
  log.log("line one", "line two");
  assertEquals([log.read(), log.files().length], ["line two\n", 1]);
});

Deno.test("A log file that another program renamed is reopened, and no line is lost", () => {
  using log = TestLog.open(100_000);
  for (let i = 0; i < 50; i++) log.file.write(record(`before ${i}`));
  Deno.renameSync(log.path, log.path + ".old");
  for (let i = 0; i < 50; i++) log.file.write(record(`between ${i}`));
  log.file.reopen();
  log.file.write(record("after"));
  const old = log.read(".old").trimEnd().split("\n");
  assertEquals([old.length, old.at(-1), log.read()], [100, "between 49", "after\n"]);
});

Deno.test("A log file is rotated after it is reopened too", () => {
  using log = TestLog.open(100, 9);
  for (let i = 0; i < 50; i++) log.file.write(record(`line ${i}`));
  log.file.reopen();
  log.file.write(record("after"));
  log.file.write(record("later"));
  log.file.close();
  const lines = log.files().sort().reverse().map((name) => log.read(name.replace("hub.log", ""))).join("");
  assertEquals(lines, [...Array(50).keys()].map((i) => `line ${i}\n`).join("") + "after\nlater\n");
  assertEquals(log.read().endsWith("later\n"), true);
});

Deno.test("A log file that cannot be reopened stays open", () => {
  using log = TestLog.open();
  log.log("one");
  Deno.renameSync(log.path, log.path + ".old");
  Deno.mkdirSync(log.path);
  assertMatch(String(assertThrows(() => log.file.reopen())), /it must be a file: it is something else/);
  log.file.write(record("two"));
  assertEquals(log.read(".old"), "one\ntwo\n");
});

Deno.test("A log file that cannot be rotated grows, says why once, and is rotated again after it is reopened", () => {
  using log = TestLog.open(10, 1);
  log.log("line one");
  Deno.mkdirSync(log.path + ".1");
  log.log("line two", "line three");
  assertMatch(
    log.read(),
    /^line one\ncannot rotate the log, so this file grows: .*rename.*\nline two\nline three\n$/,
  );
  assertEquals(log.complaints, []);
  Deno.removeSync(log.path + ".1");
  log.file.reopen();
  log.log("line four");
  assertEquals([log.read(), log.read(".1").endsWith("line three\n")], ["line four\n", true]);
});

Deno.test("Another program may truncate a log file in place", () => {
  using log = TestLog.open(25, 1);
  log.log("line one", "line two");
  Deno.truncateSync(log.path);
  log.log("line three", "line four");
  assertEquals([log.read(), log.files()], ["line three\nline four\n", ["hub.log"]]);
});

Deno.test("A line that an earlier process has not finished is ended before the next one", () => {
  using log = TestLog.open();
  Deno.writeTextFileSync(log.path, "half");
  log.file.reopen();
  log.file.write(record("one"));
  assertEquals(log.read(), "half\none\n");
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
