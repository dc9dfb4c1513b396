/**
 * The registry: names and rooms that belong to somebody, in an SQLite database of the data folder.
 *
 * The hub asks it who owns what, and records what changes. Owners are known by their keys; that a client has a key is
 * proved before.
 *
 * May import: `admission`, `control`, `sqlite`.
 *
 * - `code_hash`: the hash of a code
 * - `hub_identity`: the key of a hub
 * - `key_codes`: codes with which another device adds its key to a name
 * - `name_operator`: what an operator may do with names
 * - `name_ownership`: what clients may do with names
 * - `owned_names`: which name belongs to whom, with which keys
 * - `owned_rooms`: which room belongs to whom, its members and who may read it
 * - `owner`: the type for somebody who owns a name
 * - `registry`: opens both
 * - `registry_schema`: the tables of the database, and migrations
 * - `replicated_registry`: the tables that are the same at all hubs of a cluster
 * - `room_ownership`: what clients may do with rooms
 * - `store_change`: stores what a client wants to change
 *
 * @module
 */
export { hubIdentityOf, loadHubIdentity, offerHubIdentity, type ShareKey } from "./hub_identity.ts";
export { codeHash } from "./code_hash.ts";
export { KeyCodes } from "./key_codes.ts";
export { NameOperator, type NameOperatorDependencies } from "./name_operator.ts";
export {
  type HubIdentity,
  NameOwnership,
  type NameOwnershipDependencies,
  type NameUser,
} from "./name_ownership.ts";
export { type ClaimRefusal, type KeyRefusal, OwnedNames, type OwnedNamesOptions } from "./owned_names.ts";
export {
  type OwnedRoom,
  OwnedRooms,
  type PassedOn,
  type RoomChange,
  type RoomMember,
  type RoomRefresh,
} from "./owned_rooms.ts";
export { hasKey, type Owner, type OwnerKey } from "./owner.ts";
export { type Freeing, openRegistry, type OpenRegistryOptions, Registry, REGISTRY_FILE } from "./registry.ts";
export { RegistryError } from "./registry_schema.ts";
export type { RegistryChange } from "./replicated_registry.ts";
export { isGuarded, noSuchRoom, type RoomNews, RoomOwnership, type RoomUser } from "./room_ownership.ts";
export { cutOffRefusal, storeChange } from "./store_change.ts";
