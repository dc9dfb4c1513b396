/**
 * The hubs that are known to speak TLS or by their identity: the file `known_hubs` in the config folder.
 *
 * The file is text, like the one of ssh. Each line is about one hub: its address as the user types it (`HOST`,
 * `HOST:PORT` or `rifts://HOST:PORT`), a blank, and how it is known:
 *
 * - `SHA256:` with the fingerprint of its certificate. A blank and the certificate (base64) may follow: it must be the
 *   one with that fingerprint, and is not used.
 * - or `authority`: an authority that this machine knows vouches for its name.
 * - `identity:` with the public key of the hub (base64), after one of these; alone for a hub without TLS.
 *
 * Rules:
 * - If several lines are about one hub, in any spelling of its address, the first counts.
 * - Empty lines, lines that begin with `#` and lines about other hubs are never changed.
 * - A line about the hub that cannot be read is an error. It is never skipped, as the hub would count as unknown.
 * - A line that begins with no address is reported, as it may be meant for the hub.
 *
 * @module
 */
import {
  fingerprintOf,
  fromBase64,
  KeyError,
  readFingerprint,
  readPublicKeyBlob,
} from "../../identity/mod.ts";
import { type Address, AddressError, formatAddress, parseAddress } from "../net/mod.ts";
import type { ConfigFolder } from "../config/mod.ts";
import type { KnownBy } from "./verdict.ts";

/** The name of the file. */
export const KNOWN_HUBS_FILE = "known_hubs";

const ABOUT =
  `# Known hubs. With a fingerprint or "authority" riftchat connects to them only with TLS, except with --insecure.
# HOST:PORT, the fingerprint of the certificate or "authority", the identity. To forget a hub, remove its line.
`;

/** What is known of a hub. */
export interface HubEntry {
  /** How it is known to speak TLS; `undefined` if it is not. */
  readonly by?: KnownBy;
  /** Its public key, as in its first message; `undefined` if it has shown none. */
  readonly identity?: string;
}

/** A known hub. */
export interface KnownHub extends HubEntry {
  /** Where that is stored, for the user, such as `line 3 of PATH`. */
  location: string;
  /** Whether it is stored in the file. If not, this process forgets it at its end. */
  stored: boolean;
}

/** A line about the hub cannot be read. */
export class KnownHubsError extends Error {
  /** As for any `Error`. */
  override readonly name = "KnownHubsError";
}

/** The known hubs. */
export class KnownHubs {
  readonly #folder: () => Promise<ConfigFolder>;
  readonly #warn: (warning: string) => void;
  /** The warnings that were given: the file is read again for each connection. */
  readonly #warned = new Set<string>();
  /** What this process has stored. Without a file it is known to this process only. */
  readonly #session = new Map<string, HubEntry>();

  /**
   * Reads nothing yet.
   *
   * @param folder gives the folder with the file; `NO_CONFIG_FOLDER` to store nothing
   * @param warn receives a warning for the user about each line that is about no hub, once
   */
  constructor(folder: () => Promise<ConfigFolder>, warn: (warning: string) => void = () => {}) {
    this.#folder = folder;
    this.#warn = warn;
  }

  /**
   * Looks a hub up.
   *
   * @param address where the hub is
   * @returns how it is known; `undefined` if it is not known
   * @throws {KnownHubsError} if the line about it cannot be read
   * @throws {ConfigError} if the file cannot be read
   */
  async find(address: Address): Promise<KnownHub | undefined> {
    const key = keyOf(address);
    const folder = await this.#folder();
    const path = folder.pathOf(KNOWN_HUBS_FILE);
    const session = this.#session.get(key);
    const text = await readIfAny(folder).catch((error) => {
      // This process knows the hub without the file.
      if (session === undefined) throw error;
      return undefined;
    });
    for (const [index, line] of (text ?? "").split("\n").entries()) {
      const location = `line ${index + 1} of ${path}`;
      const about = hubIn(line);
      if (about instanceof AddressError) this.#warnOnce(location, about);
      if (about !== key) continue;
      const entry = await parseEntry(line);
      if (entry === undefined && session?.by === undefined) {
        throw new KnownHubsError(
          `Cannot use ${location}: after HOST:PORT it must have "authority", or SHA256:FINGERPRINT and optionally ` +
            "the certificate with that fingerprint, and optionally identity:KEY: fix or remove the line",
        );
      }
      return { ...entry, ...session, location, stored: true };
    }
    return session && { ...session, location: "since this program was started", stored: false };
  }

  #warnOnce(location: string, { message }: AddressError): void {
    const warning = `${location} is ignored: ${
      message.replace(/^Cannot join /, "no hub can be at ")
    }; fix or remove it`;
    if (this.#warned.has(warning)) return;
    this.#warned.add(warning);
    this.#warn(warning);
  }

  /**
   * Stores how a hub is known. Replaces what was stored about it.
   *
   * @param address where the hub is
   * @param by how it is known
   * @returns the path of the file; `undefined` if nothing is stored in a file
   * @throws {ConfigError} if the file cannot be written; this process knows the hub anyway
   */
  async put(address: Address, by: KnownBy): Promise<string | undefined> {
    return await this.#put(address, { by });
  }

