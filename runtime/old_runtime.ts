/**
 * Recognizes a runtime whose `node:tls` takes no stream and shows no certificate.
 *
 * @module
 */

/** The first version of Deno whose `node:tls` does: major and minor. */
const FIRST_VERSION: readonly [major: number, minor: number] = [2, 9];

/**
 * Tells whether the `node:tls` of this runtime cannot be used.
 *
 * @returns whether it is older than Deno 2.9
 */
export function isOldRuntime(): boolean {
  const [major = 0, minor = 0] = Deno.version.deno.split(".").map(Number);
  return major < FIRST_VERSION[0] || major === FIRST_VERSION[0] && minor < FIRST_VERSION[1];
}
