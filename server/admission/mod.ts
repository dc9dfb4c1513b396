/**
 * Who may connect and how fast: addresses, rate limits, the password, the message of the day.
 *
 * May import: nothing.
 *
 * - `addresses`: how many connections one address may have at once and make in a minute
 * - `motd`: the message of the day
 * - `password`: the password of a hub, from its file, and who gave it
 * - `password_gate`: the gate of a hub with a password
 * - `rate_limiter`: how fast one client may ask
 *
 * @module
 */
export { Addresses, type AddressLimits, readNetwork } from "./addresses.ts";
export { MotdError, readMotd } from "./motd.ts";
export type { PasswordGate } from "./password_gate.ts";
export { costOf, type Rate, RateLimiter } from "./rate_limiter.ts";

/** Loads the password file, which only a hub with a password needs. */
export const loadPasswordFile = (): Promise<typeof import("./password.ts")> => import("./password.ts");

/** Loads the check of passwords, which only a hub with a password needs. */
export const loadPasswordGate = (): Promise<typeof import("./password_gate.ts")> =>
  import("./password_gate.ts");
