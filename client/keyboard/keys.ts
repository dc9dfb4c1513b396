/**
 * Bytes become keys, across reads.
 *
 * Rules: any split of the bytes gives the same keys (a run of text may come in pieces); a sequence that is not known is
 * swallowed whole and never leaks its bytes as text; a control character always gets through, even in the middle of a
 * broken sequence, so that Ctrl-C and Enter work whatever came before; the work is linear in the bytes, a paste
 * included. A lone Escape can be told from the beginning of a sequence by time alone, and there is no clock here: the
 * owner waits {@linkcode KeyDecoder.waitMs} after the last byte and then calls {@linkcode KeyDecoder.flush}.
 *
 * Longer than most files, as it holds one state machine that would be harder to follow in two.
 *
 * @module
 */
import { type CharacterKey, characterKey, type Key, type NamedKey, namedKey } from "./key.ts";
import { csiMeaning, linuxMeaning, type Meaning, RELEASE, ss3Meaning } from "./key_sequences.ts";

/** How long a lone Escape is waited on, in milliseconds: a sequence comes in one piece, mostly within a few. */
export const ESCAPE_WAIT_MS = 50;

/** How long the rest of a sequence or character is waited for, in milliseconds: a slow link, but not a person's patience. */
export const SEQUENCE_WAIT_MS = 500;

/** How long the next piece of a paste is waited for, in milliseconds: after a stall this long its end will not come. */
export const PASTE_WAIT_MS = 5000;

/** How much of a sequence is kept, in bytes; no key's is longer than 32, and of a longer one only its end matters. */
export const MAX_SEQUENCE_BYTES = 64;

/** The largest paste that comes as one key, in bytes of UTF-8; a larger one comes as several. */
export const MAX_PASTE_BYTES = 16 * 1024 * 1024;

const ESC = 0x1b;
const BEL = 0x07;
const DEL = 0x7f;

/** `ESC [ 2 0 1 ~`: the end of a paste. Its first byte is not repeated in it, so that a mismatch needs no backing up. */
const PASTE_END = Uint8Array.of(ESC, 0x5b, 0x32, 0x30, 0x31, 0x7e);

type State =
  | "ground"
  | "escape" // after ESC
  | "csi" // after ESC [
  | "linux" // after ESC [ [
  | "mouse" // after ESC [ M: three more bytes
  | "ss3" // after ESC O
  | "string" // after ESC ] and the like: up to BEL or ESC \
  | "string-escape" // after an ESC in there
  | "alt-character" // after ESC and the first byte of a longer character
  | "paste";

/** How many of {@linkcode PASTE_END} have come, and what came before. */
interface Paste {
  decoder: TextDecoder;
  pieces: string[];
  bytes: number;
  matched: number;
}

/**
 * Turns what a terminal sends into keys.
 *
 * @example
 * ```ts
 * const decoder = new KeyDecoder();
 * decoder.push(bytes("a\x1b[")); // [{ kind: "text", text: "a" }]
 * decoder.push(bytes("1;5D")); // [{ kind: "named", name: "left", ctrl: true, alt: false, shift: false }]
 * ```
 */
export class KeyDecoder {
  #state: State = "ground";
  /** The bytes of the sequence under way as characters, from its ESC on, at most `MAX_SEQUENCE_BYTES` of them. */
  #sequence = "";
  /** Whether the sequence under way is longer than what is kept of it. */
  #cut = false;
  /** The first bytes of a character whose last have not come. */
  #partial: Uint8Array = new Uint8Array(0);
  #paste: Paste = { decoder: newDecoder(), pieces: [], bytes: 0, matched: 0 };
  #text = "";
  #keys: Key[] = [];

  /** Whether what is pending may be all that a person typed: Escape, or Alt with one of the characters that begin a sequence. */
  get pendingEscape(): boolean {
    return this.#state === "string-escape" || this.#typed().length > 0;
  }

