/**
 * The output of `riftchat --version`.
 *
 * @module
 */
import config from "../deno.json" with { type: "json" };

/** The versions of RiftChat and Deno, and the target of the build. */
export const VERSION_LINE = `riftchat ${config.version} (deno ${Deno.version.deno}, ${Deno.build.target})`;
