/**
 * The rules of rooms (folders with a `mod.ts`): which room may import which, imports only through `mod.ts`, no cycles,
 * pure rooms without side effects, and the size of rooms and files.
 *
 * The `mod.ts` of each room states its rules: the line `May import:`, the word `PURE`, the list of its files.
 * `protocol/`, `runtime/`, `identity/` and `mentions/` may be imported everywhere, `server/limits.ts` everywhere in
 * `server/`.
 *
 * @module
 */
import { assert, assertEquals } from "./helpers/assert.ts";

const ROOT = new URL("../", import.meta.url);

/** The folders of the program. In `client`, `server` and `web` each folder is a room; each other folder is one room. */
const SIDES = ["cli", "client", "identity", "load", "mentions", "protocol", "runtime", "server", "web"];

/** The sides whose folders are rooms. A room names those of its side by the folder; one of `web` also `client/…`. */
const DIVIDED = ["client", "server", "web"];

/** Rooms that may be imported everywhere; each of them imports only those that its `mod.ts` names. */
const EVERYWHERE = ["protocol", "runtime", "identity", "mentions"];

/** How many files a room may have besides its `mod.ts`. */
const MIN_FILES = 2, MAX_FILES = 15;

/** How many lines a file may have without a reason in its header. */
const MAX_LINES = 300;

/** How many columns a line may have, comments and strings included. */
const MAX_COLUMNS = 120;

/** An import or re-export. */
interface Import {
  from: string;
  to: string;
  names: string[];
}

/** The rules and exports in a `mod.ts`. */
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

/** Returns the room of a file; a file next to rooms belongs to the room of its side. */
function roomOf(path: string): string {
  const folders = path.split("/").slice(0, -1);
  return folders.slice(0, 2).join("/");
}

/** Removes comments and the contents of strings. */
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
  assert(allowed !== undefined, "it has no line such as: May import: `net`, `text`.");
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
    const modText = texts.get(`${room}/mod.ts`);
    assert(modText !== undefined, `${room} has no mod.ts`);
    try {
      rooms.set(room, readRoom(modText));
    } catch (error) {
      throw new Error(`${room}/mod.ts: ${(error as Error).message}`);
    }
  }
}

/** Returns the rooms that a room may import. */
function allowedFor(room: string): Set<string> {
  return new Set([
    ...EVERYWHERE.includes(room) ? [] : EVERYWHERE,
    ...rooms.get(room)!.mayImport.map((name) => namedBy(room, name)),
  ]);
}

/** Returns the room that a `mod.ts` means with a name. */
function namedBy(room: string, name: string): string {
  const side = room.split("/")[0]!;
  return DIVIDED.includes(side) && !(side === "web" && name.startsWith("client/")) ? `${side}/${name}` : name;
}

