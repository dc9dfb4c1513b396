/**
 * Names that look alike: `l`, `1` and `I`; `0` and `O`; `rn` and `m`; `cop` in Latin and `сор` in Cyrillic.
 *
 * A name has skeletons (UTS #39, section 4): the name with each character replaced by the one that it looks like. Two
 * names that share a skeleton look alike. As a name may be written in any case, it has the skeletons of its small
 * letters, of its capitals, of small letters after a capital, and that of the name as it is written; most names have
 * only one.
 *
 * PURE. The table is read at the first name that is not ASCII.
 *
 * @module
 */
import { CONFUSABLES } from "./confusables.ts";

/** Small capitals, and what looks like them: Unicode's data has them apart from the letters. */
const SMALL_CAPITALS: Readonly<Record<string, string>> = {
  "\u1d00": "a",
  "\u0299": "b",
  "\u1d05": "d",
  "\u1d07": "e",
  "\ua730": "f",
  "\u0262": "g",
  "\u029c": "h",
  "\u1d0a": "j",
  "\u0138": "k",
  "\u029f": "l",
  "\u028d": "m",
  "\u0274": "n",
  "\u1d18": "p",
  "\ua7af": "q",
  "\u0280": "r",
  "\u1d1b": "t",
};

/** ASCII characters that look like others. Here the table is not enough: `i` and `l` look alike as capitals only. */
const OF_ASCII: Readonly<Record<string, string>> = { i: "l", "1": "l", "0": "o", m: "rn" };

/** Which letters of a name are taken as capitals: none, all, or the first. */
type Form = "small" | "capitals" | "title";

const FORMS: readonly Form[] = ["small", "capitals", "title"];

const ASCII = /^[\0-\x7f]*$/;

/** ASCII letters and digits, with or without marks. */
const LATIN = /^(?:[0-9A-Za-z']\p{M}*)+$/u;

/** What a character looks like may itself look like another one: how often that is looked up. */
const MAX_ROUNDS = 4;

/** How many glyphs are remembered; all letters of a few scripts. */
const MAX_GLYPHS = 4096;

/**
 * Makes the skeletons of a name.
 *
 * @param name a valid name
 * @param key its key, as `nameKey` makes it
 * @returns one to four texts, which are for comparing only; two names that share one look alike
 */
export function skeletonsOf(name: string, key: string): readonly string[] {
  if (ASCII.test(name)) return [folded(key)];
  const skeletons = new Set(FORMS.map((form) => skeletonOf(key, form)));
  // The key may hide the look: that of ϲ, which looks like c, has a sigma.
  return [...skeletons.add(skeletonOf(name, "small"))];
}

function skeletonOf(text: string, form: Form): string {
  let skeleton = "";
  let isCapital = form !== "small";
  for (const character of text.normalize("NFD")) {
    skeleton += glyphOf(character, isCapital);
    isCapital = form === "capitals";
  }
  return skeleton.normalize("NFD");
}

const glyphs = new Map<string, string>();

/** Returns what a letter looks like, as a small letter or a capital. */
function glyphOf(character: string, isCapital: boolean): string {
  const id = isCapital ? `^${character}` : character;
  const known = glyphs.get(id);
  if (known !== undefined) return known;
  let glyph = character;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const next = [...glyph].map((one) => nextGlyph(one, isCapital)).join("");
    if (next === glyph) break;
    glyph = next;
  }
  if (glyphs.size >= MAX_GLYPHS) glyphs.clear();
  glyphs.set(id, glyph);
  return glyph;
}

function nextGlyph(character: string, isCapital: boolean): string {
  // Whether a sigma is final depends on the letters beside it, which may be other ones in a skeleton.
  const letter = character === "ς" ? "σ" : character;
  const small = lookOf(letter);
  const capital = lookOf(letter.toUpperCase().normalize("NFD"));
  const [first, second] = isCapital ? [capital, small] : [small, capital];
  // A letter that looks like a Latin one in one of its cases may stand for it, as т and Т may for t and T.
  return folded(!LATIN.test(first) && LATIN.test(second) ? second : first).normalize("NFD");
}

/** Replaces each character by the one that it looks like. */
function lookOf(text: string): string {
  let look = "";
  for (const character of text) {
    const target = table().get(character) ?? character;
    look += SMALL_CAPITALS[target] ?? target;
  }
  return look;
}

/** Folds the ASCII characters of a skeleton, whose capitals have the look of the small letters. */
function folded(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase()).replace(/[i10m]/g, (one) => OF_ASCII[one]!);
}

let parsed: Map<string, string> | undefined;

/** For each character that looks like others, those others. */
function table(): ReadonlyMap<string, string> {
  if (parsed !== undefined) return parsed;
  parsed = new Map();
  for (const line of CONFUSABLES.split("\n")) {
    const [target, ...others] = line.split(" ").map((codes) =>
      String.fromCodePoint(...codes.split("+").map((code) => parseInt(code, 16)))
    );
    for (const other of others) parsed.set(other, target!);
  }
  return parsed;
}
