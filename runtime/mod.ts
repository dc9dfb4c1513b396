/**
 * Small modules that every room may use: clock, durations, system errors, host and port, writing text to a stream.
 *
 * May import: nothing.
 *
 * - `clock`: the clock and timers, which tests can replace
 * - `error_text`: formats error messages for people
 * - `duration`: parses durations, such as `90s`, `5m` or `2h`
 * - `host_port`: formats and parses HOST:PORT
 * - `is_loopback`: recognizes loopback addresses
 * - `libc`: functions of the C library: whether a reader has gone, how many files may be open, sockets
 * - `logger`: the type of a logger
 * - `owner`: checks to which user files and folders belong
 * - `old_runtime`: recognizes a runtime that lacks a part of TLS
 * - `sanitize`: makes untrusted text safe to print
 * - `service_link`: recognizes variables that Kubernetes sets
 * - `system_error`: readable messages for errors of the operating system
 * - `time_limit`: a promise that resolves after a time
 * - `whole_file`: replaces and creates files that are complete at every moment
 * - `write_text`: writes a whole text to a standard stream
 *
 * @module
 */
export { type Clock, systemClock, systemTimers, type TimedClock, type Timer, type Timers } from "./clock.ts";
export { errorText, withoutInvites } from "./error_text.ts";
export { DurationError, parseDuration, readSpan } from "./duration.ts";
export { hostPort, splitHostPort } from "./host_port.ts";
export { isLoopback } from "./is_loopback.ts";
export { allowedDescriptors, openLibc, readerGone, type SocketFunctions, socketFunctions } from "./libc.ts";
export type { Logger } from "./logger.ts";
export { checkFileOwner, checkFolderOwner, deniedByOwner, OwnerError } from "./owner.ts";
export { isOldRuntime } from "./old_runtime.ts";
export { sanitize, sanitizeLines, sanitizeName } from "./sanitize.ts";
export { isServiceLink } from "./service_link.ts";
export { afterPrefix, reasonOf } from "./system_error.ts";
export { createWhole, exists, openLocked, PRIVATE_FILE_MODE, replace, writeAll } from "./whole_file.ts";
export { writeText } from "./write_text.ts";
export { type TimeLimit, timeLimit } from "./time_limit.ts";
