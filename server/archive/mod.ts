/**
 * The subcommands `log`, `export`, `import`, `name`, `op` and `audit`, which read and write a data folder without a
 * running hub, or next to one.
 *
 * May import: `control`, `history`, `moderation`, `offline`, `registry`, `words`.
 *
 * - `audit`: `riftchat audit`
 * - `export`: `riftchat export` and `riftchat import`
 * - `import_check`: what of an import a hub would delete again
 * - `log`: `riftchat log`
 * - `log_text`: reads `--since` and formats messages
 * - `names`: `riftchat name`
 * - `operators`: `riftchat op`
 * - `reader`: reads a history, page by page
 * - `record`: the records of an export
 * - `record_reader`: parses and checks an export
 * - `streams`: reads stdin, writes stdout and shows the progress
 * - `writer`: writes a history into an empty data folder
 *
 * @module
 */

export type { Keep } from "./import_check.ts";
export type { TerminalOutput } from "./log.ts";

/** Loads `log`. */
export const loadLog = (): Promise<typeof import("./log.ts")> => import("./log.ts");

/** Loads the reader of `--since`. */
export const loadLogText = (): Promise<typeof import("./log_text.ts")> => import("./log_text.ts");

/** Loads the reader of a history. */
export const loadArchiveReader = (): Promise<typeof import("./reader.ts")> => import("./reader.ts");

/** Loads `export` and `import`. */
export const loadExport = (): Promise<typeof import("./export.ts")> => import("./export.ts");

/** Loads `name`. */
export const loadNames = (): Promise<typeof import("./names.ts")> => import("./names.ts");

/** Loads `op`. */
export const loadOperatorCommand = (): Promise<typeof import("./operators.ts")> => import("./operators.ts");

/** Loads `audit`. */
export const loadAudit = (): Promise<typeof import("./audit.ts")> => import("./audit.ts");
