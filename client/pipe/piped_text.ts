/**
 * Bytes that a program writes into a pipe, as the lines that a person would have seen on a terminal: without escape
 * sequences, each line as it stood at its end.
 *
 * PURE. A sequence of ECMA-48 may be cut anywhere by the reads. What overwrites a line is obeyed: after a carriage
 * return, or the cursor's way to the first column, what follows stands in its place; a backspace takes back what is
 * written over; a line that is erased is empty. All other sequences and control characters are left out, as are those
 * that reorder what is read, since no hub takes them; bytes that are not UTF-8 become U+FFFD. The first of each kind
 * that is no mere ornament is told. No sequence is waited for beyond the end of its line, but for a device control
 * string, which may be an image.
 *
 * @module
 */
import { codePointName, MAX_TEXT_BYTES } from "../../protocol/mod.ts";
import { cutText } from "../text/mod.ts";

/** A line, or a part of one that is very long. */
export interface Piece {
  /** The number of its line, from 1. */
  readonly number: number;
  /** What stands there, without the end of the line; it may be of any length. */
  readonly text: string;
  /** Whether the line goes on in the next piece. */
  readonly goesOn: boolean;
}

/**
 * How much of a line is kept before it is given out in parts, in UTF-16 units: more than any line that one would read.
 */
const MAX_LINE_UNITS = 16 * MAX_TEXT_BYTES;

/** How long a device control string may be, in UTF-16 units: an image of some size; what is longer was none. */
const MAX_STRING_UNITS = 1024 * 1024;

