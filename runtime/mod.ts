/**
 * runtime
 *
 * @module
 */
export { type Clock, systemClock, systemTimers, type TimedClock, type Timers } from "./clock.ts";
export { hostPort, splitHostPort } from "./host_port.ts";
export { isLoopback } from "./is_loopback.ts";
export { reasonOf } from "./system_error.ts";
export { writeText } from "./write_text.ts";
