/**
 * Turns bytes that a program writes into lines of text, as a terminal would show them: without escape sequences, each
 * line as it was at its end.
 *
 * PURE. Rules:
 * - An escape sequence (ECMA-48) may be split anywhere by the reads.
 * - Overwriting works: after a carriage return, or the sequence for the first column, new text replaces the line. A
 *   backspace deletes what is overwritten. A line that is erased is empty.
 * - All other sequences and control characters are left out, and so are those that reorder text, as no hub accepts
 *   them. Bytes that are not UTF-8 become U+FFFD. The first of each kind is reported, except for plain formatting.
 * - A sequence ends with its line at the latest, except for a device control string, which may be an image.
 *
 * @module
 */
import { codePointName, MAX_TEXT_BYTES } from "../../protocol/mod.ts";
import { cutText } from "../text/mod.ts";

/** A line, or a part of one that is very long. */
export interface Piece {
  /** The number of its line, from 1. */
  readonly number: number;
  /** The text without the end of the line, of any length. */
  readonly text: string;
  /** Whether the line continues in the next piece. */
  readonly continues: boolean;
}

/** The length at which a line is returned in parts, in UTF-16 units: longer than a line that anybody reads. */
const MAX_LINE_UNITS = 16 * MAX_TEXT_BYTES;

/** The longest device control string, in UTF-16 units: enough for an image. */
const MAX_STRING_UNITS = 1024 * 1024;

/** Control characters: C0 except tab, DEL, C1, and those that reorder text (as in `checkText`). */
// deno-lint-ignore no-control-regex
const SPECIAL = /[\x00-\x08\x0a-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g;

/** How many characters of parameters are stored; the supported sequences have fewer. */
const MAX_PARAMETERS = 16;

const ESC = "\x1b";
const LF = 0x0a;

/** The characters that begin a sequence, after ESC or as one character of C1. */
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
 * The state of the parser: in text; after ESC, or after ESC and an intermediate; in a control sequence; in the string
 * of an operating system command, of a device or of another kind; after ESC in a string.
 */
type State = "text" | "escape" | "intermediate" | "csi" | "command" | "device" | "string" | "stringEscape";

/** Turns bytes into lines. */
export class PipedText {
  readonly #notify: (message: string) => void;
  readonly #decoder = new TextDecoder();
  /** Finds the first bytes that are not UTF-8; `undefined` afterwards. */
  #strict: TextDecoder | undefined = new TextDecoder("utf-8", { fatal: true });
  readonly #reported = new Set<string>();
  readonly #pieces: Piece[] = [];
  #state: State = "text";
  #parameters = "";
  #stringUnits = 0;
  #line = "";
  #number = 1;
  /** Whether the next text replaces the line, and how many characters at its end are overwritten. */
  #returned = false;
  #back = 0;
  /** Whether a part of the line was returned. */
  #isContinued = false;

  /**
   * Starts without input.
   *
   * @param notify receives a notice about what is left out or replaced, once for each kind
   */
  constructor(notify: (message: string) => void) {
    this.#notify = notify;
  }

  /**
   * Adds bytes.
   *
   * @param bytes any number of bytes
   * @returns the lines that end in them, and parts of a very long line
   */
  push(bytes: Uint8Array): Piece[] {
    this.#checkUtf8(bytes);
    this.#handle(this.#decoder.decode(bytes, { stream: true }));
    return this.#pieces.splice(0);
  }

  /**
   * Ends the input.
   *
   * @returns the last line, if it has no end of its own
   */
  finish(): Piece[] {
    this.#checkUtf8();
    this.#handle(this.#decoder.decode());
    if (this.#line !== "" || this.#isContinued) this.#endLine();
    return this.#pieces.splice(0);
  }

  /** Reports the first bytes that are not UTF-8. */
  #checkUtf8(bytes?: Uint8Array): void {
    for (let line = this.#number, start = 0; this.#strict !== undefined; line++) {
      const newline = bytes === undefined ? -1 : bytes.indexOf(LF, start);
      const end = newline < 0 ? bytes?.length : newline + 1;
      try {
        this.#strict.decode(bytes?.subarray(start, end), { stream: bytes !== undefined });
      } catch {
        this.#strict = undefined;
        this.#report("bytes", line, "bytes that are not UTF-8 are sent as U+FFFD");
      }
      if (newline < 0) return;
      start = newline + 1;
    }
  }

  #handle(text: string): void {
    for (let at = 0; at < text.length;) {
      at = this.#state === "text" ? this.#handleText(text, at) : this.#handleSequence(text, at);
    }
  }

  /** Handles text up to a control character, or a control character; returns where to continue. */
  #handleText(text: string, at: number): number {
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
      this.#report(
        "order",
        this.#number,
        `${codePointName(text, at)} is left out, as it would reorder the text`,
      );
    } else if (character !== "\x07") {
      this.#report("control", this.#number, `${codePointName(text, at)} is left out, as it is not text`);
    }
    return at + 1;
  }

  /** Handles a character of a sequence, or ends the sequence before it; returns where to continue. */
  #handleSequence(text: string, at: number): number {
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
        else return this.#endBefore(at);
        return at + 1;
      }
      case "csi":
        if (character >= " " && character <= "?") {
          if (this.#parameters.length < MAX_PARAMETERS) this.#parameters += character;
        } else if (character >= "@" && character <= "~") this.#execute(character);
        else if (character === ESC) this.#state = "escape";
        else return this.#endBefore(at);
        return at + 1;
      case "stringEscape":
        this.#state = character === "\\" ? "text" : "escape";
        return character === "\\" ? at + 1 : at;
      default:
        return this.#handleString(character, at);
    }
  }

  #handleString(character: string, at: number): number {
    const over = this.#state === "device" ? ++this.#stringUnits > MAX_STRING_UNITS : true;
    if (character === "\n" && over) return this.#endBefore(at);
    if (character === ESC) this.#state = "stringEscape";
    // BEL ends only an operating system command; CAN, SUB and ST (of C1) end any string.
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

  /** Ends a sequence before a character that does not belong to it and is text. */
  #endBefore(at: number): number {
    this.#state = "text";
    return at;
  }

  /** Executes a control sequence that changes the line (ECMA-48: EL and CHA). */
  #execute(final: string): void {
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
    this.#isContinued = true;
    for (const part of parts) this.#pieces.push({ number: this.#number, text: part, continues: true });
  }

  #eraseBack(): void {
    for (; this.#back > 0; this.#back--) this.#line = this.#line.replace(/.$/su, "");
  }

  #endLine(): void {
    this.#pieces.push({ number: this.#number++, text: this.#line, continues: false });
    this.#line = "";
    this.#returned = this.#isContinued = false;
    this.#back = 0;
  }

  #report(kind: string, line: number, what: string): void {
    if (this.#reported.has(kind)) return;
    this.#reported.add(kind);
    this.#notify(`line ${line}: ${what}; others like it are not reported`);
  }
}
