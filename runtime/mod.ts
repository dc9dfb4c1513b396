/**
 * Small pieces that every other room may use: the clock, error messages of the system, host and port, writing a text.
 *
 * May import: nothing.
 *
 * - `clock`: time, handed in wherever it matters so that tests can turn it
 * - `host_port`: an address and a port, as people write them together
 * - `is_loopback`: loopback addresses
 * - `system_error`: error messages of the operating system, in words for people
 * - `time_limit`: a promise that resolves when a time has run out
 * - `write_text`: writing a whole text to a standard stream
 *
 * @module
 */
export { type Clock, systemClock, systemTimers, type TimedClock, type Timers } from "./clock.ts";
export { hostPort, splitHostPort } from "./host_port.ts";
export { isLoopback } from "./is_loopback.ts";
export { reasonOf } from "./system_error.ts";
export { writeText } from "./write_text.ts";
export { type TimeLimit, timeLimit } from "./time_limit.ts";
