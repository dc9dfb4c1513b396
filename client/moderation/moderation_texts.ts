/**
 * The questions and answers of the commands of those who keep order, as text for the user.
 *
 * PURE. Every answer says whether it is about the whole hub or about one room, and how to undo what was done.
 *
 * @module
 */
import type { BanInfo, Moderated } from "../../protocol/mod.ts";
import type { ModerationAction } from "../commands/mod.ts";
import { roomOf, targetLabel } from "../model/mod.ts";
import {
  formatDay,
  formatDuration,
  formatTimeOfDay,
  type OffsetMinutes,
  sanitize,
  sanitizeName,
  type StyledLine,
} from "../text/mod.ts";

/** How many names a question or an answer lists. */
const MAX_LISTED_NAMES = 10;

/** The most columns of a target in a list of bans; a longer one moves what follows. */
const MAX_TARGET_COLUMNS = 40;

const MINUTE_MS = 60_000;

/** Times, as the user reads them. */
export interface Calendar {
  /** The time, in milliseconds since 1970. */
  readonly now: number;
  /** Gives the offset of local time from UTC. */
  readonly offsetMinutes: OffsetMinutes;
}

/**
 * Says where something holds.
 *
 * @param room the room, without `#`; `undefined` for the whole hub
 * @returns such as `#dev`
 */
export function scopeText(room: string | undefined): string {
  return room === undefined ? "the whole hub" : targetLabel(roomOf(room));
}

/**
 * Says what a command wants, for its errors.
 *
 * @param action the command
 * @returns such as `ban bo`
 */
export function wantedText(action: ModerationAction): string {
  switch (action.kind) {
    case "kick":
    case "ban":
    case "unban":
    case "mute":
    case "unmute":
      return `${action.kind} ${sanitize(action.target)}`;
    case "mod":
      return `let ${sanitize(action.target)} keep order`;
    case "unmod":
      return `end that ${sanitize(action.target)} keeps order`;
    case "slow":
      return "use slow mode";
    case "lockdown":
      return "lock the hub";
    case "announce":
      return "announce that";
    case "bans":
      return "list the bans";
  }
}

/**
 * Asks whether to ban or mute somebody, which hits others, too.
 *
 * @param action the command
 * @param room where it holds
 * @param preview the answer of the hub to the preview
 * @param calendar the time
 * @returns the lines of the question
 */
export function questionLines(
  action: Extract<ModerationAction, { target: string }>,
  room: string | undefined,
  preview: Moderated,
  calendar: Calendar,
): string[] {
  const target = sanitize(preview.target ?? action.target);
  const until = untilText(preview.until, calendar, action.durationMs);
  const why = action.reason === undefined ? "" : `: ${sanitize(action.reason)}`;
  const what = action.kind === "ban"
    ? `this bans ${target} from ${scopeText(room)}`
    : `this mutes ${target} ${on(room)}`;
  const later = isRange(action.target) ? ", and whoever comes from there" : "";
  return [`${what} ${until}${why}`, `it hits ${hitText(preview)}${later}`];
}

/**
 * Whether a target is a range of addresses.
 *
 * @param target the target, as the user typed it
 * @returns whether it is
 */
export function isRange(target: string): boolean {
  return /^[\da-f.:]+\/\d+$/i.test(target);
}

/** Lists whom something hits. */
function hitText({ names, others }: Moderated): string {
  const listed = names.slice(0, MAX_LISTED_NAMES).map(sanitizeName);
  const rest = names.length - listed.length + others;
  if (rest > 0) listed.push(`${rest} ${listed.length > 0 ? "other" : "user"}${rest === 1 ? "" : "s"} here`);
  return listed.length === 0 ? "nobody who is here" : listed.join(", ").replace(/, ([^,]*)$/, " and $1");
}

/**
 * Says what a command has done.
 *
 * @param action the command
 * @param room where it holds
 * @param answer the answer of the hub
 * @param calendar the time
 * @returns one sentence
 */
export function doneText(
  action: ModerationAction,
  room: string | undefined,
  answer: Moderated,
  calendar: Calendar,
): string {
  const typed = "target" in action ? action.target : "";
  const target = sanitize(answer.target ?? typed);
  const where = scopeText(room);
  const until = untilText(answer.until, calendar, "durationMs" in action ? action.durationMs : undefined);
  const undo = (command: string) => `:${command} ${room === undefined ? "" : `${where} `}${sanitize(typed)}`;
  switch (action.kind) {
    case "kick":
      return room === undefined
        ? `${target} was disconnected from the hub and may come back; ${undo("ban")} keeps them out`
        : `${target} was put out of ${where} and may come back; ${undo("ban")} keeps them out`;
    case "ban": {
      const isHit = answer.names.length > 0 || answer.others > 0;
      const out = isHit ? `; put out: ${hitText(answer)}` : "";
      return `${target} is banned from ${where} ${until}${out}; ${undo("unban")} lifts it`;
    }
    case "unban":
      return `${target} is not banned from ${where} any more`;
    case "mute":
      return `${target} is muted ${on(room)} ${until}; ${undo("unmute")} lifts it`;
    case "unmute":
      return `${target} is not muted ${on(room)} any more`;
    case "mod":
      return `${target} may keep order in ${where} now; ${undo("unmod")} ends that`;
    case "unmod":
      return `${target} may not keep order in ${where} any more`;
    case "slow":
      return slowSetText(action.everyMs ?? 0, room);
    case "lockdown":
      return lockdownText(action.mode ?? "off");
    case "announce":
      return "announced to everyone on the hub";
    case "bans":
      return "";
  }
}

