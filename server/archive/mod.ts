/**
 * archive
 *
 * @module
 */

/** Loads `log`. */
export const loadLog = (): Promise<typeof import("./log.ts")> => import("./log.ts");

/** Loads the reader of times and the text of `log`. */
export const loadLogText = (): Promise<typeof import("./log_text.ts")> => import("./log_text.ts");

/** Loads `export` and `import`. */
export const loadExport = (): Promise<typeof import("./export.ts")> => import("./export.ts");
