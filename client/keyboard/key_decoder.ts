/**
 * The key decoder: turns the bytes of a terminal into keys, across reads.
 *
 * Rules:
 * - Any split of the bytes gives the same keys; only a run of text may come in several keys.
 * - An unknown sequence becomes one unknown key. Its bytes never become text.
 * - A control character always becomes a key, even inside a broken sequence. So Ctrl-C and Enter work in any state.
 * - The work is linear in the bytes, a paste included.
 * - Only time tells a lone Escape from the beginning of a sequence, and the decoder has no clock. The caller waits
 *   {@linkcode KeyDecoder.waitMs} after the last byte or flush and then calls {@linkcode KeyDecoder.flush}.
 * - On a slow link the rest of a sequence may come after that. It still becomes its key, after a key that retracts the
 *   Escape.
 * - Only time ends a paste without its end sequence, or a Ctrl-C that was pressed: one that begins a read.
 *
 * This file is long because it holds one state machine, which is easier to follow in one piece.
 *
 * @module
 */
import { type CharacterKey, characterKey, type Key, type NamedKey, namedKey } from "./key.ts";
import { csiMeaning, linuxMeaning, type Meaning, RELEASE, ss3Meaning } from "./key_sequences.ts";
import { PasteReader } from "./paste_reader.ts";
import { characterLength, decodeTyped, incompleteLength } from "./utf8.ts";

/** How long to wait after a lone ESC, in milliseconds. Usually a sequence arrives in one piece within a few. */
export const ESCAPE_WAIT_MS = 50;

/**
 * How long to wait for the rest of a sequence or character, in milliseconds: enough for a slow link, short for a user.
 */
export const SEQUENCE_WAIT_MS = 500;

/** How long the rest of a sequence may come late, after its ESC was taken as the Escape key, in milliseconds. */
export const LATE_WAIT_MS = 2000;

/** How long to wait for more of such a rest, in milliseconds. After this it is taken as typed. */
export const LATE_PART_WAIT_MS = 150;

/** How long to wait for the next bytes of a paste before what came is shown, in milliseconds. */
export const PASTE_SHOW_MS = 1000;

/** How long to wait then, in milliseconds. After this the end sequence of the paste is taken as lost. */
export const PASTE_WAIT_MS = 5000;

/**
 * The most bytes of a sequence to store. The sequence of a key has at most 32; of a longer one only its end matters.
 */
export const MAX_SEQUENCE_BYTES = 64;

const ESC = 0x1b;
const BEL = 0x07;
const CTRL_C = 0x03;
const DEL = 0x7f;

