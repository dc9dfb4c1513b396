/**
 * Decides what follows after a link was lost or could not be opened: another attempt, or the end.
 *
 * PURE.
 *
 * @module
 */
import type { ErrorWord } from "../../protocol/mod.ts";
import { NAME_OWNED, NAME_TAKEN } from "./handshake.ts";
import type { Ended, Loss } from "./link_state.ts";

/** Refusals that another attempt does not change. */
const FINAL: ReadonlySet<string | undefined> = new Set<ErrorWord>([
  "banned",
  "kicked",
  "bad_password",
  "bad_invite",
  "bad_invite",
]);

/** Refusals that may be about a room in the handshake, if they name no time to try again. */
const OF_ROOM: ReadonlySet<string | undefined> = new Set<ErrorWord>([
  "bad_name",
  "name_reserved",
  "no_such_room",
  "not_allowed",
  "unavailable",
]);

/** Refusals that are over after a while. */
const TEMPORARY: ReadonlySet<string | undefined> = new Set<ErrorWord>([
  "server_full",
  "too_many_from_address",
  // The hub did not check the password.
  "too_fast",
]);

/** How telling the outcome of an attempt is for the user, the most telling first. */
const TELLING: readonly Loss["how"][] = ["untrusted", "no_key", "refused", "lost", "unreachable"];

/** How a reconnecting link ends. */
export type End = Pick<Ended, "how" | "why" | "hubMessage" | "refusedName">;

/** The situation in which a link was lost. */
export interface Situation {
  /** Whether any link was open before. */
  wasOpen: boolean;
  /** Whether the first link is retried too. The default is `false`. */
  retryFirst?: boolean | undefined;
  /** Whether the client is leaving. */
  isLeaving: boolean;
  /** Whether the handshake may be repeated without the rooms it asked for. */
  canOmitRooms: boolean;
  /** Whether there is another hub of the same chat that was not tried. */
  canMove: boolean;
}

/** What follows. */
export type NextStep =
  /** Nothing: the link ends. */
  | { kind: "end"; end: End }
  /** Another attempt at once, without rooms in the handshake. */
  | { kind: "omit_rooms" }
  /** An attempt at another hub at once. */
  | { kind: "move" }
  /** Another attempt, after a while. */
  | { kind: "retry" };

/**
 * Decides what follows. A refusal that is final ends everything, and so does the first link that cannot be opened,
 * unless `retryFirst` is set and the reason may pass: no hub, a lost connection, a hub that is full or shuts down. Any
 * later loss is followed by another attempt, until the client leaves. What the hubs of a chat decide together, such as
 * who is banned or which names are taken, is the same at another one; for anything else another hub is tried.
 *
 * @param loss why the link was lost
 * @param situation the situation
 * @returns what follows
 */
export function nextStep(
  loss: Loss,
  { wasOpen, retryFirst = false, isLeaving, canOmitRooms, canMove }: Situation,
): NextStep {
  const { how, why, word } = loss;
  if (canMove && !isLeaving && mayHelpToMove(loss)) return { kind: "move" };
  // The user has to decide about an untrusted hub; another attempt does not help.
  if (how === "untrusted" || how === "left") return { kind: "end", end: { how, why } };
  if (canOmitRooms && how === "refused" && OF_ROOM.has(word) && !isCutOff(loss)) {
    return { kind: "omit_rooms" };
  }
  if (!wasOpen && !(retryFirst && mayPass(loss))) {
    if (how !== "unreachable" && how !== "refused" && how !== "no_key") {
      return { kind: "end", end: { how: "lost", why } };
    }
    return { kind: "end", end: { how, why, ...refusal(loss) } };
  }
  if (FINAL.has(word)) return { kind: "end", end: { how: "refused", why } };
  if (isLeaving) return { kind: "end", end: { how: "lost", why } };
  return { kind: "retry" };
}

/**
 * Combines why the hubs of a round could not be joined.
 *
 * @param losses one for each hub, at least two
 * @param canRetry whether hubs are tried again if the reason may pass
 * @returns the most telling, with a text that has them all
 */
export function combined(losses: readonly Loss[], canRetry: boolean): Loss {
  const passing = losses.filter(({ how, isPermanent }) => how !== "untrusted" && !isPermanent);
  const pool = canRetry && passing.length > 0 ? passing : losses;
  const telling = TELLING.map((how) => pool.find((loss) => loss.how === how)).find(Boolean) ?? pool[0]!;
  const waits = pool.map(({ retryAfterMs }) => retryAfterMs ?? 0);
  const reasons = losses.map(({ why, advice = "" }) => why.slice(0, why.length - advice.length));
  return {
    how: telling.how,
    why: `none of the ${losses.length} hubs can be joined: ${reasons.join("; ")}`,
    word: telling.word,
    // The hub that takes a client back first counts.
    ...waits.every((ms) => ms > 0) && { retryAfterMs: Math.min(...waits) },
    isPermanent: pool.every(({ isPermanent }) => isPermanent),
  };
}

/** Whether another hub of the same chat may take the client. */
function mayHelpToMove(loss: Loss): boolean {
  const { how, word } = loss;
  if (how === "left" || how === "no_key" || FINAL.has(word)) return false;
  return how !== "refused" || word === undefined || TEMPORARY.has(word) || isCutOff(loss);
}

/** Whether the hub refused the client as it does not reach the other hubs now. */
function isCutOff({ how, word, retryAfterMs }: Loss): boolean {
  return how === "refused" && word === "unavailable" && retryAfterMs !== undefined;
}

/** What the hub said, and of which name. */
function refusal({ why, word, hubMessage, free }: Loss): Pick<End, "hubMessage" | "refusedName"> {
  const said = hubMessage === undefined ? {} : { hubMessage };
  if (word !== NAME_TAKEN && word !== NAME_OWNED) return said;
  return { ...said, refusedName: { isOwned: word === NAME_OWNED, message: hubMessage ?? why, free } };
}

/** Whether the reason of a failed attempt may be over after a while. */
function mayPass(loss: Loss): boolean {
  const { how, word, retryAfterMs, isPermanent } = loss;
  if (isPermanent) return false;
  return isCutOff(loss) || how !== "refused" || TEMPORARY.has(word) ||
    (word === undefined && retryAfterMs !== undefined);
}
