/**
 * In place of `node:path`: nothing in a browser has a path.
 *
 * @module
 */

/** Returns a path as it is. */
export const join = (path: string): string => path;

/** As {@linkcode join}. */
export const basename = join;

/** As {@linkcode join}. */
export const dirname = join;
