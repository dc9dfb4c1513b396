/**
 * The journal: messages are drained once and in order, whatever fails.
 *
 * It is long because it covers every kind of damage.
 *
 * @module
 */
import { Code, encodeFrame, serialize } from "../../../protocol/mod.ts";
import {
  contentDigest,
  type History,
  HistoryError,
  messageIdFrame,
  type Receipt,
  StorageError,
} from "../../../server/history/mod.ts";
import { FolderJournalFiles, Journal, type JournalFile } from "../../../server/journal/mod.ts";
import { DRAIN_BYTES, type JournaledHistory } from "../../../server/history/journaled_history.ts";
import { assert, assertEquals, assertMatch, assertThrows } from "../../helpers/assert.ts";
import { START } from "../../helpers/hubs/test_hub.ts";
import { DataFolder, lineIn } from "../../helpers/hubs/history.ts";
import { needs, NO_POSIX } from "../../helpers/needs.ts";

function test(name: string, fn: (folder: DataFolder) => void): void {
  Deno.test(name, () => {
    using folder = new DataFolder();
    fn(folder);
  });
}

function frame(sequence: number, message: string, room = "main"): Uint8Array {
  const line = { timestamp: START, username: "ana", message, sequence, room, verified: false };
  return encodeFrame(serialize({ code: Code.Said, message: line }));
}

function say(history: History, ...messages: string[]): void {
  const place = history.conversation("main");
  history.append(messages.map((message) => frame(++place.last, message)));
}

function lines(history: History): string[] {
  for (const _ of history.catchUp());
  return history.page({ conversation: "main", limit: 500_000, bytes: Infinity }).lines.map((
    { sequence, message },
  ) => `${sequence} ${message}`);
}

Deno.test("Pieces are appended in their order, small ones together in one write", () => {
  using folder = new DataFolder();
  const files = new FolderJournalFiles(folder.path);
  const open = files.open.bind(files);
  const writes: number[] = [];
  files.open = (number, make): JournalFile => {
    const file = open(number, make);
    const append = file.append.bind(file);
    file.append = (bytes) => {
      writes.push(bytes.length);
      append(bytes);
    };
    return file;
  };
  const journal = new Journal(files, 1);
  const pieces = (...sizes: number[]) => sizes.map((size, i) => new Uint8Array(size).fill(i + 1));
  const small = pieces(10, 0, 20, 30), mixed = pieces(9000, 9000, 1, 40_000, 2, 16_384, 3);
  journal.append(small);
  assertEquals(writes, [60]);
  journal.append(mixed);
  assertEquals(writes, [60, 9000, 9001, 40_000, 2, 16_384, 3]);
  const expected = [...small, ...mixed].flatMap((piece) => [...piece]);
  const written = new Uint8Array(expected.length);
  assertEquals(journal.read({ file: journal.end.file, offset: 0 }, written), expected.length);
  assertEquals([...written], expected);
  journal.close(false);
});

function journals(folder: DataFolder): string[] {
  return [...Deno.readDirSync(folder.path)].map(({ name }) => name).filter((name) =>
    name.startsWith("journal")
  )
    .sort();
}

/** Returns a copy of a data folder, as a hub leaves it when it is killed. */
function killed(folder: DataFolder): DataFolder {
  const other = new DataFolder();
  for (const { name } of Deno.readDirSync(folder.path)) {
    Deno.copyFileSync(`${folder.path}/${name}`, `${other.path}/${name}`);
  }
  return other;
}

test("Appended messages survive a kill of the hub, drained or not, once and in order", (folder) => {
  const history = folder.open();
  say(history, "a", "b");
  for (const _ of history.catchUp());
  say(history, "c");
  for (let times = 0; times < 2; times++) {
    using other = killed(folder);
    const next = other.open();
    assertEquals(next.conversation("main").last, 3);
    assertEquals(lines(next), ["1 a", "2 b", "3 c"]);
    say(next, "d");
    assertEquals(lines(next), ["1 a", "2 b", "3 c", "4 d"]);
    next.close();
    assertEquals(journals(other), []);
    for (const _ of history.catchUp());
  }
  history.close();
});

