/**
 * The hubs that are known to speak TLS, and how each is known: the file `known_hubs` of the config folder.
 *
 * The file is text, as ssh has one: a hub a line, which is `HOST:PORT`, then how it is known, with blanks between:
 *
 * - `SHA256:` and the fingerprint of its certificate, and the certificate itself (base64), which may be left out by
 *   somebody who writes the line by hand;
 * - or `authority`: an authority that this machine knows vouches for its name.
 *
 * Rules: of several lines about one hub, in any spelling of its address, the first counts; empty lines, lines that begin with `#`, and lines about other
 * hubs stay as they are, whatever is in them; a line that is about this hub and cannot be read is never passed over.
 *
 * @module
 */
import { fingerprintOf, readFingerprint } from "../../protocol/mod.ts";
import { type Address, formatAddress } from "../net/mod.ts";
import type { ConfigFolder } from "../config/mod.ts";

/** The file. */
export const KNOWN_HUBS_FILE = "known_hubs";

const ABOUT = `# Hubs that are known to speak TLS: riftchat never talks to them without.
# HOST:PORT, and the fingerprint of the certificate, or "authority". To forget a hub, remove its line.
`;

/** How a hub is known. */
export type KnownBy =
  /** An authority vouches for its name. */
  | { kind: "authority" }
  /** By its certificate; its bytes (DER) where they are kept. */
  | { kind: "pin"; fingerprint: string; certificate?: Uint8Array<ArrayBuffer> };

/** A hub that is known. */
export interface KnownHub {
  /** How. */
  by: KnownBy;
  /** Where that stands, for people. */
  location: string;
  /** Whether it stands in the file; otherwise this program forgets it when it ends. */
  stored: boolean;
}

/** A line about a hub cannot be read. */
export class KnownHubsError extends Error {
  /** As for any `Error`. */
  override readonly name = "KnownHubsError";
}

/** The hubs that are known. */
export class KnownHubs {
  readonly #folder: () => Promise<ConfigFolder>;
  /** What has become known since the program was started: where no file is kept, it is forgotten with it. */
  readonly #now = new Map<string, KnownBy>();

  /**
   * Takes a folder; nothing is read yet.
   *
   * @param folder gives the folder with the file; `NO_CONFIG_FOLDER` where nothing is to be kept
   */
  constructor(folder: () => Promise<ConfigFolder>) {
    this.#folder = folder;
  }

  /**
   * Looks a hub up.
   *
   * @param address where it is
   * @returns how it is known; nothing where it is not
   * @throws {KnownHubsError} where the line about it cannot be read
   * @throws {ConfigError} where the file cannot be read
   */
  async find(address: Address): Promise<KnownHub | undefined> {
    const key = keyOf(address);
    const folder = await this.#folder();
    const path = folder.pathOf(KNOWN_HUBS_FILE);
    const now = this.#now.get(key);
    const text = await readIfAny(folder).catch((error) => {
      // What is known need not be read again.
      if (now === undefined) throw error;
      return undefined;
    });
    for (const [index, line] of (text ?? "").split("\n").entries()) {
      if (keyIn(line) !== key) continue;
      const location = `line ${index + 1} of ${path}`;
      if (now !== undefined) return { by: now, location, stored: true };
      const by = await readHow(line);
      if (by === undefined) {
        throw new KnownHubsError(
          `Cannot use ${location}: after HOST:PORT must come SHA256:FINGERPRINT, with its certificate or without, or ` +
            `"authority": mend or remove the line`,
        );
      }
      return { by, location, stored: true };
    }
    return now && { by: now, location: "since this program was started", stored: false };
  }

  /**
   * Keeps how a hub is known, in the place of what was kept of it.
   *
   * @param address where it is
   * @param how how it is known
   * @returns where that is kept, for people; nothing where it is not
   * @throws {ConfigError} where it cannot be kept; for this program it is known all the same
   */
  async put(address: Address, how: KnownBy): Promise<string | undefined> {
    const key = keyOf(address);
    this.#now.set(key, how);
    const folder = await this.#folder();
    const text = await folder.read(KNOWN_HUBS_FILE);
    const line = writeLine(key, how);
    if (text?.split("\n").some((line) => keyIn(line) === key)) {
      await folder.rewrite(KNOWN_HUBS_FILE, (text) => replaced(text, key, line));
    } else {
      const before = text === undefined ? ABOUT : text === "" || text.endsWith("\n") ? "" : "\n";
      await folder.append(KNOWN_HUBS_FILE, `${before}${line}\n`);
    }
    return await folder.read(KNOWN_HUBS_FILE) === undefined ? undefined : folder.pathOf(KNOWN_HUBS_FILE);
  }
}

/** Where something else stands in the place of the folder, nothing was ever kept; whatever else cannot be read might say more. */
async function readIfAny(folder: ConfigFolder): Promise<string | undefined> {
  try {
    return await folder.read(KNOWN_HUBS_FILE);
  } catch (error) {
    const { cause } = error as Error;
    if (cause instanceof Error && "code" in cause && cause.code === "ENOTDIR") return undefined;
    throw error;
  }
}

function keyOf(address: Address): string {
  return oneSpelling(formatAddress({ ...address, hostname: address.hostname.replace(/\.$/, "") }));
}

function keyIn(line: string): string | undefined {
  const [, target] = /^\s*([^#\s]\S*)/.exec(line) ?? [];
  return target === undefined ? undefined : oneSpelling(target);
}

/** Writes HOST:PORT in one way: an IPv6 address, of which there are many spellings, as the URL standard does. */
function oneSpelling(target: string): string {
  const [, literal, rest] = /^(\[[\da-f:.]+\])(.*)$/i.exec(target) ?? [];
  if (literal === undefined) return target.toLowerCase();
  return (URL.parse(`http://${literal}`)?.hostname ?? literal.toLowerCase()) + rest;
}

async function readHow(line: string): Promise<KnownBy | undefined> {
  const [, how = "", certificate, ...more] = line.trim().split(/\s+/);
  if (how === "authority" && certificate === undefined) return { kind: "authority" };
  const fingerprint = readFingerprint(how);
  if (fingerprint === undefined || more.length > 0) return undefined;
  if (certificate === undefined) return { kind: "pin", fingerprint };
  try {
    const bytes = Uint8Array.from(atob(certificate), (letter) => letter.charCodeAt(0));
    // They were written together: where they differ, somebody has changed one.
    if (await fingerprintOf(bytes) !== fingerprint) return undefined;
    return { kind: "pin", fingerprint, certificate: bytes };
  } catch {
    return undefined;
  }
}

function writeLine(key: string, how: KnownBy): string {
  if (how.kind === "authority") return `${key} authority`;
  const { fingerprint, certificate } = how;
  return [key, fingerprint, ...certificate === undefined ? [] : [btoa(String.fromCharCode(...certificate))]]
    .join(" ");
}

/** Puts a line in the place of the first about a hub, and takes away the others about it. */
function replaced(text: string, key: string, line: string): string {
  let put = false;
  return text.split("\n").flatMap((old) => {
    if (keyIn(old) !== key) return [old];
    if (put) return [];
    put = true;
    return [line];
  }).join("\n");
}
