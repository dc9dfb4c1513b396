/**
 * Puts the parts of a hub together, runs it, reloads its files and stops it.
 *
 * May import: `admission`, `cluster`, `control`, `daemon`, `fanout`, `history`, `hub`, `invites`, `log`, `metrics`,
 * `moderation`, `net`, `page`, `ports`, `registry`, `rest`, `sessions`, `settings`, `sqlite`, `tls`, `tokens`, `web`.
 *
 * - `background`: `riftchat serve --daemon`, and the process that it starts
 * - `history_manager`: connects a hub with its history, runs its maintenance, retries after disk errors
 * - `hub_parts`: loads message of the day, certificate, password, history and owned names
 * - `moderation_manager`: connects a hub with its moderation, reads the file of operators
 * - `registry_manager`: connects a hub with the owned names, frees those that are not used
 * - `reloads`: the parts that SIGHUP reloads
 * - `run`: runs a hub until a signal stops it
 * - `running_clock`: a clock that does not count the time in which the program is suspended
 * - `serve`: creates a hub that listens, and stops it
 * - `signals`: SIGINT and SIGTERM stop a hub, SIGHUP reloads its files
 * - `start`: the steps that start and stop a hub
 * - `start_error`: the error of a hub that cannot start
 * - `start_summary`: what a hub prints on a terminal after its first line
 * - `warm_up`: has the engine compile the hot code before the first client connects
 *
 * @module
 */

/** Loads `serve` in the foreground. */
export const loadRun = (): Promise<typeof import("./run.ts")> => import("./run.ts");

/** Loads `serve --daemon`. */
export const loadBackground = (): Promise<typeof import("./background.ts")> => import("./background.ts");

/** Loads a hub that runs inside the process of another program. */
export const loadServe = (): Promise<typeof import("./serve.ts")> => import("./serve.ts");