test(
  "The journal file exists before the first message, and a killed hub's empty one is used again",
  (folder) => {
    const history = folder.open();
    assertEquals(journals(folder), ["journal-1"]);
    using other = killed(folder);
    history.close();
    assertEquals(journals(folder), []);
    const drainedTo = () => other.query("SELECT journal, filed FROM state");
    const before = drainedTo();
    const next = other.open();
    assertEquals([journals(other), drainedTo(), other.reports], [["journal-1"], before, []]);
    say(next, "a");
    assertEquals(lines(next), ["1 a"]);
    next.close();
    assertEquals(journals(other), []);
  },
);

Deno.test({
  ...needs("A file that another hub has put in place of a journal file is not removed", NO_POSIX),
  fn() {
    using folder = new DataFolder();
    const [idle, talking] = [`${folder.path}/data`, `${folder.path}/moved`];
    const one = folder.open({ folder: idle, journal: new FolderJournalFiles(idle) });
    Deno.renameSync(idle, talking);
    const other = folder.open({ folder: idle, journal: new FolderJournalFiles(idle) });
    say(other, "a");
    one.close();
    assert(Deno.statSync(`${idle}/journal-1`).size > 0);
    assertEquals(lines(other), ["1 a"]);
    other.close();
  },
});

test("The folder is checked at the start, and again after a second", (folder) => {
  let now = 0;
  const history = folder.open({ elapsed: () => now });
  Deno.removeSync(folder.database);
  now = 999;
  history.append([frame(1, "a")]);
  now = 1000;
  assertThrows(() => history.append([frame(2, "b")]), StorageError, "was removed or replaced");
  history.close();
});

test("A hub that cannot create the journal file starts, and tries again at the first message", (folder) => {
  const files = new FolderJournalFiles(folder.path);
  const open = files.open.bind(files);
  let full = true;
  files.open = (number, make) => {
    if (full) throw new Error("no space left");
    return open(number, make);
  };
  const history = folder.open({ journal: files });
  assertThrows(() => history.append([frame(1, "a")]), StorageError, "no space left");
  full = false;
  history.append([frame(1, "b")]);
  assertEquals([lines(history), journals(folder)], [["1 b"], ["journal-1"]]);
  history.close();
});

test("Half a frame at the end is ignored, since no client received it", (folder) => {
  const history = folder.open();
  say(history, "a", "b");
  for (const bytes of [1, 8, 30]) {
    using other = killed(folder);
    Deno.writeFileSync(`${other.path}/journal-1`, frame(3, "never shown").subarray(0, bytes), {
      append: true,
    });
    const next = other.open();
    assertEquals([lines(next), next.conversation("main").last, other.reports], [["1 a", "2 b"], 2, []]);
    next.close();
    assertEquals(journals(other), []);
  }
  history.close();
});

test("The readable part of a damaged journal is stored, the file is set aside, and numbers go on above", (folder) => {
  const history = folder.open();
  say(history, "a", "b");
  for (const garbage of [new Uint8Array(5000), encodeFrame('{"code":"x"}'), encodeFrame("[1,2]")]) {
    using other = killed(folder);
    Deno.writeFileSync(`${other.path}/journal-1`, garbage, { append: true });
    const { size } = Deno.statSync(`${other.path}/journal-1`);
    let next = other.open({ now: START + 5 });
    assertEquals([lines(next), next.conversation("main").last], [["1 a", "2 b"], START + 5]);
    assertMatch(
      other.reports[0]!,
      /^the journal was damaged \(.*\): its other messages are stored, and the file is now .*\/journal-1\.damaged-/,
    );
    const [aside] = journals(other);
    assertEquals(Deno.statSync(`${other.path}/${aside}`).size, size);
    say(next, "c");
    next.close();
    next = other.open();
    assertEquals([lines(next), other.reports.length], [["1 a", "2 b", `${START + 6} c`], 1]);
    next.close();
  }
  history.close();
});

