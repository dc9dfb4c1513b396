/**
 * RiftChat: arguments, to a subcommand, to an exit status.
 *
 * @module
 */
import { run } from "./cli/mod.ts";

Deno.exit(await run(Deno.args));
