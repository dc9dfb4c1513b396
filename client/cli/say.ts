/**
 * `riftchat say`: sends one message and ends when the hub has acknowledged it.
 *
 * Rules: it prints nothing on stdout, and on stderr only errors. Other users see the message and nothing else: the
 * client is not announced.
 *
 * @module
 */
import { defaultName } from "../identity/mod.ts";
import { checkText, ProtocolError } from "../../protocol/mod.ts";
import {
  ExitStatus,
  exitStatusOf,
  type Machine,
  Output,
  type Report,
  thisMachine,
  withLink,
} from "../machine/mod.ts";
import { AddressError, formatAddress } from "../net/mod.ts";
import { type LinkState, type OwnLine, ReconnectingLink, type Waiting } from "../link/mod.ts";
import { MAIN, parseRoomName, personOf, roomOf, type Target } from "../model/mod.ts";
import { PasswordFileError, systemConnector } from "../trust/mod.ts";
import { parseUsername } from "../commands/mod.ts";
import { DurationError, parseDuration, reasonOf } from "../../runtime/mod.ts";
import { type HubOptionInput, type HubOptions, readHubOptions } from "./hub_options.ts";
import { identityFor, reporter, untilSignal } from "./subcommand.ts";

/** The options, as they were typed. */
export interface SayOptions extends HubOptionInput {
  /** The words of the message; without any it is read from stdin. */
  words: readonly string[];
  /** The name of the client; by default the name of the user's account. */
  name?: string | undefined;
  /** Whether a name that is taken is an error. The default is `false`: it gets a suffix, such as `ci-2`. */
  exactName?: boolean | undefined;
  /** The room to send the message to; the default is `main`. */
  room?: string | undefined;
  /** The user to send the message to, as a direct message. */
  to?: string | undefined;
  /** How long to try to reach the hub; see {@linkcode parseDuration}. The default is `0`: once. */
  retry?: string | undefined;
}

/** The options, parsed. */
interface Plan extends HubOptions {
  name: string | undefined;
  suffixName: boolean;
  text: string;
  target: Target;
  retryMs: number;
}

/** The command line is invalid. */
class UsageError extends Error {}

/**
 * Sends one message.
 *
 * @param options see {@linkcode SayOptions}
 * @param machine the machine; by default this one
 * @returns the exit status, see `exit_status.ts`; errors were reported on stderr
 */
export async function say(options: SayOptions, machine: Machine = thisMachine()): Promise<number> {
  const err = new Output(machine.stderr);
  const report = reporter(err, machine);
  return await untilSignal(machine, async (signal) => {
    const linked = await withLink(options, machine, { report, signal });
    if (linked !== undefined) ({ options, machine } = linked);
    const plan = linked === undefined ? ExitStatus.Usage : await readPlan(options, machine, report);
    const status = typeof plan === "number" ? plan : await send(plan, machine, report, signal);
    await err.flush();
    return status;
  });
}

/** Parses the options; returns the exit status if they are invalid. */
async function readPlan(options: SayOptions, machine: Machine, report: Report): Promise<Plan | number> {
  const { words, name, exactName = false, room, to, retry = "0" } = options;
  try {
    if (room !== undefined && to !== undefined) {
      throw new UsageError("Cannot take both --room and --to: a message goes to a room or to a user");
    }
    const plan = {
      ...await readHubOptions(options, machine.environment),
      name: name === undefined ? defaultName(machine.environment) : parseUsername(name),
      suffixName: !exactName,
      target: to !== undefined
        ? personOf(parseUsername(to.replace(/^@/, "")))
        : room === undefined
        ? MAIN
        : roomOf(parseRoomName(room)),
      retryMs: parseDuration(retry, "--retry"),
    };
    if (words.length === 0 && machine.stdinIsTerminal) {
      throw new UsageError("Cannot send a message without text: give it as an argument, or pipe it in");
    }
    const text = words.length > 0 ? words.join(" ") : await readText(machine);
    checkText(text);
    return { ...plan, text };
  } catch (error) {
    if (error instanceof ReadError) {
      report(error.message);
      return ExitStatus.Fault;
    }
    const isUsage = error instanceof AddressError || error instanceof ProtocolError ||
      error instanceof PasswordFileError || error instanceof DurationError || error instanceof UsageError;
    if (!isUsage) throw error;
    report(error.message);
    return ExitStatus.Usage;
  }
}