test("A damaged file before other files is set aside, and the others are drained", (folder) => {
  const history = folder.open();
  say(history, "a");
  using other = killed(folder);
  Deno.writeFileSync(`${other.path}/journal-1`, encodeFrame('{"code":"x"}'), { append: true });
  const damaged = Deno.readFileSync(`${other.path}/journal-1`);
  Deno.writeFileSync(`${other.path}/journal-2`, frame(2, "b"));
  Deno.writeFileSync(`${other.path}/journal-3`, frame(3, "c"));
  const next = other.open({ now: START + 5 });
  assertEquals([lines(next), next.conversation("main").last], [["1 a", "2 b", "3 c"], START + 5]);
  next.close();
  const [aside, ...rest] = journals(other);
  assertEquals([Deno.readFileSync(`${other.path}/${aside}`), rest, other.reports.length], [damaged, [], 1]);
  history.close();
});

test(
  "A journal file damaged while a hub runs is set aside and reported at once, later messages are stored",
  (folder) => {
    const history = folder.open();
    say(history, "a");
    Deno.writeFileSync(`${folder.path}/journal-1`, encodeFrame('{"code":"x"}'), { append: true });
    const { size } = Deno.statSync(`${folder.path}/journal-1`);
    // The rest of that file cannot be distinguished from the damage.
    assertEquals(lines(history), ["1 a"]);
    const [aside] = journals(folder);
    assertMatch(
      folder.reports.join(),
      new RegExp(
        "^the journal was damaged \\(it is not a record\\): its other messages are stored, and the file is now " +
          ".*/journal-1\\.damaged-\\d{8}T\\d{6}Z$",
      ),
    );
    assertEquals(Deno.statSync(`${folder.path}/${aside}`).size, size);
    say(history, "b");
    {
      // The next hub must assume that numbers were lost with the rest of the file.
      using other = killed(folder);
      const next = other.open({ now: START + 5 });
      assertEquals([lines(next), next.conversation("main").last, other.reports], [
        ["1 a", "2 b"],
        START + 5,
        [],
      ]);
      next.close();
    }
    assertEquals([lines(history), folder.reports.length], [["1 a", "2 b"], 1]);
    history.close();
    assertEquals(journals(folder), [aside]);
  },
);

test("A message whose number another one has is reported, and its journal file is not removed", (folder) => {
  const history = folder.open();
  history.insert([lineIn(history, "main", "a")]);
  history.append([frame(1, "another"), frame(2, "b")]);
  // To the end of the file, however slow the machine is.
  history.work(60_000);
  assertEquals(lines(history), ["1 a", "2 b"]);
  assertMatch(
    folder.reports.join(),
    /^the journal was damaged \(1 messages have numbers that other messages have\): its other messages are stored/,
  );
  const [aside] = journals(folder);
  assert(new TextDecoder().decode(Deno.readFileSync(`${folder.path}/${aside}`)).includes("another"));
  say(history, "c");
  assertEquals(lines(history), ["1 a", "2 b", "3 c"]);
  history.close();
  assertEquals(journals(folder), [aside]);
});

test("A damaged file that cannot be set aside is set aside as soon as possible", (folder) => {
  const files = new FolderJournalFiles(folder.path);
  const history = folder.open({ journal: files });
  say(history, "a");
  Deno.writeFileSync(`${folder.path}/journal-1`, encodeFrame('{"code":"x"}'), { append: true });
  const setAside = files.setAside.bind(files);
  files.setAside = () => {
    throw new Error("Permission denied (os error 13)");
  };
  for (let times = 0; times < 2; times++) {
    assertThrows(() => lines(history), StorageError, "Permission denied");
    say(history, "b");
  }
  assertEquals([journals(folder), folder.reports], [["journal-1", "journal-2"], []]);
  files.setAside = setAside;
  assertEquals([lines(history), folder.reports.length], [["1 a", "2 b", "3 b"], 1]);
  assertMatch(journals(folder)[0]!, /^journal-1\.damaged-/);
  history.close();
});

