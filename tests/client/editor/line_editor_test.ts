/**
 * The line editor: each test types keys and checks what the editor shows.
 *
 * This file is long because it covers every key binding.
 *
 * @module
 */
import fc from "fast-check";
import type { Completion } from "../../../client/editor/completion.ts";
import { MAX_KILLS, MAX_UNDOS } from "../../../client/editor/edit_buffer.ts";
import type { Key } from "../../../client/keyboard/mod.ts";
import { isRecalled, viewOf, withLineText, withReturnedText } from "../../../client/editor/mod.ts";
import { loadWidths } from "../../../client/text/mod.ts";
import { assert, assertEquals } from "../../helpers/assert.ts";
import { keyNamed, Typist } from "../../helpers/terminal/typist.ts";
import { cpuMs } from "../../helpers/cpu_time.ts";

await loadWidths();

/** Registers a test without permissions. */
function pure(name: string, fn: () => void | Promise<void>): void {
  Deno.test({ name, permissions: "none", fn });
}

/** Types into a new editor. */
function typed(text: string): Typist {
  return new Typist().type(text);
}

pure("Typing inserts characters at the cursor", () => {
  assertEquals(typed("hello").key("ctrl-a").type("> ").shows, "> |hello");
  assertEquals(typed("ac").key("left").type("b").shows, "ab|c");
  assertEquals(new Typist().press({ kind: "text", text: "many at once" }).shows, "many at once|");
});

pure("The cursor moves by grapheme and never stops inside one", () => {
  const typist = typed("a👩‍👩‍👧🇫🇷e\u0301漢").key("left");
  assertEquals(typist.shows, "a👩‍👩‍👧🇫🇷e\u0301|漢");
  assertEquals(typist.key("left").shows, "a👩‍👩‍👧🇫🇷|e\u0301漢");
  assertEquals(typist.key("left").shows, "a👩‍👩‍👧|🇫🇷e\u0301漢");
  assertEquals(typist.key("ctrl-b").shows, "a|👩‍👩‍👧🇫🇷e\u0301漢");
  assertEquals(typist.key("left left left").shows, "|a👩‍👩‍👧🇫🇷e\u0301漢");
  assertEquals(typist.key("right ctrl-f").shows, "a👩‍👩‍👧|🇫🇷e\u0301漢");
  assertEquals(typist.key("end right").shows, "a👩‍👩‍👧🇫🇷e\u0301漢|");
});

pure("The cursor is after a character that joins with its neighbours", () => {
  assertEquals(typed("e").type("\u0301").key("left").shows, "|e\u0301");
  assertEquals(typed("\u0301x").key("home").type("e").shows, "e\u0301|x");
  assertEquals(typed("👩 👧").key("left left").type("\u200d").key("delete").shows, "👩\u200d👧|");
});

pure("Home and End move to the edges of the line, with Control to the edges of the text", () => {
  const typist = typed("one").key("alt-enter").type("two").key("alt-enter").type("three").key("up left");
  assertEquals(typist.shows, "one\ntw|o\nthree");
  assertEquals(typist.key("home").shows, "one\n|two\nthree");
  assertEquals(typist.key("ctrl-a").shows, "one\n|two\nthree");
  assertEquals(typist.key("end").shows, "one\ntwo|\nthree");
  assertEquals(typist.key("ctrl-e").shows, "one\ntwo|\nthree");
  assertEquals(typist.key("ctrl-home").shows, "|one\ntwo\nthree");
  assertEquals(typist.key("ctrl-end").shows, "one\ntwo\nthree|");
});

pure("Control or Alt with an arrow, Alt-B and Alt-F move by word", () => {
  for (const [back, forth] of [["ctrl-left", "ctrl-right"], ["alt-left", "alt-right"], ["alt-b", "alt-f"]]) {
    const typist = typed("say hi, world").key(back!);
    assertEquals(typist.shows, "say hi, |world");
    assertEquals(typist.key(`${back} ${back}`).shows, "|say hi, world");
    assertEquals(typist.key(`${forth} ${forth}`).shows, "say hi|, world");
  }
});

pure("A key with Shift does the same as without it", () => {
  assertEquals(typed("ab").key("shift-left").shows, "a|b");
  assertEquals(typed("ab cd").key("alt-shift-b ctrl-shift-a").shows, "|ab cd");
});

