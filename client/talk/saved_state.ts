/**
 * The state that a conversation on a terminal stores between runs: preferences, input history, read markers, and the
 * name and the rooms of each hub.
 *
 * Rules:
 * - A change of a preference, a name or a room and a submitted input are written at once.
 * - Read markers are written at most {@linkcode SAVE_DELAY_MS} after a message, and at the end. Only a hub with a
 *   history gets any: without one the message numbers start again when the hub does.
 * - Writes run one after the other, in the order of the calls.
 * - A file that cannot be read or written does not stop the conversation. It is reported once, not for each file and
 *   each try.
 * - One bad byte costs its entry, not the file.
 *
 * It is long because all files are written in one order.
 *
 * @module
 */
import {
  ConfigError,
  type ConfigFolder,
  findConfigFolder,
  HISTORY_FILE,
  loadPreferencesFile,
  NO_CONFIG_FOLDER,
  type Preferences,
  type PreferencesFile,
} from "../config/mod.ts";
import { compactHistory, isStorable, parseHistory, serializeEntry } from "../editor/mod.ts";
import {
  addReadMarkers,
  type ChatBuffer,
  parseReadMarkers,
  parseRememberedHub,
  READ_MARKERS_FILE,
  type ReadMarker,
  readMarkerKey,
  type ReadMarkers,
  REMEMBERED_HUBS_FILE,
  type RememberedChange,
  type RememberedHub,
  rememberHub,
  type Target,
} from "../model/mod.ts";
import type { TimedClock } from "../../runtime/mod.ts";

/** How long a read marker waits before it is written, in milliseconds: a kill loses at most this. */
const SAVE_DELAY_MS = 5000;

/** The read options of files with many entries: a damaged entry must not cost the others. */
const LENIENT = { lenient: true };

/** The stored state, as it was read at the start. */
export interface StoredState {
  /** The config folder. */
  readonly folder: ConfigFolder;
  /** The preferences file. */
  readonly file: PreferencesFile;
  /** The preferences. */
  readonly preferences: Preferences;
  /** The input history, oldest first. */
  readonly history: readonly string[];
  /** The read markers of this hub. */
  readonly readMarkers: ReadMarkers;
  /** The name and the rooms of this hub. */
  readonly remembered: RememberedHub;
  /** What could not be read, in lines for the user. */
  readonly problems: readonly string[];
}

/** Options of a {@linkcode SavedState}. */
export interface SavedStateOptions {
  /** The address of the hub, as the read markers are stored under it. */
  hub: string;
  /** Measures the delay before a write. */
  clock: TimedClock;
  /** Returns the open buffers. */
  buffers: () => readonly ChatBuffer[];
  /** Returns the current buffer. */
  current: () => ChatBuffer;
  /** Shows a notice to the user. */
  note: (text: string) => void;
  /** Shows an error to the user. */
  error: (message: string) => void;
}

/**
 * Reads the stored state.
 *
 * @param hub the address of the hub
 * @param useFolder whether to use the config folder; without it nothing is read, and later nothing is written
 * @returns the state; defaults for each file that cannot be read
 */
export async function loadState(hub: string, useFolder: boolean): Promise<StoredState> {
  const problems: string[] = [];
  const reasons = new Set<string>();
  const orElse = async <T>(promise: Promise<T>, fallback: T): Promise<T> => {
    try {
      return await promise;
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      // A folder that cannot be read is one problem, and not one for each file.
      if (!reasons.has(error.reason)) problems.push(error.message);
      reasons.add(error.reason);
      return fallback;
    }
  };
  const folder = useFolder ? await orElse(findConfigFolder(), NO_CONFIG_FOLDER) : NO_CONFIG_FOLDER;
  const { PreferencesFile } = await loadPreferencesFile();
  const file = new PreferencesFile(folder);
  const [{ preferences, problem }, history, readMarkers, hubs] = await Promise.all([
    file.load(),
    orElse(folder.read(HISTORY_FILE, LENIENT), undefined),
    orElse(folder.read(READ_MARKERS_FILE, LENIENT), undefined),
    orElse(folder.read(REMEMBERED_HUBS_FILE, LENIENT), undefined),
  ]);
  if (problem !== undefined && ![...reasons].some((reason) => problem.endsWith(`: ${reason}`))) {
    problems.push(problem);
  }
  if (history !== undefined && compactHistory(history) !== undefined) {
    await orElse(folder.rewrite(HISTORY_FILE, compactHistory, LENIENT), undefined);
  }
  return {
    folder,
    file,
    preferences,
    history: parseHistory(history ?? ""),
    readMarkers: parseReadMarkers(readMarkers ?? "", hub),
    remembered: parseRememberedHub(hubs ?? "", hub),
    problems,
  };
}

/** Writes the state of one conversation. */
export class SavedState {
  readonly #options: SavedStateOptions;
  readonly #folder: ConfigFolder;
  readonly #file: PreferencesFile;
  /** Read markers by key. Those of open buffers are older than the buffers until {@linkcode SavedState.noteRead}. */
  readonly #readMarkers: Map<string, ReadMarker>;
  /** The epoch of the hub's history. */
  #epoch: string | undefined;
  /** Whether read markers are stored. */
  #storesReadMarkers = false;
  /** Whether the name and the rooms can be written. */
  #canRemember = true;
  /** Whether the input history can be written. */
  #canWriteHistory = true;
  /** What has failed and is reported, as {@linkcode ConfigError.failed}. */
  readonly #reported = new Set<string>();
  /** The last of the writes, which run one after the other. */
  #lastWrite: Promise<void> = Promise.resolve();
  #cancelSave: (() => void) | undefined;

