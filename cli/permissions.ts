/**
 * What each subcommand may do: the executable has what any of them needs, so each gives up at its start what it does not.
 *
 * @module
 */

/** A kind of permission, as Deno names it; `import`, to import from other hosts, is not in its types. */
export type Permission = Deno.PermissionName | "import";

/** All that there are. */
const ALL: readonly Permission[] = ["run", "read", "write", "net", "env", "sys", "ffi", "import"];

/** A subcommand's options by their names, as commander has them. */
export type Asked = Record<string, unknown>;

/** What stays with a hub needs: the network, variables, a password, and the config folder unless it is told not to. */
function stays({ config, passwordFile }: Asked): readonly Permission[] {
  if (config !== false) return ["net", "env", "read", "write", "sys"];
  return ["net", "env", ...passwordFile === undefined ? [] : ["read" as const]];
}

/**
 * What each subcommand needs. One that is not here (help, `completions`) needs nothing.
 *
 * - `serve`: the network, settings from the environment and files, logs; other programs only to detach or signal a daemon.
 * - `join`: the network, the terminal's variables, the config folder.
 * - `tail`: the network and the terminal's variables, and which hubs are known, where it keeps what it learns of them.
 * - `log`, `export`, `import`: the data folder, and what says where it is.
 * - `ping`: the network and two variables, and which hubs are known.
 * - `bench`: the network, the terminal's variables, the file that its workers run.
 */
const NEEDS: Record<string, (asked: Asked) => readonly Permission[]> = {
  serve: (
    { daemon },
  ) => ["net", "read", "write", "env", "sys", ...daemon === undefined ? [] : ["run" as const]],
  join: stays,
  ping: () => ["net", "env", "read", "sys"],
  tail: stays,
  // SQLite needs to write for the memory that readers share, too.
  log: () => ["read", "write", "env", "sys"],
  export: () => ["read", "write", "env", "sys"],
  import: () => ["read", "write", "env", "sys"],
  bench: () => ["net", "env", "read"],
};

/**
 * Says what a subcommand needs.
 *
 * @param subcommand its name
 * @param asked its options, such as `{ config: false }`
 * @returns the permissions it is to keep
 */
export function permissionsOf(subcommand: string, asked: Asked): readonly Permission[] {
  return Object.hasOwn(NEEDS, subcommand) ? NEEDS[subcommand]!(asked) : [];
}

/**
 * Gives up all permissions of this process but some. There is no way back.
 *
 * @param kept what it is to keep, as far as it has it
 */
export function keepOnly(kept: readonly Permission[]): void {
  for (const name of ALL) {
    if (!kept.includes(name)) Deno.permissions.revokeSync({ name: name as Deno.PermissionName });
  }
}
