/**
 * client/pipe
 *
 * @module
 */
export { Pipe, type PipeEnd } from "./pipe.ts";
export { Listening } from "./tail_printer.ts";