pure("Backspace and Delete delete one grapheme", () => {
  assertEquals(typed("a👩‍👩‍👧b").key("left backspace").shows, "a|b");
  assertEquals(typed("🇫🇷🇩🇪").key("backspace").shows, "🇫🇷|");
  assertEquals(typed("🇫🇷🇩🇪").key("home delete").shows, "|🇩🇪");
  assertEquals(typed("e\u0301x").key("ctrl-a ctrl-d").shows, "|x");
  assertEquals(typed("ab").key("ctrl-h").shows, "a|");
  assertEquals(typed("a").key("backspace backspace delete").shows, "|");
});

pure("Backspace and Delete delete a letter with its marks, in every script", () => {
  for (const text of ["हिन्दी", "क्\u200dष", "শ্রী", "กำ", "각", "e\u0301\u0323", "👍🏽", "ක්\u200dර"]) {
    const graphemes = [...new Intl.Segmenter("und").segment(text)].map(({ segment }) => segment);
    const typist = typed(text);
    for (let left = graphemes.length; left >= 0; left--) {
      assertEquals(typist.shows, graphemes.slice(0, left).join("") + "|");
      typist.key("backspace");
    }
    typist.type(text).key("home");
    for (let gone = 0; gone <= graphemes.length; gone++) {
      assertEquals(typist.shows, "|" + graphemes.slice(gone).join(""));
      typist.key("delete");
    }
  }
});

pure("A line that comes back is replaced by what is typed or pasted next, else edited", () => {
  const returned = (): Typist => {
    const typist = new Typist();
    typist.state = withReturnedText(typist.state, ":jion #dev");
    return typist;
  };
  assertEquals(returned().shows, ":jion #dev|");
  assertEquals(viewOf(returned().state, "").match, { start: 0, end: 10 });
  assertEquals(returned().type("hi").shows, "hi|");
  assertEquals(returned().type("hi").key("ctrl-_").shows, ":jion #dev|");
  assertEquals(returned().paste("hi").shows, "hi|");
  assertEquals(returned().paste(LONG).type("e").shows, "one\ntwo\nthree\nfour|");
  assertEquals(returned().key("backspace").type("x").shows, ":jion #dex|");
  assertEquals(returned().key("left").type("x").shows, ":jion #dex|v");
  assertEquals(returned().key("home").type("x").shows, "x|:jion #dev");
  assertEquals(returned().key("end").type("x").shows, ":jion #devx|");
  assertEquals(viewOf(returned().key("end").state, "").match, undefined);
  assertEquals(returned().key("enter").takeOutcomes(), 'submit ":jion #dev"');
});

pure("When a deletion joins two characters, the cursor is after the joined one", () => {
  const typist = typed("🇫").type("x").type("🇷").key("left backspace");
  assertEquals(typist.shows, "🇫🇷|");
});

pure("Ctrl-K cuts the line after the cursor, Ctrl-U the line before it", () => {
  assertEquals(typed("hello world").key("ctrl-left ctrl-k").shows, "hello |");
  assertEquals(typed("hello world").key("ctrl-left ctrl-u").shows, "|world");
  const typist = typed("one").key("alt-enter").type("two").key("up home ctrl-k");
  assertEquals(typist.shows, "|\ntwo");
  assertEquals(typist.key("ctrl-k").shows, "|two");
  assertEquals(typist.key("ctrl-y").shows, "one\n|two");
  assertEquals(typist.key("ctrl-u").shows, "one|two");
  assertEquals(typed("one").key("ctrl-k home ctrl-u").shows, "|one");
});

pure("Ctrl-W cuts a word up to white space, Alt-Backspace and Alt-D cut a word of letters", () => {
  assertEquals(typed("see a.b/c").key("ctrl-w").shows, "see |");
  assertEquals(typed("see a.b/c").key("alt-backspace").shows, "see a.b/|");
  assertEquals(typed("see a.b/c").key("ctrl-a alt-d").shows, "| a.b/c");
  assertEquals(typed("see it").key("ctrl-backspace").shows, "see |");
  assertEquals(typed("see it").key("ctrl-a ctrl-delete").shows, "| it");
});

pure("Texts that are cut in a row are pasted as one", () => {
  assertEquals(typed("one two three").key("ctrl-w ctrl-w ctrl-y").shows, "one two three|");
  assertEquals(
    typed("one two three").key("home alt-d alt-d ctrl-e ctrl-y").shows,
    " threeone two|",
  );
  assertEquals(
    typed("one two three").key("ctrl-w left ctrl-w ctrl-y").shows,
    "one two| ",
  );
  assertEquals(typed("x").key("ctrl-y").shows, "x|");
  assertEquals(typed("x").key("ctrl-u").type("a").key("ctrl-k ctrl-y").shows, "ax|");
});

