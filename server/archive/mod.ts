/**
 * Reading the history beside the hub: `log`, `export` and `import`.
 *
 * May import: `history`.
 *
 * - `export`: `riftchat export` and `riftchat import`
 * - `log`: `riftchat log`
 * - `log_text`: what `riftchat log` is asked for and shows, as text
 * - `reader`: reads what a hub keeps, beside the hub or while none runs, page by page
 * - `record`: a history as lines of JSON, as `export` writes and `import` reads it
 * - `streams`: how the subcommands of the archive read lines, write text and show how far they are
 * - `writer`: writes a whole history into an empty data folder
 *
 * @module
 */

/** Loads `log`. */
export const loadLog = (): Promise<typeof import("./log.ts")> => import("./log.ts");

/** Loads the reader of times and the text of `log`. */
export const loadLogText = (): Promise<typeof import("./log_text.ts")> => import("./log_text.ts");

/** Loads `export` and `import`. */
export const loadExport = (): Promise<typeof import("./export.ts")> => import("./export.ts");
