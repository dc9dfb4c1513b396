/**
 * Names: which are valid, and when two are the same. Names are written with escapes where a reader could not see what
 * they contain. The file is long because of its tables.
 *
 * @module
 */
import fc from "fast-check";
import {
  checkName,
  encodeFrame,
  FrameDecoder,
  nameKey,
  parseClientMessage,
  ProtocolError,
  randomName,
  serialize,
} from "../../protocol/mod.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes, assertThrows } from "../helpers/assert.ts";
import { cases } from "../helpers/fuzz.ts";

/** Registers a test without permissions. */
function pure(name: string, fn: () => void): void {
  Deno.test({ name, permissions: "none", fn });
}

/** Returns the error word for a name, or `undefined` if it is valid. */
function wordFor(name: string): string | undefined {
  try {
    checkName(name);
    return undefined;
  } catch (error) {
    if (error instanceof ProtocolError) return error.word;
    throw error;
  }
}

const ACCEPTED: [string, string][] = [
  ["one letter", "a"],
  ["a name as people choose it", "Ana"],
  ["what a hub gives", "k3x9q0zzab"],
  ["digits only", "007"],
  ["the three signs", "a_b.c-d"],
  ["signs only", "-._"],
  ["32 characters", "a".repeat(32)],
  ["Latin with marks above, in NFC", "Zoë_Łukasz.Đỗ"],
  ["Latin sharp s", "Groß"],
  ["Latin ligature", "ﬁn"],
  ["Latin in full width", "Ａｎａ"],
  ["Turkish dotless and dotted i", "Iıİi"],
  ["Vietnamese", "Nguyễn"],
  ["Greek", "Οδυσσεύς"],
  ["Cyrillic", "Иван-Їжак_7"],
  ["Han", "李小龙"],
  ["Han with hiragana", "山田さん"],
  ["Han with katakana, its long sign and its doubling", "佐々木アンナー"],
  ["hiragana with katakana", "さくらカメラ"],
  ["half-width katakana", "ｱﾅ"],
  ["Han with bopomofo", "李ㄌㄧ"],
  ["Korean", "김민수"],
  ["Korean with Han", "金민수"],
  ["Arabic", "محمد"],
  ["Hebrew", "דניאל"],
  ["Devanagari with vowel signs", "कृष्णा"],
  ["Devanagari digits", "राम१२"],
  ["Thai with vowel and tone marks", "น้ำผึ้ง"],
  ["Tamil", "தமிழ்"],
  ["Tibetan, three marks on one letter", "བསྒྲུབས"],
  ["Devanagari, four marks on one letter", "क\u094d\u093f\u0902\u0901"],
  ["kana with a voiced mark of its own", "あ\u3099"],
  ["Georgian", "გიორგი"],
  ["Armenian", "Արամ"],
  ["Ethiopic", "አበበ"],
  ["32 letters beyond U+FFFF", "\u{20000}".repeat(32)],
  ["an emperor of Byzantium with ASCII digits", "Κωνσταντίνος_11"],
  ["a click among other letters", "ǃXóõ"],
  ["the long sign and a digit", "ー1"],
  ["a vowel of Korean among others", "ㅡㅡ하"],
  ["a name that only contains a reserved one", "server2"],
  ["a name that a reserved one contains", "serve"],
];

for (const [what, name] of ACCEPTED) {
  pure(`Names may be ${what}: ${name}`, () => checkName(name));
}

