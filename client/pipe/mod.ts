/**
 * client/pipe
 *
 * @module
 */
export { Pipe, type PipeEnd } from "./pipe.ts";
export { TailPrinter } from "./tail_printer.ts";
