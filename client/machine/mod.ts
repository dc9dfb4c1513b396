/**
 * What the client uses of its machine: the terminal, the standard streams, signals and the exit status.
 *
 * May import: `keyboard`, `net`, `text`.
 *
 * - `ask_link`: asks for the link of an invite
 * - `ask_line`: asks for a line at the terminal, outside of the chat
 * - `ask_secret`: asks for a password at the terminal without showing it
 * - `exit_status`: the exit statuses of the client
 * - `machine`: the interface to the machine, and the implementation for this process
 * - `output`: a text stream with one writer and backpressure, such as stdout
 * - `stdin`: one shared read of stdin
 * - `terminal`: raw mode, keys, size and job control of the terminal
 * - `terminal_size`: the size of the terminal
 *
 * @module
 */
export { withLink } from "./ask_link.ts";
export { ExitStatus, exitStatusOf } from "./exit_status.ts";
export { Output, type Report } from "./output.ts";
export { type Machine, thisMachine } from "./machine.ts";
export { Terminal } from "./terminal.ts";