/** Stdin cannot be read. */
class ReadError extends Error {}

/** More than any message may have; the rest of stdin is not read. */
const MAX_INPUT_BYTES = 65_536;

/** Reads the text of the message from stdin, without line breaks at its end. */
async function readText(machine: Machine): Promise<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let text = "";
  let bytes = 0;
  try {
    for await (const part of machine.stdin()) {
      text += decoder.decode(part, { stream: true });
      if ((bytes += part.length) > MAX_INPUT_BYTES) break;
    }
    if (bytes <= MAX_INPUT_BYTES) text += decoder.decode();
  } catch (error) {
    if (error instanceof TypeError) {
      throw new UsageError("Cannot send the input: it must be UTF-8, and is not");
    }
    throw new ReadError(`Cannot read the input: ${reasonOf(error)}`);
  }
  return text.replace(/[\r\n]+$/, "");
}

async function send(plan: Plan, machine: Machine, report: Report, signal: AbortSignal): Promise<number> {
  const { addresses, config, credentials, name, retryMs, suffixName, target, text, trust } = plan;
  const { clock } = machine;
  const found = await identityFor({ identity: plan.identity, config, make: false }, machine, report);
  if (found === undefined) return ExitStatus.Fault;
  const notify = (notice: string) => void report(notice);
  const connector = systemConnector({ trust, config, tellPlain: true, notify }, machine);
  const startedAt = clock.elapsed();
  let wasOpen = false;
  let gaveUp: Waiting | undefined;
  let final: OwnLine["state"] | undefined;
  let cancelGiveUp = () => {};
  const changed = (state: LinkState) => {
    cancelGiveUp();
    if (state.kind === "open") wasOpen = true;
    if (state.kind !== "waiting" || state.isMoving) return;
    const giveUp = () => {
      gaveUp = state;
      link.close();
    };
    const leftMs = startedAt + retryMs - clock.elapsed();
    if (leftMs <= 0) giveUp();
    else if (leftMs !== Infinity) cancelGiveUp = clock.after(leftMs, giveUp);
  };
  const lineChanged = ({ state }: OwnLine) => {
    if (state.kind === "waiting" || state.kind === "sent" || state.kind === "unsure") return;
    final = state;
    link.drain();
  };
  const link: ReconnectingLink = new ReconnectingLink(addresses, {
    name,
    suffixName,
    credentials,
    identity: found.signer,
    rooms: () => target.kind === "room" && target !== MAIN ? [target.name] : [],
    roomsNeeded: true,
    retryFirst: retryMs > 0,
    waitsForHubMs: retryMs,
    quiet: true,
    received: () => {},
    changed,
    distrusted: notify,
    lineChanged,
    connect: connector.connect,
    resolve: machine.resolve,
    random: machine.random,
    clock,
  });
  const leave = () => link.close();
  signal.addEventListener("abort", leave);
  if (signal.aborted) leave();
  try {
    link.say(text, target);
    const { how, why } = await link.run();
    if (final?.kind === "acknowledged") return ExitStatus.Ok;
    if (final?.kind === "refused") {
      report(final.message);
      return ExitStatus.Refused;
    }
    const where = formatAddress(link.address);
    const doubt = final?.kind === "unknown"
      ? "; the hub may have the message or not"
      : "; the message was not sent";
    if (gaveUp === undefined && how !== "left") {
      report(how === "lost" ? why + doubt : why);
      return exitStatusOf(how);
    }
    if (gaveUp !== undefined && !wasOpen && gaveUp.how !== "down" && gaveUp.how !== "ended") {
      report(gaveUp.why);
      return exitStatusOf(gaveUp.how);
    }
    report(`connection to ${where} lost: ${gaveUp?.why ?? why}${doubt}`);
    return ExitStatus.Lost;
  } finally {
    cancelGiveUp();
    signal.removeEventListener("abort", leave);
  }
}
