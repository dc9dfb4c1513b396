/**
 * UTF-8 as the keyboard sends it: decoding, and how many bytes of a character are missing.
 *
 * @module
 */

/**
 * Makes a decoder that keeps a byte order mark as a character.
 *
 * @returns the decoder
 */
export function newUtf8Decoder(): TextDecoder {
  return new TextDecoder("utf-8", { ignoreBOM: true });
}

const utf8 = newUtf8Decoder();

/**
 * Decodes typed text.
 *
 * @param bytes whole characters
 * @returns the text; invalid bytes and C1 control characters, which are not printable either, become U+FFFD
 */
export function decodeTyped(bytes: Uint8Array): string {
  return utf8.decode(bytes).replace(/[\x80-\x9f]/g, "\ufffd");
}

/**
 * Finds the length of a character.
 *
 * @param first its first byte
 * @returns its length in bytes; 1 also when no character begins with this byte
 */
export function characterLength(first: number): number {
  if (first >= 0xc2 && first <= 0xdf) return 2;
  if (first >= 0xe0 && first <= 0xef) return 3;
  return first >= 0xf0 && first <= 0xf4 ? 4 : 1;
}

/**
 * Finds an incomplete character at the end of some bytes.
 *
 * @param bytes the bytes
 * @returns the number of bytes that belong to it; 0 when the last character is complete
 */
export function incompleteLength(bytes: Uint8Array): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back]!;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return characterLength(byte) > back ? back : 0;
  }
  return 0;
}
