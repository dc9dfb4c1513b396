/**
 * What `riftchat --version` prints.
 *
 * @module
 */
import config from "../deno.json" with { type: "json" };

/** The line: the version, what runs it and what it was built for. */
export const VERSION_LINE = `riftchat ${config.version} (deno ${Deno.version.deno}, ${Deno.build.target})`;
