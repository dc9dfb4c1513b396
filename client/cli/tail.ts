/**
 * `riftchat tail`: prints messages until it is interrupted, its reader closes the pipe, or it has printed enough.
 *
 * @module
 */
import {
  ExitStatus,
  exitStatusOf,
  type Machine,
  Output,
  type Report,
  thisMachine,
  withLink,
} from "../machine/mod.ts";
import { nameKey, ProtocolError } from "../../protocol/mod.ts";
import { AddressError } from "../net/mod.ts";
import { type HubOptionInput, type HubOptions, readHubOptions } from "./hub_options.ts";
import { PasswordFileError, systemConnector } from "../trust/mod.ts";
import { parseUsername } from "../commands/mod.ts";
import { TailPrinter, wordMatcher } from "../pipe/mod.ts";
import { hasFeature, type LinkState, ReconnectingLink } from "../link/mod.ts";
import { NO_ROOMS, parseRoomName, roomOf, targetLabel } from "../model/mod.ts";
import { wantsColour } from "../text/mod.ts";
import { asciiLocale, identityFor, reporter, untilSignal } from "./subcommand.ts";
import { reasonOf } from "../../runtime/mod.ts";

/** The highest value of `--lines`: the most messages that a hub returns at once. */
export const MAX_LINES = 500;

/** The options, as they were typed. */
export interface TailOptions extends HubOptionInput {
  /** The name of the client; without one the hub chooses. */
  name?: string | undefined;
  /** The rooms to print; the default is `main`. */
  rooms?: readonly string[] | undefined;
  /** How many earlier messages of each room to print. */
  lines?: string;
  /** Print all messages after this sequence number, instead of `lines`. */
  after?: string | undefined;
  /** End after so many messages. */
  count?: string | undefined;
  /** End after the first message that contains these words. */
  until?: string | undefined;
  /** Whether to print who joins, leaves and changes the name. The default is `true`. */
  presence?: boolean;
  /** The form of times: `local` (the default) or `iso`. */
  time?: string;
  /** Whether to print JSON. */
  json: boolean;
}

/** The options, parsed. */
interface Plan extends HubOptions {
  name: string | undefined;
  /** In NFC, without `#`. */
  rooms: string[];
  lines: number;
  after: number | undefined;
  count: number | undefined;
  until: ((text: string) => boolean) | undefined;
  presence: boolean;
  iso: boolean;
  json: boolean;
}

/** The command line is invalid. */
class UsageError extends Error {}

/**
 * Prints the messages of a hub.
 *
 * @param options see {@linkcode TailOptions}
 * @param machine the machine; by default this one
 * @returns the exit status, see `exit_status.ts`; errors were reported on stderr
 */
export async function tail(options: TailOptions, machine: Machine = thisMachine()): Promise<number> {
  const err = new Output(machine.stderr);
  const report = reporter(err, machine);
  return await untilSignal(machine, async (signal) => {
    const linked = await withLink(options, machine, { report, signal });
    if (linked !== undefined) ({ options, machine } = linked);
    const plan = linked && await readPlan(options, machine, report);
    const status = plan === undefined ? ExitStatus.Usage : await print(plan, machine, report, signal);
    await err.flush();
    return status;
  });
}

async function readPlan(options: TailOptions, machine: Machine, report: Report): Promise<Plan | undefined> {
  const { name, rooms = [], lines = "10", after, count, until, presence = true, time = "local", json } =
    options;
  try {
    const matches = until === undefined ? undefined : wordMatcher(until);
    if (until !== undefined && matches === undefined) {
      throw new UsageError(`Cannot take --until ${until}: it must contain a word`);
    }
    const keys = new Set(rooms.map((room) => nameKey(parseRoomName(room))));
    if (after !== undefined && keys.size > 1) {
      throw new UsageError(
        "Cannot take --after with several rooms: each room has numbers of its own; give one --room",
      );
    }
    return {
      ...await readHubOptions(options, machine.environment),
      name: name === undefined ? undefined : parseUsername(name),
      rooms: rooms.length === 0 ? ["main"] : rooms.map(parseRoomName),
      lines: parseNumber(lines, "--lines", 0, MAX_LINES),
      after: after === undefined ? undefined : parseNumber(after, "--after", 0, Number.MAX_SAFE_INTEGER),
      count: count === undefined ? undefined : parseNumber(count, "--count", 1, Number.MAX_SAFE_INTEGER),
      until: matches,
      presence,
      iso: time === "iso",
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

function parseNumber(text: string, flag: string, least: number, most: number): number {
  if (/^\d{1,16}$/.test(text) && Number(text) >= least && Number(text) <= most) return Number(text);
  const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
  throw new UsageError(`Cannot take ${flag} ${text}: it must be a number ${range}`);
}

async function print(plan: Plan, machine: Machine, report: Report, signal: AbortSignal): Promise<number> {
  const { addresses, credentials, config, identity, name, trust, ...options } = plan;
  const found = await identityFor({ identity, config, make: false }, machine, report);
  if (found === undefined) return ExitStatus.Fault;
  const { clock, offsetMinutes, stdoutColumns, stdoutIsTerminal } = machine;
  const notify = (notice: string) => void report(notice);
  const connector = systemConnector({ trust, config, tellPlain: true, notify }, machine);
  const out = new Output(machine.stdout);
  const joined = plan.rooms.filter((room) => nameKey(room) !== "main");
  const needsMain = joined.length < plan.rooms.length;
  let end: { status: number; message?: string } | undefined;
  const endWith = (status: number, message?: string) => {
    end ??= message === undefined ? { status } : { status, message };
    link.close();
  };
  const printer = new TailPrinter({
    ...options,
    out,
    report,
    isTerminal: stdoutIsTerminal,
    columns: stdoutColumns,
    colour: wantsColour(stdoutIsTerminal, machine.environment),
    locale: asciiLocale(machine),
    offsetMinutes,
    finished: () => endWith(ExitStatus.Ok),
  });
  const changed = (state: LinkState) => {
    if (state.kind === "open" && joined.length > 0 && !hasFeature(state.session, "rooms")) {
      return endWith(ExitStatus.Refused, `cannot join ${targetLabel(roomOf(joined[0]!))}: ${NO_ROOMS}`);
    }
    printer.changed(state);
  };
  const link = new ReconnectingLink(addresses, {
    name,
    credentials,
    identity: found.signer,
    // A quiet client that names other rooms is in `main` only if it names that, too.
    rooms: () => needsMain && joined.length > 0 ? ["main", ...joined] : joined,
    roomsNeeded: true,
    quiet: true,
    known: () => printer.known(),
    received: (received) => printer.received(received),
    changed,
    distrusted: notify,
    lineChanged: () => {},
    connect: connector.connect,
    resolve: machine.resolve,
    random: machine.random,
    clock,
  });
  printer.attach(link);
  out.failed.then((error) => {
    // A reader that closes the pipe, such as `head`, has all it wants.
    if (error instanceof Deno.errors.BrokenPipe) endWith(ExitStatus.Ok);
    else endWith(ExitStatus.Fault, `cannot write to stdout: ${reasonOf(error)}`);
  });
  machine.stdoutClosed().then(() => endWith(ExitStatus.Ok));
  const leave = () => link.close();
  signal.addEventListener("abort", leave);
  if (signal.aborted) leave();
  try {
    const { how, why } = await link.run();
    await out.flush();
    if (how !== "left") end ??= { status: exitStatusOf(how), message: why };
    if (end?.message !== undefined) report(end.message);
    return end?.status ?? ExitStatus.Ok;
  } finally {
    signal.removeEventListener("abort", leave);
  }
}
