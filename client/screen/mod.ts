/**
 * Rows to the bytes that a terminal needs to show them.
 *
 * PURE: no `Deno`, timer, clock or randomness but what is handed in.
 *
 * May import: `editor`, `text`.
 *
 * - `ansi`: the few control sequences with which the input is drawn, as text
 * - `input_layout`: the input laid out for a width
 * - `line_layout`: one line of the input broken into rows of cells, as far as anyone asks, and using again what is known of a line that begins the same
 * - `pen`: brings rows of the input from what the terminal shows to what it is to show, with the fewest bytes
 * - `reflow`: where the input is after the terminal has changed its width
 * - `screen`: what is on the terminal
 *
 * @module
 */
export { reflowOf } from "./reflow.ts";
export { Screen } from "./screen.ts";
