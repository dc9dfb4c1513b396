/**
 * Reflow: recognizing the kind of terminal, and the position of the input after a change of its width.
 *
 * @module
 */
import { InputLayouter } from "../../../client/screen/input_layout.ts";
import { type Reflow, reflowOf, rowsAboveCursor } from "../../../client/screen/reflow.ts";
import { loadWidths } from "../../../client/text/mod.ts";
import { assertEquals } from "../../helpers/assert.ts";

await loadWidths();

/** Registers a test without permissions. */
function pure(name: string, fn: () => void | Promise<void>): void {
  Deno.test({ name, permissions: "none", fn });
}

pure("The environment tells the kind of the innermost terminal", () => {
  const table: [environment: Record<string, string>, reflow: Reflow][] = [
    [{}, "all"],
    [{ TERM: "xterm-256color" }, "all"],
    [{ TERM: "xterm-256color", XTERM_VERSION: "XTerm(379)" }, "none"],
    [{ TERM: "linux" }, "none"],
    [{ TERM: "screen.xterm-256color", STY: "1.pts-0" }, "none"],
    [{ TERM: "tmux-256color", TMUX: "/tmp/tmux", XTERM_VERSION: "XTerm(379)" }, "all"],
    [{ TERM: "screen-256color", TMUX: "/tmp/tmux", TERM_PROGRAM: "tmux" }, "all"],
    [{ TERM: "xterm-256color", TERM_PROGRAM: "vscode" }, "xterm.js"],
    [{ TERM_PROGRAM: "Hyper" }, "xterm.js"],
    [{ TERM_PROGRAM: "Tabby" }, "xterm.js"],
    [{ TERM: "xterm-256color", TERM_PROGRAM: "iTerm.app" }, "all"],
  ];
  for (const [environment, reflow] of table) assertEquals(reflowOf((name) => environment[name]), reflow);
});

/** Rows of the input above the cursor (`|`), for an input drawn at 10 columns in a terminal that now has `columns`. */
function above(marked: string, columns: number, reflow: Reflow, rowsLost = 0): number {
  const cursor = marked.indexOf("|");
  const layouter = new InputLayouter({ columns: 10, maxRows: 100, ascii: false });
  const drawn = layouter.layOut({ prompt: "> ", text: marked.replace("|", ""), cursor });
  return rowsAboveCursor(drawn, { columns, rowsLost }, reflow);
}

pure("In a terminal that wraps every row, the rows up to the cursor count as wrapped", () => {
  assertEquals(above("hello|", 10, "all"), 0);
  assertEquals(above("hello|", 5, "all"), 1);
  assertEquals(above("hel|lo", 5, "all"), 1);
  assertEquals(above("he|llo", 5, "all"), 0);
  assertEquals(above("hello w|orld", 6, "all"), 1);
  assertEquals(above("hello wor|ld", 6, "all"), 2);
  assertEquals(above("hello world|", 4, "all"), 3);
  assertEquals(above("12345678|90123456", 5, "all"), 2);
  assertEquals(above("one\ntwo\nthr|ee", 6, "all"), 2);
  assertEquals(above("one\ntwo\nthr|ee", 4, "all"), 5);
  assertEquals(above("漢字漢字|", 5, "all"), 3);
});

pure("When terminals disagree on a row after a full one, the smaller number counts", () => {
  assertEquals(above("123456|", 4, "all"), 1);
  assertEquals(above("123456|", 7, "all"), 1);
});

pure("In a terminal that cuts rows off, no row moves", () => {
  assertEquals(above("one\ntwo\nthr|ee", 4, "none"), 2);
});

pure(
  "In xterm.js, wrapped rows below the cursor also move it down, unless the window lost them",
  () => {
    assertEquals(above("one\ntwo|\nthree", 4, "xterm.js"), 4);
    assertEquals(above("one\ntwo|\nthree", 4, "xterm.js", 1), 2);
    assertEquals(above("one\ntwo\nthree|", 4, "xterm.js"), 4);
    assertEquals(above("one\ntwo\nthree|", 6, "xterm.js"), 2);
  },
);
