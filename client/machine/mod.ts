/**
 * client/machine
 *
 * @module
 */
export { ExitStatus, exitStatusOf } from "./exit_status.ts";
export { Output, type Report } from "./output.ts";
export { type Machine, thisMachine } from "./machine.ts";
export { Terminal } from "./terminal.ts";
