/**
 * The rooms keep their rules: who may import whom, entering by `mod.ts`, no cycles, and purity.
 *
 * The rules are read from the `mod.ts` of each room: the line `May import:`, the word `PURE`, the list of its files.
 * `protocol/` and `runtime/` may be imported everywhere, `server/limits.ts` everywhere in `server/`.
 *
 * @module
 */
import { assert, assertEquals } from "./helpers/assert.ts";

const ROOT = new URL("../", import.meta.url);

/** The folders of the program. Below `client` and `server` each folder is a room; the others are one room each. */
const SIDES = ["cli", "client", "load", "protocol", "runtime", "server"];

/** What may be imported everywhere. */
const EVERYWHERE = ["protocol", "runtime"];

/** How many files a room may have beside its `mod.ts`. */
const MIN_FILES = 2, MAX_FILES = 15;

/** An import or a re-export of one file in another. */
interface Import {
  from: string;
  to: string;
  names: string[];
}

/** What a `mod.ts` says of its room. */
interface Room {
  mayImport: string[];
  pure: boolean;
  files: string[];
  exports: Set<string>;
}

async function filesBelow(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(new URL(folder, ROOT))) {
    const path = `${folder}/${name}`;
    if (isDirectory) found.push(...await filesBelow(path));
    else if (name.endsWith(".ts")) found.push(path);
  }
  return found.sort();
}

/** The room that a file is in; a file that stands beside rooms is in the room of its side. */
function roomOf(path: string): string {
  const folders = path.split("/").slice(0, -1);
  return folders.slice(0, 2).join("/");
}

/** Comments and strings blanked out, so that neither counts as code. */
function codeOf(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|(?<!:)\/\/[^\n]*/g, "").replace(/"(?:[^"\\\n]|\\.)*"/g, '""');
}

function importsOf(path: string, text: string): Import[] {
  const found: Import[] = [];
  const code = text.replace(/^\s*(?:\/\*\*[\s\S]*?\*\/|\/\/.*)$/gm, "");
  const add = (specifier: string, names: string) => {
    if (!specifier.startsWith(".")) return;
    const to = new URL(specifier, new URL(path, ROOT)).href.slice(ROOT.href.length);
    const list = names.split(",").map((name) => name.trim().replace(/^type /, "").replace(/ as .*$/s, ""));
    found.push({ from: path, to, names: list.filter((name) => name !== "") });
  };
  for (
    const [, names = "", specifier] of code.matchAll(
      /^(?:import|export)\s+(?:type\s+)?(?:\{([^}]*)\}|[\w*]+(?:\s+as\s+\w+)?)\s*from\s+"([^"]+)"/gm,
    )
  ) add(specifier!, names);
  for (const [, specifier] of code.matchAll(/\bimport\("([^"]+)"\)/g)) add(specifier!, "");
  for (const [, specifier] of code.matchAll(/\bnew URL\("([^"]+\.ts)", import\.meta\.url\)/g)) {
    add(specifier!, "");
  }
  return found;
}

function readRoom(text: string): Room {
  const head = text.slice(0, text.indexOf("*/"));
  const allowed = /^ \* May import: (nothing|`[\s\S]*?`)\.$/m.exec(head)?.[1];
  assert(allowed !== undefined, "its mod.ts has no line such as May import: `net`, `text`.");
  const exported = [...text.matchAll(/^export (?:type )?\{([^}]*)\}/gm)].flatMap(([, names]) =>
    names!.split(",").map((name) => name.trim().replace(/^type /, "")).filter((name) => name !== "")
  );
  const declared = [...text.matchAll(/^export (?:async )?(?:const|function|interface|type) (\w+)/gm)];
  return {
    mayImport: [...allowed.matchAll(/`([\w/]+)`/g)].map(([, name]) => name!),
    pure: /^ \* PURE\b/m.test(head),
    files: [...head.matchAll(/^ \* - `(\w+)`: /gm)].map(([, name]) => name!),
    exports: new Set([...exported, ...declared.map(([, name]) => name!)]),
  };
}

const texts = new Map<string, string>();
for (const folder of [...SIDES, "bench", "tests", "tools"]) {
  for (const path of await filesBelow(folder)) texts.set(path, await Deno.readTextFile(new URL(path, ROOT)));
}
texts.set("main.ts", await Deno.readTextFile(new URL("main.ts", ROOT)));

const program = [...texts.keys()].filter((path) => SIDES.includes(path.split("/")[0]!));
const imports = [...texts].flatMap(([path, text]) => importsOf(path, text));
const rooms = new Map<string, Room>();
for (const path of program) {
  const room = roomOf(path);
  if (!rooms.has(room)) {
    const door = texts.get(`${room}/mod.ts`);
    assert(door !== undefined, `${room} has no mod.ts`);
    try {
      rooms.set(room, readRoom(door));
    } catch (error) {
      throw new Error(`${room}/mod.ts: ${(error as Error).message}`);
    }
  }
}

/** The rooms that a room may import, as its `mod.ts` says. */
function allowedFor(room: string): Set<string> {
  const [side] = room.split("/");
  const inside = side === "client" || side === "server";
  return new Set([
    ...EVERYWHERE.includes(room) ? [] : EVERYWHERE,
    ...rooms.get(room)!.mayImport.map((name) => inside ? `${side}/${name}` : name),
  ]);
}

