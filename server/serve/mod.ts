/**
 * Puts the parts of a hub together, runs it, reloads it and stops it.
 *
 * May import: `admission`, `daemon`, `history`, `hub`, `log`, `metrics`, `net`, `settings`, `tls`.
 *
 * - `background`: `riftchat serve --daemon`, and the process that it leaves behind
 * - `history_keeper`: keeps a hub and its history together
 * - `reloads`: what a running hub reads anew when it is told to (SIGHUP)
 * - `run`: runs a hub in the foreground until a signal stops it
 * - `running_clock`: a clock that stands while the program does
 * - `serve`: puts the parts of a hub together, from listening to having told everyone good-bye
 * - `warm_up`: a rehearsal
 *
 * @module
 */

/** Loads `serve` in the foreground. */
export const loadRun = (): Promise<typeof import("./run.ts")> => import("./run.ts");

/** Loads `serve --daemon`. */
export const loadBackground = (): Promise<typeof import("./background.ts")> => import("./background.ts");

/** Loads the hub alone, as it runs in the process of another program. */
export const loadServe = (): Promise<typeof import("./serve.ts")> => import("./serve.ts");
