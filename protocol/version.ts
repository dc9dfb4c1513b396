/**
 * The version of the program, read from `deno.json`, and of the protocol.
 *
 * @module
 */
import config from "../deno.json" with { type: "json" };

/** The version of this program. The hub sends it in its first 202, the client in its 102. */
export const VERSION: string = config.version;

/** The version of the protocol's extension. A hub offers it in its first 202. */
export const PROTOCOL_VERSION = 1;
