/**
 * The cache of Deno, for a process with another home folder: with an empty cache Deno compiles the program again and
 * downloads its packages.
 *
 * @module
 */

const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();

/** The folder of the cache: the value of `DENO_DIR`. */
export const DENO_DIR: string = JSON.parse(new TextDecoder().decode(stdout)).denoDir;
