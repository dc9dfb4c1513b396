/**
 * What is in the journal: filed once, in order, whatever happens to whom.
 *
 * It is long because it covers every kind of damage.
 *
 * @module
 */
import { Code, encodeFrame, serialize } from "../../../protocol/mod.ts";
import {
  type History,
  HistoryError,
  type JournalFile,
  markFrame,
  type Receipt,
  StorageError,
} from "../../../server/history/mod.ts";
import { FolderJournal } from "../../../server/history/journal.ts";
import { type JournaledHistory, MAX_BEHIND_BYTES } from "../../../server/history/journaled.ts";
import { assert, assertEquals, assertMatch, assertThrows } from "../../helpers/assert.ts";
import { START } from "../../helpers/hubs/test_hub.ts";
import { DataFolder } from "../../helpers/hubs/history.ts";
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
  const place = history.place("main");
  history.append(messages.map((message) => frame(++place.last, message)));
}

function lines(history: History): string[] {
  for (const _ of history.caughtUp());
  return history.page({ place: "main", limit: 500_000, bytes: Infinity }).lines.map(({ sequence, message }) =>
    `${sequence} ${message}`
  );
}

function journals(folder: DataFolder): string[] {
  return [...Deno.readDirSync(folder.path)].map(({ name }) => name).filter((name) =>
    name.startsWith("journal")
  )
    .sort();
}

/** What a hub leaves behind that is killed: the folder as it is, in another place. */
function killed(folder: DataFolder): DataFolder {
  const other = new DataFolder();
  for (const { name } of Deno.readDirSync(folder.path)) {
    Deno.copyFileSync(`${folder.path}/${name}`, `${other.path}/${name}`);
  }
  return other;
}

test("What was appended is there after the hub was killed, filed or not, once and in order", (folder) => {
  const history = folder.open();
  say(history, "a", "b");
  for (const _ of history.caughtUp());
  say(history, "c");
  for (let times = 0; times < 2; times++) {
    using other = killed(folder);
    const next = other.open();
    assertEquals(next.place("main").last, 3);
    assertEquals(lines(next), ["1 a", "2 b", "3 c"]);
    say(next, "d");
    assertEquals(lines(next), ["1 a", "2 b", "3 c", "4 d"]);
    next.close();
    assertEquals(journals(other), []);
    for (const _ of history.caughtUp());
  }
  history.close();
});

test(
  "The file for the first line is there before it, and the one of a hub that was killed in silence is used " +
    "again",
  (folder) => {
    const history = folder.open();
    assertEquals(journals(folder), ["journal-1"]);
    using other = killed(folder);
    history.close();
    assertEquals(journals(folder), []);
    const filed = () => other.query("SELECT journal, filed FROM state");
    const before = filed();
    const next = other.open();
    assertEquals([journals(other), filed(), other.reports], [["journal-1"], before, []]);
    say(next, "a");
    assertEquals(lines(next), ["1 a"]);
    next.close();
    assertEquals(journals(other), []);
  },
);

Deno.test({
  ...needs("What another hub has put in the place of a file is not removed", NO_POSIX),
  fn() {
    using folder = new DataFolder();
    const [idle, talking] = [`${folder.path}/data`, `${folder.path}/moved`];
    const one = folder.open({ folder: idle, journal: new FolderJournal(idle) });
    Deno.renameSync(idle, talking);
    const other = folder.open({ folder: idle, journal: new FolderJournal(idle) });
    say(other, "a");
    one.close();
    assert(Deno.statSync(`${idle}/journal-1`).size > 0);
    assertEquals(lines(other), ["1 a"]);
    other.close();
  },
});

test("The folder was looked after at the start, and is looked after again after a second", (folder) => {
  let now = 0;
  const history = folder.open({ elapsed: () => now });
  Deno.removeSync(folder.database);
  now = 999;
  history.append([frame(1, "a")]);
  now = 1000;
  assertThrows(() => history.append([frame(2, "b")]), StorageError, "has gone");
  history.close();
});

