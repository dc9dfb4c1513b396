/**
 * The terminal, the standard streams, signals and the exit status: what the client needs of the machine.
 *
 * May import: `keyboard`, `net`, `text`.
 *
 * - `ask_secret`: asks for a password at the terminal, without showing what is typed
 * - `exit_status`: what `riftchat join` tells the shell when it ends
 * - `machine`: what the client needs of the machine, in one place, so that nothing below it reaches for the machine by itself
 * - `output`: the one writer of a stream of text, such as stdout
 * - `stdin`: reading from the terminal, where one reader may take over from another
 * - `terminal`: the terminal
 * - `typed_line`: a line that is typed at a terminal outside of the conversation, such as the answer to a question
 *
 * @module
 */
export { ExitStatus, exitStatusOf } from "./exit_status.ts";
export { Output, type Report } from "./output.ts";
export { type Machine, thisMachine } from "./machine.ts";
export { Terminal } from "./terminal.ts";