/** What is not text: C0 but tab, DEL, C1, and what reorders what is read (as `checkText` has it). */
// deno-lint-ignore no-control-regex
const SPECIAL = /[\x00-\x08\x0a-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g;

/** How many characters of parameters are looked at: more than those that are obeyed have. */
const MAX_PARAMETERS = 16;

const ESC = "\x1b";
const LF = 0x0a;

/** What introduces a sequence, after ESC or as one character of C1, and what it is. */
const INTRODUCERS: Readonly<Record<string, State>> = {
  "[": "csi",
  "\x9b": "csi",
  "]": "command",
  "\x9d": "command",
  "P": "device",
  "\x90": "device",
  "X": "string",
  "\x98": "string",
  "^": "string",
  "\x9e": "string",
  "_": "string",
  "\x9f": "string",
};

/**
 * Where in the text one is: in text; after ESC, or ESC and an intermediate; in a control sequence; in a string, of an
 * operating system command, of a device or another; after ESC in a string.
 */
type State = "text" | "escape" | "intermediate" | "csi" | "command" | "device" | "string" | "stringEscape";

/** Makes lines: push what was read, use what comes back, and finish at the end of the input. */
export class PipedText {
  readonly #note: (message: string) => void;
  readonly #decoder = new TextDecoder();
  /** Finds the first bytes that are not UTF-8; not there afterwards. */
  #strict: TextDecoder | undefined = new TextDecoder("utf-8", { fatal: true });
  readonly #noted = new Set<string>();
  readonly #pieces: Piece[] = [];
  #state: State = "text";
  #parameters = "";
  #stringUnits = 0;
  #line = "";
  #number = 1;
  /** Whether what follows stands in the place of the line, and how many characters of its end are written over. */
  #returned = false;
  #back = 0;
  /** Whether a part of the line was given out. */
  #begun = false;

  /**
   * Begins with nothing read.
   *
   * @param note is told, once for each kind, what was left out or changed that a person might miss
   */
  constructor(note: (message: string) => void) {
    this.#note = note;
  }

  /**
   * Takes what was read.
   *
   * @param bytes any number of bytes
   * @returns the lines that end in them, and parts of one that is very long
   */
  push(bytes: Uint8Array): Piece[] {
    this.#check(bytes);
    this.#take(this.#decoder.decode(bytes, { stream: true }));
    return this.#pieces.splice(0);
  }

  /**
   * Takes the end of the input.
   *
   * @returns the line that it ends, if there is one
   */
  finish(): Piece[] {
    this.#check();
    this.#take(this.#decoder.decode());
    if (this.#line !== "" || this.#begun) this.#endLine();
    return this.#pieces.splice(0);
  }

  /** Tells of the first bytes that are not UTF-8. */
  #check(bytes?: Uint8Array): void {
    for (let line = this.#number, start = 0; this.#strict !== undefined; line++) {
      const newline = bytes === undefined ? -1 : bytes.indexOf(LF, start);
      const end = newline < 0 ? bytes?.length : newline + 1;
      try {
        this.#strict.decode(bytes?.subarray(start, end), { stream: bytes !== undefined });
      } catch {
        this.#strict = undefined;
        this.#tell("bytes", line, "bytes that are not UTF-8 are said as U+FFFD");
      }
      if (newline < 0) return;
      start = newline + 1;
    }
  }

  #take(text: string): void {
    for (let at = 0; at < text.length;) {
      at = this.#state === "text" ? this.#takeText(text, at) : this.#takeSequence(text, at);
    }
  }

  /** Takes text up to what is none, or that alone; returns where to go on. */
  #takeText(text: string, at: number): number {
    SPECIAL.lastIndex = at;
    const end = SPECIAL.exec(text)?.index ?? text.length;
    if (end > at) {
      this.#append(text.slice(at, end));
      return end;
    }
    const character = text[at]!;
    const introduced = character >= "\x80" ? INTRODUCERS[character] : undefined;
    if (character === "\n") this.#endLine();
    else if (character === "\r") this.#goToStart();
    else if (character === "\b") this.#back++;
    else if (character === ESC) this.#state = "escape";
    else if (introduced !== undefined) this.#begin(introduced);
    else if (character > "\xa0") {
      this.#tell(
        "order",
        this.#number,
        `${codePointName(text, at)} is left out, as it would reorder the text`,
      );
    } else if (character !== "\x07") {
      this.#tell("control", this.#number, `${codePointName(text, at)} is left out, as it is no text`);
    }
    return at + 1;
  }

  /** Takes one character of a sequence, or ends a sequence that it does not belong to; returns where to go on. */
  #takeSequence(text: string, at: number): number {
    const character = text[at]!;
    const state = this.#state;
    switch (state) {
      case "escape":
      case "intermediate": {
        const introduced = state === "escape" ? INTRODUCERS[character] : undefined;
        if (introduced !== undefined && character < "\x80") this.#begin(introduced);
        else if (character === ESC) this.#state = "escape";
        else if (character >= " " && character <= "/") this.#state = "intermediate";
        else if (character >= "0" && character <= "~") this.#state = "text";
        else return this.#give(at);
        return at + 1;
      }
      case "csi":
        if (character >= " " && character <= "?") {
          if (this.#parameters.length < MAX_PARAMETERS) this.#parameters += character;
        } else if (character >= "@" && character <= "~") this.#obey(character);
        else if (character === ESC) this.#state = "escape";
        else return this.#give(at);
        return at + 1;
      case "stringEscape":
        this.#state = character === "\\" ? "text" : "escape";
        return character === "\\" ? at + 1 : at;
      default:
        return this.#takeString(character, at);
    }
  }

  #takeString(character: string, at: number): number {
    const over = this.#state === "device" ? ++this.#stringUnits > MAX_STRING_UNITS : true;
    if (character === "\n" && over) return this.#give(at);
    if (character === ESC) this.#state = "stringEscape";
    // BEL ends an operating system command alone; CAN, SUB and ST (of C1) end any string.
    else if (
      character === "\x18" || character === "\x1a" || character === "\x9c" ||
      character === "\x07" && this.#state === "command"
    ) this.#state = "text";
    return at + 1;
  }

  #begin(state: State): void {
    this.#state = state;
    this.#parameters = "";
    this.#stringUnits = 0;
  }

  /** Ends a sequence before a character that does not belong to it, which is then taken as text. */
  #give(at: number): number {
    this.#state = "text";
    return at;
  }

  /** Does what a control sequence says about the line (ECMA-48: EL and CHA). */
  #obey(final: string): void {
    this.#state = "text";
    const parameter = Number(this.#parameters);
    if (final === "G" && parameter <= 1) this.#goToStart();
    if (final !== "K") return;
    if (parameter === 1 || parameter === 2 || this.#returned) this.#line = "";
    else this.#eraseBack();
  }

  #goToStart(): void {
    this.#returned = true;
    this.#back = 0;
  }

  #append(text: string): void {
    if (this.#returned) this.#line = "";
    this.#returned = false;
    this.#eraseBack();
    this.#line += text;
    if (this.#line.length <= MAX_LINE_UNITS) return;
    const parts = cutText(this.#line);
    this.#line = parts.pop()!;
    this.#begun = true;
    for (const part of parts) this.#pieces.push({ number: this.#number, text: part, goesOn: true });
  }

  #eraseBack(): void {
    for (; this.#back > 0; this.#back--) this.#line = this.#line.replace(/.$/su, "");
  }

  #endLine(): void {
    this.#pieces.push({ number: this.#number++, text: this.#line, goesOn: false });
    this.#line = "";
    this.#returned = this.#begun = false;
    this.#back = 0;
  }

  #tell(kind: string, line: number, what: string): void {
    if (this.#noted.has(kind)) return;
    this.#noted.add(kind);
    this.#note(`line ${line}: ${what}; more of the kind is without a word`);
  }
}