  /**
   * Stores the identity of a hub. What else is known of it stays.
   *
   * @param address where the hub is
   * @param identity its public key, as in its first message
   * @returns the path of the file; `undefined` if nothing is stored in a file
   * @throws {KnownHubsError} if the line about it cannot be read
   * @throws {ConfigError} if the file cannot be written; this process knows the hub anyway
   */
  async putIdentity(address: Address, identity: string): Promise<string | undefined> {
    return await this.#put(address, { identity });
  }

  /**
   * Finds another address at which a hub is known.
   *
   * @param address where the hub is
   * @param identity its public key
   * @returns `HOST:PORT` as it is stored; `undefined` if there is none
   * @throws {ConfigError} if the file cannot be read
   */
  async otherAddress(address: Address, identity: string): Promise<string | undefined> {
    const text = await readIfAny(await this.#folder()) ?? "";
    return text.split("\n").map((line) => ({ words: line.trim().split(/\s+/), hub: hubIn(line) }))
      .find(({ words, hub }) =>
        typeof hub === "string" && hub !== keyOf(address) && words.includes(IDENTITY + identity)
      )?.words[0];
  }

  async #put(address: Address, change: HubEntry): Promise<string | undefined> {
    const key = keyOf(address);
    this.#session.set(key, { ...this.#session.get(key), ...change });
    const folder = await this.#folder();
    const text = await folder.read(KNOWN_HUBS_FILE);
    const before = text?.split("\n").find((line) => hubIn(line) === key);
    const line = formatLine(key, { ...before && await parseEntry(before), ...this.#session.get(key) });
    if (before !== undefined) {
      await folder.rewrite(KNOWN_HUBS_FILE, (text) => replaceLine(text, key, line));
    } else {
      const gap = text === undefined ? ABOUT : text === "" || text.endsWith("\n") ? "" : "\n";
      await folder.append(KNOWN_HUBS_FILE, `${gap}${line}\n`);
    }
    return await folder.read(KNOWN_HUBS_FILE) === undefined ? undefined : folder.pathOf(KNOWN_HUBS_FILE);
  }
}

/**
 * If the folder is not a folder (ENOTDIR), nothing was ever stored. After any other error the file might hold a hub.
 */
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
  return normalized(formatAddress({ ...address, hostname: address.hostname.replace(/\.$/, "") }));
}

/** Reads which hub a line is about; `undefined` for none. Returns the error if the line begins with no address. */
function hubIn(line: string): string | AddressError | undefined {
  const [, hub] = /^\s*([^#\s]\S*)/.exec(line) ?? [];
  if (hub === undefined) return undefined;
  try {
    const address = parseAddress(hub);
    if (address.tls !== false) return keyOf(address);
    return new AddressError(
      `Cannot join "${hub}": rift:// means no encryption, and hubs are stored here that have it`,
    );
  } catch (error) {
    if (error instanceof AddressError) return error;
    throw error;
  }
}

/** Normalizes HOST:PORT: lower case, and an IPv6 address in the spelling of the URL standard. */
function normalized(hub: string): string {
  const [, literal, rest] = /^(\[[\da-f:.]+\])(.*)$/i.exec(hub) ?? [];
  if (literal === undefined) return hub.toLowerCase();
  return (URL.parse(`http://${literal}`)?.hostname ?? literal.toLowerCase()) + rest;
}

/** What is before the public key of a hub. */
const IDENTITY = "identity:";

/** Reads what a line says about its hub; `undefined` if it cannot be read. */
async function parseEntry(line: string): Promise<HubEntry | undefined> {
  const words = line.trim().split(/\s+/).slice(1);
  const identity = words.at(-1)?.startsWith(IDENTITY) ? words.pop()!.slice(IDENTITY.length) : undefined;
  if (identity !== undefined && !isKey(identity)) return undefined;
  if (identity !== undefined && words.length === 0) return { identity };
  const by = await parseKnownBy(words);
  return by && { by, ...identity === undefined ? {} : { identity } };
}

function isKey(identity: string): boolean {
  try {
    const blob = fromBase64(identity);
    return blob !== undefined && readPublicKeyBlob(blob) !== undefined;
  } catch (error) {
    if (error instanceof KeyError) return false;
    throw error;
  }
}

async function parseKnownBy([how = "", certificate, ...more]: string[]): Promise<KnownBy | undefined> {
  if (how === "authority" && certificate === undefined) return { kind: "authority" };
  const fingerprint = readFingerprint(how);
  if (fingerprint === undefined || more.length > 0) return undefined;
  if (certificate === undefined) return { kind: "pin", fingerprint };
  try {
    const bytes = Uint8Array.from(atob(certificate), (letter) => letter.charCodeAt(0));
    // If they do not match, somebody has changed one of them.
    return await fingerprintOf(bytes) === fingerprint ? { kind: "pin", fingerprint } : undefined;
  } catch {
    return undefined;
  }
}

function formatLine(key: string, { by, identity }: HubEntry): string {
  const how = by && (by.kind === "authority" ? by.kind : by.fingerprint);
  return [key, how, identity && IDENTITY + identity].filter((word) => word !== undefined).join(" ");
}

/** Replaces the first line about a hub and removes the others about it. */
function replaceLine(text: string, key: string, line: string): string {
  let isReplaced = false;
  return text.split("\n").flatMap((old) => {
    if (hubIn(old) !== key) return [old];
    if (isReplaced) return [];
    isReplaced = true;
    return [line];
  }).join("\n");
}
