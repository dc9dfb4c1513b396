/**
 * The screen on a real terminal emulator: after any sequence of keys, messages and resizes the terminal shows the same
 * as a screen drawn from scratch. The scrollback holds every chat line once, in order, and nothing else.
 *
 * This file is long because it generates every kind of event and has a property for each kind of terminal.
 *
 * @module
 */
import fc from "fast-check";
import { BEGIN_UPDATE } from "../../../client/screen/ansi.ts";
import type { Completion } from "../../../client/editor/completion.ts";
import type { Key } from "../../../client/keyboard/mod.ts";
import { viewOf } from "../../../client/editor/mod.ts";
import type { Reflow } from "../../../client/screen/reflow.ts";
import { Screen } from "../../../client/screen/screen.ts";
import { loadWidths } from "../../../client/text/mod.ts";
import { assert, assertEquals } from "../../helpers/assert.ts";
import { Emulator, type EmulatorOptions } from "../../helpers/terminal/emulator.ts";
import { keyNamed, Typist } from "../../helpers/terminal/typist.ts";

await loadWidths();

/** Registers a test without permissions. */
function pure(name: string, fn: () => void | Promise<void>): void {
  Deno.test({ name, permissions: "none", fn });
}

/** An event at the terminal. */
type Event =
  | { readonly kind: "key"; readonly key: Key }
  | { readonly kind: "lines"; readonly lines: readonly string[] }
  | { readonly kind: "size"; readonly columns?: number; readonly rows?: number }
  | { readonly kind: "hide" };

const word = fc.constantFrom(
  "a",
  "of",
  "hello",
  "extraordinarily",
  "漢字",
  "かな漢字混じり文",
  "e\u0301",
  "क्\u200dषमा",
  "naïve",
  "👍",
  "👩‍👩‍👧",
  "🇫🇷",
  "❤\ufe0f",
  "\u200b",
  "\x1b[31m",
  "https://example.org/a/long/path?with=query",
);
const words = (max: number) => fc.array(word, { minLength: 1, maxLength: max }).map((all) => all.join(" "));

const key: fc.Arbitrary<Key> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.oneof(word, words(4)).map((text): Key => ({
      kind: "text",
      text: text.replaceAll("\x1b", ""),
    })),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(" ", "x", "漢", "\u0301").map((text): Key => ({ kind: "text", text })),
  },
  {
    weight: 6,
    arbitrary: fc.constantFrom(
      "left",
      "right",
      "home",
      "end",
      "ctrl-left",
      "ctrl-right",
      "up",
      "down",
      "backspace",
      "delete",
      "ctrl-w",
      "ctrl-k",
      "ctrl-u",
      "ctrl-y",
      "ctrl-t",
      "ctrl-_",
      "alt-enter",
      "tab",
      "ctrl-r",
      "ctrl-home",
      "ctrl-end",
      "enter",
      "escape",
      "y",
      "e",
      "n",
    ).map((chord) => chord.length === 1 ? { kind: "text", text: chord } as const : keyNamed(chord)),
  },
  {
    weight: 1,
    arbitrary: words(60).map((text): Key => ({ kind: "paste", text: text.replaceAll(" of ", "\n\t") })),
  },
);

/** Chat lines may contain styles, as in the transcript, but no other control characters. */
const chat = fc.array(
  words(12).map((text) => text.replaceAll("\x1b[31m", "\x1b[31mred\x1b[m").replaceAll("\u200b", "")),
  {
    minLength: 1,
    maxLength: 4,
  },
);

const typing = key.map((key): Event => ({ kind: "key", key }));
const arrivals = chat.map((lines): Event => ({ kind: "lines", lines }));
const hiding = fc.constant<Event>({ kind: "hide" });

/** Lines without combined characters: xterm.js itself moves some of these to wrong places when it reflows. */
const plainArrivals = chat.map((lines): Event => ({
  kind: "lines",
  lines: lines.map((line) => line.replaceAll(/[\u0301\u200d\ufe0f🇫🇷]/gu, "")),
}));

