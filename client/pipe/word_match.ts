/**
 * Finds words in a text, ignoring case and accents.
 *
 * PURE.
 *
 * @module
 */

/** Scripts that write words without spaces. */
const UNSPACED = new RegExp(
  `[${
    ["Han", "Hiragana", "Katakana", "Thai", "Lao", "Khmer", "Myanmar"].map((name) => `\\p{Script=${name}}`)
      .join("")
  }]`,
  "u",
);

/**
 * Makes a test for texts that contain all of some words, as whole words.
 *
 * @param words the words, separated by anything that is neither letter nor digit
 * @returns the test; `undefined` if there is no word
 */
export function wordMatcher(words: string): ((text: string) => boolean) | undefined {
  const wanted = fold(words).match(/[\p{L}\p{N}]+/gu)?.map((word) =>
    new RegExp(UNSPACED.test(word) ? word : `(?<![\\p{L}\\p{N}])${word}(?![\\p{L}\\p{N}])`, "u")
  );
  return wanted && ((text) => {
    const folded = fold(text);
    return wanted.every((word) => word.test(folded));
  });
}

function fold(text: string): string {
  return text.normalize("NFKD").replaceAll(/\p{M}/gu, "").toLowerCase();
}
