/**
 * The type of the program, so that signatures name no package.
 *
 * @module
 */
import type { Command } from "commander";

/**
 * The program.
 *
 * @ignore the type is from the package `commander`, and the doc lint would demand its documentation here
 */
export type ProgramCommand = Command;