const columns = fc.integer({ min: 8, max: 40 });
const rows = fc.integer({ min: 1, max: 16 });
const size = fc.record({ columns, rows });
const resizing = fc.oneof(fc.record({ columns }), fc.record({ rows })).map((size): Event => ({
  kind: "size",
  ...size,
}));
const resizingBothWays = size.map((size): Event => ({ kind: "size", ...size }));

const complete = (text: string, cursor: number): Completion => ({
  start: text.lastIndexOf(" ", cursor - 1) + 1,
  end: cursor,
  candidates: ["ana: ", "anatol", "漢字", "someone_with_a_long_name"],
});

/** A screen and an editor on a terminal, with incoming chat. */
class Scene {
  readonly terminal: Emulator;
  readonly #screen: Screen;
  readonly #typist = new Typist({ complete, history: ["old line", "two\nlines 漢字"] });
  readonly #options: { reflow: Reflow; emulator: EmulatorOptions };
  /** Whether a resize has moved a part of the input out of the window, where no cursor move reaches it. */
  outOfReach = false;
  #lines: string[] = [];
  /** Bytes that are collected for one write, because every write of the emulator takes a turn of the event loop. */
  #unwritten = "";
  #hidden = true;

  constructor(columns: number, rows: number, options: { reflow: Reflow; emulator: EmulatorOptions }) {
    this.#options = options;
    this.terminal = new Emulator(columns, rows, options.emulator);
    this.#screen = new Screen({ columns, rows, reflow: options.reflow });
  }

