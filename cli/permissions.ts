/**
 * The permissions that each subcommand needs. The executable has the permissions of all subcommands together, so each
 * one drops those that it does not need when it starts.
 *
 * @module
 */
import { openLibc } from "../runtime/mod.ts";

/** A kind of permission of Deno. `import`, to import from other hosts, is missing in the types of Deno. */
export type Permission = Deno.PermissionName | "import";

/** All kinds. */
const ALL: readonly Permission[] = ["run", "read", "write", "net", "env", "sys", "ffi", "import"];

/** The subcommands that use the C library. */
const USE_LIBC: ReadonlySet<string> = new Set(["serve", "tail", "log"]);

/** The options of a subcommand by name, as commander returns them. */
export type SubcommandOptions = Record<string, unknown>;

/**
 * The permissions by subcommand. A subcommand that is not listed (help, `completions`) needs none.
 *
 * - `serve`: the network, settings from environment and files, logs; with `--daemon` also running programs, to start a
 *   hub in the background and to send it signals.
 * - `join`, `say`, `tail`: the network, environment variables for the terminal, the config folder (`say` and `tail` use
 *   only the known hubs in it), the password file.
 * - `identity`: the config folder and files with keys; the network only for the socket of ssh-agent.
 * - `log`, `export`, `import`: the data folder, and the environment variables that name it.
 * - `ping`: the network, two environment variables, and the known hubs.
 * - `bench`: the network, environment variables for the terminal, the code of its workers, the password file.
 */
const NEEDS: Record<string, (options: SubcommandOptions) => readonly Permission[]> = {
  serve: (
    { daemon },
  ) => ["net", "read", "write", "env", "sys", ...daemon === undefined ? [] : ["run" as const]],
  join: chatPermissions,
  ping: () => ["net", "env", "read", "sys"],
  say: chatPermissions,
  tail: chatPermissions,
  identity: (
    { identity },
  ) => ["read", "write", "env", "sys", ...identity === undefined ? [] : ["net" as const]],
  // SQLite also writes when it only reads: to the shared memory of its readers.
  log: () => ["read", "write", "env", "sys"],
  export: () => ["read", "write", "env", "sys"],
  import: () => ["read", "write", "env", "sys"],
  bench: () => ["net", "env", "read"],
};

/** The permissions of `join`, `say` and `tail`. */
function chatPermissions({ config, passwordFile }: SubcommandOptions): readonly Permission[] {
  if (config !== false) return ["net", "env", "read", "write", "sys"];
  return ["net", "env", ...passwordFile === undefined ? [] : ["read" as const]];
}

/**
 * Returns the permissions that a subcommand needs.
 *
 * @param subcommand its name
 * @param options its options, such as `{ config: false }`
 * @returns the permissions to keep
 */
export function permissionsOf(subcommand: string, options: SubcommandOptions): readonly Permission[] {
  return Object.hasOwn(NEEDS, subcommand) ? NEEDS[subcommand]!(options) : [];
}

/**
 * Drops the permissions that a subcommand does not need. Before that it opens the C library, if the subcommand uses it.
 *
 * @param subcommand its name
 * @param options its options
 */
export function dropPermissionsFor(subcommand: string, options: SubcommandOptions): void {
  if (USE_LIBC.has(subcommand)) openLibc();
  dropPermissionsExcept(permissionsOf(subcommand, options));
}

/**
 * Drops all permissions of this process except some. This cannot be undone.
 *
 * @param kept the permissions to keep, as far as the process has them
 */
export function dropPermissionsExcept(kept: readonly Permission[]): void {
  for (const name of ALL) {
    if (!kept.includes(name)) Deno.permissions.revokeSync({ name: name as Deno.PermissionName });
  }
}