/** Finds a cycle in a graph. */
function cycleIn(edges: Map<string, Set<string>>): string[] | undefined {
  const visited = new Set<string>();
  const visit = (node: string, path: string[]): string[] | undefined => {
    const start = path.indexOf(node);
    if (start >= 0) return [...path.slice(start), node];
    if (visited.has(node)) return undefined;
    for (const next of edges.get(node) ?? []) {
      const cycle = visit(next, [...path, node]);
      if (cycle !== undefined) return cycle;
    }
    visited.add(node);
    return undefined;
  };
  for (const node of edges.keys()) {
    const cycle = visit(node, []);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}

function graphOf(list: Iterable<readonly [string, string]>): Map<string, Set<string>> {
  const edges = new Map<string, Set<string>>();
  for (const [from, to] of list) {
    if (from !== to) edges.set(from, (edges.get(from) ?? new Set()).add(to));
  }
  return edges;
}

Deno.test("This test finds the imports", () => {
  // Otherwise a pattern that matches nothing would pass every test.
  assert(imports.length > 1000, `only ${imports.length} imports were found`);
  assert(
    imports.every(({ to }) => texts.has(to) || ["deno.json", "docs/openapi.json"].includes(to)),
    "an import names a file that does not exist",
  );
});

Deno.test("A room imports only the rooms that its mod.ts names", () => {
  const violations = imports.filter(({ from, to }) => {
    if (!program.includes(from) || !program.includes(to)) return false;
    const [here, there] = [roomOf(from), roomOf(to)];
    if (here === there || to === "server/limits.ts" && here.startsWith("server/")) return false;
    return !allowedFor(here).has(there);
  });
  assertEquals(violations.map(({ from, to }) => `${from} must not import ${to}`), []);
});

Deno.test("A mod.ts names only rooms that the room imports", () => {
  const unused = [...rooms.keys()].flatMap((room) =>
    rooms.get(room)!.mayImport
      .map((name) => namedBy(room, name))
      .filter((other) => !imports.some(({ from, to }) => roomOf(from) === room && roomOf(to) === other))
      .map((other) => `${room} does not import ${other}`)
  );
  assertEquals(unused, []);
});

Deno.test("A room is imported only through its mod.ts", () => {
  const violations = imports.filter(({ from, to, names }) => {
    if (!program.includes(to) || to.endsWith("/mod.ts") || to === "server/limits.ts") return false;
    const room = roomOf(to);
    if (roomOf(from) === room) return false;
    if (program.includes(from) || from === "main.ts") return true;
    // A test may import files of the room that it tests. Another file outside of the program, such as a benchmark, may
    // import from a file what the mod.ts does not export.
    return from.replace(/^tests\//, "").startsWith(`${room}/`)
      ? false
      : names.some((name) => isExported(room, to, name));
  });
  assertEquals(
    violations.map(({ from, to }) => `${from} must import ${to} through ${roomOf(to)}/mod.ts`),
    [],
  );
});

/** Whether a `mod.ts` exports a name of a file as a value. */
function isExported(room: string, file: string, name: string): boolean {
  if (!rooms.get(room)!.exports.has(name)) return false;
  const modText = texts.get(`${room}/mod.ts`)!;
  const typeOnly = new RegExp(`^export type \\{[^}]*\\b${name}\\b|^export \\{[^}]*\\btype ${name}\\b`, "m")
    .test(modText);
  const fromFile = importsOf(`${room}/mod.ts`, modText).some(({ to, names }) =>
    to === file && names.includes(name)
  );
  return fromFile && !typeOnly;
}

Deno.test("Imports have no cycle of rooms or files", () => {
  const inside = imports.filter(({ from, to }) => program.includes(from) && program.includes(to));
  const ofRooms = inside.filter(({ from, to }) => from !== "server/limits.ts" && to !== "server/limits.ts")
    .map(({ from, to }) => [roomOf(from), roomOf(to)] as const);
  assertEquals(cycleIn(graphOf(ofRooms)), undefined);
  assertEquals(cycleIn(graphOf(inside.map(({ from, to }) => [from, to] as const))), undefined);
});

/** What pure code must not use. */
const IMPURE = new RegExp(
  [
    /\bDeno\b(?!\.errors\b)/,
    /\bset(?:Timeout|Interval|Immediate)\b/,
    /\bqueueMicrotask\b/,
    /\bDate\.now\b/,
    /\bnew Date\(\)/,
    /\bperformance\b/,
    /\bMath\.random\b/,
    /\bcrypto\.(?:getRandomValues|randomUUID)\b/,
    /\bfetch\(/,
    /\bnavigator\b/,
    /\bprocess\b/,
    /\bsystem(?:Clock|Timers)\b/,
  ].map(({ source }) => source).join("|"),
);

Deno.test("Pure code uses no Deno, timer, clock or randomness", () => {
  const violations = program.flatMap((path) => {
    const text = texts.get(path)!;
    const header = /^\/\*\*[\s\S]*?\*\//.exec(text)?.[0] ?? "";
    if (!rooms.get(roomOf(path))!.pure && !/^ \* PURE\b/m.test(header)) return [];
    const found = IMPURE.exec(codeOf(text)) ?? /from "node:(?!path)[^"]*"/.exec(text);
    return found === null ? [] : [`${path} uses ${found[0]}`];
  });
  assertEquals(violations, []);
});

Deno.test("A mod.ts lists the files of its room, and a room has 2 to 15 files", () => {
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

Deno.test("A file of more than 300 lines says in its header why it is long", () => {
  const violations = [...texts].filter(([, text]) =>
    text.split("\n").length > MAX_LINES + 1 && !/\blong because\b/i.test(headerOf(text))
  );
  assertEquals(violations.map(([path, text]) => `${path} has ${text.split("\n").length - 1} lines`), []);
});

Deno.test("No line is longer than 120 columns", () => {
  const violations = [...texts].flatMap(([path, text]) =>
    text.split("\n").flatMap((line, index) =>
      [...line].length > MAX_COLUMNS ? [`${path}:${index + 1} has ${[...line].length} columns`] : []
    )
  );
  assertEquals(violations, []);
});

/** Returns the first comment of a file, as one line. */
function headerOf(text: string): string {
  return (/^\/\*\*[\s\S]*?\*\//.exec(text)?.[0] ?? "").replace(/\s*\n \*\s*/g, " ");
}
