/**
 * What a name of a user or a room may be, and when two names are the same.
 *
 * A name is 1 to 32 letters, digits, `_`, `.` and `-`, in NFC, with its letters and digits from one script, so that
 * letters of two scripts that look alike never meet in one name. Two names are the same where their keys are: `Ana` and
 * `ana` are one.
 *
 * @module
 */
import { ProtocolError } from "./errors.ts";
import { MAX_NAME_CHARS, RANDOM_NAME_CHARS } from "./limits.ts";
import { codePointName } from "./text.ts";

/**
 * The scripts a name may be written in: the recommended ones of UAX #31, table 5, joined where one writing system uses
 * several (UTS #39, section 5.2). A mark counts as a letter only where it belongs to the script itself, as the vowel
 * signs of Devanagari do; one that encloses never does, nor does a letter that is not seen, such as the Hangul filler.
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

/** What the characters of each script match: made when the first name comes that is not plain, as it takes 6 ms. */
function scriptPatterns(): RegExp[] {
  return patterns ??= SCRIPTS.map((properties) => {
    const scripts = properties.map((property) => `\\p{${property}}`).join("");
    return new RegExp(
      `^[[[\\p{L}\\p{Mn}\\p{Mc}\\p{Nd}]&&[${scripts}]]--\\p{Default_Ignorable_Code_Point}]$`,
      "v",
    );
  });
}

/** Marks without a letter under them, the same one twice, or more than four (UTS #39, section 5.4): piled, not written. */
const PILED_MARKS = /(?:^|[0-9_.\-])\p{M}|(\p{M})\1|\p{M}{5}/u;

/** What may stand in a name beside the letters of its script. */
const SHARED = /^[0-9_.\-]$/;

/** The usual case, decided without looking at a single character. */
const PLAIN = /^[A-Za-z0-9_.\-]{1,32}$/;

const RESERVED = new Set(["server", "system", "riftchat", "everyone"]);

/**
 * Makes sure that a name may be used by a user or for a room.
 *
 * @param name the name somebody asks for
 * @returns nothing: the name is fine as it is
 * @throws {ProtocolError} `bad_name` where it breaks a rule, `name_reserved` where the hub keeps it for itself
 */
export function checkName(name: string): void {
  if (!PLAIN.test(name)) checkUnicodeName(name);
  if (RESERVED.has(nameKey(name))) {
    throw new ProtocolError("name_reserved", `Cannot use the name ${name}: it is kept for the hub`);
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
      const why = all.some((script) => script.test(character))
        ? "the letters of a name must be of one script"
        : "a name is made of letters, digits, _, . and -";
      throw badName(`${why}: it has ${codePointName(character, 0)}`);
    }
    scripts = fitting;
  }
  if (PILED_MARKS.test(name)) throw badName("a mark stands on a letter, at most four on one and none twice");
}

function badName(why: string): ProtocolError {
  return new ProtocolError("bad_name", `Cannot use that name: ${why}`);
}

/** The most UTF-16 units that a name has in any form: U+FDFA has 18 in NFKD, and no character has more. */
const MAX_NAME_UNITS = 18 * MAX_NAME_CHARS;

/**
 * Makes the form of a name under which it is looked up: two names are the same exactly when their keys are equal.
 *
 * JavaScript has no case folding; lower, then upper, then lower case comes to the same for all that a name may hold
 * (ẞ is ß is ss), and also joins ı with i. The first step is for ẞ, whose upper case is itself and not SS.
 *
 * What is longer than any name is left as it is: to put 32,000 marks into their order takes a second, in which a peer
 * that sent them would keep everyone else waiting.
 *
 * @param name any text
 * @returns its NFKC form without case; the text itself where it is longer than any name
 */
export function nameKey(name: string): string {
  if (name.length > MAX_NAME_UNITS) return name;
  return name.normalize("NFKC").toLowerCase().toUpperCase().toLowerCase().normalize("NFKC");
}

/** Lower case alone: names that differ in case are the same, so capitals would add nothing but trouble in dictation. */
const ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789";

/**
 * Makes the name that a hub gives to a newcomer: 10 letters and digits, each equally likely, as the original does.
 *
 * @param randomBytes gives that many random bytes
 * @returns a name that nobody chose; whether it is free is for the caller to see
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
