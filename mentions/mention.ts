/**
 * Finds mentions of a name in a text.
 *
 * PURE. A mention is the name as a whole word, in upper or lower case. The characters before and after it are not
 * part of a name, or are punctuation at the end of a word, or belong to a script that is written without spaces.
 * `@ana`, `ana:` and `ana's` mention ana; `anagram`, `ana-maria` and URLs that contain `ana` do not.
 *
 * @module
 */
import { nameKey } from "../protocol/mod.ts";
import { findUrls, type Range } from "./url.ts";

/** A character of a name, combining marks included. */
const NAME_CHARACTER = /^[\p{L}\p{M}\p{N}_.\-]/u;

/** Punctuation that is part of a name only between its letters. */
const PUNCTUATION = /^[.\-]$/;

/** A text that starts with a character of a script without spaces between words. */
const UNSPACED =
  /^[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]/u;

/**
 * Finds where a text mentions a name.
 *
 * @param text a text of one line
 * @param name the name; the empty name is never mentioned
 * @returns the ranges of the mentions, in order
 */
export function findMentions(text: string, name: string): Range[] {
  const wanted = fold(name).key;
  // Most messages mention nobody. This check is much faster than finding the positions.
  if (wanted === "" || !withoutFinals(nameKey(text)).includes(wanted)) return [];
  const { key, starts } = fold(text);
  const found: Range[] = [];
  let urls: Range[] | undefined;
  for (let at = key.indexOf(wanted); at >= 0; at = key.indexOf(wanted, at + 1)) {
    const start = starts[at]!;
    const end = starts[at + wanted.length]!;
    if (start < (found.at(-1)?.end ?? 0)) continue;
    // The end of one folded character and the start of the next can look like the name.
    if (nameKey(text.slice(start, end)) !== nameKey(name) || !isWord(text, start, end)) continue;
    urls ??= findUrls(text);
    if (!urls.some((url) => url.start < end && start < url.end)) found.push({ start, end });
  }
  return found;
}

/** Folds the text character by character, so that each index of the key has an index in the text. */
function fold(text: string): { key: string; starts: number[] } {
  let key = "";
  const starts: number[] = [];
  for (const { 0: character, index } of text.matchAll(/\P{M}\p{M}{0,8}|\p{M}/gu)) {
    const folded = withoutFinals(nameKey(character));
    for (let i = 0; i < folded.length; i++) starts.push(index);
    key += folded;
  }
  starts.push(text.length);
  return { key, starts };
}

/** Replaces the final sigma, a form that depends on the character after it. */
function withoutFinals(key: string): string {
  return key.replaceAll("ς", "σ");
}

function isWord(text: string, start: number, end: number): boolean {
  return isEdge(text, start, -1) && isEdge(text, end, 1);
}

/** Whether a word may start or end at a position. `step` is the direction out of the word. */
function isEdge(text: string, at: number, step: 1 | -1): boolean {
  const inside = characterAt(text, at, step === 1 ? -1 : 1);
  let position = at;
  let outside = characterAt(text, position, step);
  if (step === 1 && outside === "@") {
    // This is the part of an e-mail address before the `@`.
    return !NAME_CHARACTER.test(characterAt(text, at + 1, 1));
  }
  while (PUNCTUATION.test(outside)) outside = characterAt(text, position += step, step);
  if (!NAME_CHARACTER.test(outside)) return true;
  return UNSPACED.test(inside) || UNSPACED.test(outside);
}

/** Returns the character after a position (`step` 1) or before it (-1); an empty text at the ends of the text. */
function characterAt(text: string, at: number, step: 1 | -1): string {
  if (step === 1) return at < text.length ? String.fromCodePoint(text.codePointAt(at)!) : "";
  const pair = at > 1 ? text.codePointAt(at - 2)! : 0;
  return pair > 0xffff ? String.fromCodePoint(pair) : text.charAt(at - 1);
}
