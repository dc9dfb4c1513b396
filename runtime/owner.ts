/**
 * Checks to which user a file or folder belongs, before this program writes to it or trusts what is in it.
 *
 * Rules:
 * - A file or folder belongs to the user of this process or to root. Another user could read what is written, change
 *   what is read, or have put a link in its place, through which the process would overwrite a file of somebody else.
 * - Of a link, the link itself must belong to them. They may link to anything.
 * - Windows has other means, and no owner that can be read: there everything passes. So does a process that may not
 *   find out its own user (`--allow-sys=uid`).
 *
 * @module
 */

import { dirname } from "node:path";

const ROOT = 0;

/** A file or folder belongs to another user. */
export class OwnerError extends Error {
  /** As for any `Error`. */
  override readonly name = "OwnerError";
  /** To whom it must belong, to whom it belongs, and what to do, for the user. */
  readonly reason: string;

  /**
   * Makes an error.
   *
   * @param path the path of the file or folder
   * @param reason as {@linkcode OwnerError.reason}
   */
  constructor(path: string, reason: string) {
    super(`Cannot use ${path}: ${reason}`);
    this.reason = reason;
  }
}

/**
 * Checks that a folder belongs to the user of this process or to root; also what a link to it leads to.
 *
 * @param path the path of the folder
 * @returns facts about the folder; `undefined` if it does not exist
 * @throws {OwnerError} if it belongs to another user
 * @throws the error of the operating system if that cannot be found out
 */
export function checkFolderOwner(path: string): Deno.FileInfo | undefined {
  const self = ownUser();
  const advise = (owner: number) =>
    `run this program as that user (in a container: --user ${owner}), or, if you trust what is in it, run ` +
    `chown -R ${self} ${path}`;
  return check(path, Deno.lstatSync, self, advise) && check(path, Deno.statSync, self, advise);
}

/**
 * Checks that a file belongs to the user of this process or to root; a link itself, and not what it leads to.
 *
 * @param path the path of the file
 * @returns facts about the file or the link; `undefined` if it does not exist
 * @throws {OwnerError} if it belongs to another user
 * @throws the error of the operating system if that cannot be found out
 */
export function checkFileOwner(path: string): Deno.FileInfo | undefined {
  const self = ownUser();
  return check(
    path,
    Deno.lstatSync,
    self,
    () => `if you trust it, run chown -h ${self} ${path}, else remove it`,
  );
}

/**
 * Explains why this process may not write to a folder, where the reason is the owner of it, or of the folder in which
 * it would have to be created.
 *
 * @param folder the path of the folder
 * @param error the error of the operating system
 * @returns to whom it belongs and what to do, for the user; `undefined` if that is not the reason
 */
export function deniedByOwner(folder: string, error: unknown): string | undefined {
  const self = ownUser();
  if (!(error instanceof Deno.errors.PermissionDenied) || self === null) return undefined;
  const existing = nearestExisting(folder);
  if (existing === undefined || existing.uid === null || existing.uid === self) return undefined;
  const { path, uid } = existing;
  const create = path === folder ? "" : `mkdir -p ${folder} && `;
  return `${path} belongs to user ${uid}, and user ${self}, as whom this program runs, may not write to it; run ` +
    `${create}chown -R ${self} ${folder} as root, or run this program as user ${uid} (in a container: --user ${uid})`;
}

/** Returns the path of the folder, or of the nearest folder above it that exists, and its owner. */
function nearestExisting(folder: string): { path: string; uid: number | null } | undefined {
  for (let path = folder;; path = dirname(path)) {
    try {
      return { path, uid: Deno.statSync(path).uid };
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound) || path === dirname(path)) return undefined;
    }
  }
}

function check(
  path: string,
  stat: (path: string) => Deno.FileInfo,
  self: number | null,
  advise: (owner: number) => string,
): Deno.FileInfo | undefined {
  let found: Deno.FileInfo;
  try {
    found = stat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
  const { uid } = found;
  if (self === null || uid === null || uid === self || uid === ROOT) return found;
  const wanted = self === ROOT ? "user 0" : `user ${self} or root`;
  throw new OwnerError(path, `it must belong to ${wanted}: it belongs to user ${uid}; ${advise(uid)}`);
}

/** Returns the user of this process; `null` where that cannot be known. */
function ownUser(): number | null {
  // Without the permission the call would ask the user for it.
  if (Deno.permissions.querySync({ name: "sys", kind: "uid" }).state !== "granted") return null;
  return Deno.uid();
}
