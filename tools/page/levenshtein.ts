/**
 * In place of the library `fastest-levenshtein`: the page compares words too seldom for a fast algorithm.
 *
 * @module
 */

/**
 * Computes the edit distance of two words, by the algorithm of Wagner and Fischer.
 *
 * @param a a word
 * @param b another one
 * @returns how many letters to insert, remove or replace
 */
export function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (const letter of a) {
    const next = [row[0]! + 1];
    for (let i = 0; i < b.length; i++) {
      next.push(Math.min(row[i + 1]! + 1, next[i]! + 1, row[i]! + (letter === b[i] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length]!;
}
