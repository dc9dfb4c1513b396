/**
 * Whether somebody is spoken of.
 *
 * PURE. A mention is a name as a whole word, in whatever case it is written: what stands before and after it is no part
 * of a name, or is punctuation at the end of a word, or belongs to a script that is written without spaces. `@ana`,
 * `ana:` and `ana's` mention ana; `anagram`, `ana-maria` and addresses with `ana` in them do not.
 *
 * @module
 */
import { nameKey } from "../../protocol/mod.ts";
import { findUrls, type Range } from "./url.ts";

/** What a name is made of, with its marks. */
const NAME_CHARACTER = /^[\p{L}\p{M}\p{N}_.\-]/u;

/** What is a part of a name only between its letters. */
const PUNCTUATION = /^[.\-]$/;

/** The first character belongs to a script that writes no spaces between words. */
const UNSPACED =
  /^[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]/u;

/**
 * Finds where a text mentions a name.
 *
 * @param text a text on one line
 * @param name the name, which may be empty for nobody
 * @returns where it stands, in order
 */
export function findMentions(text: string, name: string): Range[] {
  const wanted = fold(name).key;
  // Most lines mention nobody, and that is found out much faster than where they would.
  if (wanted === "" || !withoutFinals(nameKey(text)).includes(wanted)) return [];
  const { key, starts } = fold(text);
  const found: Range[] = [];
  let urls: Range[] | undefined;
  for (let at = key.indexOf(wanted); at >= 0; at = key.indexOf(wanted, at + 1)) {
    const start = starts[at]!;
    const end = starts[at + wanted.length]!;
    if (start < (found.at(-1)?.end ?? 0)) continue;
    // The folded forms of two characters may run into each other.
    if (nameKey(text.slice(start, end)) !== nameKey(name) || !isWord(text, start, end)) continue;
    urls ??= findUrls(text);
    if (!urls.some((url) => url.start < end && start < url.end)) found.push({ start, end });
  }
  return found;
}

/** Folds character by character, so that each place of the key is a place of the text. */
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

/** A sigma at the end of a word has a form of its own, which depends on what follows. */
function withoutFinals(key: string): string {
  return key.replaceAll("ς", "σ");
}

function isWord(text: string, start: number, end: number): boolean {
  return isEdge(text, start, -1) && isEdge(text, end, 1);
}

/** Whether a word may begin or end at a place, seen from inside of it in one direction. */
function isEdge(text: string, at: number, step: 1 | -1): boolean {
  const inside = characterAt(text, at, step === 1 ? -1 : 1);
  let target = at;
  let outside = characterAt(text, target, step);
  if (step === 1 && outside === "@") {
    // The first half of an address.
    return !NAME_CHARACTER.test(characterAt(text, at + 1, 1));
  }
  while (PUNCTUATION.test(outside)) outside = characterAt(text, target += step, step);
  if (!NAME_CHARACTER.test(outside)) return true;
  return UNSPACED.test(inside) || UNSPACED.test(outside);
}

/** The character after a place or before it; nothing at the ends of the text. */
function characterAt(text: string, at: number, step: 1 | -1): string {
  if (step === 1) return at < text.length ? String.fromCodePoint(text.codePointAt(at)!) : "";
  const pair = at > 1 ? text.codePointAt(at - 2)! : 0;
  return pair > 0xffff ? String.fromCodePoint(pair) : text.charAt(at - 1);
}
