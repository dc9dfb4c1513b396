/**
 * Which program this is, from the one place that says so: `deno.json`.
 *
 * @module
 */
import config from "../deno.json" with { type: "json" };

/** The version of this program, as in `deno.json`; the hub sends it in its first 202, the client in its 102. */
export const VERSION: string = config.version;

/** The version of the extension of the protocol; a hub offers it in its first 202. */
export const PROTOCOL_VERSION = 1;