test("The record of lost numbers remains when the disk accepts messages again", (folder) => {
  const history = folder.open();
  say(history, "a");
  Deno.writeFileSync(`${folder.path}/journal-1`, encodeFrame('{"code":"x"}'), { append: true });
  assertEquals(lines(history), ["1 a"]);
  history.recordState({ unkept: false });
  using other = killed(folder);
  const next = other.open({ now: START + 5 });
  assertEquals(next.conversation("main").last, START + 5);
  // The next hub has handled it.
  next.recordState({ unkept: true });
  next.recordState({ unkept: false });
  next.close();
  const last = other.open({ now: START + 50 });
  assertEquals(last.conversation("main").last, START + 5);
  last.close();
  history.close();
});

test("Numbers go on above a damaged journal when the hub is killed while it sets the file aside", (folder) => {
  const history = folder.open();
  say(history, "a");
  using other = killed(folder);
  Deno.writeFileSync(`${other.path}/journal-1`, encodeFrame('{"code":"x"}'), { append: true });
  Deno.writeFileSync(`${other.path}/journal-2`, frame(2, "b"));
  const files = new FolderJournalFiles(other.path);
  files.setAside = () => {
    throw new Error("killed");
  };
  assertThrows(() => other.open({ journal: files }), HistoryError, "killed");
  const next = other.open({ now: START + 5 });
  assertEquals([lines(next), next.conversation("main").last], [["1 a", "2 b"], START + 5]);
  next.close();
  history.close();
});

test("A journal file that cannot be read or removed does not stop new messages", (folder) => {
  let broken = false;
  const files = new FolderJournalFiles(folder.path);
  for (const name of ["open", "remove"] as const) {
    const work = files[name].bind(files) as (number: number, make?: boolean) => JournalFile;
    files[name] = (number: number, make?: boolean) => {
      if (broken && make !== true) throw new Error("Too many open files (os error 24)");
      return work(number, make);
    };
  }
  const history = folder.open({ journal: files });
  const burst = Array<string>(256).fill("x".repeat(4000));
  broken = true;
  for (let i = 0; i < 40; i++) say(history, ...burst);
  assertThrows(() => history.work(1000), StorageError, "Too many open files");
  assertThrows(() => history.insert([]), StorageError, "Too many open files");
  broken = false;
  assertEquals(lines(history).length, 40 * 256);
  history.close();
});

test("A failed append leaves nothing behind, and later appends follow the earlier ones", (folder) => {
  const history = folder.open();
  say(history, "a");
  folder.fill();
  assertThrows(() => history.append([frame(2, "b"), frame(3, "c")]), StorageError);
  folder.empty();
  history.append([frame(2, "d")]);
  assertEquals(lines(history), ["1 a", "2 d"]);
  history.close();
});

test("A long journal has many files, which are removed when they are drained", (folder) => {
  const history = folder.open();
  const long = "x".repeat(4000);
  for (let i = 0; i < 30; i++) say(history, ...Array<string>(100).fill(long));
  assert(journals(folder).length > 2, String(journals(folder)));
  {
    using other = killed(folder);
    const next = other.open();
    assertEquals([lines(next).length, next.conversation("main").last], [3000, 3000]);
    next.close();
  }
  let steps = 0;
  for (const _ of history.catchUp()) steps++;
  assert(steps > 10, "it is done in steps");
  assertEquals(journals(folder).length, 1);
  assertEquals(lines(history).length, 3000);
  history.close();
  assertEquals(journals(folder), []);
});

test("Pruned messages are removed from the journal, and later messages are stored", (folder) => {
  const history = folder.open({ keep: "1h" });
  const prune = () => {
    while (history.prune(START + 3_600_001).more);
  };
  say(history, "a", "b");
  prune();
  assertEquals(journals(folder), ["journal-1"], "nothing is drained yet, so nothing is pruned");
  for (const _ of history.catchUp());
  prune();
  assertEquals([journals(folder), lines(history), history.conversation("main").last], [[], [], 2]);
  say(history, "c");
  {
    using other = killed(folder);
    const next = other.open();
    assertEquals(lines(next), ["3 c"]);
    next.close();
  }
  assertEquals(lines(history), ["3 c"]);
  prune();
  assertEquals([journals(folder), lines(history)], [[], []]);
  history.close();
  const next = folder.open();
  assertEquals(next.conversation("main").last, 3);
  next.close();
});