pure("Alt-Y replaces the pasted text by the one cut before it", () => {
  const typist = typed("one two").key("ctrl-w left right ctrl-w ctrl-y");
  assertEquals(typist.shows, "one |");
  assertEquals(typist.key("alt-y").shows, "two|");
  assertEquals(typist.key("alt-y").shows, "one |");
  assertEquals(typist.key("left alt-y").shows, "one| ");
});

pure("The number of cut texts is limited", () => {
  const typist = typed("");
  for (let i = 0; i < MAX_KILLS + 10; i++) typist.type(`${i}`).key("ctrl-u");
  assertEquals(typist.state.buffer.kills.length, MAX_KILLS);
  assertEquals(typist.key("ctrl-y").shows, `${MAX_KILLS + 9}|`);
});

pure("Ctrl-T swaps two graphemes", () => {
  assertEquals(typed("teh").key("ctrl-t").shows, "the|");
  assertEquals(typed("漢👩‍👩‍👧x").key("left ctrl-t").shows, "漢x👩‍👩‍👧|");
  assertEquals(typed("a").key("ctrl-t").shows, "a|");
  assertEquals(typed("ab").key("home ctrl-t").shows, "|ab");
  assertEquals(typed("ab").key("alt-enter").type("c").key("ctrl-t").shows, "ab\nc|");
  assertEquals(typed("ab").key("alt-enter ctrl-t").shows, "ab\n|");
  assertEquals(typed("").key("ctrl-t").shows, "|");
});

pure("One undo reverts a word, a run of deletions, a cut or a paste", () => {
  const typist = typed("one two  three").key("ctrl-_");
  assertEquals(typist.shows, "one two  |");
  assertEquals(typist.key("ctrl-_").shows, "one |");
  assertEquals(typist.key("ctrl-/").shows, "|");
  assertEquals(typist.key("ctrl-_").shows, "|");
  assertEquals(typed("hello").key("backspace backspace ctrl-_").shows, "hello|");
  assertEquals(typed("hello").key("home delete delete ctrl-_").shows, "|hello");
  assertEquals(typed("ab").key("left").type("x").key("ctrl-_").shows, "a|b");
  assertEquals(typed("one two").key("ctrl-w ctrl-_").shows, "one two|");
  assertEquals(typed("one ").paste("two").key("ctrl-_").shows, "one |");
  assertEquals(typed("teh").key("ctrl-t ctrl-_").shows, "teh|");
  assertEquals(typed("a").paste("").key("right delete ctrl-_").shows, "|");
  assertEquals(typed("a").key("left").type("b").key("ctrl-_ ctrl-_").shows, "|");
});

pure("The number of changes to undo is limited", () => {
  const typist = typed("");
  for (let i = 0; i < MAX_UNDOS + 20; i++) typist.type("x").key("left right");
  for (let i = 0; i < MAX_UNDOS + 20; i++) typist.key("ctrl-_");
  assertEquals(typist.shows, `${"x".repeat(20)}|`);
});

pure("Escape clears the line, and undo restores it", () => {
  assertEquals(typed("hello").key("left escape").shows, "|");
  assertEquals(typed("hello").key("left escape ctrl-_").shows, "hell|o");
});

pure("Ctrl-C clears the line, and interrupts when the line is empty", () => {
  const typist = typed("hello").key("ctrl-c");
  assertEquals([typist.shows, typist.takeOutcomes()], ["|", ""]);
  assertEquals(typist.key("ctrl-c").takeOutcomes(), "interrupt");
  assertEquals(typed("hello").key("ctrl-c ctrl-_").shows, "hello|");
});

pure("Ctrl-D deletes forward, and ends when the line is empty", () => {
  const typist = typed("ab").key("home ctrl-d ctrl-d");
  assertEquals([typist.shows, typist.takeOutcomes()], ["|", ""]);
  assertEquals(typist.key("ctrl-d").takeOutcomes(), "end");
  assertEquals(typed("a").key("ctrl-d").takeOutcomes(), "");
});

pure("Ctrl-Z and Ctrl-L are outcomes for the caller and do not change the line", () => {
  const typist = typed("ab").key("left ctrl-z ctrl-l");
  assertEquals([typist.shows, typist.takeOutcomes()], ["a|b", "suspend, clearScreen"]);
});

pure("Enter submits the text and starts a new line", () => {
  const typist = typed("hello").key("left enter");
  assertEquals([typist.takeOutcomes(), typist.shows], ['submit "hello"', "|"]);
  assertEquals(typist.key("ctrl-_").shows, "|");
  assertEquals(typist.key("enter").takeOutcomes(), "");
});

