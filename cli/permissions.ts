/**
 * The permissions that each subcommand needs. The executable has the permissions of all subcommands together, so the
 * program drops those that the subcommand does not need.
 *
 * Rules: this happens twice. Before any package is loaded, even the one that parses the arguments, the program looks at
 * the name of the subcommand and at the options that need more ({@linkcode ADDING_OPTIONS}). When the arguments are
 * parsed, and before the code of the subcommand is loaded, the options decide exactly.
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

/** The options that need more permissions, by their names as commander returns them. */
const ADDING_OPTIONS: readonly string[] = ["daemon", "identity"];

/** The options of a subcommand by name, as commander returns them. */
export type SubcommandOptions = Record<string, unknown>;

/**
 * The permissions by subcommand. A subcommand that is not listed (help, `completions`) needs none.
 *
 * - `serve`: the network, settings from environment and files, logs; with `--daemon` also running programs, to start a
 *   hub in the background and to send it signals.
 * - `join`, `say`, `tail`: the network, environment variables for the terminal, the config folder (`say` and `tail` use
 *   only the known hubs and the key in it), the password file; with `--identity` the file of a key and the socket of
 *   ssh-agent, which needs `read` and `write`.
 * - `identity`: the config folder and files with keys; the network only for the socket of ssh-agent.
 * - `log`, `export`, `import`: the data folder, and the environment variables and the config file that name it.
 * - `name`, `invite`, `invites`, `revoke`, `token`, `op`, `audit`: the data folder, what names it, and the socket of a
 *   running hub.
 * - `cluster`: the network, the data folder, what names both, files of credentials and certificates.
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
  // The network only for the socket of a running hub.
  name: () => ["read", "write", "net", "env", "sys"],
  invite: () => ["read", "write", "net", "env", "sys"],
  invites: () => ["read", "write", "net", "env", "sys"],
  revoke: () => ["read", "write", "net", "env", "sys"],
  token: () => ["read", "write", "net", "env", "sys"],
  op: () => ["read", "write", "net", "env", "sys"],
  audit: () => ["read", "write", "net", "env", "sys"],
  cluster: () => ["read", "write", "net", "env", "sys"],
  bench: () => ["net", "env", "read"],
};

/** The permissions of `join`, `say` and `tail`. */
function chatPermissions({ config, identity, passwordFile }: SubcommandOptions): readonly Permission[] {
  if (config !== false) return ["net", "env", "read", "write", "sys"];
  if (typeof identity === "string") return ["net", "env", "read", "write"];
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
 * Returns the permissions that arguments may need which are not parsed yet.
 *
 * @param args the arguments of the program
 * @returns the permissions to keep until they are parsed: what the subcommand needs, and what those of
 * {@linkcode ADDING_OPTIONS} add that are among the arguments
 */
export function permissionsOfArguments(args: readonly string[]): readonly Permission[] {
  const [subcommand = "", ...others] = args;
  // Only an argument directly after the subcommand is certainly no value of an option.
  if (others[0] === "--help" || others[0] === "-h") return [];
  const given = ADDING_OPTIONS.filter((name) =>
    others.some((arg) => arg === `--${name}` || arg.startsWith(`--${name}=`))
  );
  return permissionsOf(subcommand, Object.fromEntries(given.map((name) => [name, true])));
}

/**
 * Drops the permissions that the arguments do not need. Before that it opens the C library, if the subcommand uses it.
 * No package may be loaded before this.
 *
 * @param args the arguments of the program
 */
export function dropPermissionsBeforeParsing(args: readonly string[]): void {
  if (USE_LIBC.has(args[0] ?? "")) openLibc();
  dropPermissionsExcept(permissionsOfArguments(args));
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
