/**
 * `TextLineStream` of `@std/streams` with types. The package on npm is JavaScript without types.
 *
 * @module
 */
import * as std from "@std/streams/text-line-stream";

/** Splits text into lines, at LF and CRLF; the last line needs no line ending. */
export const TextLineStream: new () => TransformStream<string, string> = std.TextLineStream;
