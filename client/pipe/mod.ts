/**
 * The chat line by line, for pipes and plain terminals, and the output of `tail`.
 *
 * May import: `catch_up`, `changes`, `commands`, `link`, `machine`, `messages`, `model`, `moderation`, `names`,
 * `net`, `render`, `text`.
 *
 * - `input_reader`: reads stdin as lines, typed or piped
 * - `json_input`: parses lines of JSON as messages
 * - `line_batcher`: makes one message of lines that arrive together
 * - `lines`: splits typed bytes into lines
 * - `message_record`: messages of the hub as JSON records
 * - `pipe`: sends lines and prints messages
 * - `piped_text`: turns the output of a program into lines, as a terminal would show them
 * - `plain_lines`: formats lines, and says once why letters are shown as escapes
 * - `printed_lines`: the last messages that were printed, for the commands about messages
 * - `room_feed`: the messages of some rooms, without a gap over any number of links
 * - `room_names`: puts the parts of a list of names together
 * - `tail_printer`: the output of `riftchat tail`
 * - `unsent_lines`: counts the lines that were not sent
 * - `word_match`: finds words in a text
 *
 * @module
 */
export { discardInput } from "./input_reader.ts";
export { type GivenUp, Pipe, type PipeEnd } from "./pipe.ts";
export { PlainLines } from "./plain_lines.ts";
export { TailPrinter } from "./tail_printer.ts";
export { wordMatcher } from "./word_match.ts";
