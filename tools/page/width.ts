/**
 * In place of `client/text/width.ts`: letters in a browser differ in width.
 *
 * @module
 */

/** Returns the number of UTF-16 units. */
export const widthOf = (text: string): number => text.length;

/** As {@linkcode widthOf}. */
export const simpleWidth = widthOf;

/** There is no table of widths. */
export const widthsLoaded = (): boolean => true;
