/**
 * In place of `runtime/system_error.ts`: a browser has no errors of the operating system, and no messages after the
 * name of a program.
 *
 * @module
 */

/** As in the module that this one replaces. */
export const reasonOf = (error: unknown): string => error instanceof Error ? error.message : String(error);

/** Changes nothing. */
export const afterPrefix = (message: string): string => message;
