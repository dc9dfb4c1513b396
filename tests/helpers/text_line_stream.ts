/**
 * `TextLineStream` of `@std/streams`, typed: the package reaches npm as JavaScript without types.
 *
 * @module
 */
import * as std from "@std/streams/text-line-stream";

/** Cuts text into lines, at LF and CRLF; the last line needs no end. */
export const TextLineStream: new () => TransformStream<string, string> = std.TextLineStream;
