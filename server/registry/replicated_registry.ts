/**
 * The registry in a cluster: which of its tables are the same at all hubs, and what changes in memory when another hub
 * has changed them.
 *
 * Rules: a name is known at all hubs by its key, so that of two owners of a name one remains. A room counts only while
 * its owner is known, and a membership only while the room and the member are: rows may come in another order than they
 * were written in, and some are left when a name was claimed at two hubs at once.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { nameKey } from "../../protocol/mod.ts";
import type { ReplicatedChange, ReplicatedDatabase, RowTree } from "../sqlite/mod.ts";
import type { KeyCodes } from "./key_codes.ts";
import type { OwnedNames } from "./owned_names.ts";
import type { OwnedRoom, OwnedRooms, RoomRefresh } from "./owned_rooms.ts";
import type { Owner } from "./owner.ts";

/** What another hub of a cluster has changed, after it is stored and in memory. */
export type RegistryChange =
  /** Somebody owns a name, or has other keys; `added` are those that are new, if the owner is not. */
  | { readonly what: "owner"; readonly owner: Owner; readonly added: readonly string[] }
  /** Somebody owns a name no longer. */
  | { readonly what: "freed"; readonly owner: Owner }
  /** A room belongs to somebody, is another one than before, or belongs to nobody now. */
  | ({ readonly what: "room" } & RoomRefresh)
  /** Somebody is a member of a room, or is none any longer. */
  | { readonly what: "member"; readonly room: OwnedRoom; readonly member: Owner; readonly isMember: boolean };

/** The parts of a registry. */
export interface RegistryParts {
  /** The database. */
  db: DatabaseSync;
  /** Its names. */
  names: OwnedNames;
  /** Its rooms. */
  rooms: OwnedRooms;
  /** Its codes for further devices. */
  codes: KeyCodes;
  /**
   * Called with what other hubs have changed.
   *
   * @param changes the changes, in their order
   */
  changed: (changes: readonly RegistryChange[]) => void;
}

/**
 * Describes the database of a registry for replication.
 *
 * @param parts see {@linkcode RegistryParts}
 * @returns the database
 */
export function replicatedRegistry({ db, names, rooms, codes, changed }: RegistryParts): ReplicatedDatabase {
  return {
    name: "names",
    db,
    tables: [
      {
        name: "owners",
        key: ["id"],
        identity: ({ name }) => nameKey(String(name)),
        parts: { keys: "owner" },
        lazy: ["last_used", "name"],
      },
      { name: "rooms", key: ["key"], dependent: true },
      { name: "members", key: ["room", "owner"], dependent: true },
      { name: "codes", key: ["owner"] },
      { name: "used_codes", key: ["hash"], traceless: true },
    ],
    useIds(ids) {
      names.ids = ids;
      codes.share();
      db.exec("CREATE INDEX IF NOT EXISTS replica_rooms_of ON rooms (owner)");
      db.exec("CREATE INDEX IF NOT EXISTS replica_members_of ON members (owner)");
    },
    taken(changes) {
      const found = changes.flatMap((change) => [...changesOf(change, names, rooms)]);
      for (const change of changes) if (CODE_TABLES.has(change.table)) codes.taken(change);
      if (changes.some(({ table }) => table === "owners")) names.changedElsewhere?.();
      changed(found);
    },
    confirmed: (table, id) => codes.confirmed(table, id),
    cutOff: (isCutOff) => codes.cutOff(isCutOff),
    ownerIds: () => db.prepare("SELECT id FROM owners").all().map(({ id }) => Number(id)),
    renumber(owners) {
      codes.forgetAll();
      for (const [table, column] of OWNER_COLUMNS) {
        const update = db.prepare(`UPDATE ${table} SET ${column} = ? WHERE ${column} = ?`);
        for (const [old, id] of owners) update.run(id, old);
      }
    },
    moveOwner(from, to) {
      for (const table of ["rooms", "members"]) {
        if (to === undefined) db.prepare(`DELETE FROM ${table} WHERE owner = ?`).run(from);
        else db.prepare(`UPDATE OR REPLACE ${table} SET owner = ? WHERE owner = ?`).run(to, from);
      }
    },
  };
}

/** The tables of codes. */
const CODE_TABLES: ReadonlySet<string> = new Set(["codes", "used_codes"]);

/** Columns with the id of an owner, by table. */
const OWNER_COLUMNS = [["owners", "id"], ["keys", "owner"], ["rooms", "owner"], [
  "members",
  "owner",
]] as const;

function* changesOf(
  { table, before, after }: ReplicatedChange,
  names: OwnedNames,
  rooms: OwnedRooms,
): Generator<RegistryChange> {
  const rows = after === undefined ? before : [...before, after];
  const values = (column: string) => new Set(rows.map(({ row }: RowTree) => row[column]));
  if (table === "owners") {
    // Those who have lost the name come before the one who has it.
    for (const id of values("id")) yield* ownerChanges(Number(id), names, rooms);
  } else if (table === "rooms") {
    for (const key of values("key")) {
      const found = rooms.refresh(String(key));
      if (found !== undefined) yield { what: "room", ...found };
    }
  } else if (table === "members") {
    for (const { row: { room, owner } } of rows.slice(0, 1)) {
      const found = rooms.refreshMember(String(room), Number(owner));
      if (found !== undefined) yield { what: "member", ...found };
    }
  }
}

function* ownerChanges(id: number, names: OwnedNames, rooms: OwnedRooms): Generator<RegistryChange> {
  const found = names.refresh(id);
  if (found === undefined) return;
  const { owner, now, added } = found;
  if (now === "used") return;
  if (now !== "gone") yield { what: "owner", owner, added };
  if (now === "changed") return;
  const { owned, joined } = rooms.storedOf(id);
  for (const key of owned) {
    const room = rooms.refresh(key);
    if (room !== undefined) yield { what: "room", ...room };
  }
  for (const key of joined) {
    const member = rooms.refreshMember(key, id);
    if (member !== undefined) yield { what: "member", ...member };
  }
  if (now === "gone") yield { what: "freed", owner };
}
