/**
 * Opens the registry in a data folder, and sets a damaged one aside.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { openReplaceable, type ReplicatedDatabase } from "../sqlite/mod.ts";
import { KeyCodes } from "./key_codes.ts";
import { OwnedNames, type OwnedNamesOptions } from "./owned_names.ts";
import { type OwnedRoom, OwnedRooms, type PassedOn } from "./owned_rooms.ts";
import type { Owner } from "./owner.ts";
import { SCHEMA } from "./registry_schema.ts";
import { type RegistryChange, replicatedRegistry } from "./replicated_registry.ts";

/** The name of the database file. */
export const REGISTRY_FILE = "names.db";

/** Options of {@linkcode openRegistry}. */
export interface OpenRegistryOptions extends OwnedNamesOptions {
  /** The path of the data folder, which exists and only this process uses; `undefined` to keep all in memory. */
  folder: string | undefined;
  /** The time of day, in milliseconds since 1970. */
  now: number;
  /**
   * Reports something that the operator should know.
   *
   * @param text a sentence
   */
  report: (text: string) => void;
}

/** What happens when a name is freed. */
export interface Freeing {
  /**
   * Keeps what belongs to a name from whoever has it next.
   *
   * @param owner the owner of the name
   */
  detach(owner: Owner): void;
  /**
   * Deletes the stored messages of a room.
   *
   * @param room the room
   */
  erase(room: OwnedRoom): void;
  /**
   * Called when the rooms of the owner have other owners, or none.
   *
   * @param result what has become of them
   */
  passedOn?(result: PassedOn): void;
}

/** The names and rooms that belong to somebody. */
export class Registry {
  /** Which name belongs to whom. */
  readonly names: OwnedNames;
  /** Which room belongs to whom. */
  readonly rooms: OwnedRooms;
  /** The codes for further devices. */
  readonly codes: KeyCodes;
  /** Called with what other hubs of a cluster have changed, after it is stored. */
  changedElsewhere: ((changes: readonly RegistryChange[]) => void) | undefined;
  readonly #db: DatabaseSync;

  /**
   * Reads a database.
   *
   * @param db the database, of the newest version
   * @param options see {@linkcode OwnedNamesOptions}
   */
  constructor(db: DatabaseSync, options: OwnedNamesOptions) {
    this.#db = db;
    this.names = new OwnedNames(db, options);
    this.rooms = new OwnedRooms(db, this.names);
    this.codes = new KeyCodes(db, this.names);
  }

  /**
   * Frees a name, and passes on the rooms of its owner. What belongs to the name, and what only members may read in a
   * room without another member, is kept from others first: if that fails, the name stays with its owner.
   *
   * @param owner the owner
   * @param freeing see {@linkcode Freeing}
   * @throws what `freeing` throws, or the error of SQLite
   */
  free(owner: Owner, freeing: Freeing): void {
    freeing.detach(owner);
    for (const room of this.rooms.lonelyOf(owner)) {
      if (room.isPrivate || !room.wholeHistory) freeing.erase(room);
    }
    const result = this.rooms.passOn(owner);
    this.names.release(owner);
    freeing.passedOn?.(result);
  }

  /** The database, for a cluster, in which it is the same at all hubs. */
  get replicated(): ReplicatedDatabase {
    const changed = (changes: readonly RegistryChange[]) => this.changedElsewhere?.(changes);
    const { names, rooms, codes } = this;
    return replicatedRegistry({ db: this.#db, names, rooms, codes, changed });
  }

  /** Closes the database. */
  close(): void {
    this.#db.close();
  }
}

/**
 * Opens the registry in a data folder. A damaged one is renamed, and a new one started: then nobody owns anything.
 *
 * @param options see {@linkcode OpenRegistryOptions}
 * @returns the registry
 * @throws {RegistryError} if it has a newer version, belongs to another program or another user, or cannot be opened
 * for another reason than damage
 */
export function openRegistry(options: OpenRegistryOptions): Registry {
  const { folder, now, report } = options;
  const loss = "nobody owns a name until it is taken again";
  return openReplaceable(
    { folder, file: REGISTRY_FILE, schema: SCHEMA, content: "the owned names", loss, now, report },
    (db) => new Registry(db, options),
  );
}
