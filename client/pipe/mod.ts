/**
 * The conversation line by line, for pipes and plain terminals, and the output of `tail`.
 *
 * May import: `commands`, `link`, `machine`, `model`, `net`, `render`, `text`.
 *
 * - `line_batcher`: lines that come together, made into one message
 * - `lines`: bytes that somebody types or pipes in, cut into lines of text
 * - `pipe`: the conversation line by line
 * - `piped_text`: bytes that a program writes into a pipe, as the lines that a person would have seen on a terminal
 * - `tail_printer`: what `riftchat tail` prints
 *
 * @module
 */
export { Pipe, type PipeEnd } from "./pipe.ts";
export { TailPrinter } from "./tail_printer.ts";