test("In an endless flood the pending messages stay below their limit", (folder) => {
  const history = folder.open();
  const burst = Array<string>(256).fill("x".repeat(4000));
  let most = 0;
  for (let i = 0; i < 60; i++) {
    say(history, ...burst);
    const bytes = journals(folder).reduce(
      (sum, name) => sum + Deno.statSync(`${folder.path}/${name}`).size,
      0,
    );
    most = Math.max(most, bytes);
  }
  assert(most < 44 * 1024 * 1024, String(most));
  history.close();
});

test(
  "While the database refuses writes the pending messages stay below a limit, and later all are stored",
  (folder) => {
    const history = folder.open({
      journal: new FolderJournalFiles(folder.path),
      keep: "1MiB",
    }) as JournaledHistory;
    folder.fill();
    const burst = Array<string>(256).fill("x".repeat(4000));
    assertThrows(
      () => {
        for (let i = 0; i < 100; i++) say(history, ...burst);
      },
      StorageError,
      "database or disk is full",
    );
    const behind = history.pendingBytes;
    assert(
      behind > 2 * DRAIN_BYTES && behind < 2 * DRAIN_BYTES + 2 * 256 * 4100,
      `${behind} bytes wait`,
    );
    assertThrows(() => say(history, "no"), StorageError, "database or disk is full");
    assertEquals(history.pendingBytes, behind);
    folder.empty();
    // A second attempt succeeds once everything is drained.
    for (const _ of history.catchUp());
    say(history, "yes");
    assertEquals(lines(history).at(-1)?.split(" ")[1], "yes");
    history.close();
  },
);

test("A message id is read with its message, even far apart and when the hub was killed between them", (folder) => {
  const history = folder.open();
  const receipts: Receipt[] = [];
  const marks: Uint8Array[] = [], said: Uint8Array[] = [];
  // More than is read at once.
  for (let sequence = 1; sequence <= 2000; sequence++) {
    // Older versions stored no digest.
    const digest = sequence % 2 === 0 ? { digest: contentDigest("main", "hi") } : {};
    const messageId = { author: "ana", id: `id ${sequence}`, ...digest };
    receipts.push({ ...messageId, sequence, stored: true, timestamp: START });
    marks.push(messageIdFrame({ place: "main", sequence, ...messageId }));
    said.push(frame(sequence, "hi"));
  }
  history.append([...marks, ...said], receipts);
  const look = (history: History) => {
    for (const receipt of receipts) assertEquals(history.receipt(receipt.author, receipt.id), receipt);
  };
  look(history);
  const steps = history.catchUp();
  for (let step = 0; !steps.next().done; step++) {
    if (step > 2) continue;
    using other = killed(folder);
    const next = other.open();
    look(next);
    next.close();
  }
  look(history);
  history.close();
});

test("A message id without its message is ignored", (folder) => {
  const history = folder.open();
  history.append([messageIdFrame({ place: "main", sequence: 1, author: "ana", id: "x" })]);
  using other = killed(folder);
  const next = other.open();
  assertEquals([next.receipt("ana", "x"), next.conversation("main").last], [undefined, 0]);
  next.close();
  history.close();
});

test("A journal is drained into a new database when the old one is damaged", (folder) => {
  const history = folder.open();
  say(history, "a");
  using other = killed(folder);
  Deno.writeTextFileSync(other.database, "this is no database ".repeat(1000));
  for (const ending of ["-wal", "-shm"]) Deno.removeSync(other.database + ending);
  const next = other.open({ now: START });
  assertMatch(other.reports[0]!, /^the history was damaged/);
  assertEquals([lines(next), next.conversation("main").last], [["1 a"], START]);
  next.close();
  history.close();
});

test("Frames other than messages are skipped", (folder) => {
  const history = folder.open();
  history.append([
    encodeFrame(serialize({ code: Code.Joined, new: "ana" })),
    frame(1, "hi"),
    encodeFrame('{"code":200,"message":{"timestamp":1,"username":"server","message":"not kept"}}'),
    encodeFrame('{"code":205}'),
    encodeFrame('{"code":4711,"message":{}}'),
  ]);
  assertEquals(lines(history), ["1 hi"]);
  history.close();
  assertEquals(folder.reports, []);
});