const REFUSED: [string, string, string][] = [
  ["nothing", "", "it has 0"],
  ["33 characters", "a".repeat(33), "it has 33"],
  ["33 characters in Greek", "α".repeat(33), "it has 33"],
  ["33 letters beyond U+FFFF", "\u{20000}".repeat(33), "it has 33"],
  ["a space inside", "Ana Lu", "it has a space"],
  ["a space behind", "Ana ", "it has a space"],
  ["a newline behind", "Ana\n", "U+000A"],
  ["a tab", "A\tna", "U+0009"],
  ["a NUL", "Ana\0", "U+0000"],
  ["an escape sequence", "\x1b[31mAna", "U+001B"],
  ["a C1 control", "A\x9bna", "U+009B"],
  ["a no-break space", "Ana\u00a0", "U+00A0"],
  ["a zero-width space", "A\u200bna", "U+200B"],
  ["a zero-width joiner", "A\u200dna", "U+200D"],
  ["a soft hyphen", "A\u00adna", "U+00AD"],
  ["a byte order mark", "\ufeffAna", "U+FEFF"],
  ["a right-to-left override", "\u202eanA", "U+202E"],
  ["an isolate", "\u2066Ana\u2069", "U+2066"],
  ["a variation selector", "A\ufe0f", "U+FE0F"],
  ["a tag character", "A\u{e0041}", "U+E0041"],
  ["the sigil of rooms", "#main", "U+0023"],
  ["the at sign", "@ana", "U+0040"],
  ["parentheses, as in a direct message", "ana(direct)", "U+0028"],
  ["a colon", "ana:", "U+003A"],
  ["a slash", "a/b", "U+002F"],
  ["an apostrophe", "o'neil", "U+0027"],
  ["a letter apostrophe, which looks like one", "o\u02bcneil", "U+02BC"],
  ["a dash that is not the hyphen", "a\u2013b", "U+2013"],
  ["a full-width low line", "a\uff3fb", "U+FF3F"],
  ["a full stop of another script", "a\u3002", "U+3002"],
  ["an emoji", "ana😀", "U+1F600"],
  ["a currency sign", "ana€", "U+20AC"],
  ["a roman numeral of one character", "ana\u2167", "U+2167"],
  ["a superscript digit", "ana²", "U+00B2"],
  ["a mathematical letter", "\u{1d400}na", "U+1D400"],
  ["a circled letter", "ⓐna", "U+24D0"],
  ["a private character", "ana\ue000", "U+E000"],
  ["an unassigned character", "ana\u0378", "U+0378"],
  ["a noncharacter", "ana\uffff", "U+FFFF"],
  ["half a surrogate pair", "ana\ud83d", "U+D83D"],
  ["the other half", "\ude00ana", "U+DE00"],
  ["a mark that goes with any script", "x\u0336", "U+0336"],
  ["the Hangul filler, a letter that is not seen", "\u3164", "U+3164"],
  ["the half-width Hangul filler", "김\uffa0", "U+FFA0"],
  ["the fillers of Hangul parts", "\u115f\u1160", "U+115F"],
  ["a vowel of Khmer that is not seen", "ក\u17b5", "U+17B5"],
  ["a mark that encloses what is around it", "а\u0489", "U+0489"],
  ["a click that looks like an exclamation mark", "ǃ", "look like a sign"],
  ["clicks that look like a gutter", "ǀǁ", "look like a sign"],
  ["the long sign of kana alone", "ー", "look like a sign"],
  ["the half-width long sign alone", "ｰ", "look like a sign"],
  ["a vowel of Korean that looks like a dash", "ㅡ", "look like a sign"],
  ["letters that look like lines among signs", "-ー.", "look like a sign"],
  ["marks alone", "\u093f", "must follow a letter"],
  ["a mark first", "\u0e38ก", "must follow a letter"],
  ["a mark behind a sign", "क_\u093f", "must follow a letter"],
  ["a mark behind a digit", "क1\u093f", "must follow a letter"],
  ["one mark twice, which looks like once", "ก\u0e35\u0e35", "none twice in a row"],
  ["five marks on one letter", "あ\u3099\u309a\u3099\u309a\u3099", "at most four"],
  ["not NFC: e and an accent", "Zoe\u0308", "NFC"],
  ["not NFC: the Kelvin sign", "\u212aarl", "NFC"],
  ["not NFC: the Ohm sign", "\u2126", "NFC"],
  ["not NFC: Korean in its parts", "\u1100\u1161", "NFC"],
  ["not NFC: a compatibility ideograph", "\uf900", "NFC"],
  ["Cyrillic А in Latin", "\u0410na", "one script"],
  ["Cyrillic а in Latin, last", "An\u0430", "one script"],
  ["Latin a in Cyrillic", "Ив\u0061н", "one script"],
  ["Greek omicron in Latin", "b\u03bfb", "one script"],
  ["Latin with Han", "ana李", "one script"],
  ["Latin with kana", "anaアナ", "one script"],
  ["kana with hangul", "さくら김", "one script"],
  ["bopomofo with kana", "ㄌさ", "one script"],
  ["bopomofo with hangul", "ㄌ김", "one script"],
  ["Han, then kana, then hangul", "李さ김", "one script"],
  ["Thai with Lao", "นລ", "one script"],
  ["Cherokee, which is not among the scripts", "ᎠᎡ", "U+13A0"],
  ["runes, which are not either", "ᚠ", "U+16A0"],
];

for (const [what, name, saying] of REFUSED) {
  pure(`Names are refused with bad_name: ${what}`, () => {
    const error = assertThrows(() => checkName(name), ProtocolError);
    assertEquals(error.word, "bad_name");
    assertStringIncludes(error.message, saying);
    assert(error.message.isWellFormed());
    assert(!/[^\x20-\x7e]/.test(error.message), "the message must be ASCII");
  });
}

