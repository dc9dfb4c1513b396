/**
 * `riftchat tail`: listens until it is interrupted, or its reader has read enough.
 *
 * @module
 */
import { ExitStatus, exitStatusOf, type Machine, Output, type Report, thisMachine } from "../machine/mod.ts";
import { nameKey, ProtocolError } from "../../protocol/mod.ts";
import { AddressError } from "../net/mod.ts";
import { type HubOptionInput, type HubOptions, readHubOptions } from "./hub_options.ts";
import { PasswordFileError, systemConnector } from "../trust/mod.ts";
import { parseUsername } from "../commands/mod.ts";
import { TailPrinter } from "../pipe/mod.ts";
import { hasFeature, type LinkState, ReconnectingLink } from "../link/mod.ts";
import { NO_ROOMS, parseRoomName, roomOf, targetLabel } from "../model/mod.ts";
import { wantsColour } from "../text/mod.ts";
import { asciiLocale, reporter, untilSignal } from "./subcommand.ts";
import { reasonOf } from "../../runtime/mod.ts";

/** The most lines that may be asked for from before: what a hub gives at once. */
export const MAX_LINES = 500;

/** What the command line says. */
export interface TailOptions extends HubOptionInput {
  /** The name wanted, as it was typed; without one the hub chooses. */
  name?: string | undefined;
  /** The rooms to listen in, as they were typed; `main` without. */
  rooms?: readonly string[] | undefined;
  /** How many lines from before are to be printed, as it was typed. */
  lines?: string;
  /** Whether messages go out as JSON. */
  json: boolean;
}

/** What the command line comes to. */
interface Plan extends HubOptions {
  name: string | undefined;
  /** In NFC, without `#`. */
  rooms: string[];
  lines: number;
  json: boolean;
}

/** The command line says something that cannot be. */
class UsageError extends Error {}

/**
 * Listens on a hub, and prints what is said there.
 *
 * @param options what the command line says
 * @param ports the machine; by default this one
 * @returns the exit status, see `exit_status.ts`; what went wrong was told on stderr
 */
export async function tail(options: TailOptions, machine: Machine = thisMachine()): Promise<number> {
  const err = new Output(machine.stderr);
  const report = reporter(err, machine);
  return await untilSignal(machine, async (signal) => {
    const plan = await readPlan(options, machine, report);
    const status = plan === undefined ? ExitStatus.Usage : await listen(plan, machine, report, signal);
    await err.flush();
    return status;
  });
}

async function readPlan(options: TailOptions, machine: Machine, report: Report): Promise<Plan | undefined> {
  const { name, rooms = [], lines = "10", json } = options;
  try {
    if (!/^\d{1,3}$/.test(lines) || Number(lines) > MAX_LINES) {
      throw new UsageError(`Cannot print ${lines} lines: it must be a number from 0 to ${MAX_LINES}`);
    }
    return {
      ...await readHubOptions(options, machine.environment),
      name: name === undefined ? undefined : parseUsername(name),
      rooms: rooms.length === 0 ? ["main"] : rooms.map(parseRoomName),
      lines: Number(lines),
      json,
    };
  } catch (error) {
    const isUsage = error instanceof AddressError || error instanceof ProtocolError ||
      error instanceof PasswordFileError || error instanceof UsageError;
    if (!isUsage) throw error;
    report(error.message);
    return undefined;
  }
}

async function listen(plan: Plan, machine: Machine, report: Report, signal: AbortSignal): Promise<number> {
  const { address, credentials, config, json, lines, name, trust } = plan;
  const { clock, offsetMinutes, stdoutIsTerminal } = machine;
  const connector = systemConnector({ trust, config, notify: (notice) => void report(notice) }, machine);
  const out = new Output(machine.stdout);
  const beside = plan.rooms.filter((room) => nameKey(room) !== "main");
  const listening = new TailPrinter({
    rooms: plan.rooms,
    lines,
    out,
    report,
    json,
    colour: wantsColour(stdoutIsTerminal, machine.environment),
    locale: asciiLocale(machine),
    offsetMinutes,
  });
  let problem: { status: number; message?: string } | undefined;
  const end = (status: number, message?: string) => {
    problem ??= message === undefined ? { status } : { status, message };
    link.close();
  };
  const changed = (state: LinkState) => {
    if (state.kind === "open" && beside.length > 0 && !hasFeature(state.session, "rooms")) {
      return end(ExitStatus.Refused, `cannot join ${targetLabel(roomOf(beside[0]!))}: ${NO_ROOMS}`);
    }
    listening.changed(state);
  };
  const link = new ReconnectingLink(address, {
    name,
    credentials,
    rooms: () => beside,
    roomsNeeded: true,
    received: (received) => listening.received(received),
    changed,
    lineChanged: () => {},
    connect: connector.connect,
    clock,
  });
  listening.attach(link);
  out.failed.then((error) => {
    // Who closes the pipe early, such as `head`, has read enough.
    if (error instanceof Deno.errors.BrokenPipe) end(ExitStatus.Ok);
    else end(ExitStatus.Fault, `cannot write to stdout: ${reasonOf(error)}`);
  });
  const leave = () => link.close();
  signal.addEventListener("abort", leave);
  if (signal.aborted) leave();
  try {
    const { how, why } = await link.run();
    await out.flush();
    if (how !== "left") problem ??= { status: exitStatusOf(how), message: why };
    if (problem?.message !== undefined) report(problem.message);
    return problem?.status ?? ExitStatus.Ok;
  } finally {
    signal.removeEventListener("abort", leave);
  }
}