/** Says that slow mode is set. What it means is in the notice of the hub, which everyone there reads. */
function slowSetText(everyMs: number, room: string | undefined): string {
  const where = room === undefined ? "on the hub" : on(room);
  return everyMs === 0
    ? `everyone ${where} is told that slow mode is off`
    : `everyone ${where} is told of the slow mode; ${slowOff(room)} ends it`;
}

function slowOff(room: string | undefined): string {
  return `:slow ${room === undefined ? "" : `${scopeText(room)} `}off`;
}

/**
 * Describes slow mode.
 *
 * @param everyMs the time between two messages of a user, in milliseconds; 0 for no limit
 * @param room where it holds
 * @returns one sentence
 */
export function slowText(everyMs: number, room: string | undefined): string {
  const where = room === undefined ? "in every room of the hub" : on(room);
  if (everyMs === 0) return `slow mode is off ${where}`;
  return `each user may send one message in ${formatDuration(everyMs)} ${where}; ${slowOff(room)} ends that`;
}

/**
 * Describes a lockdown.
 *
 * @param mode its mode, perhaps one that this version does not know
 * @returns one sentence
 */
export function lockdownText(mode: string): string {
  switch (mode) {
    case "off":
      return "everyone may come to the hub";
    case "owned":
      return "only owners of names may come to the hub; who is here stays; :lockdown off ends that";
    case "invited":
      return "only owners of names and those with an invite may come to the hub; who is here stays; " +
        ":lockdown off ends that";
    default:
      return `the lockdown of the hub is ${sanitize(mode)}; :lockdown off ends it`;
  }
}

/**
 * Summarizes what is in force.
 *
 * @param bans what is in force
 * @param room the room that was asked for; `undefined` for all that the user may see
 * @returns one line
 */
export function bansHeading(bans: readonly BanInfo[], room: string | undefined): string {
  const where = room === undefined ? "" : ` in ${scopeText(room)}`;
  if (bans.length === 0) return `nothing is in force${where}: no ban, no mute, no slow mode and no lockdown`;
  return `in force${where}: ${bans.length === 1 ? "1 entry" : `${bans.length} entries`}`;
}

/**
 * Lists what is in force.
 *
 * @param bans what is in force
 * @param calendar the time
 * @returns a line for each
 */
export function bansLines(bans: readonly BanInfo[], calendar: Calendar): StyledLine[] {
  const whats = bans.map(({ kind, target, every_ms, mode }) => {
    const what = target ?? (every_ms === undefined ? mode : `one message in ${formatDuration(every_ms)}`) ??
      "";
    return { kind: sanitize(kind), what: sanitize(what) };
  });
  const kindWidth = Math.max(0, ...whats.map(({ kind }) => kind.length));
  const width = Math.min(MAX_TARGET_COLUMNS, Math.max(0, ...whats.map(({ what }) => what.length)));
  return bans.map(({ room, by, at, until, reason }, i): StyledLine => {
    const { kind, what } = whats[i]!;
    const since = formatDay(at, calendar.offsetMinutes);
    const facts = [
      on(room),
      untilText(until, calendar),
      `by ${sanitizeName(by)}${since === undefined ? "" : ` on ${since}`}`,
    ];
    const why = reason === undefined ? "" : `: ${sanitize(reason)}`;
    return [
      { text: `  ${kind.padEnd(kindWidth)}  ${what.padEnd(width)}`, style: "cell" },
      { text: `  ${facts.join(", ")}${why}`, style: "faint" },
    ];
  });
}

function on(room: string | undefined): string {
  return room === undefined ? "on the whole hub" : `in ${scopeText(room)}`;
}

/** Says until when something holds, with the day if it is not today, and for how long in all or how long still. */
function untilText(
  until: number | undefined,
  { now, offsetMinutes }: Calendar,
  durationMs?: number,
): string {
  if (until === undefined) return "until it is lifted";
  // To the next minute, as in what the user reads whom it is about.
  const minute = Math.ceil(until / MINUTE_MS) * MINUTE_MS;
  const day = formatDay(minute, offsetMinutes);
  const isToday = day === formatDay(now, offsetMinutes);
  const time = `${isToday || day === undefined ? "" : `${day}, `}${formatTimeOfDay(minute, offsetMinutes)}`;
  if (durationMs !== undefined) return `until ${time} (${formatDuration(durationMs)})`;
  // In whole minutes, so that a ban of two hours does not have 120 minutes left a moment later.
  const leftMs = Math.ceil((until - now) / MINUTE_MS) * MINUTE_MS;
  return `until ${time} (${formatDuration(leftMs)} left)`;
}
