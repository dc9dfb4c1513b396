/**
 * Splits text into graphemes or words with the tables of Unicode.
 *
 * PURE. The tables are loaded at the first use, which most texts never need. Loading takes some 20 ms, a fifth of
 * the time until the prompt shows.
 *
 * @module
 */

let graphemes: Intl.Segmenter | undefined;
let words: Intl.Segmenter | undefined;

/**
 * Splits a text into graphemes.
 *
 * @param text any text
 * @returns the graphemes, each with its index
 */
export function graphemesOf(text: string): Intl.Segments {
  return (graphemes ??= new Intl.Segmenter("und", { granularity: "grapheme" })).segment(text);
}

/**
 * Splits a text into words, also in scripts without spaces between words.
 *
 * @param text any text
 * @returns the words and the text between them, each with its index
 */
export function wordsOf(text: string): Intl.Segments {
  return (words ??= new Intl.Segmenter("und", { granularity: "word" })).segment(text);
}
