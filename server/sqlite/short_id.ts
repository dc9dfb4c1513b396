/**
 * Ids of rows that people type.
 *
 * @module
 */

/** How many characters an id has. */
const CHARS = 6;

/** The characters of an id: none that looks like another. */
const ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789";

/**
 * Makes the id of a new row.
 *
 * @param random returns that many unpredictable random bytes
 * @param isTaken tells whether another row has an id
 * @returns an id that no other row has
 */
export function shortId(random: (count: number) => Uint8Array, isTaken: (id: string) => boolean): string {
  for (;;) {
    const id = Array.from(random(CHARS), (byte) => ALPHABET[byte % ALPHABET.length]).join("");
    if (!isTaken(id)) return id;
  }
}
