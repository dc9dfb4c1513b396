/**
 * client/machine
 *
 * @module
 */
export { ExitStatus, exitStatusOf } from "./exit_status.ts";
export { Output, type Report } from "./output.ts";
export { type Ports, systemPorts } from "./ports.ts";
export { Terminal } from "./terminal.ts";