pure("Reserved names are refused in every spelling", () => {
  const spellings = [
    (name: string) => name,
    (name: string) => name.toUpperCase(),
    (name: string) => name[0]!.toUpperCase() + name.slice(1),
    (name: string) => name.replaceAll("s", "\u017f"), // long s
    (name: string) => String.fromCodePoint(...[...name].map((letter) => letter.charCodeAt(0) + 0xfee0)), // full width
  ];
  for (const name of ["server", "system", "riftchat", "everyone"]) {
    for (const spell of spellings) {
      const error = assertThrows(() => checkName(spell(name)), ProtocolError);
      assertEquals(error.word, "name_reserved", spell(name));
    }
  }
});

pure("Names that look like a reserved one are refused", () => {
  const names = [
    "se\u0280ver", // a small capital
    "SE\u0280VER",
    "s\u00e9rver",
    "\u0455\u0435\u0433\u0475\u0435\u0433", // all letters Cyrillic
    "\u0405\u0423\u0405\u0422\u0415\u041c", // Cyrillic capitals
    "\u0455\u0443\u0455\u0442\u0435\u043c",
    "s\u1ef3stem",
    "systern",
    "sy5tem",
    "rlftchat",
    "RlFTCHAT",
    "r1ftchat",
    "everyon\u01dd",
    "every0ne",
  ];
  for (const name of names) {
    const error = assertThrows(() => checkName(name), ProtocolError, "it looks like a name that is reserved");
    assertEquals(error.word, "name_reserved", name);
  }
  for (
    const name of ["steve", "simon", "sever", "serve", "observer", "systems", "Server2", "сервер", "σύστημα"]
  ) {
    checkName(name);
  }
});

const SAME: [string, string][] = [
  ["Ana", "ana"],
  ["ANA", "ana"],
  ["Ａｎａ", "ana"],
  ["Groß", "GROSS"],
  ["groß", "gross"],
  ["GROẞ", "groß"],
  ["GROẞ", "gross"],
  ["ﬁn", "FIN"],
  ["ŉ", "\u02bcn"],
  ["ſam", "Sam"],
  ["\u212aarl", "karl"],
  ["Zoë", "ZOE\u0308"],
  ["Οδυσσεύς", "ΟΔΥΣΣΕΎΣ"],
  ["οδος", "οδοσ"],
  ["Ἀθηνᾶ", "ἈΘΗΝᾶ"],
  ["ᾳ", "αι"],
  ["Иван", "ИВАН"],
  ["ｱﾅ", "アナ"],
  ["ｶﾞ", "ガ"],
  ["Ᲊ", "ᲊ"],
  ["გიორგი", "ᲒᲘᲝᲠᲒᲘ"],
  ["Արամ", "ԱՐԱՄ"],
  ["ǅ", "dž"],
  ["İ", "i\u0307"],
  ["ı", "I"],
];

pure("Names that differ in case, width or composition are the same", () => {
  for (const [one, other] of SAME) assertEquals(nameKey(one), nameKey(other), `${one} and ${other}`);
});

const DIFFERENT: [string, string][] = [
  ["ana", "anna"],
  ["Ana", "\u0410na"],
  ["ana", "aná"],
  ["a.b", "a-b"],
  ["a_b", "ab"],
  ["o", "0"],
  ["l", "1"],
  ["は", "ば"],
  ["か", "カ"],
  ["İ", "i"],
  ["ё", "е"],
  ["国", "國"],
];

pure("Names that a reader can tell apart are different", () => {
  for (const [one, other] of DIFFERENT) assert(nameKey(one) !== nameKey(other), `${one} and ${other}`);
});

pure(
  "nameKey does not normalize a text that is longer than any name, which would take a second",
  () => {
    const marks = "a" + "\u0301".repeat(16_000) + "\u0316".repeat(16_000);
    assertEquals(nameKey(marks) === marks, true);
    assertEquals(nameKey("\uFDFA".repeat(32).normalize("NFKD")), nameKey("\uFDFA".repeat(32)));
  },
);