  /**
   * How long to wait after the last byte before calling {@linkcode KeyDecoder.flush}, in milliseconds; `undefined` when
   * nothing is pending.
   */
  get waitMs(): number | undefined {
    if (this.#state === "paste") return PASTE_WAIT_MS;
    if (this.pendingEscape) return ESCAPE_WAIT_MS;
    return this.#state === "ground" && this.#partial.length === 0 ? undefined : SEQUENCE_WAIT_MS;
  }

  /**
   * Takes what was read.
   *
   * @param bytes any number of bytes; none of them is kept
   * @returns the keys that are complete, in their order
   */
  push(bytes: Uint8Array): Key[] {
    let at = 0;
    while (at < bytes.length) {
      if (this.#state === "paste") at = this.#takePaste(bytes, at);
      else if (this.#state === "ground" && isText(bytes[at]!)) at = this.#takeText(bytes, at);
      else this.#take(bytes[at++]!);
    }
    return this.#takeKeys();
  }

  /**
   * Gives up waiting: what is pending becomes the key that it would be if nothing followed. A lone ESC is the Escape
   * key, half a sequence is unknown, half a character is U+FFFD, and a paste ends here.
   *
   * @returns the keys that were pending
   */
  flush(): Key[] {
    if (this.#state === "paste") {
      this.#appendPaste(PASTE_END.subarray(0, this.#paste.matched));
      this.#endPaste();
    } else {
      this.#abandon();
    }
    this.#endText();
    return this.#takeKeys();
  }

  #takeKeys(): Key[] {
    this.#emitText();
    const keys = this.#keys;
    this.#keys = [];
    return keys;
  }

  /** One byte that is no plain text, or that belongs to a sequence. */
  #take(byte: number): void {
    switch (this.#state) {
      case "ground":
        if (byte === ESC) this.#begin("escape", byte);
        else this.#emit(controlKey(byte, false));
        return;
      case "escape":
        return this.#takeEscape(byte);
      case "csi":
        return this.#takeCsi(byte);
      case "linux":
        if (byte < 0x20 || byte > 0x7e) return this.#retake(byte);
        this.#keep(byte);
        return this.#finish(linuxMeaning(String.fromCharCode(byte)));
      case "mouse":
        if (isControl(byte)) return this.#retake(byte);
        this.#keep(byte);
        if (this.#body(0).length === "[Mbxy".length) this.#finish(undefined);
        return;
      case "ss3":
        if ((byte >= 0x30 && byte <= 0x39) || byte === 0x3b) return this.#keep(byte);
        if (byte < 0x20 || byte > 0x7e) return this.#retake(byte);
        this.#keep(byte);
        return this.#finish(ss3Meaning(this.#body(1).slice(0, -1), String.fromCharCode(byte)));
      case "string":
        if (byte === ESC) this.#state = "string-escape";
        else if (byte === BEL) this.#finish(undefined);
        else if (isControl(byte)) this.#retake(byte);
        else this.#keep(byte);
        return;
      case "string-escape":
        if (byte === 0x5c) return this.#finish(undefined);
        this.#state = "string";
        this.#retake(ESC);
        return this.#take(byte);
      case "alt-character":
        return this.#takeAltCharacter(byte);
    }
  }

  #takeEscape(byte: number): void {
    if (byte === ESC && this.#sequence.length > 1) {
      // A third ESC in a row: the first of them stood for itself.
      this.#emit(namedKey("escape"));
      return;
    }
    switch (byte) {
      case ESC:
        return this.#keep(byte); // Alt before a sequence, as rxvt sends it, or two Escapes
      case 0x5b: // [
        this.#state = "csi";
        return this.#keep(byte);
      case 0x4f: // O
        this.#state = "ss3";
        return this.#keep(byte);
      case 0x50: // P, a device control string
      case 0x58: // X
      case 0x5d: // ], an operating system command
      case 0x5e: // ^
      case 0x5f: // _
        this.#state = "string";
        return this.#keep(byte);
    }
    if (byte >= 0x80) {
      this.#partial = Uint8Array.of(byte);
      this.#state = "alt-character";
      if (sequenceLength(byte) === 1) this.#endAltCharacter();
      return;
    }
    if (this.#sequence.length > 1) this.#emit(namedKey("escape"));
    this.#state = "ground";
    this.#emit(
      isControl(byte) ? controlKey(byte, true) : characterKey(String.fromCharCode(byte), { alt: true }),
    );
  }

  #takeAltCharacter(byte: number): void {
    if (byte < 0x80 || byte > 0xbf) {
      this.#endAltCharacter();
      if (isText(byte)) this.#takeText(Uint8Array.of(byte), 0);
      else this.#take(byte);
      return;
    }
    this.#partial = Uint8Array.of(...this.#partial, byte);
    if (this.#partial.length === sequenceLength(this.#partial[0]!)) this.#endAltCharacter();
  }

  #endAltCharacter(): void {
    const [first, ...others] = decode(this.#partial);
    this.#state = "ground";
    this.#partial = new Uint8Array(0);
    if (this.#sequence.length > 1) this.#emit(namedKey("escape"));
    this.#emit(characterKey(first!, { alt: true }));
    this.#text += others.join("");
  }

  #takeCsi(byte: number): void {
    if (byte < 0x20 || byte > 0x7e) return this.#retake(byte);
    this.#keep(byte);
    const parameters = this.#body(1).slice(0, -1);
    const final = String.fromCharCode(byte);
    if (parameters === "" && final === "[") this.#state = "linux";
    else if (parameters === "" && final === "M") this.#state = "mouse";
    else if (byte >= 0x40 || (final === "$" && /^\d+$/.test(parameters))) {
      if (this.#cut) this.#finish(undefined);
      else if (parameters === "200" && final === "~") this.#beginPaste();
      else this.#finish(csiMeaning(parameters, final));
    }
  }

  #begin(state: State, byte: number): void {
    this.#endText();
    this.#state = state;
    this.#sequence = String.fromCharCode(byte);
    this.#cut = false;
  }

  #keep(byte: number): void {
    if (this.#sequence.length < MAX_SEQUENCE_BYTES) this.#sequence += String.fromCharCode(byte);
    else this.#cut = true;
  }

  /** What is kept of the sequence after its ESC (or two), without the `from` first characters of that. */
  #body(from: number): string {
    return this.#sequence.slice(this.#escapes() + from);
  }

