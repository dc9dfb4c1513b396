/**
 * Breaks lines into rows of a terminal.
 *
 * PURE. A line is broken between words, and between the characters of scripts without spaces. A word longer than a
 * row is broken at the end of the row. Every row except the first starts with a gutter, so that it does not look
 * like the start of a line. A URL is never broken: the terminal itself breaks one that is longer than a row, and
 * the text after it starts on a new row. Only the spaces at a break are removed.
 *
 * @module
 */
import { columnsOf, type Ruler, UNICODE_RULER } from "./columns.ts";
import { type Span, type StyledLine, textOf } from "./style.ts";
import { findUrls, type Range } from "../../mentions/mod.ts";

/** The distance between tab stops, in columns. */
const TAB_COLUMNS = 8;

/** Scripts that may be broken between any two characters. */
const UNSPACED = /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\u3000-\u303f\uff01-\uff60]/u;

/**
 * Characters that must not start a row in such a script, and characters that must not end one (as in JIS X 4051).
 */
const NOT_FIRST = /^[\p{Pe}\p{Pf}、。，．・：；！？…‥ー々ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ]/u;
const NOT_LAST = /^[\p{Ps}\p{Pi}]/u;

/** How a line is broken. */
export interface WrapOptions {
  /** The width of the terminal in columns; infinite if nothing is broken. */
  readonly columns: number;
  /** The start of every row except the first; narrower than the terminal. */
  readonly gutter: StyledLine;
  /** Measures texts; default: Unicode. */
  readonly ruler?: Ruler;
}

/**
 * Breaks a line into rows.
 *
 * @param line a line whose texts are sanitized and without tabs, see {@linkcode expandTabs}
 * @param options see {@linkcode WrapOptions}
 * @returns the rows, at least one; each fits, except for URLs
 */
export function wrap(line: StyledLine, options: WrapOptions): StyledLine[] {
  const { columns, gutter, ruler = UNICODE_RULER } = options;
  const text = textOf(line);
  if (ruler.columnsOf(text) <= columns) return [line];
  const nextRoom = Math.max(1, columns - ruler.columnsOf(textOf(gutter)));
  const rows = new LineBreaker(text, { room: columns, nextRoom, ruler }).rows();
  return rows.map((row, i) => i === 0 ? slice(line, row) : [...gutter, ...slice(line, row)]);
}

/**
 * Replaces tabs by spaces, so that the text does not depend on its column.
 *
 * @param text a text of one line
 * @returns the text with each tab replaced by spaces up to the next column that is a multiple of 8
 */
export function expandTabs(text: string): string {
  if (!text.includes("\t")) return text;
  let column = 0;
  return text.split("\t").map((part, i, { length }) => {
    column += columnsOf(part);
    if (i === length - 1) return part;
    const spaces = TAB_COLUMNS - column % TAB_COLUMNS;
    column += spaces;
    return part + " ".repeat(spaces);
  }).join("");
}

/** A part of a text that is broken only if it is longer than a row. */
interface Word extends Range {
  columns: number;
  /** The URLs in it. */
  urls: readonly Range[];
}

/** Breaks one text into rows, from start to end. */
class LineBreaker {
  readonly #text: string;
  readonly #ruler: Ruler;
  readonly #urls: readonly Range[];
  readonly #rows: Range[] = [];
  /** The index of the first URL that is not in a word yet. */
  #url = 0;
  /** The width of the current row, and of those after it. */
  #room: number;
  readonly #nextRoom: number;
  /** The start of the current row, and its width so far. */
  #start = 0;
  #column = 0;
  /** Whether the current row is full because it has a URL that the terminal breaks. */
  #full = false;

  constructor(text: string, { room, nextRoom, ruler }: { room: number; nextRoom: number; ruler: Ruler }) {
    this.#text = text;
    this.#ruler = ruler;
    this.#urls = findUrls(text);
    this.#room = room;
    this.#nextRoom = nextRoom;
  }

  rows(): Range[] {
    let end = 0;
    for (const { 0: run, index } of this.#text.matchAll(/[^ ]+/g)) {
      let spaces = index - end;
      end = index + run.length;
      for (const word of this.#words(index, end)) {
        this.#place(word, spaces);
        spaces = 0;
      }
    }
    // Spaces at the end stay if they fit.
    const spaces = this.#text.length - end;
    const fits = !this.#full && this.#column + spaces <= this.#room;
    this.#rows.push({ start: this.#start, end: fits ? this.#text.length : end });
    return this.#rows;
  }

