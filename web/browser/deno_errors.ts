/**
 * Code that the page shares with the terminal asks whether an error is one of Deno's, such as `ConnectionRefused`. In a
 * browser no error is: each of these names gets a class without instances.
 *
 * @module
 */
class NeverThrown extends Error {}

const errors = new Proxy({}, { get: () => NeverThrown });
const globals = globalThis as { Deno?: unknown };
globals.Deno ??= { errors };