  #escapes(): number {
    return this.#sequence.startsWith("\x1b\x1b") ? 2 : 1;
  }

  #finish(meaning: Meaning): void {
    const alt = this.#escapes() === 2;
    this.#state = "ground";
    if (meaning === RELEASE) return;
    if (meaning === undefined) this.#emit({ kind: "unknown", sequence: this.#sequence });
    else if (alt && meaning.kind === "named") this.#emit({ ...meaning, alt });
    else if (alt && meaning.kind === "text" && meaning.text.length === 1) {
      this.#emit(characterKey(meaning.text, { alt }));
    } else this.#emit(meaning);
  }

  /** The byte cannot go on with the sequence: that ends where it is, and the byte is looked at afresh. */
  #retake(byte: number): void {
    this.#abandon();
    if (isText(byte)) this.#takeText(Uint8Array.of(byte), 0);
    else this.#take(byte);
  }

  /** The keys that the sequence under way would be if a person had typed it; none if nobody can have. */
  #typed(): (NamedKey | CharacterKey)[] {
    if (this.#state === "ground") return [];
    const keys = this.#escapes() === 2 ? [namedKey("escape")] : [];
    if (this.#state === "escape") return [...keys, namedKey("escape")];
    const body = this.#body(0);
    return body.length === 1 ? [...keys, characterKey(body, { alt: true })] : [];
  }

  #abandon(): void {
    if (this.#state === "ground") return;
    if (this.#state === "alt-character") return this.#endAltCharacter();
    const typed = this.#typed();
    const escape = this.#state === "string-escape";
    this.#state = "ground";
    if (typed.length === 0) this.#emit({ kind: "unknown", sequence: this.#sequence });
    for (const key of typed) this.#emit(key);
    if (escape) this.#emit(namedKey("escape"));
  }

  #emit(key: Key): void {
    this.#endText();
    if (key.kind === "text") this.#text += key.text;
    else this.#keys.push(key);
  }

  #emitText(): void {
    if (this.#text !== "") this.#keys.push({ kind: "text", text: this.#text });
    this.#text = "";
  }

  /** Nothing follows the text directly: what is missing of its last character will not come. */
  #endText(): void {
    if (this.#partial.length > 0) this.#text += decode(this.#partial);
    this.#partial = new Uint8Array(0);
    this.#emitText();
  }

  /** Takes the run of text that begins at `start`, and returns where it ends. */
  #takeText(bytes: Uint8Array, start: number): number {
    let end = start + 1;
    while (end < bytes.length && isText(bytes[end]!)) end++;
    let run = bytes.subarray(start, end);
    if (this.#partial.length > 0) {
      const joined = new Uint8Array(this.#partial.length + run.length);
      joined.set(this.#partial);
      joined.set(run, this.#partial.length);
      run = joined;
    }
    const whole = run.length - unfinishedLength(run);
    this.#text += decode(run.subarray(0, whole));
    this.#partial = run.slice(whole);
    return end;
  }

  #beginPaste(): void {
    this.#state = "paste";
    this.#paste = { decoder: newDecoder(), pieces: [], bytes: 0, matched: 0 };
  }

  /** Takes what belongs to the paste from `start` on, and returns where that ends. */
  #takePaste(bytes: Uint8Array, start: number): number {
    const paste = this.#paste;
    let at = start;
    while (at < bytes.length) {
      if (paste.matched === 0) {
        const escape = bytes.indexOf(ESC, at);
        const end = escape < 0 ? bytes.length : escape;
        this.#appendPaste(bytes.subarray(at, end));
        at = end;
        if (escape < 0) break;
        paste.matched = 1;
        at++;
      } else if (bytes[at] === PASTE_END[paste.matched]) {
        at++;
        if (++paste.matched === PASTE_END.length) {
          this.#endPaste();
          return at;
        }
      } else {
        this.#appendPaste(PASTE_END.subarray(0, paste.matched));
        paste.matched = 0;
      }
    }
    return at;
  }

  #appendPaste(bytes: Uint8Array): void {
    const paste = this.#paste;
    let rest = bytes;
    while (paste.bytes + rest.length > MAX_PASTE_BYTES) {
      const room = MAX_PASTE_BYTES - paste.bytes;
      paste.pieces.push(paste.decoder.decode(rest.subarray(0, room), { stream: true }));
      this.#emitPaste();
      rest = rest.subarray(room);
    }
    paste.bytes += rest.length;
    paste.pieces.push(paste.decoder.decode(rest, { stream: true }));
  }

  #endPaste(): void {
    this.#paste.pieces.push(this.#paste.decoder.decode());
    this.#emitPaste();
    this.#state = "ground";
  }

  #emitPaste(): void {
    const text = this.#paste.pieces.join("").replace(/\r\n?/g, "\n");
    this.#paste.pieces = [];
    this.#paste.bytes = 0;
    this.#emit({ kind: "paste", text });
  }
}