  /** Splits the text between spaces where a script without spaces may be broken. */
  *#words(start: number, end: number): Generator<Word> {
    const urls: Range[] = [];
    for (
      let url = this.#urls[this.#url];
      url !== undefined && url.start < end;
      url = this.#urls[++this.#url]
    ) {
      urls.push(url);
    }
    const run = this.#text.slice(start, end);
    if (!/[\u2e80-\uffff\u{16fe0}-\u{3ffff}]/u.test(run)) {
      yield { start, end, columns: this.#ruler.columnsOf(run), urls };
      return;
    }
    let from = start;
    let columns = 0;
    let before = "";
    // The first URL that is not in a word yet, and the first that does not end before the current grapheme.
    let own = 0;
    let url = 0;
    for (const grapheme of this.#ruler.measure(run)) {
      const at = start + grapheme.start;
      while (url < urls.length && urls[url]!.end <= at) url++;
      const inUrl = url < urls.length && urls[url]!.start < at;
      if (at > from && !inUrl && mayBreak(before, grapheme.text)) {
        yield { start: from, end: at, columns, urls: urls.slice(own, url) };
        own = url;
        from = at;
        columns = 0;
      }
      columns += grapheme.columns;
      before = grapheme.text;
    }
    yield { start: from, end, columns, urls: urls.slice(own) };
  }

  /** @param spaces the number of spaces before it */
  #place(word: Word, spaces: number): void {
    const column = this.#column + spaces;
    if (!this.#full && column + word.columns <= this.#room) {
      this.#column = column + word.columns;
    } else if (word.columns <= this.#nextRoom) {
      this.#breakAt(word.start - spaces, word);
    } else {
      if (this.#full || column >= this.#room) this.#breakAt(word.start - spaces, { ...word, columns: 0 });
      else this.#column = column;
      this.#placeLong(word);
    }
  }

  /** Places a word that is longer than a row, starting in the current row. */
  #placeLong(word: Word): void {
    const [url] = word.urls;
    if (url === undefined) return this.#placeBroken(word);
    if (url.start === word.start && url.end === word.end) {
      this.#full = true;
      return;
    }
    const cuts = [word.start, ...word.urls.flatMap(({ start, end }) => [start, end]), word.end];
    for (const [i, start] of cuts.slice(0, -1).entries()) {
      const end = cuts[i + 1]!;
      const part = this.#text.slice(start, end);
      // A bracket after a URL that fills the row may stay in that row.
      if (part === "" || (this.#full && /^\p{P}{1,3}$/u.test(part))) continue;
      const urls = i % 2 === 1 ? [{ start, end }] : [];
      this.#place({ start, end, columns: this.#ruler.columnsOf(part), urls }, 0);
    }
  }

  #placeBroken({ start, end }: Range): void {
    for (const grapheme of this.#ruler.measure(this.#text.slice(start, end))) {
      const at = start + grapheme.start;
      // An empty first row would be worse than a row that is too long by one character.
      if (this.#column > 0 && this.#column + grapheme.columns > this.#room) {
        this.#breakAt(at, { start: at, columns: 0 });
      }
      this.#column += grapheme.columns;
    }
  }

  /** Ends the current row, and starts the next one with a word. */
  #breakAt(end: number, word: { start: number; columns: number }): void {
    this.#rows.push({ start: this.#start, end });
    this.#start = word.start;
    this.#column = word.columns;
    this.#room = this.#nextRoom;
    this.#full = false;
  }
}

function mayBreak(before: string, after: string): boolean {
  return (UNSPACED.test(before) || UNSPACED.test(after)) && !NOT_LAST.test(before) && !NOT_FIRST.test(after);
}

/** Returns a part of a line, by the indices of its text. */
function slice(line: StyledLine, { start, end }: Range): Span[] {
  const spans: Span[] = [];
  let at = 0;
  for (const span of line) {
    const text = span.text.slice(Math.max(0, start - at), Math.max(0, end - at));
    at += span.text.length;
    if (text === span.text && text !== "") spans.push(span);
    else if (text !== "") {
      spans.push(span.style === "name" ? { ...span, text, name: span.name ?? span.text } : { ...span, text });
    }
  }
  return spans;
}