pure("Alt-Enter and Ctrl-J insert a line end", () => {
  assertEquals(typed("a").key("alt-enter").type("b").key("enter").takeOutcomes(), 'submit "a\\nb"');
  assertEquals(typed("a").key("shift-enter ctrl-j ctrl-enter").shows, "a\n\n\n|");
});

pure("Up and Down move through the lines of the text in the same column", () => {
  const typist = typed("a long one").key("alt-enter").type("two").key("alt-enter").type("漢字漢字漢字").key(
    "left",
  );
  assertEquals(typist.shows, "a long one\ntwo\n漢字漢字漢|字");
  assertEquals(typist.key("up").shows, "a long one\ntwo|\n漢字漢字漢字");
  assertEquals(typist.key("up").shows, "a long one|\ntwo\n漢字漢字漢字");
  assertEquals(typist.key("down down").shows, "a long one\ntwo\n漢字漢字漢|字");
  assertEquals(typist.key("up left down").shows, "a long one\ntwo\n漢|字漢字漢字");
});

pure("Up and Down go through the history, and the draft stays", () => {
  const typist = new Typist({ history: ["first", "second"] }).type("draft").key("left up");
  assertEquals(typist.shows, "second|");
  assertEquals(typist.key("ctrl-p").shows, "first|");
  assertEquals(typist.key("up").shows, "first|");
  assertEquals(typist.key("down ctrl-n").shows, "draft|");
  assertEquals(typist.key("down").shows, "draft|");
});

pure("Edited history entries stay edited until a text is submitted", () => {
  const typist = new Typist({ history: ["first", "second"] }).key("up").type("!").key("up down");
  assertEquals(typist.shows, "second!|");
  assertEquals(typist.key("down").type("new").key("up enter").takeOutcomes(), 'submit "second!"');
  assertEquals(typist.key("up").shows, "second!|");
  assertEquals(typist.key("up").shows, "second|");
  assertEquals(typist.key("down down").shows, "new|");
});

pure("After an entry of the history is submitted or cleared, the draft is back", () => {
  const typist = new Typist({ history: ["first", "second"] }).type("draft").key("up up enter");
  assertEquals([typist.takeOutcomes(), typist.shows], ['submit "first"', "draft|"]);
  assertEquals(typist.key("up").type("!").key("enter").shows, "draft|");
  assertEquals(typist.key("enter").shows, "|");
  const cleared = new Typist({ history: ["first"] }).type("draft").key("up ctrl-c");
  assertEquals(cleared.shows, "|");
  assertEquals(cleared.key("ctrl-_").shows, "draft|");
});

pure("Escape clears the text, and Escape again brings it back", () => {
  const typist = typed("one two").key("left escape");
  assertEquals(typist.shows, "|");
  assertEquals(typist.key("escape").shows, "one tw|o");
  assertEquals(typist.key("escape").type("x").key("escape escape").shows, "x|");
  assertEquals(typed("one").key("ctrl-c escape").shows, "one|");
  assertEquals(typed("one").key("escape left escape").shows, "|");
  assertEquals(new Typist().key("escape escape").shows, "|");
});

pure("An Escape that was the beginning of another key changes nothing", () => {
  const late = (typist: Typist) => typist.key("escape").press({ kind: "retract" });
  assertEquals(late(typed("one two").key("left")).key("left").shows, "one t|wo");
  assertEquals(late(typed("one").key("escape")).key("end").shows, "one|");
  assertEquals(late(new Typist({ history: ["old"] }).key("ctrl-r").type("o")).shows, "search 'o': o|ld");
  const asked = late(typed("ab").paste(LONG));
  assertEquals([asked.state.mode.kind, asked.type("e").shows], ["ask", "abone\ntwo\nthree\nfour|"]);
  assertEquals(typed("a").key("escape").type("b").press({ kind: "retract" }).shows, "b|");
  assertEquals(typed("a").press({ kind: "retract" }).shows, "a|");
  const returned = typed("a").key("escape");
  returned.state = withReturnedText(returned.state, "refused");
  assertEquals(returned.press({ kind: "retract" }).shows, "refused|");
});

pure("Up in the first line of a text reaches the history", () => {
  const typist = new Typist({ history: ["one\ntwo"] }).type("x").key("up");
  assertEquals(typist.shows, "one\ntwo|");
  assertEquals(typist.key("up").shows, "one|\ntwo");
  assertEquals(typist.key("down down").shows, "x|");
});

