/**
 * An action of somebody who keeps order, as the request to the hub, and as the input that does it.
 *
 * PURE.
 *
 * @module
 */
import { Code, type Moderate } from "../../protocol/mod.ts";
import type { ModerationAction } from "../commands/mod.ts";

/**
 * Makes the request of an action.
 *
 * @param action the action
 * @param room the room that it is for; `undefined` for the whole hub
 * @param preview whether only to ask what it would do
 * @returns the request
 */
export function requestOf(
  action: Exclude<ModerationAction, { kind: "bans" }>,
  room: string | undefined,
  preview: boolean,
): Moderate {
  const common = {
    code: Code.Moderate,
    ...(room !== undefined && { room }),
    ...(preview && { preview }),
  } as const;
  switch (action.kind) {
    case "slow":
      return { ...common, action: "slow", every_ms: action.everyMs ?? 0 };
    case "lockdown":
      return { ...common, action: "lockdown", mode: action.mode ?? "off" };
    case "announce":
      return { ...common, action: "announce", text: action.text };
    default: {
      const { kind, target, durationMs, reason, address } = action;
      return {
        ...common,
        action: kind,
        target,
        ...(durationMs !== undefined && { duration_ms: durationMs }),
        ...(reason !== undefined && { reason }),
        ...(address && { address }),
      };
    }
  }
}

/** The time units of an input, the largest first. */
const UNITS: readonly [ms: number, sign: string][] = [
  [7 * 86_400_000, "w"],
  [86_400_000, "d"],
  [3_600_000, "h"],
  [60_000, "m"],
  [1000, "s"],
];

/**
 * Makes the input that the user can type for an action.
 *
 * @param action the action
 * @param room the room to name, with `#`; by default that of the action
 * @param sure whether the input does it without asking; the default is `true`
 * @returns the input
 */
export function inputOf(
  action: Exclude<ModerationAction, { kind: "bans" | "lockdown" }>,
  room = "room" in action && action.room !== undefined ? `#${action.room}` : undefined,
  sure = true,
): string {
  const words = [`:${action.kind}${sure ? "!" : ""}`];
  if (room !== undefined) words.push(room);
  if (action.kind === "announce") words.push(action.text);
  else if (action.kind === "slow") words.push(action.everyMs === 0 ? "off" : timeText(action.everyMs));
  else {
    words.push(action.target);
    if (action.address) words.push("+address");
    if (action.durationMs !== undefined) words.push(timeText(action.durationMs));
    if (action.reason !== undefined) words.push(action.reason);
  }
  return words.filter((word) => word !== "").join(" ");
}

function timeText(ms: number | undefined): string {
  const [unit, sign] = UNITS.find(([unit]) => (ms ?? 1) % unit === 0) ?? [1000, "s"];
  return ms === undefined ? "" : `${ms / unit}${sign}`;
}