/** The rest of a sequence after its ESC, up to its end or the next ESC. A user does not type one at once. */
// deno-lint-ignore no-control-regex
const LATE_REST = /^(?:\[([0-9;:?<]*)([@-Z\\^_a-z~$])|O([A-DFHP-S]))(?=\x1b|$)|^\[200~/;

/** The beginning of such a rest. */
const LATE_PART = /^(?:\[[0-9;:?<]*|O)$/;

type State =
  | "ground"
  | "escape" // after ESC
  | "csi" // after ESC [
  | "linux" // after ESC [ [
  | "mouse" // after ESC [ M: three more bytes
  | "ss3" // after ESC O
  | "string" // after ESC ], ESC P, ESC X, ESC ^ or ESC _: up to BEL or ESC \
  | "string-escape" // after an ESC in a string
  | "late" // after an ESC that was flushed as the Escape key: its sequence may still come
  | "alt-character" // after ESC and the first byte of a character of several bytes
  | "paste";

/**
 * Decodes the bytes of a terminal into keys.
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
  /** The bytes of the current sequence from its ESC on, one character a byte, at most `MAX_SEQUENCE_BYTES`. */
  #sequence = "";
  /** The part of a late rest that has come, one character a byte. */
  #latePart = "";
  /** Whether the current sequence is longer than the stored part. */
  #truncated = false;
  /** The first bytes of an incomplete character. */
  #partial: Uint8Array = new Uint8Array(0);
  /** The paste that is being read. */
  #paste: PasteReader | undefined;
  #text = "";
  #keys: Key[] = [];

  /** Whether the pending bytes may be the Escape key. */
  get pendingEscape(): boolean {
    return this.#state === "string-escape" || this.#state === "escape";
  }

  /**
   * How long to wait after the last byte before {@linkcode KeyDecoder.flush}, in milliseconds; `undefined` when nothing
   * is pending.
   */
  get waitMs(): number | undefined {
    if (this.#state === "paste") return this.#paste!.hasText ? PASTE_SHOW_MS : PASTE_WAIT_MS;
    if (this.#state === "late") return this.#latePart === "" ? LATE_WAIT_MS : LATE_PART_WAIT_MS;
    if (this.pendingEscape) return ESCAPE_WAIT_MS;
    return this.#state === "ground" && this.#partial.length === 0 ? undefined : SEQUENCE_WAIT_MS;
  }

  /**
   * Decodes bytes.
   *
   * @param bytes any number of bytes; the decoder keeps no reference to them
   * @returns the complete keys, in order
   */
  push(bytes: Uint8Array): Key[] {
    if (bytes.length === 0) return [];
    let at = 0;
    if (this.#state === "late") at = this.#readLate(bytes);
    if (this.#state === "paste" && bytes[0] === CTRL_C) {
      this.#paste!.abort();
      this.#endPaste();
      at = 1;
    }
    while (at < bytes.length) {
      if (this.#state === "paste") at = this.#readPaste(bytes, at);
      else if (this.#state === "ground" && isText(bytes[at]!)) at = this.#addText(bytes, at);
      else this.#add(bytes[at++]!);
    }
    return this.#drainKeys();
  }

  /**
   * Decodes the pending bytes as if nothing followed: a lone ESC becomes the Escape key, an incomplete sequence an
   * unknown key, and an incomplete character U+FFFD. Of a paste it returns what came, and ends it when nothing did.
   * The rest of a sequence or paste may still come late: then {@linkcode KeyDecoder.waitMs} is not `undefined`.
   *
   * @returns the keys of the pending bytes
   */
  flush(): Key[] {
    if (this.#state === "paste") {
      if (this.#paste!.hasText) this.#paste!.show();
      else {
        this.#paste!.abort();
        this.#endPaste();
      }
    } else {
      const isEscape = this.#state === "escape";
      this.#abort();
      if (isEscape) this.#state = "late";
    }
    this.#endText();
    return this.#drainKeys();
  }

  #drainKeys(): Key[] {
    this.#emitText();
    const keys = this.#keys;
    this.#keys = [];
    return keys;
  }

  /** Reads what comes after an ESC that was flushed as the Escape key. Returns how many bytes it has read. */
  #readLate(bytes: Uint8Array): number {
    const before = this.#latePart;
    const rest = before + String.fromCharCode(...bytes.subarray(0, MAX_SEQUENCE_BYTES));
    this.#latePart = "";
    if (LATE_PART.test(rest) && rest.length < MAX_SEQUENCE_BYTES) {
      this.#latePart = rest;
      return bytes.length;
    }
    const [sequence, parameters, csiFinal = "", ss3Final = ""] = rest.match(LATE_REST) ?? [];
    const isPaste = sequence === "[200~";
    const meaning = csiFinal === "" ? ss3Meaning("", ss3Final) : csiMeaning(parameters!, csiFinal);
    this.#state = "ground";
    if (sequence === undefined || (meaning === undefined && !isPaste)) {
      this.#text += before;
      return 0;
    }
    this.#emit({ kind: "retract" });
    if (isPaste) this.#beginPaste();
    else this.#finish(meaning);
    return sequence.length - before.length;
  }

  /** Adds a byte that is not plain text or that belongs to a sequence. */
  #add(byte: number): void {
    switch (this.#state) {
      case "ground":
        if (byte === ESC) this.#begin("escape", byte);
        else this.#emit(controlKey(byte, false));
        return;
      case "escape":
        return this.#addEscape(byte);
      case "csi":
        return this.#addCsi(byte);
      case "linux":
        if (byte < 0x20 || byte > 0x7e) return this.#restart(byte);
        this.#store(byte);
        return this.#finish(linuxMeaning(String.fromCharCode(byte)));
      case "mouse":
        if (isControl(byte)) return this.#restart(byte);
        this.#store(byte);
        if (this.#body(0).length === "[Mbxy".length) this.#finish(undefined);
        return;
      case "ss3":
        if ((byte >= 0x30 && byte <= 0x39) || byte === 0x3b) return this.#store(byte);
        if (byte < 0x20 || byte > 0x7e) return this.#restart(byte);
        this.#store(byte);
        return this.#finish(ss3Meaning(this.#body(1).slice(0, -1), String.fromCharCode(byte)));
      case "string":
        if (byte === ESC) this.#state = "string-escape";
        else if (byte === BEL) this.#finish(undefined);
        else if (isControl(byte)) this.#restart(byte);
        else this.#store(byte);
        return;
      case "string-escape":
        if (byte === 0x5c) return this.#finish(undefined);
        this.#state = "string";
        this.#restart(ESC);
        return this.#add(byte);
      case "alt-character":
        return this.#addAltCharacter(byte);
    }
  }

  #addEscape(byte: number): void {
    if (byte === ESC && this.#sequence.length > 1) {
      // A third ESC in a row: the first one is the Escape key.
      this.#emit(namedKey("escape"));
      return;
    }
    switch (byte) {
      case ESC:
        return this.#store(byte); // rxvt sends Alt as an ESC before a sequence; or Escape was pressed twice
      case 0x5b: // [
        this.#state = "csi";
        return this.#store(byte);
      case 0x4f: // O
        this.#state = "ss3";
        return this.#store(byte);
      case 0x50: // P, a device control string
      case 0x58: // X
      case 0x5d: // ], an operating system command
      case 0x5e: // ^
      case 0x5f: // _
        this.#state = "string";
        return this.#store(byte);
    }
    if (byte >= 0x80) {
      this.#partial = Uint8Array.of(byte);
      this.#state = "alt-character";
      if (characterLength(byte) === 1) this.#endAltCharacter();
      return;
    }
    if (this.#sequence.length > 1) this.#emit(namedKey("escape"));
    this.#state = "ground";
    this.#emit(
      isControl(byte) ? controlKey(byte, true) : characterKey(String.fromCharCode(byte), { alt: true }),
    );
  }

  #addAltCharacter(byte: number): void {
    if (byte < 0x80 || byte > 0xbf) {
      this.#endAltCharacter();
      if (isText(byte)) this.#addText(Uint8Array.of(byte), 0);
      else this.#add(byte);
      return;
    }
    this.#partial = Uint8Array.of(...this.#partial, byte);
    if (this.#partial.length === characterLength(this.#partial[0]!)) this.#endAltCharacter();
  }

  #endAltCharacter(): void {
    const [first, ...others] = decodeTyped(this.#partial);
    this.#state = "ground";
    this.#partial = new Uint8Array(0);
    if (this.#sequence.length > 1) this.#emit(namedKey("escape"));
    this.#emit(characterKey(first!, { alt: true }));
    this.#text += others.join("");
  }

  #addCsi(byte: number): void {
    if (byte < 0x20 || byte > 0x7e) return this.#restart(byte);
    this.#store(byte);
    const parameters = this.#body(1).slice(0, -1);
    const final = String.fromCharCode(byte);
    if (parameters === "" && final === "[") this.#state = "linux";
    else if (parameters === "" && final === "M") this.#state = "mouse";
    else if (byte >= 0x40 || (final === "$" && /^\d+$/.test(parameters))) {
      if (this.#truncated) this.#finish(undefined);
      else if (parameters === "200" && final === "~") this.#beginPaste();
      else this.#finish(csiMeaning(parameters, final));
    }
  }

  #begin(state: State, byte: number): void {
    this.#endText();
    this.#state = state;
    this.#sequence = String.fromCharCode(byte);
    this.#truncated = false;
  }

  #store(byte: number): void {
    if (this.#sequence.length < MAX_SEQUENCE_BYTES) this.#sequence += String.fromCharCode(byte);
    else this.#truncated = true;
  }

  /** The stored sequence after its one or two ESC, without the first `from` characters. */
  #body(from: number): string {
    return this.#sequence.slice(this.#escapeCount() + from);
  }

  #escapeCount(): number {
    return this.#sequence.startsWith("\x1b\x1b") ? 2 : 1;
  }

  #finish(meaning: Meaning): void {
    const alt = this.#escapeCount() === 2;
    this.#state = "ground";
    if (meaning === RELEASE) return;
    if (meaning === undefined) this.#emit({ kind: "unknown", sequence: this.#sequence });
    else if (alt && meaning.kind === "named") this.#emit({ ...meaning, alt });
    else if (alt && meaning.kind === "text" && meaning.text.length === 1) {
      this.#emit(characterKey(meaning.text, { alt }));
    } else this.#emit(meaning);
  }

  /** Ends the sequence before a byte that cannot continue it, and adds the byte in the ground state. */
  #restart(byte: number): void {
    this.#abort();
    if (isText(byte)) this.#addText(Uint8Array.of(byte), 0);
    else this.#add(byte);
  }

  /** The keys that a user may have typed to produce the current sequence; empty when no key sends it. */
  #typedKeys(): (NamedKey | CharacterKey)[] {
    if (this.#state === "ground") return [];
    const keys = this.#escapeCount() === 2 ? [namedKey("escape")] : [];
    if (this.#state === "escape") return [...keys, namedKey("escape")];
    const body = this.#body(0);
    return body.length === 1 ? [...keys, characterKey(body, { alt: true })] : [];
  }

  #abort(): void {
    if (this.#state === "ground") return;
    if (this.#state === "alt-character") return this.#endAltCharacter();
    if (this.#state === "late") {
      this.#text += this.#latePart;
      this.#latePart = "";
      this.#state = "ground";
      return;
    }
    const typed = this.#typedKeys();
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

  /** Ends a run of text. An incomplete last character becomes U+FFFD. */
  #endText(): void {
    if (this.#partial.length > 0) this.#text += decodeTyped(this.#partial);
    this.#partial = new Uint8Array(0);
    this.#emitText();
  }

  /** Adds the run of text at `start`, and returns the index after it. */
  #addText(bytes: Uint8Array, start: number): number {
    let end = start + 1;
    while (end < bytes.length && isText(bytes[end]!)) end++;
    let run = bytes.subarray(start, end);
    if (this.#partial.length > 0) {
      const joined = new Uint8Array(this.#partial.length + run.length);
      joined.set(this.#partial);
      joined.set(run, this.#partial.length);
      run = joined;
    }
    const whole = run.length - incompleteLength(run);
    this.#text += decodeTyped(run.subarray(0, whole));
    this.#partial = run.slice(whole);
    return end;
  }

  #beginPaste(): void {
    this.#state = "paste";
    this.#paste = new PasteReader((text, partial) => {
      this.#emit(partial ? { kind: "paste", text, partial } : { kind: "paste", text });
    });
  }

  #readPaste(bytes: Uint8Array, start: number): number {
    const end = this.#paste!.read(bytes, start);
    if (this.#paste!.ended) this.#endPaste();
    return end;
  }

  #endPaste(): void {
    this.#paste = undefined;
    this.#state = "ground";
  }
}

/** Whether a byte is text in the ground state: printable, or part of a character of several bytes. */
function isText(byte: number): boolean {
  return byte >= 0x20 && byte !== DEL;
}

function isControl(byte: number): boolean {
  return byte < 0x20 || byte === DEL;
}

/** The key that sends a control character. With Alt, an ESC came before it. */
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