test("Where that file cannot be made, the hub starts, and the first line has it tried again", (folder) => {
  const files = new FolderJournal(folder.path);
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

test("Half a frame at the end is passed over in silence, as nobody has seen it", (folder) => {
  const history = folder.open();
  say(history, "a", "b");
  for (const bytes of [1, 8, 30]) {
    using other = killed(folder);
    Deno.writeFileSync(`${other.path}/journal-1`, frame(3, "never shown").subarray(0, bytes), {
      append: true,
    });
    const next = other.open();
    assertEquals([lines(next), next.place("main").last, other.reports], [["1 a", "2 b"], 2, []]);
    next.close();
    assertEquals(journals(other), []);
  }
  history.close();
});

test("A journal that is damaged is kept as far as it can be read and set aside, and numbers go on above", (folder) => {
  const history = folder.open();
  say(history, "a", "b");
  for (const garbage of [new Uint8Array(5000), encodeFrame('{"code":"x"}'), encodeFrame("[1,2]")]) {
    using other = killed(folder);
    Deno.writeFileSync(`${other.path}/journal-1`, garbage, { append: true });
    const { size } = Deno.statSync(`${other.path}/journal-1`);
    let next = other.open({ now: START + 5 });
    assertEquals([lines(next), next.place("main").last], [["1 a", "2 b"], START + 5]);
    assertMatch(
      other.reports[0]!,
      /^the journal was damaged \(.*\): what could be read of it is kept, and it is now .*\/journal-1\.damaged-/,
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

test("A damaged file of a journal is set aside also where others follow it, whose lines are kept", (folder) => {
  const history = folder.open();
  say(history, "a");
  using other = killed(folder);
  Deno.writeFileSync(`${other.path}/journal-1`, encodeFrame('{"code":"x"}'), { append: true });
  const damaged = Deno.readFileSync(`${other.path}/journal-1`);
  Deno.writeFileSync(`${other.path}/journal-2`, frame(2, "b"));
  Deno.writeFileSync(`${other.path}/journal-3`, frame(3, "c"));
  const next = other.open({ now: START + 5 });
  assertEquals([lines(next), next.place("main").last], [["1 a", "2 b", "3 c"], START + 5]);
  next.close();
  const [aside, ...rest] = journals(other);
  assertEquals([Deno.readFileSync(`${other.path}/${aside}`), rest, other.reports.length], [damaged, [], 1]);
  history.close();
});

test(
  "A journal that is damaged while a hub writes it is set aside and reported at once, and what is said later " +
    "is kept",
  (folder) => {
    const history = folder.open();
    say(history, "a");
    Deno.writeFileSync(`${folder.path}/journal-1`, encodeFrame('{"code":"x"}'), { append: true });
    const { size } = Deno.statSync(`${folder.path}/journal-1`);
    // The rest of that file cannot be told from the damage.
    assertEquals(lines(history), ["1 a"]);
    const [aside] = journals(folder);
    assertMatch(
      folder.reports.join(),
      new RegExp(
        "^the journal was damaged \\(it is no record\\): what could be read of it is kept, and it is now " +
          ".*/journal-1\\.damaged-\\d{8}T\\d{6}Z$",
      ),
    );
    assertEquals(Deno.statSync(`${folder.path}/${aside}`).size, size);
    say(history, "b");
    {
      // Numbers may have been lost with the rest of the file, for all that the next hub knows.
      using other = killed(folder);
      const next = other.open({ now: START + 5 });
      assertEquals([lines(next), next.place("main").last, other.reports], [["1 a", "2 b"], START + 5, []]);
      next.close();
    }
    assertEquals([lines(history), folder.reports.length], [["1 a", "2 b"], 1]);
    history.close();
    assertEquals(journals(folder), [aside]);
  },
);

test("A damaged file that cannot be set aside for now is not lost: it is, as soon as that is possible", (folder) => {
  const files = new FolderJournal(folder.path);
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

test("That numbers were lost with damage is not taken back when the disk takes lines again", (folder) => {
  const history = folder.open();
  say(history, "a");
  Deno.writeFileSync(`${folder.path}/journal-1`, encodeFrame('{"code":"x"}'), { append: true });
  assertEquals(lines(history), ["1 a"]);
  history.mark({ unkept: false });
  using other = killed(folder);
  const next = other.open({ now: START + 5 });
  assertEquals(next.place("main").last, START + 5);
  // The next hub has dealt with it.
  next.mark({ unkept: true });
  next.mark({ unkept: false });
  next.close();
  const last = other.open({ now: START + 50 });
  assertEquals(last.place("main").last, START + 5);
  last.close();
  history.close();
});

test("Numbers go on above a damaged journal also where the hub was killed while it set that aside", (folder) => {
  const history = folder.open();
  say(history, "a");
  using other = killed(folder);
  Deno.writeFileSync(`${other.path}/journal-1`, encodeFrame('{"code":"x"}'), { append: true });
  Deno.writeFileSync(`${other.path}/journal-2`, frame(2, "b"));
  const files = new FolderJournal(other.path);
  files.setAside = () => {
    throw new Error("killed");
  };
  assertThrows(() => other.open({ journal: files }), HistoryError, "killed");
  const next = other.open({ now: START + 5 });
  assertEquals([lines(next), next.place("main").last], [["1 a", "2 b"], START + 5]);
  next.close();
  history.close();
});

test("A file of the journal that cannot be read or removed keeps no line from being said", (folder) => {
  let broken = false;
  const files = new FolderJournal(folder.path);
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
  assertThrows(() => history.keep([]), StorageError, "Too many open files");
  broken = false;
  assertEquals(lines(history).length, 40 * 256);
  history.close();
});

test("What does not fit leaves nothing behind, and what is appended later follows what was there", (folder) => {
  const history = folder.open();
  say(history, "a");
  folder.fill();
  assertThrows(() => history.append([frame(2, "b"), frame(3, "c")]), StorageError);
  folder.empty();
  history.append([frame(2, "d")]);
  assertEquals(lines(history), ["1 a", "2 d"]);
  history.close();
});

test("A long journal is in many files, which are gone when they are filed", (folder) => {
  const history = folder.open();
  const long = "x".repeat(4000);
  for (let i = 0; i < 30; i++) say(history, ...Array<string>(100).fill(long));
  assert(journals(folder).length > 2, String(journals(folder)));
  {
    using other = killed(folder);
    const next = other.open();
    assertEquals([lines(next).length, next.place("main").last], [3000, 3000]);
    next.close();
  }
  let steps = 0;
  for (const _ of history.caughtUp()) steps++;
  assert(steps > 10, "it is done in steps");
  assertEquals(journals(folder).length, 1);
  assertEquals(lines(history).length, 3000);
  history.close();
  assertEquals(journals(folder), []);
});

test("What is thrown away is gone from the journal too, and what is said after that is kept", (folder) => {
  const history = folder.open({ keep: "1h" });
  const prune = () => {
    while (history.prune(START + 3_600_001).more);
  };
  say(history, "a", "b");
  prune();
  assertEquals(journals(folder), ["journal-1"], "nothing was filed yet, and so nothing thrown away");
  for (const _ of history.caughtUp());
  prune();
  assertEquals([journals(folder), lines(history), history.place("main").last], [[], [], 2]);
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
  assertEquals(next.place("main").last, 3);
  next.close();
});

test("In a flood that does not end no more waits to be filed than may", (folder) => {
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
  "Where the database takes nothing for long, no more waits for it than may be kept, and then it goes " +
    "on",
  (folder) => {
    const history = folder.open({
      journal: new FolderJournal(folder.path),
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
    const behind = history.behindBytes;
    assert(
      behind > 2 * MAX_BEHIND_BYTES && behind < 2 * MAX_BEHIND_BYTES + 2 * 256 * 4100,
      `${behind} bytes wait`,
    );
    assertThrows(() => say(history, "no"), StorageError, "database or disk is full");
    assertEquals(history.behindBytes, behind);
    folder.empty();
    // Whoever tries again does so once all of that is filed.
    for (const _ of history.caughtUp());
    say(history, "yes");
    assertEquals(lines(history).at(-1)?.split(" ")[1], "yes");
    history.close();
  },
);

test("A mark is found with its line, also where they are far apart and the hub was killed between", (folder) => {
  const history = folder.open();
  const receipts: Receipt[] = [];
  const marks: Uint8Array[] = [], said: Uint8Array[] = [];
  // More than is read at once.
  for (let sequence = 1; sequence <= 2000; sequence++) {
    const receipt = { author: "ana", id: `id ${sequence}`, sequence, stored: true, timestamp: START };
    receipts.push(receipt);
    marks.push(markFrame({ place: "main", sequence, author: "ana", id: receipt.id }));
    said.push(frame(sequence, "hi"));
  }
  history.append([...marks, ...said], receipts);
  const look = (history: History) => {
    for (const receipt of receipts) assertEquals(history.receipt(receipt.author, receipt.id), receipt);
  };
  look(history);
  const steps = history.caughtUp();
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

test("A mark whose line was never written means nothing", (folder) => {
  const history = folder.open();
  history.append([markFrame({ place: "main", sequence: 1, author: "ana", id: "x" })]);
  using other = killed(folder);
  const next = other.open();
  assertEquals([next.receipt("ana", "x"), next.place("main").last], [undefined, 0]);
  next.close();
  history.close();
});

test("A journal is filed into a new database where the old one was damaged", (folder) => {
  const history = folder.open();
  say(history, "a");
  using other = killed(folder);
  Deno.writeTextFileSync(other.database, "this is no database ".repeat(1000));
  for (const ending of ["-wal", "-shm"]) Deno.removeSync(other.database + ending);
  const next = other.open({ now: START });
  assertMatch(other.reports[0]!, /^the history was damaged/);
  assertEquals([lines(next), next.place("main").last], [["1 a"], START]);
  next.close();
  history.close();
});

test("What people are told besides lines is passed over", (folder) => {
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