pure("A submitted line is stored in the history unless it is blank, repeated or excluded", () => {
  const typist = new Typist({ storesInHistory: (text) => !text.startsWith(":password") });
  for (const line of ["one", "one", "  ", ":password x", "two"]) typist.type(line).key("enter");
  assertEquals(typist.state.history, ["one", "two"]);
});

const LONG = "one\ntwo\nthree\nfour\n";
const LINES = ["old words", "see you", "Words again", "see you", "other"];

/** Completes names at the end of the text. */
function names(...all: string[]): (text: string, cursor: number) => Completion {
  return (text, cursor) => {
    const start = text.lastIndexOf(" ", cursor - 1) + 1;
    const begun = text.slice(start, cursor);
    return { start, end: cursor, candidates: all.filter((name) => name.startsWith(begun)) };
  };
}

pure("Tab inserts the only candidate", () => {
  const typist = new Typist({ complete: names("ana: ", "bo") }).type("an").key("tab");
  assertEquals([typist.shows, typist.hint], ["ana: |", undefined]);
  assertEquals(typist.type("hi b").key("left right tab").shows, "ana: hi bo|");
  assertEquals(typist.takeOutcomes(), "");
});

pure("A second Tab inserts the next candidate, Shift-Tab the previous one", () => {
  const typist = new Typist({ complete: names("anatol", "ana: ", "andrea") }).type("an").key("tab");
  assertEquals([typist.shows, typist.hint], ["anatol|", "1/3  anatol  ana:  andrea"]);
  assertEquals(typist.key("tab").shows, "ana: |");
  assertEquals([typist.key("tab").shows, typist.hint], ["andrea|", "3/3  andrea  anatol  ana:"]);
  assertEquals(typist.key("tab").shows, "anatol|");
  assertEquals(typist.key("shift-tab").shows, "andrea|");
});

pure("Shift-Tab starts with the last candidate", () => {
  assertEquals(new Typist({ complete: names("ana", "andrea") }).type("an").key("shift-tab").shows, "andrea|");
});

pure("Any other key ends the completion", () => {
  const typist = new Typist({ complete: names("ana", "anatol") }).type("an").key("tab").type("!").key("tab");
  assertEquals([typist.shows, typist.hint, typist.takeOutcomes()], ["ana!|", undefined, "refused"]);
});

pure("A completion works in the middle of a text and is one change for undo", () => {
  const typist = new Typist({ complete: names("ana", "andrea") }).type("say an now").key(
    "ctrl-left left tab tab",
  );
  assertEquals(typist.shows, "say andrea| now");
  assertEquals(typist.key("ctrl-_").shows, "say an| now");
});

pure("Tab without a candidate is refused", () => {
  assertEquals(typed("a").key("tab").takeOutcomes(), "refused");
  assertEquals(new Typist({ complete: () => undefined }).key("tab").takeOutcomes(), "refused");
});

pure("Focus keys and unknown keys change nothing and end no completion, search or question", () => {
  const typist = new Typist({ complete: names("ana", "anatol") }).type("an").key("tab");
  typist.press({ kind: "focus", focused: false }).press({ kind: "unknown", sequence: "\x1b[x" }).key(
    "f5 insert",
  );
  assertEquals(typist.key("tab").shows, "anatol|");
  const focus = { kind: "focus", focused: true } as const;
  assertEquals(
    new Typist({ history: LINES }).key("ctrl-r").type("old").press(focus).state.mode.kind,
    "search",
  );
  const asked = new Typist().paste(LONG).press(focus).press({ kind: "unknown", sequence: "" });
  assertEquals([asked.state.mode.kind, asked.takeOutcomes()], ["ask", `askPaste ${JSON.stringify(LONG)}`]);
});

pure("A short paste is inserted without a question", () => {
  const typist = typed("ab").key("left").paste("one\ntwo\r\nthree\r");
  assertEquals([typist.shows, typist.takeOutcomes()], ["aone\ntwo\nthree|b", ""]);
  assertEquals(typed("").paste("x".repeat(1024)).takeOutcomes(), "");
});

pure("A paste of many lines or many bytes asks first", () => {
  const typist = typed("ab").key("left").paste(LONG);
  assertEquals(typist.shows, "send 4 lines as one message? [y/N/e] |");
  assertEquals(typist.hint, "one\ntwo\nthree\nfour");
  assertEquals(typist.takeOutcomes(), `askPaste ${JSON.stringify(LONG)}`);
  assertEquals(typed("").paste("é".repeat(513)).shows, "send 1026 bytes as one message? [y/N/e] |");
  assertEquals(typed("").paste("\n\n\nd").shows, "send 4 lines as one message? [y/N/e] |");
  assertEquals(typed("").paste("a\nb\nc\nd").shows, "send 4 lines as one message? [y/N/e] |");
});

