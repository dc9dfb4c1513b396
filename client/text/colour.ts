/**
 * The colours of names.
 *
 * PURE. A name has one colour, the same on every machine and in upper and lower case. It comes from a short list of
 * colours that are readable on dark and light backgrounds, because a program cannot ask a terminal for its
 * background.
 *
 * @module
 */
import { nameKey } from "../../protocol/mod.ts";

/**
 * The styles that a terminal can show: `none`: no escape sequences at all; `mono`: bold, dim, underlined and
 * reversed text, but no colours; 16 or 256: that many colours too.
 */
export type Colours = "none" | "mono" | 16 | 256;

/**
 * The colours of names in a terminal with 256 colours, as numbers of the xterm palette. Each has a contrast of at
 * least 3.6 to black and to white (WCAG 2.1), so it is readable on both.
 */
export const NAME_COLOURS: readonly number[] = [130, 166, 100, 64, 28, 30, 32, 63, 98, 133, 164, 162];

/**
 * The colours of names in a terminal with 16 colours, as parameters of SGR: red, green, magenta and cyan. In most
 * palettes blue is not readable on black, and yellow is not readable on white.
 */
export const BASIC_NAME_COLOURS: readonly number[] = [31, 32, 35, 36];

/**
 * Returns the colour of a name in a terminal with 256 colours.
 *
 * @param name a name
 * @returns one of {@linkcode NAME_COLOURS}
 */
export function nameColour(name: string): number {
  return pick(NAME_COLOURS, name);
}

/**
 * Returns the colour of a name in a terminal with 16 colours.
 *
 * @param name a name
 * @returns one of {@linkcode BASIC_NAME_COLOURS}
 */
export function basicNameColour(name: string): number {
  return pick(BASIC_NAME_COLOURS, name);
}

function pick(colours: readonly number[], name: string): number {
  // FNV-1a distributes short texts well.
  let hash = 0x811c9dc5;
  for (const character of nameKey(name)) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  }
  return colours[hash % colours.length]!;
}
