/** The log in a file: real files, as the package writes them. */
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

/** A folder with a log file in it, which is told of its own failures as the hub's is. */
class Desk implements AsyncDisposable {
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
      complain: (reason) => this.complaints.push(reason),
    });
  }

  static async open(maxBytes = 1000, keep = 2): Promise<Desk> {
    const desk = new Desk(maxBytes, keep);
    await configure({
      reset: true,
      sinks: { trouble: ({ properties }) => desk.file.failed(properties["error"]) },
      loggers: [{ category: ["logtape", "meta"], lowestLevel: "warning", sinks: ["trouble"] }],
    });
    return desk;
  }

  /** Lets time pass. */
  skip(ms: number): void {
    this.#skippedMs += ms;
  }

  /** Logs lines, one after the other, each of which is on its way to the disk before the next. */
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

Deno.test("A log file goes on after what it holds", async () => {
  await using desk = await Desk.open();
  await desk.log("one");
  await desk.file.close();
  const again = new LogFile(desk.path, {
    maxBytes: 1000,
    keep: 2,
    formatter,
    clock: systemClock,
    complain: () => {},
  });
  again.write(record("two"));
  await again.close();
  assertEquals(desk.read(), "one\ntwo\n");
});

Deno.test("A line is in the log file as soon as it is logged", async () => {
  await using desk = await Desk.open();
  desk.file.write(record("one"));
  assertEquals(desk.read(), "one\n");
});

Deno.test("A log file that has grown is put aside, and only as many are kept as were asked for", async () => {
  await using desk = await Desk.open(10, 2);
  await desk.log("line one", "line two", "line three", "line four");
  assertEquals([desk.read(), desk.read(".1"), desk.read(".2")], [
    "line four\n",
    "line three\n",
    "line two\n",
  ]);
  assertEquals(desk.files().length, 3);
});

Deno.test("A log file of which none is kept begins anew", async () => {
  await using desk = await Desk.open(10, 0);
  await desk.log("line one", "line two");
  assertEquals([desk.read(), desk.files().length], ["line two\n", 1]);
});

Deno.test("A log file that another program has put aside is opened anew, and no line is lost", async () => {
  await using desk = await Desk.open(100_000);
  for (let i = 0; i < 50; i++) desk.file.write(record(`before ${i}`));
  await Deno.rename(desk.path, desk.path + ".old");
  for (let i = 0; i < 50; i++) desk.file.write(record(`between ${i}`));
  await desk.file.reopen();
  desk.file.write(record("after"));
  const old = desk.read(".old").trimEnd().split("\n");
  assertEquals([old.length, old.at(-1), desk.read()], [100, "between 49", "after\n"]);
});

Deno.test("A log file that is opened anew is put aside first where what waits makes it too large", async () => {
  await using desk = await Desk.open(100, 3);
  // All but the first line wait until that one is on the disk.
  for (let i = 0; i < 50; i++) desk.file.write(record(`line ${i}`));
  const reopened = desk.file.reopen();
  desk.file.write(record("after"));
  await reopened;
  desk.file.write(record("later"));
  await desk.file.close();
  const lines = desk.files().sort().reverse().map((name) => desk.read(name.replace("hub.log", ""))).join("");
  assertEquals(lines, [...Array(50).keys()].map((i) => `line ${i}\n`).join("") + "after\nlater\n");
  assertEquals(desk.read().endsWith("later\n"), true);
});

Deno.test("A log file that cannot be opened anew stays as it was", async () => {
  await using desk = await Desk.open();
  await desk.log("one");
  await Deno.rename(desk.path, desk.path + ".old");
  await Deno.mkdir(desk.path);
  const error = await desk.file.reopen().then(() => undefined, String);
  assertMatch(error ?? "", /it must be a file: it is something else/);
  desk.file.write(record("two"));
  assertEquals(desk.read(".old"), "one\ntwo\n");
});

Deno.test("A log file that cannot be put aside grows, and says once what is missing", async () => {
  await using desk = await Desk.open(10, 1);
  await desk.log("line one");
  await Deno.mkdir(desk.path + ".1");
  desk.file.write(record("missing"));
  desk.file.write(record("missing too"));
  desk.skip(LOG_RETRY_MS);
  desk.file.write(record("line four"));
  await desk.file.reopen();
  assertMatch(
    desk.read(),
    /^line one\nlines are missing here, 2 or more: .*rename.*\nline four\n$/,
  );
  assertEquals(desk.complaints.length, 1);
  await Deno.remove(desk.path + ".1");
  await desk.log("line five");
  assertEquals([desk.read(), desk.read(".1").endsWith("line four\n")], ["line five\n", true]);
});

Deno.test("A log file is refused where there is a folder or a device, or no folder to make it in", () => {
  const folder = Deno.makeTempDirSync();
  const options = { maxBytes: 1000, keep: 1, formatter, clock: systemClock, complain: () => {} };
  for (const path of [folder, "/dev/null"]) {
    assertMatch(String(assertThrows(() => new LogFile(path, options))), /it must be a file/);
  }
  const error = assertThrows(() => new LogFile(`${folder}/none/hub.log`, options));
  assert(error instanceof Deno.errors.NotFound);
  Deno.removeSync(folder);
});