pure("A paste loses what no message may contain, and the line ends at its end", () => {
  assertEquals(
    typed("").paste("\x1b[1;31mred\x1b[0m\x07 \x1b]0;title\x07\ttab\u202e\u200e\r\n\n").shows,
    "red \ttab|",
  );
  assertEquals(typed("").paste("a\x00b\x1b(Bc\x7f\u009b2Jd").shows, "abcd|");
  assertEquals(typed("").paste("\n").shows, "|");
  // Of a paste that comes in parts only the last line end is the end.
  assertEquals(typed("").press({ kind: "paste", text: "a\n", partial: true }).paste("b\n").shows, "a\nb|");
  const password = new Typist({ secret: true }).paste("pass\n").key("enter");
  assertEquals(password.takeOutcomes(), 'submit "pass"');
});

pure("A paste that is too long for one message is offered in parts, cut at line ends", () => {
  const line = "x".repeat(1000);
  const long = Array.from({ length: 6 }, () => line).join("\n\n");
  const typist = typed("").paste(long);
  assertEquals(
    typist.shows,
    "send 11 lines (6010 bytes) as 2 messages? a message has at most 4096 bytes [y/N/e] |",
  );
  typist.outcomes = [];
  typist.type("y");
  const [submitted] = typist.outcomes;
  assert(submitted?.kind === "submit" && submitted.messages !== undefined);
  assertEquals(submitted.text, long);
  assertEquals(submitted.messages.join("\n"), long);
  for (const message of submitted.messages) assert(new TextEncoder().encode(message).length <= 4096);
  assertEquals(typist.key("up").shows, `${long}|`);
  assertEquals(typed("").paste("é".repeat(3000)).shows.split("?")[0], "send 6000 bytes as 2 messages");
});

pure("A paste that is too long to be sent says so before the answer, and y is refused", () => {
  const huge = typed("").paste("word ".repeat(40_000));
  assertEquals(huge.shows, "200000 bytes are too long, a message has at most 4096 bytes; edit them? [N/e] |");
  huge.outcomes = [];
  assertEquals([huge.type("y").takeOutcomes(), huge.state.mode.kind], ["refused", "ask"]);
  const command = new Typist({ mayCut: (text) => !text.startsWith(":") }).type(":msg bo ").paste(
    "x".repeat(5000),
  );
  assertEquals(
    command.shows,
    "5008 bytes are too long, a message has at most 4096 bytes; edit them? [N/e] |",
  );
  assertEquals(command.type("e").shows, `:msg bo ${"x".repeat(5000)}|`);
});

pure("A very long text is submitted, and not stored in the history", () => {
  const typist = new Typist({ history: ["old"] }).paste("x".repeat(8193)).type("e").key("enter");
  assertEquals(typist.state.history, ["old"]);
  assertEquals(new Typist().paste("x".repeat(8192)).type("e").key("enter").state.history.length, 1);
  assertEquals(new Typist().paste("é".repeat(4097)).type("e").key("enter").state.history.length, 0);
});

pure("The answer y sends the typed text with the paste in it", () => {
  const typist = typed("ab").key("left").paste("1\n2\n3\n4").type("Y");
  assertEquals([typist.takeOutcomes(), typist.shows], [
    'askPaste "1\\n2\\n3\\n4", submit "a1\\n2\\n3\\n4b"',
    "|",
  ]);
  assertEquals(typist.key("up").shows, "a1\n2\n3\n4b|");
});

pure("The answer e inserts the paste for editing", () => {
  assertEquals(typed("ab").key("left").paste(LONG).type("e").shows, "aone\ntwo\nthree\nfour|b");
  assertEquals(typed("ab").key("left").paste(LONG).type("e").key("ctrl-_").shows, "a|b");
});

pure("The answer n, Enter, Escape and Ctrl-C discard the paste, and Ctrl-Y pastes it", () => {
  for (const key of ["enter", "escape", "ctrl-c", "ctrl-g", "ctrl-d"]) {
    const typist = typed("ab").key("left").paste(LONG).key(key);
    assertEquals(typist.takeOutcomes().split(", ").length, 1);
    assertEquals(typist.shows, "a|b");
    assertEquals(typist.key("ctrl-y").shows, "aone\ntwo\nthree\nfour|b");
  }
  assertEquals(typed("ab").paste(LONG).type("n").shows, "ab|");
});