/** Characters by script, among them those with special case or composition. */
const ALPHABETS = [
  "abzABZ019_.-ßẞﬁÅÿıİǅĲŉſêỗŁøＡｂ",
  "09_.-αΑβςΣσΐᾳΰῇὈ",
  "09_.-аАбЖйѓЇꙋ",
  "09_.-漢々あがアガーｶｱ",
  "09_.-漢ㄅㄌ",
  "09_.-漢한글각ㄱ",
  "09_.-कखगिी्ृ१",
  "09_.-กนำผึ้",
  "09_.-გიႠᲐ",
  "09_.-աԱև",
  "09_.-محمدﷺ۱",
];
const nameOfOneScript = fc.constantFrom(...ALPHABETS).chain((alphabet) =>
  fc.array(fc.constantFrom(...alphabet), { minLength: 1, maxLength: 34 }).map((letters) => letters.join(""))
);
const anyText = fc.oneof(
  nameOfOneScript,
  fc.string(),
  fc.string({ unit: "binary" }),
  fc.string({ unit: "grapheme" }),
  fc.array(fc.nat(0xffff), { maxLength: 40 }).map((units) => String.fromCharCode(...units)),
);

pure("Any name is valid or refused with bad_name or name_reserved", () => {
  fc.assert(
    fc.property(anyText, (text) => {
      assert([undefined, "bad_name", "name_reserved"].includes(wordFor(text)));
    }),
    cases(3000),
  );
});

pure("A valid name is short, in NFC and printable, and is unchanged by the wire", () => {
  let allowed = 0;
  fc.assert(
    fc.property(anyText, (name) => {
      if (wordFor(name) !== undefined) return;
      allowed++;
      assertEquals(name.normalize("NFC"), name);
      assert([...name].length <= 32);
      assertMatch(name, /^[\p{L}\p{M}\p{Nd}_.\-]+$/u);
      assert(!/^\p{M}|\p{M}{5}|\p{Me}|\p{Default_Ignorable_Code_Point}/u.test(name));
      const decoder = new FrameDecoder();
      decoder.push(encodeFrame(serialize({ code: 101, username: name })));
      assertEquals(parseClientMessage(decoder.next()!), { code: 101, username: name });
    }),
    cases(3000),
  );
  assert(allowed > 300, `only ${allowed} names were allowed`);
});

pure("A valid name has one key in any case, width or composition", () => {
  fc.assert(
    fc.property(nameOfOneScript, (name) => {
      if (wordFor(name) === "bad_name") return;
      const key = nameKey(name);
      for (const form of ["NFC", "NFD", "NFKC", "NFKD"]) assertEquals(nameKey(name.normalize(form)), key);
      assertEquals(nameKey(name.toUpperCase()), key);
      assertEquals(nameKey(name.toLowerCase()), key);
    }),
    cases(2000),
  );
});

/** Every character up to U+FFFF except surrogates, and every 101st character above. */
function* manyCharacters(): Iterable<string> {
  for (let code = 0; code <= 0x10ffff; code += code < 0xffff ? 1 : 101) {
    if (code < 0xd800 || code > 0xdfff) yield String.fromCodePoint(code);
  }
}

pure("A single character is a valid name if it is a letter, a digit or one of the three signs", () => {
  for (const character of manyCharacters()) {
    const word = wordFor(character);
    if (word !== undefined) assertEquals(word, "bad_name");
    else if (!/^[\p{L}\p{Nd}_.\-]$/u.test(character)) throw new Error(`allowed: ${character}`);
  }
});

pure("The key of a key is the same key, for every character and any text", () => {
  for (const character of manyCharacters()) {
    const key = nameKey(character);
    if (nameKey(key) !== key) {
      throw new Error(`the key of ${character} is ${key}, and its key ${nameKey(key)}`);
    }
  }
  fc.assert(
    fc.property(nameOfOneScript, (name) => {
      assertEquals(nameKey(nameKey(name)), nameKey(name));
    }),
    { numRuns: 1000 },
  );
});

pure("Random names are 10 lower-case letters and digits, and valid", () => {
  for (let i = 0; i < 200; i++) {
    const name = randomName((count) => crypto.getRandomValues(new Uint8Array(count)));
    assertMatch(name, /^[a-z0-9]{10}$/);
    checkName(name);
  }
});

pure("Random names have every character equally often", () => {
  const counts = new Map<string, number>();
  for (let byte = 0; byte < 252; byte++) {
    const name = randomName((count) => new Uint8Array(count).fill(byte));
    assertEquals(name, name[0]!.repeat(10));
    counts.set(name[0]!, (counts.get(name[0]!) ?? 0) + 1);
  }
  assertEquals([...counts.keys()].sort().join(""), "0123456789abcdefghijklmnopqrstuvwxyz");
  assertEquals(new Set(counts.values()), new Set([7]));
});

pure("Random names take more bytes if some would make characters unequally likely", () => {
  const answers = [[255, 254, 253, 252, 0, 1, 2, 3, 4, 5], [25, 26, 35, 36, 251, 9, 9, 9, 9, 9]];
  assertEquals(randomName(() => Uint8Array.from(answers.shift()!)), "abcdefz09a");
});