  /**
   * Writes nothing yet.
   *
   * @param stored the state that was read at the start
   * @param options see {@linkcode SavedStateOptions}
   */
  constructor(stored: StoredState, options: SavedStateOptions) {
    this.#options = options;
    this.#folder = stored.folder;
    this.#file = stored.file;
    this.#readMarkers = new Map(stored.readMarkers);
    if (stored.problems.length > 0) this.#reported.add("Cannot read");
  }

  /**
   * Sets whether read markers are stored: only if the hub stores a history.
   *
   * @param hubHasHistory whether the hub stores a history
   * @param epoch the epoch of that history, if the hub tells it
   */
  setHubHasHistory(hubHasHistory: boolean, epoch?: string): void {
    this.#storesReadMarkers = hubHasHistory;
    this.#epoch = epoch;
  }

  /**
   * Handles that the hub has other messages of a target after some number.
   *
   * @param target a room or person
   * @param sequence the last number that is the same
   */
  forgetAfter(target: Target, sequence: number): void {
    const key = readMarkerKey(target);
    const marker = this.#readMarkers.get(key ?? "");
    if (key === undefined || marker === undefined || marker.sequence <= sequence) return;
    this.#readMarkers.set(key, { ...marker, ...this.#inEpoch, sequence });
  }

  get #inEpoch(): { epoch?: string } {
    return this.#epoch === undefined ? {} : { epoch: this.#epoch };
  }

  /**
   * Finds the stored read marker of a target.
   *
   * @param target a room or person
   * @returns its marker; `undefined` if there is none
   */
  readMarkerOf(target: Target): ReadMarker | undefined {
    return this.#readMarkers.get(readMarkerKey(target) ?? "");
  }

  /**
   * Writes preferences.
   *
   * @param changes the changed preferences
   */
  savePreferences(changes: Partial<Preferences>): void {
    this.#enqueue(async () => {
      const aside = await this.#file.save(changes);
      if (aside !== undefined) {
        this.#options.note(`the preferences file that could not be read is now ${aside}`);
      }
    });
  }

  /**
   * Appends an input to the input history, if it is not too long. If that fails, it is not tried again.
   *
   * @param text what the user submitted
   */
  appendHistory(text: string): void {
    if (!isStorable(text)) return;
    this.#enqueue(async () => {
      if (!this.#canWriteHistory) return;
      try {
        await this.#folder.append(HISTORY_FILE, serializeEntry(text));
      } catch (error) {
        this.#canWriteHistory = false;
        throw error;
      }
    });
  }

  /**
   * Writes a change of what is remembered of the hub. If that fails, it is not tried again.
   *
   * @param change the change
   */
  remember(change: RememberedChange): void {
    const now = this.#options.clock.wall();
    this.#enqueue(async () => {
      if (!this.#canRemember) return;
      try {
        await this.#change(REMEMBERED_HUBS_FILE, (text) => rememberHub(text, this.#options.hub, change, now));
      } catch (error) {
        this.#canRemember = false;
        throw error;
      }
    });
  }

  /**
   * Takes the read markers of buffers over. They are written with the next save.
   *
   * @param buffers open buffers, or one that is about to be closed
   */
  noteRead(buffers: readonly ChatBuffer[]): void {
    const { clock, current } = this.#options;
    for (const buffer of buffers) {
      const key = readMarkerKey(buffer);
      const { readMarker } = buffer;
      if (key === undefined || readMarker === undefined) continue;
      const at = buffer === current() ? clock.wall() : readMarker.at;
      this.#readMarkers.set(key, { ...readMarker, at, ...this.#inEpoch });
    }
  }

  /** Writes the read markers soon, so that they are stored even if the client is killed. */
  saveReadMarkersSoon(): void {
    if (!this.#storesReadMarkers) return;
    this.#cancelSave ??= this.#options.clock.after(SAVE_DELAY_MS, () => this.saveReadMarkers());
  }

  /** Writes the read markers now. */
  saveReadMarkers(): void {
    this.cancelSave();
    if (!this.#storesReadMarkers) return;
    this.noteRead(this.#options.buffers());
    if (this.#readMarkers.size === 0) return;
    this.#enqueue(() =>
      this.#change(READ_MARKERS_FILE, (text) => addReadMarkers(text, this.#options.hub, this.#readMarkers))
    );
  }

  /** Cancels the delayed write, so that no timer is left. */
  cancelSave(): void {
    this.#cancelSave?.();
    this.#cancelSave = undefined;
  }

  /**
   * Waits for the writes so far.
   *
   * @returns resolves when each is done or has failed
   */
  async settled(): Promise<void> {
    await this.#lastWrite;
  }

  /** Changes a file, or creates it. */
  async #change(file: string, change: (text: string) => string): Promise<void> {
    if (await this.#folder.read(file, LENIENT) === undefined) await this.#folder.write(file, change(""));
    else await this.#folder.rewrite(file, change, LENIENT);
  }

  #enqueue(write: () => Promise<void>): void {
    this.#lastWrite = this.#lastWrite.then(write).catch((error) => {
      if (!(error instanceof ConfigError)) throw error;
      if (this.#reported.has(error.failed)) return;
      this.#reported.add(error.failed);
      this.#options.error(`${error.message}; such changes are not stored`);
    });
  }
}
