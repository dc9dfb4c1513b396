/**
 * The type of a logger, so that the signatures of the program name no package.
 *
 * @module
 */
import type * as logtape from "@logtape/logtape";

/**
 * Takes log records, such as `log.info("{id} connected", { id })`.
 *
 * @ignore it is a type of the package `@logtape/logtape`, which the doc lint would have documented here
 */
export type Logger = logtape.Logger;
