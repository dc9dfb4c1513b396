/**
 * Names of users and rooms: which are valid, and when two are the same.
 *
 * A name is 1 to 32 letters, digits, `_`, `.` and `-`, in NFC. Its letters and digits are of one script, so that a name
 * cannot mix letters that look alike. Two names are the same if their keys are equal: `Ana` and `ana` are one name.
 *
 * @module
 */
import { ProtocolError } from "./errors.ts";
import { MAX_NAME_CHARS, RANDOM_NAME_CHARS } from "./limits.ts";
import { looksLikeSigns, looksReserved, RESERVED } from "./look_alike.ts";
import { skeletonsOf } from "./skeleton.ts";
import { codePointName } from "./text.ts";

/**
 * The scripts that a name may use: the recommended ones of UAX #31, table 5, combined where one writing system uses
 * several (UTS #39, section 5.2). A combining mark is allowed only if it belongs to the script, such as a vowel sign of
 * Devanagari. Enclosing marks are not allowed, nor are invisible letters such as the Hangul filler.
 */
const SCRIPTS = [
  ["Script=Latin"],
  ["Script=Greek"],
  ["Script=Cyrillic"],
  ["scx=Han", "scx=Hiragana", "scx=Katakana"],
  ["scx=Han", "scx=Bopomofo"],
  ["scx=Hangul", "scx=Han"],
  ["Script=Arabic"],
  ["Script=Armenian"],
  ["Script=Bengali"],
  ["Script=Devanagari"],
  ["Script=Ethiopic"],
  ["Script=Georgian"],
  ["Script=Gujarati"],
  ["Script=Gurmukhi"],
  ["Script=Hebrew"],
  ["Script=Kannada"],
  ["Script=Khmer"],
  ["Script=Lao"],
  ["Script=Malayalam"],
  ["Script=Myanmar"],
  ["Script=Oriya"],
  ["Script=Sinhala"],
  ["Script=Tamil"],
  ["Script=Telugu"],
  ["Script=Thaana"],
  ["Script=Thai"],
  ["Script=Tibetan"],
];

let patterns: RegExp[] | undefined;

/** A pattern for the characters of each script. Made at the first name that is not ASCII, because it takes 6 ms. */
function scriptPatterns(): RegExp[] {
  return patterns ??= SCRIPTS.map((properties) => {
    const scripts = properties.map((property) => `\\p{${property}}`).join("");
    return new RegExp(
      `^[[[\\p{L}\\p{Mn}\\p{Mc}\\p{Nd}]&&[${scripts}]]--\\p{Default_Ignorable_Code_Point}]$`,
      "v",
    );
  });
}

/** Marks without a base letter, the same mark twice in a row, or more than four marks (UTS #39, section 5.4). */
const PILED_MARKS = /(?:^|[0-9_.\-])\p{M}|(\p{M})\1|\p{M}{5}/u;

/** The characters that are allowed in a name of any script. */
const SHARED = /^[0-9_.\-]$/;

/** A fast check for the usual case. */
const PLAIN = /^[A-Za-z0-9_.\-]{1,32}$/;

/**
 * Checks that a name is valid for a user or a room.
 *
 * @param name the requested name
 * @throws {ProtocolError} `bad_name` if it breaks a rule, `name_reserved` if it is reserved for the hub or looks
 * like a name that is
 */
export function checkName(name: string): void {
  const isPlain = PLAIN.test(name);
  if (!isPlain) checkUnicodeName(name);
  const key = nameKey(name);
  if (looksReserved(key, isPlain ? [] : skeletonsOf(name, key))) {
    const why = RESERVED.has(key)
      ? "it is reserved for the hub"
      : "it looks like a name that is reserved for the hub";
    throw new ProtocolError("name_reserved", `Cannot use the name ${name}: ${why}`);
  }
}

function checkUnicodeName(name: string): void {
  const characters = [...name];
  if (characters.length < 1 || characters.length > MAX_NAME_CHARS) {
    throw badName(`it must be 1 to ${MAX_NAME_CHARS} characters: it has ${characters.length}`);
  }
  if (name !== name.normalize("NFC")) throw badName("it must be in Unicode form NFC");
  const all = scriptPatterns();
  let scripts = all;
  for (const character of characters) {
    if (SHARED.test(character)) continue;
    const fitting = scripts.filter((script) => script.test(character));
    if (fitting.length === 0) {
      const found = character === " " ? "a space" : codePointName(character, 0);
      if (!all.some((script) => script.test(character))) {
        throw badName(`a name is made of letters, digits, _, . and -: it has ${found}`);
      }
      const own = all.filter((script) => script.test(character));
      const other = characters.find((earlier) =>
        !SHARED.test(earlier) && !own.some((script) => script.test(earlier))
      );
      // There may be none: Han goes with kana and with hangul, but kana not with hangul.
      const pair = other === undefined ? "" : `${codePointName(other, 0)} and `;
      throw badName(`its letters must be of one script: it has ${pair}${found}`);
    }
    scripts = fitting;
  }
  if (looksLikeSigns(name)) {
    throw badName("it must have a letter or digit that does not look like a sign");
  }
  if (PILED_MARKS.test(name)) {
    throw badName("a mark must follow a letter, with at most four on one letter and none twice in a row");
  }
}

function badName(why: string): ProtocolError {
  return new ProtocolError("bad_name", `Cannot use that name: ${why}`);
}

/** The most UTF-16 units of a name in any normal form: U+FDFA has 18 in NFKD, and no character has more. */
const MAX_NAME_UNITS = 18 * MAX_NAME_CHARS;

/**
 * Makes the lookup key of a name: two names are the same if and only if their keys are equal.
 *
 * JavaScript has no case folding. Lower, then upper, then lower case gives the same result for all characters of names
 * (ẞ, ß and ss are equal), and also makes ı equal to i. The first step is for ẞ, whose upper case is itself and not SS.
 *
 * A text that is longer than any name is not normalized: to sort 32,000 combining marks takes a second, and the hub
 * would serve nobody else in that time.
 *
 * @param name any text
 * @returns its NFKC form without case; the text itself if it is longer than any name
 */
export function nameKey(name: string): string {
  if (name.length > MAX_NAME_UNITS) return name;
  return name.normalize("NFKC").toLowerCase().toUpperCase().toLowerCase().normalize("NFKC");
}

/**
 * Makes the texts that a name looks like. Two names that share one look alike, such as `ill` and `I11`, or `cop` in
 * Latin and `сор` in Cyrillic. All spellings of a name, which have the same key, have at least one in common.
 *
 * @param name a valid name; a text that is longer than any name has only itself
 * @returns one to four texts, which are for comparing only
 */
export function nameSkeletons(name: string): readonly string[] {
  const key = nameKey(name);
  return key.length > MAX_NAME_UNITS ? [key] : skeletonsOf(name, key);
}

/** Lower case only: names that differ in case are the same, and capitals make a name harder to dictate. */
const ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789";

/**
 * Makes a random name for a new client: 10 letters and digits, each equally likely, as in the original RiftChat.
 *
 * @param randomBytes returns the given number of random bytes
 * @returns a valid name; the caller checks that it is free
 */
export function randomName(randomBytes: (count: number) => Uint8Array): string {
  const fair = 256 - 256 % ALPHABET.length;
  let name = "";
  while (name.length < RANDOM_NAME_CHARS) {
    for (const byte of randomBytes(RANDOM_NAME_CHARS)) {
      if (byte < fair && name.length < RANDOM_NAME_CHARS) name += ALPHABET[byte % ALPHABET.length];
    }
  }
  return name;
}