  /** Applies an event. */
  async go(event: Event): Promise<void> {
    switch (event.kind) {
      case "key":
        this.#hidden = false;
        this.#typist.press(event.key);
        this.#unwritten += this.#screen.show(viewOf(this.#typist.state, "you> "));
        return;
      case "lines":
        this.#lines.push(...event.lines);
        this.#unwritten += this.#screen.print(event.lines);
        return;
      case "hide":
        this.#hidden = true;
        this.#unwritten += this.#screen.hide();
        return;
      case "size": {
        const { columns = this.terminal.columns, rows = this.terminal.height } = event;
        await this.flush();
        this.terminal.resize(columns, rows);
        const written = this.#screen.resize(columns, rows);
        // The written bytes begin with the move to the first row of the input: the number of rows up.
        const [, up = "0"] = /^\r(?:\[(\d*)A)?/.exec(written.replace(BEGIN_UPDATE, "").replace("\x1b", "")) ??
          [];
        if (Number(up || "1") > this.terminal.windowCursor.row) this.outOfReach = true;
        this.#unwritten += written;
      }
    }
  }

  /** Writes the collected bytes to the terminal. */
  async flush(): Promise<void> {
    await this.terminal.write(this.#unwritten);
    this.#unwritten = "";
  }

  /** The rows of a new terminal of this size with the same chat and input. */
  async fromScratch(): Promise<{ chat: string[]; all: string[]; cursor: { row: number; column: number } }> {
    const { columns, height } = this.terminal;
    const scratch = new Emulator(columns, height, this.#options.emulator);
    await scratch.write(this.#lines.map((line) => line + "\r\n").join(""));
    const chatRows = scratch.cursor.row;
    // The same screen, so that it shows the same part of a text that is too long.
    this.#screen.hide();
    if (!this.#hidden) await scratch.write(this.#screen.show(viewOf(this.#typist.state, "you> ")));
    const { allRows: all, cursor } = scratch;
    scratch.close();
    return { chat: all.slice(0, chatRows), all, cursor };
  }
}

interface Setting {
  readonly columns: number;
  readonly rows: number;
  readonly reflow?: Reflow;
  readonly emulator?: EmulatorOptions;
}

async function after(events: readonly Event[], setting: Setting): Promise<Scene> {
  const { columns, rows, reflow = "xterm.js", emulator = {} } = setting;
  const scene = new Scene(columns, rows, { reflow, emulator });
  for (const event of events) await scene.go(event);
  await scene.flush();
  return scene;
}

/** Asserts that every row, scrollback included, and the cursor are the same as from scratch. */
async function assertSame(scene: Scene): Promise<void> {
  const { all, cursor } = await scene.fromScratch();
  assertEquals(scene.terminal.allRows, all);
  assertEquals(scene.terminal.cursor, cursor);
  scene.terminal.close();
}

pure("After any keys and messages the screen equals one drawn from scratch", async () => {
  const event = fc.oneof({ weight: 6, arbitrary: typing }, { weight: 2, arbitrary: arrivals }, hiding);
  await fc.assert(
    fc.asyncProperty(fc.array(event, { maxLength: 40 }), size, async (events, size) => {
      const scene = await after(events, size);
      await assertSame(scene);
    }),
    { numRuns: 300 },
  );
});

pure("After any keys, messages and resizes the screen equals one drawn from scratch", async () => {
  let compared = 0;
  const event = fc.oneof(
    { weight: 6, arbitrary: typing },
    { weight: 2, arbitrary: plainArrivals },
    { weight: 2, arbitrary: resizing },
    hiding,
  );
  await fc.assert(
    fc.asyncProperty(fc.array(event, { maxLength: 30 }), size, async (events, size) => {
      const scene = await after(events, size);
      if (scene.outOfReach) return;
      compared++;
      await assertSame(scene);
    }),
    { numRuns: 300 },
  );
  assert(compared > 150, `${compared} of 300 compared`);
});

pure("After any resizes no chat is lost and the input is complete", async () => {
  const event = fc.oneof(
    { weight: 6, arbitrary: typing },
    { weight: 3, arbitrary: plainArrivals },
    { weight: 3, arbitrary: resizingBothWays },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(event, { maxLength: 30 }), size, async (events, size) => {
      const scene = await after(events, size);
      const { chat, all } = await scene.fromScratch();
      const { allRows } = scene.terminal;
      const input = all.slice(chat.length);
      assertEquals(allRows.slice(allRows.length - input.length), input);
      let found = 0;
      for (const row of allRows) if (row === chat[found]) found++;
      assertEquals(found, chat.length, "rows of chat in their order");
    }),
    { numRuns: 300 },
  );
});

pure("On a terminal that cuts rows off, the screen equals one drawn from scratch", async () => {
  // Such a terminal also cuts off the chat, so the lines fit into the narrowest window. Unlike such a terminal, the
  // emulator shows the cut parts again when it gets wider, so the window only gets narrower.
  const short = fc.array(fc.constantFrom("hi", "漢字かな", "so what?"), { minLength: 1, maxLength: 4 });
  const event = fc.oneof(
    { weight: 6, arbitrary: typing },
    { weight: 2, arbitrary: short.map((lines): Event => ({ kind: "lines", lines })) },
    { weight: 2, arbitrary: resizingBothWays },
  );
  const emulator = { windowsPty: { backend: "conpty", buildNumber: 19_000 } } as const;
  let compared = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(event, { maxLength: 30 }), size, async (events, size) => {
      let { columns } = size;
      const narrowing = events.map((event): Event => {
        if (event.kind !== "size") return event;
        columns = Math.min(columns, event.columns!);
        return { ...event, columns };
      });
      const scene = await after(narrowing, { ...size, reflow: "none", emulator });
      if (scene.outOfReach) return;
      compared++;
      await assertSame(scene);
    }),
    { numRuns: 150 },
  );
  assert(compared > 75, `${compared} of 150 compared`);
});

pure("On a terminal that wraps every row, the screen equals one drawn from scratch", async () => {
  // The emulator does so, but keeps the cursor on its character only at the end of the last row. So the events only
  // append text, and the window is high enough to show the whole input.
  const short = fc.constantFrom("a", "extraordinarily", "漢字かな", "naïve 👍", "❤\ufe0f");
  const event = fc.oneof(
    {
      weight: 4,
      arbitrary: short.map((text): Event => ({ kind: "key", key: { kind: "text", text: text + " " } })),
    },
    { weight: 2, arbitrary: plainArrivals },
    { weight: 2, arbitrary: fc.record({ columns }).map((size): Event => ({ kind: "size", ...size })) },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(event, { maxLength: 20 }), columns, async (events, columns) => {
      const setting = { columns, rows: 90, reflow: "all", emulator: { reflowCursorLine: true } } as const;
      await assertSame(await after(events, setting));
    }),
    { numRuns: 150 },
  );
});
