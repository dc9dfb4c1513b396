/**
 * The screen of the client: lays out the input in rows, and draws chat and input on the terminal.
 * It returns bytes and writes nothing itself.
 *
 * PURE: no `Deno`, timer, clock or randomness but what is handed in.
 *
 * May import: `editor`, `text`.
 *
 * - `ansi`: the control sequences that draw the input
 * - `input_layout`: the layout of the whole input, with the row and column of the cursor
 * - `line_layout`: the layout of one line of the input, computed lazily
 * - `pen`: writes the changed cells of rows, in the fewest bytes
 * - `reflow`: the position of the input after the terminal has changed its width
 * - `screen`: the chat and the input on one terminal
 *
 * @module
 */
export { reflowOf } from "./reflow.ts";
export { Screen } from "./screen.ts";
