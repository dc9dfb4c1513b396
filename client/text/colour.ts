/**
 * The colours of names.
 *
 * PURE. A name has one colour, the same on every machine and in whatever case it is written, chosen from a short list
 * of
 * colours that can be read on a dark background as well as on a light one: nobody can ask a terminal which it has.
 *
 * @module
 */
import { nameKey } from "../../protocol/mod.ts";

/**
 * What may be done with text: `none`: nothing, as no escape sequence is understood; `mono`: bold, dim, underlined and
 * reversed, but no colours; 16 or 256: so many colours too.
 */
export type Colours = "none" | "mono" | 16 | 256;

/**
 * The colours of names where there are 256, as numbers of the palette of xterm. Each has a contrast of at least 3.6 to
 * black and to white (WCAG 2.1), so that it can be read on either.
 */
export const NAME_COLOURS: readonly number[] = [130, 166, 100, 64, 28, 30, 32, 63, 98, 133, 164, 162];

/**
 * The colours of names where there are 16, as parameters of SGR: red, green, magenta and cyan. Blue cannot be read on
 * black in most palettes, nor yellow on white.
 */
export const BASIC_NAME_COLOURS: readonly number[] = [31, 32, 35, 36];

/**
 * Finds the colour of a name among 256.
 *
 * @param name a name
 * @returns one of {@linkcode NAME_COLOURS}
 */
export function nameColour(name: string): number {
  return pick(NAME_COLOURS, name);
}

/**
 * Finds the colour of a name among 16.
 *
 * @param name a name
 * @returns one of {@linkcode BASIC_NAME_COLOURS}
 */
export function basicNameColour(name: string): number {
  return pick(BASIC_NAME_COLOURS, name);
}

function pick(colours: readonly number[], name: string): number {
  // FNV-1a, which spreads short texts well.
  let hash = 0x811c9dc5;
  for (const character of nameKey(name)) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  }
  return colours[hash % colours.length]!;
}
