/**
 * Sessions, their names and their rooms: the state of a hub, without the requests that change it.
 *
 * PURE: no `Deno`, timer, clock or randomness except what is passed in.
 *
 * May import: `fanout`, `invites`, `registry`.
 *
 * - `big_rooms`: rooms with so many people that joins and leaves are not announced
 * - `names`: the names in use
 * - `newcomers`: sessions that are not announced yet
 * - `remote_people`: who is at the other hubs of a cluster
 * - `room`: one room and its log
 * - `rooms`: all rooms of a hub
 * - `session`: one client of the hub
 * - `slow_times`: when everybody has said something last in rooms with slow mode
 *
 * @module
 */
export { BigRooms, type BigRoomsOptions, type PresenceMessage } from "./big_rooms.ts";
export { type Claimant, Names } from "./names.ts";
export { Newcomers } from "./newcomers.ts";
export {
  type HubStart,
  type PeopleEvent,
  type PeopleNews,
  RemotePeople,
  type RemoteSession,
  type TakenName,
  type Taking,
} from "./remote_people.ts";
export { mailboxOf, MAIN_ROOM, Room } from "./room.ts";
export { type EmptyRoom, Rooms, type RoomsOptions } from "./rooms.ts";
export { type MemberRoom, type Membership, Session, type Transport, type UsedInvite } from "./session.ts";
export { SlowTimes } from "./slow_times.ts";