pure("Other answers are refused, and characters after an answer are typed", () => {
  const typist = typed("ab").paste(LONG).type("x").key("tab left");
  assertEquals(typist.shows, "send 4 lines as one message? [y/N/e] |");
  assertEquals(typist.takeOutcomes().endsWith("refused, refused, refused"), true);
  assertEquals(typist.press({ kind: "text", text: "no" }).shows, "abo|");
  const stopped = typed("").paste(LONG).key("ctrl-z ctrl-l");
  assertEquals(stopped.takeOutcomes().endsWith("suspend, clearScreen"), true);
  assertEquals(stopped.state.mode.kind, "ask");
});

pure("A second paste before the answer is appended to the first", () => {
  const typist = typed("").paste("1\n2\n3\n4\n").paste("5\n6");
  assertEquals(typist.shows, "send 6 lines as one message? [y/N/e] |");
  assertEquals(typist.type("e").shows, "1\n2\n3\n4\n5\n6|");
});

pure("The caller can decide whether a paste asks", () => {
  assertEquals(new Typist({ confirmsPaste: () => false }).paste(LONG.repeat(100)).takeOutcomes(), "");
  assertEquals(new Typist({ confirmsPaste: () => true }).paste("a").takeOutcomes(), 'askPaste "a"');
});

pure("A password is shown as stars and is not stored", () => {
  const typist = new Typist({ secret: true, history: ["old"], complete: names("x") }).type("pä👩‍👩‍👧").key(
    "left",
  );
  assertEquals(typist.shows, "**|*");
  assertEquals(typist.key("up tab ctrl-r").shows, "**|*");
  assertEquals(typist.paste("x".repeat(2000)).key("enter").takeOutcomes().endsWith(`x👩‍👩‍👧"`), true);
  assertEquals([typist.state.history, typist.state.buffer.kills], [["old"], []]);
  assertEquals(typist.key("enter").takeOutcomes(), 'submit ""');
});

pure("A line that comes back can be edited, and undo restores the previous text", () => {
  const typist = new Typist({ history: ["old"] }).type("mine").key("up");
  typist.state = withReturnedText(typist.state, "not sent");
  assertEquals(typist.shows, "not sent|");
  assertEquals(typist.key("ctrl-_").shows, "old|");
});

const CHORDS = [
  "left",
  "right",
  "home",
  "end",
  "up",
  "down",
  "backspace",
  "delete",
  "enter",
  "tab",
  "shift-tab",
  "escape",
  "ctrl-left",
  "ctrl-right",
  "ctrl-w",
  "alt-d",
  "ctrl-k",
  "ctrl-u",
  "ctrl-y",
  "alt-y",
  "ctrl-t",
  "ctrl-_",
  "alt-enter",
  "ctrl-r",
  "ctrl-s",
  "ctrl-g",
  "ctrl-c",
  "ctrl-d",
  "ctrl-l",
  "ctrl-home",
  "ctrl-end",
  "alt-backspace",
];
const anyKey: fc.Arbitrary<Key> = fc.oneof(
  fc.constantFrom(...CHORDS).map(keyNamed),
  fc.constantFrom("a", " ", "e\u0301", "\u0301", "👩‍👩‍👧", "🇫", "漢字", "y", "n", "\u200d").map((text): Key => ({
    kind: "text",
    text,
  })),
  fc.constantFrom("x", "a\nb", LONG, "\u0301\n", "").map((text): Key => ({ kind: "paste", text })),
);
const segmenter = new Intl.Segmenter("und");

pure("The cursor is never inside a grapheme, after any keys", () => {
  fc.assert(
    fc.property(fc.array(anyKey, { maxLength: 60 }), (keys) => {
      const typist = new Typist({
        history: ["one\ntwo", "e\u0301🇫🇷"],
        complete: names("ana", "anatol", "e\u0301"),
      });
      for (const key of keys) {
        typist.press(key);
        const { text, cursor } = viewOf(typist.state, "");
        const boundaries = [...segmenter.segment(text)].map(({ index }) => index).concat(text.length);
        assert(boundaries.includes(cursor), `${JSON.stringify(text)} at ${cursor}`);
      }
    }),
    { numRuns: 500 },
  );
});