/** Whether a byte is text where no sequence is under way: printable, or part of a longer character. */
function isText(byte: number): boolean {
  return byte >= 0x20 && byte !== DEL;
}

function isControl(byte: number): boolean {
  return byte < 0x20 || byte === DEL;
}

/** The key that sends a control character; Alt puts an ESC before it. */
function controlKey(byte: number, alt: boolean): Key {
  switch (byte) {
    case 0x09:
      return namedKey("tab", { alt });
    case 0x0d:
      return namedKey("enter", { alt });
    case DEL:
      return namedKey("backspace", { alt });
    case 0x00:
      return characterKey(" ", { ctrl: true, alt });
  }
  // 0x01 is Ctrl-A, 0x1A Ctrl-Z, and 0x1C to 0x1F are Ctrl with \ ] ^ _.
  return characterKey(String.fromCharCode(byte + 0x40).toLowerCase(), { ctrl: true, alt });
}

function newDecoder(): TextDecoder {
  return new TextDecoder("utf-8", { ignoreBOM: true });
}

const utf8 = newDecoder();

/** Control characters of C1 are no more printable than bytes that are not UTF-8. */
function decode(bytes: Uint8Array): string {
  return utf8.decode(bytes).replace(/[\x80-\x9f]/g, "\ufffd");
}

/** How many bytes a character of UTF-8 has, by its first; 1 also where no character begins so. */
function sequenceLength(first: number): number {
  if (first >= 0xc2 && first <= 0xdf) return 2;
  if (first >= 0xe0 && first <= 0xef) return 3;
  return first >= 0xf0 && first <= 0xf4 ? 4 : 1;
}

/** How many bytes at the end of a run begin a character that the run does not finish. */
function unfinishedLength(run: Uint8Array): number {
  for (let back = 1; back <= 3 && back <= run.length; back++) {
    const byte = run[run.length - back]!;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return sequenceLength(byte) > back ? back : 0;
  }
  return 0;
}