/** Finds a way from something back to itself. */
function cycleIn(arrows: Map<string, Set<string>>): string[] | undefined {
  const done = new Set<string>();
  const visit = (node: string, way: string[]): string[] | undefined => {
    const start = way.indexOf(node);
    if (start >= 0) return [...way.slice(start), node];
    if (done.has(node)) return undefined;
    for (const next of arrows.get(node) ?? []) {
      const cycle = visit(next, [...way, node]);
      if (cycle !== undefined) return cycle;
    }
    done.add(node);
    return undefined;
  };
  for (const node of arrows.keys()) {
    const cycle = visit(node, []);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}

function arrowsOf(list: Iterable<readonly [string, string]>): Map<string, Set<string>> {
  const arrows = new Map<string, Set<string>>();
  for (const [from, to] of list) {
    if (from !== to) arrows.set(from, (arrows.get(from) ?? new Set()).add(to));
  }
  return arrows;
}

Deno.test("The imports that this test reads are there", () => {
  // A pattern that matches nothing would let everything pass.
  assert(imports.length > 1000, `only ${imports.length} imports were found`);
  assert(imports.every(({ to }) => texts.has(to) || to === "deno.json"), "an import leads to no file");
});

Deno.test("A room imports the rooms that its mod.ts names, and no others", () => {
  const wrong = imports.filter(({ from, to }) => {
    if (!program.includes(from) || !program.includes(to)) return false;
    const [here, there] = [roomOf(from), roomOf(to)];
    if (here === there || to === "server/limits.ts" && here.startsWith("server/")) return false;
    return !allowedFor(here).has(there);
  });
  assertEquals(wrong.map(({ from, to }) => `${from} must not import ${to}`), []);
});

Deno.test("A room names no room that it does not import", () => {
  const idle = [...rooms.keys()].flatMap((room) =>
    rooms.get(room)!.mayImport
      .map((name) => /^(?:client|server)\//.test(`${room}/`) ? `${room.split("/")[0]}/${name}` : name)
      .filter((other) => !imports.some(({ from, to }) => roomOf(from) === room && roomOf(to) === other))
      .map((other) => `${room} does not import ${other}`)
  );
  assertEquals(idle, []);
});

Deno.test("A room is entered through its mod.ts", () => {
  const wrong = imports.filter(({ from, to, names }) => {
    if (!program.includes(to) || to.endsWith("/mod.ts") || to === "server/limits.ts") return false;
    const room = roomOf(to);
    if (roomOf(from) === room) return false;
    if (program.includes(from) || from === "main.ts") return true;
    // A test looks inside the room that it mirrors; elsewhere, as a benchmark, only for what the room does not export.
    return from.replace(/^tests\//, "").startsWith(`${room}/`)
      ? false
      : names.some((name) => isExported(room, to, name));
  });
  assertEquals(wrong.map(({ from, to }) => `${from} must import ${to} through ${roomOf(to)}/mod.ts`), []);
});

/** Whether a `mod.ts` exports something of a file as a value, so that whoever wants it can have it there. */
function isExported(room: string, file: string, name: string): boolean {
  if (!rooms.get(room)!.exports.has(name)) return false;
  const door = texts.get(`${room}/mod.ts`)!;
  const typeOnly = new RegExp(`^export type \\{[^}]*\\b${name}\\b|^export \\{[^}]*\\btype ${name}\\b`, "m")
    .test(door);
  const fromFile = importsOf(`${room}/mod.ts`, door).some(({ to, names }) =>
    to === file && names.includes(name)
  );
  return fromFile && !typeOnly;
}

Deno.test("Imports form no cycle, of rooms or of files", () => {
  const inside = imports.filter(({ from, to }) => program.includes(from) && program.includes(to));
  const ofRooms = inside.filter(({ from, to }) => from !== "server/limits.ts" && to !== "server/limits.ts")
    .map(({ from, to }) => [roomOf(from), roomOf(to)] as const);
  assertEquals(cycleIn(arrowsOf(ofRooms)), undefined);
  assertEquals(cycleIn(arrowsOf(inside.map(({ from, to }) => [from, to] as const))), undefined);
});

/** What nothing pure may touch. */
const IMPURE =
  /\bDeno\b(?!\.errors\b)|\bset(?:Timeout|Interval|Immediate)\b|\bqueueMicrotask\b|\bDate\.now\b|\bnew Date\(\)|\bperformance\b|\bMath\.random\b|\bcrypto\.(?:getRandomValues|randomUUID)\b|\bfetch\(|\bnavigator\b|\bprocess\b|\bsystem(?:Clock|Timers)\b|from "node:(?!path)/;

Deno.test("What says that it is pure touches no machine: no Deno, timer, clock or randomness", () => {
  const wrong = program.flatMap((path) => {
    const text = texts.get(path)!;
    const head = /^\/\*\*[\s\S]*?\*\//.exec(text)?.[0] ?? "";
    if (!rooms.get(roomOf(path))!.pure && !/^ \* PURE\b/m.test(head)) return [];
    const found = IMPURE.exec(codeOf(text)) ?? /from "node:(?!path)[^"]*"/.exec(text);
    return found === null ? [] : [`${path} touches ${found[0]}`];
  });
  assertEquals(wrong, []);
});

Deno.test("A mod.ts names the files of its room, each once, and a room is small enough to be seen at once", () => {
  for (const [room, { files }] of rooms) {
    if (room === "client") continue;
    const there = program.filter((path) => roomOf(path) === room && !path.endsWith("/mod.ts"))
      .map((path) => path.slice(room.length + 1, -3)).sort();
    assertEquals([...files].sort(), there, `the list in ${room}/mod.ts`);
    if (room !== "server") {
      assert(there.length >= MIN_FILES && there.length <= MAX_FILES, `${room} has ${there.length} files`);
    }
  }
});
