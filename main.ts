/**
 * Entry point of RiftChat: runs the subcommand and exits with its status.
 *
 * @module
 */
import { run } from "./cli/mod.ts";

Deno.exit(await run(Deno.args));