pure("A deletion that deletes nothing adds no change to undo", () => {
  for (const nothing of ["ctrl-d", "delete"]) {
    const typist = new Typist();
    typist.type("ab");
    for (const key of [nothing, "backspace", nothing, "backspace"]) typist.key(key);
    assertEquals(typist.shows, "|");
    for (const shown of ["a|", "ab|", "|"]) {
      typist.key("ctrl-_");
      assertEquals(typist.shows, shown);
    }
  }
});

pure("Undoing every change restores the empty line", () => {
  const changing = anyKey.filter((key) =>
    key.kind !== "named" && key.kind !== "character" ||
    !/enter|^(up|down)$/.test(key.kind === "named" ? key.name : "")
  );
  fc.assert(
    fc.property(fc.array(changing, { maxLength: 40 }), (keys) => {
      const typist = new Typist({ confirmsPaste: () => false });
      for (const key of keys) typist.press(key);
      typist.key("escape");
      for (let i = 0; i <= keys.length + 1; i++) typist.key("ctrl-_");
      assertEquals(typist.shows, "|");
    }),
    { numRuns: 500 },
  );
});

pure("Pasting 20,000 characters and editing them takes milliseconds", () => {
  for (
    const text of ["hello wor ".repeat(2000), "漢字かな混じり文。".repeat(2300), "👩‍👩‍👧e\u0301".repeat(2100)]
  ) {
    const typist = new Typist({ confirmsPaste: () => false });
    const timed = (work: () => void, maxMs: number) => {
      const ms = cpuMs(work);
      assert(ms < maxMs, `${ms} ms`);
    };
    // The limits are about ten times the time of a slow machine; work on every grapheme at each key exceeds them.
    timed(() => typist.paste(text), 50);
    timed(() => {
      for (let i = 0; i < 50; i++) {
        typist.key("left left").type("x").key("backspace ctrl-left alt-d ctrl-y ctrl-_ ctrl-t");
      }
    }, 3000);
    assertEquals(typist.state.buffer.text.length > 19_000, true);
  }
});

pure("Alt and a digit, and Tab after a lone number, go to the buffer with that number", () => {
  const typist = new Typist({ bufferCount: 2, complete: () => undefined });
  typist.type("a draft").key("alt-2");
  assertEquals([typist.shows, typist.outcomes], ["a draft|", [{ kind: "goTo", number: 2 }]]);
  typist.outcomes = [];
  typist.key("alt-3");
  assertEquals(typist.takeOutcomes(), "refused");
  typist.key("escape").type("2").key("tab");
  assertEquals([typist.shows, typist.outcomes], ["|", [{ kind: "goTo", number: 2 }]]);
  typist.outcomes = [];
  for (const text of ["3", "02", "2 ", "x 2"]) {
    typist.key("escape").type(text).key("tab");
    assertEquals([typist.shows, typist.takeOutcomes()], [`${text}|`, "refused"]);
  }
});

pure("Up and Down pick where the caller has something to pick, else they go through the history", () => {
  const picks: Record<string, string> = {
    "pick -1": "pick 2",
    "pick 2 -1": "pick 1\nin two rows",
    "pick 2 1": "pick ",
  };
  const typist = new Typist({ history: ["before"], pick: (text, step) => picks[`${text} ${step}`] });
  assertEquals(typist.key("up").shows, "before|");
  assertEquals(typist.key("down").type("pick").key("up").shows, "pick 2|");
  assertEquals(typist.key("down").shows, "pick |");
  assertEquals(typist.key("ctrl-_").shows, "pick 2|");
  assertEquals(typist.key("up").shows, "pick 1\nin two rows|");
  // First the rows of the text, then the history.
  assertEquals(typist.key("up").shows, "pick 1\n|in two rows".replace("\n|in two rows", "|\nin two rows"));
  assertEquals(typist.key("up").shows, "before|");
});

pure("A secret line picks nothing", () => {
  assertEquals(new Typist({ secret: true, pick: () => "x" }).type("ab").key("up").shows, "**|");
});

pure("Alt-E asks the caller to change a message, and a line knows whether it was recalled", () => {
  const typist = new Typist({ history: ["one"] });
  assertEquals(typist.type("draft").key("alt-e").takeOutcomes(), "editMessage");
  assertEquals([typist.shows, isRecalled(typist.state)], ["draft|", false]);
  assertEquals(isRecalled(typist.key("ctrl-c up").state), true);
  assertEquals(isRecalled(typist.type("!").state), false);
  const changed = withLineText(typist.state, ":edit 1 one");
  assertEquals([changed.buffer.text, changed.buffer.cursor, isRecalled(changed)], [":edit 1 one", 11, false]);
});
