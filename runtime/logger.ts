/**
 * The type of a logger, so that the signatures of the program name no package.
 *
 * @module
 */
import type * as logtape from "@logtape/logtape";

/**
 * Takes log records, such as `log.info("{id} connected", { id })`.
 *
 * @ignore the type is from the package `@logtape/logtape`, and the doc lint would demand its documentation here
 */
export type Logger = logtape.Logger;
