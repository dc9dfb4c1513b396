/**
 * serve
 *
 * @module
 */

/** Loads `serve` in the foreground. */
export const loadRun = (): Promise<typeof import("./run.ts")> => import("./run.ts");

/** Loads `serve --daemon`. */
export const loadBackground = (): Promise<typeof import("./background.ts")> => import("./background.ts");

/** Loads the hub alone, as it runs in the process of another program. */
export const loadServe = (): Promise<typeof import("./serve.ts")> => import("./serve.ts");
