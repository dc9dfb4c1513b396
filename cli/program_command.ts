/**
 * The type of the program, so that signatures name no package.
 *
 * @module
 */
import type { Command } from "commander";

/**
 * The program.
 *
 * @ignore it is a type of the package `commander`, which the doc lint would have documented here
 */
export type ProgramCommand = Command;
