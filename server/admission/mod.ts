/**
 * server/admission
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
