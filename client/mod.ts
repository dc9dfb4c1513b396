/**
 * The client: how a person, or a program through a pipe, takes part in a chat. The rooms below it, and what each is
 * for,
 * are in `docs/architecture.md`.
 *
 * May import: `cli`, `net`.
 *
 * @module
 */
export {
  type Address,
  AddressError,
  chooseAddress,
  type Connection,
  encryptTcp,
  environmentNamesHub,
  LinkError,
  type LinkErrorKind,
  type LinkErrorOptions,
  type TlsParameters,
} from "./net/mod.ts";
export {
  type IdentityCommand,
  identityCommand,
  type JoinCommand,
  joinCommand,
  loadFindRoute,
  loadPlainOutput,
  type PingCommand,
  pingCommand,
  type Route,
  type RouteOptions,
  type SayCommand,
  sayCommand,
  type TailCommand,
  tailCommand,
} from "./cli/mod.ts";
