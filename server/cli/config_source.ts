/**
 * Reads the config file for the subcommands.
 *
 * @module
 */
import { type ConfigFile, ConfigurationError, loadConfigFile } from "../settings/mod.ts";
import { reasonOf } from "../../runtime/mod.ts";

/**
 * Reads and parses a config file.
 *
 * @param path its path; `-` for stdin
 * @returns the file
 * @throws {ConfigurationError} if it cannot be read or is invalid
 */
export async function readConfigFile(path: string): Promise<ConfigFile> {
  const [{ parseConfigFile }, { resolve }] = await Promise.all([
    loadConfigFile(),
    import("node:path"),
  ]);
  let bytes: Uint8Array;
  try {
    bytes = path === "-" ? await readStdin() : await Deno.readFile(path);
  } catch (error) {
    const which = path === "" ? '""' : path;
    throw new ConfigurationError(
      `Cannot read the config file ${which}: it must be a readable file, or - for stdin: ${reasonOf(error)}`,
    );
  }
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new ConfigurationError(
      `Cannot read the config file ${path}: it must be UTF-8`,
    );
  }
  return parseConfigFile(text, resolve(path));
}

async function readStdin(): Promise<Uint8Array> {
  return new Uint8Array(await new Response(Deno.stdin.readable).arrayBuffer());
}
