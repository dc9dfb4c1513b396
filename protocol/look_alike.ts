/**
 * Names that look like one of the reserved names, so that nobody can pose as the hub, and names that look like signs.
 *
 * A name is compared by its skeletons, too, but the lists here have more: what people use as a substitute, such as `4`
 * for `a`. A name is compared as a whole, so they may be generous: a letter of a list is refused only if all others
 * of the name look like the rest of a reserved name, too.
 *
 * @module
 */

/** The names that belong to the hub. */
export const RESERVED: ReadonlySet<string> = new Set(["server", "system", "riftchat", "everyone"]);

/**
 * For each letter of the reserved names, the letters and digits that look like it, in lower case (of some, only the
 * capital looks alike): of UTS #39, other letters of Latin, Greek, Cyrillic and Armenian, and what people use as a
 * substitute. Letters with marks need no entry, as marks are removed first.
 */
const LOOK_ALIKES: Readonly<Record<string, string>> = {
  a: "4\u0251\u0252\u0250\u1d00\u03b1\u0430\u04d9\u0259",
  c: "\u1d04\u0188\u023c\u03f2\u03c2\u0441\u04ab",
  e: "3\u0247\u0258\u0259\u025b\u025c\u1d07\u01dd\u2c7b\u03b5\u03b7\u0435\u0454\u044d\u0437\u04bd\u04bf\u0511\u0565",
  f: "\u0192\ua730\ua799\u1e9d\u03dd\u0493\u0584",
  h: "\u0266\u0267\u029c\u2c68\u0127\u03b7\u04bb\u043d\u0570\u0578\u0582",
  i: "1l\u026a\u026b\u026c\u026d\u0268\u0269\u0142\u01c0\u03b9\u0456\u04cf\u0582\u056b\u056c",
  m: "\u1d0d\u0271\u026f\u0270\u2c6e\u03bc\u03fb\u043c\u04ce",
  n: "\u0273\u0272\u0274\u019e\u014b\u03b7\u03bd\u043f\u0438\u04c6\u0578\u057c",
  o: "0\u1d0f\u0275\u0254\u00f8\u2c7a\u03bf\u03c3\u03b8\u043e\u0473\u04e9\u0585",
  r: "\u0280\u027c\u027d\u027e\u0279\u024d\u1d19\u0433\u044f\u0491\u0453\u0580\u057c",
  s: "5\ua731\u0282\u01a8\u023f\u01bd\u03c3\u03c2\u03db\u0455\u057d",
  t: "7\u1d1b\u0167\u01ad\u01ab\u0288\u2c66\u0236\u03c4\u0442\u0563",
  v: "\u1d20\u028b\u028c\u2c71\u2c74\u03bd\u03c5\u0475\u057e\u0582",
  y: "\u028f\u01b4\u024f\u028e\u0263\u03b3\u03c5\u0443\u04af\u04b1\u056f\u0575",
};

/** Two letters that look like one. */
const PAIRS: Readonly<Record<string, string>> = { m: "rn" };

const PATTERN = new RegExp(
  `^(?:${
    [...RESERVED].map((name) =>
      [...name].map((letter) =>
        `(?:[${letter}${LOOK_ALIKES[letter] ?? ""}]${PAIRS[letter] ? `|${PAIRS[letter]}` : ""})`
      ).join("")
    ).join("|")
  })$`,
  "u",
);

/**
 * Letters that look like punctuation or a line: the clicks of Latin (like `|` and `!`), saltillo and the sideways I,
 * the long sign and the voiced marks of kana, the strokes of Han and Hangul. In a name with other letters they are
 * allowed.
 */
const SIGN_LIKE = new RegExp(
  String.raw`^[\-_.\u01c0-\u01c3\ua78b\ua78c\ua7f7\u1173\u1175\u30fc\u3161\u3163\u4e28\u4e36\uff70` +
    String.raw`\uff9e\uff9f\uffda\uffdc]*$`,
);

/** The signs that a name may have. */
const SIGNS = /^[-_.]*$/;

/**
 * Checks whether a name looks like punctuation or a line, though it has letters.
 *
 * @param name the name
 * @returns whether all of its letters look like signs
 */
export function looksLikeSigns(name: string): boolean {
  return SIGN_LIKE.test(name) && !SIGNS.test(name);
}

/**
 * Checks whether a name is reserved for the hub, or looks like one that is.
 *
 * @param key the key of the name, as `nameKey` makes it
 * @param skeletons the texts that it looks like; not needed for a name of ASCII
 * @returns whether it must be refused
 */
export function looksReserved(key: string, skeletons: readonly string[]): boolean {
  return [key, ...skeletons].some((text) => PATTERN.test(text) || PATTERN.test(withoutMarks(text)));
}

function withoutMarks(text: string): string {
  return text.normalize("NFD").replaceAll(/\p{M}/gu, "");
}
