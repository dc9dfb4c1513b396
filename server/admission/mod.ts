/**
 * Who may connect, and how fast: limits for addresses, rate limits, the password, the message of the day.
 *
 * May import: nothing.
 *
 * - `addresses`: limits how many connections one address and its networks may have
 * - `log_limit`: limits the lines of the log that clients cause
 * - `motd`: reads the message of the day
 * - `password`: reads the password of a hub and checks passwords
 * - `password_gate`: limits how often an address, a network and all together may guess the password
 * - `rate_limiter`: limits how fast one client may send requests
 *
 * @module
 */
export {
  Addresses,
  type AddressLimits,
  addressOf,
  isLoopback,
  isWithinAny,
  type Network,
  readAddress,
  readNetwork,
  siteOf,
} from "./addresses.ts";
export { type LineKind, LogLimit, type LogLimitDependencies } from "./log_limit.ts";
export { MotdError, readMotd } from "./motd.ts";
export type { Guess, GuessGate, PasswordGate } from "./password_gate.ts";
export { costOf, costOfHistory, costOfSearch, type Rate, RateLimiter } from "./rate_limiter.ts";

/** Loads the reader of the password file, which only a hub with a password needs. */
export const loadPasswordFile = (): Promise<typeof import("./password.ts")> => import("./password.ts");

/** Loads the gates for passwords and invites, which only a hub that has them needs. */
export const loadPasswordGate = (): Promise<typeof import("./password_gate.ts")> =>
  import("./password_gate.ts");
