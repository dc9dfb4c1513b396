/**
 * `riftchat join`, put together: an address and a name, a link, a conversation, an exit status.
 *
 * @module
 */
import { ExitStatus, exitStatusOf, type Machine, Output, type Report, thisMachine } from "../machine/mod.ts";
import { ProtocolError } from "../../protocol/mod.ts";
import { AddressError, formatAddress } from "../net/mod.ts";
import { type HubOptionInput, type HubOptions, readHubOptions } from "./hub_options.ts";
import {
  askTrust,
  describeSecurity,
  PasswordFileError,
  type SecureConnector,
  systemConnector,
} from "../trust/mod.ts";
import { DurationError, parseDuration } from "./duration.ts";
import { parseUsername } from "../commands/mod.ts";
import { Pipe, type PipeEnd } from "../pipe/mod.ts";
import { NO_ROOMS, parseRoomName, roomOf, targetLabel } from "../model/mod.ts";
import { wantsColour } from "../text/mod.ts";
import { inAscii, reporter, untilSignal } from "./subcommand.ts";
import { reasonOf } from "../../runtime/mod.ts";
import { ReconnectingLink } from "../link/mod.ts";

/** How often a person may type a password: a hub slows down who needs more. */
const MAX_TRIES = 3;
/**
 * How long a connection that was lost is tried again where lines are piped in, in milliseconds: a hub that is started
 * again is back by then, and a build does not hang for one that is not.
 */
const RETRY_MS = 60_000;

/** What the command line says. */
export interface JoinOptions extends HubOptionInput {
  /** The name wanted, as it was typed; without one the hub chooses. */
  name?: string | undefined;
  /** The rooms to be in beside `main`, as they were typed; what is said is said in the first of them. */
  rooms?: readonly string[] | undefined;
  /** Whether messages go out as JSON. */
  json: boolean;
  /** Whether a piped line that begins with a colon is a command. The default is `false`: every line is text. */
  commands?: boolean | undefined;
  /** How long a lost connection is tried again where lines are read, as it was typed; see {@linkcode parseDuration}. */
  retry?: string | undefined;
}

/** What the command line comes to. */
interface Plan extends HubOptions {
  name: string | undefined;
  /** In NFC, without `#`. */
  rooms: string[];
  json: boolean;
  commands: boolean;
  retryMs: number | undefined;
}

/**
 * Joins a hub, and talks until one side ends it.
 *
 * @param options what the command line says
 * @param ports the machine; by default this one
 * @returns the exit status, see `exit_status.ts`; what went wrong was told on stderr
 */
export async function join(options: JoinOptions, machine: Machine = thisMachine()): Promise<number> {
  const err = new Output(machine.stderr);
  const report = reporter(err, machine);
  return await untilSignal(machine, async (signal) => {
    const plan = await readPlan(options, machine, report);
    let status: number = ExitStatus.Usage;
    if (plan !== undefined) {
      status = await meet(plan, machine, report, signal);
    }
    await err.flush();
    return status;
  });
}

async function readPlan(options: JoinOptions, machine: Machine, report: Report): Promise<Plan | undefined> {
  try {
    return {
      ...await readHubOptions(options, machine.environment),
      name: options.name === undefined ? undefined : parseUsername(options.name),
      rooms: options.rooms?.map(parseRoomName) ?? [],
      json: options.json,
      commands: options.commands ?? false,
      retryMs: options.retry === undefined ? undefined : parseDuration(options.retry, "--retry"),
    };
  } catch (error) {
    if (
      !(error instanceof AddressError || error instanceof ProtocolError || error instanceof DurationError ||
        error instanceof PasswordFileError)
    ) {
      throw error;
    }
    report(error.message);
    return undefined;
  }
}

/** Talks with the hub; where it is not known, and somebody is there who can say whether it is the one, asks that. */
async function meet(plan: Plan, machine: Machine, report: Report, signal: AbortSignal): Promise<number> {
  const { ask } = machine;
  const { trust, config, credentials } = plan;
  let tries = 0;
  const connector = systemConnector({ trust, config, notify: (notice) => void report(notice) }, machine);
  const guarded: Machine = { ...machine, connect: connector.connect };
  // What is asked need not be told before.
  const refused = (message: string) =>
    (ask !== undefined && connector.question !== undefined) || mayAskPassword()
      ? Promise.resolve()
      : report(message);
  const mayAskPassword = () =>
    credentials.required && onTerminal(plan, machine) && machine.askSecret !== undefined && tries < MAX_TRIES;
  for (;;) {
    const status = onTerminal(plan, machine)
      ? await talk(plan, guarded, refused, { signal, connector })
      : await converse(plan, guarded, refused, signal);
    if (status === ExitStatus.Refused && mayAskPassword()) {
      const question = `${tries++ > 0 ? "That is not the password. " : ""}Password of ${
        formatAddress(plan.address)
      }: `;
      const password = await machine.askSecret!(question, signal);
      if (password === undefined || password === "") return status;
      credentials.password = password;
      continue;
    }
    const { question } = connector;
    if (status !== ExitStatus.Untrusted || question === undefined || ask === undefined) return status;
    if (!await askTrust(question, ask)) {
      report(
        `not joined: you did not accept the certificate ${question.fingerprint} of ${question.where}`,
      );
      return status;
    }
    await question.accept();
    if (signal.aborted) return status;
  }
}

/** Whether there is a person on a terminal that can do more than show lines. */
function onTerminal(plan: Plan, machine: Machine): boolean {
  return machine.stdinIsTerminal && machine.stdoutIsTerminal && !plan.json &&
    machine.environment("TERM") !== "dumb";
}

async function talk(
  plan: Plan,
  machine: Machine,
  report: Report,
  { signal, connector }: { signal: AbortSignal; connector: SecureConnector },
): Promise<number> {
  const { Talk } = await import("../talk/mod.ts");
  const security = () => describeSecurity(connector.security, plan.address);
  const conversation = await Talk.prepare({ ...plan, security, signal }, machine);
  const { status, why } = await conversation.run();
  if (why !== undefined) report(why);
  return status;
}

async function converse(plan: Plan, machine: Machine, report: Report, signal: AbortSignal): Promise<number> {
  const out = new Output(machine.stdout);
  let fault: string | undefined;
  out.failed.then((error) => {
    // Who closes the pipe early, such as `head`, has read enough.
    if (!(error instanceof Deno.errors.BrokenPipe)) fault = `cannot write to stdout: ${reasonOf(error)}`;
  });
  let status: number;
  try {
    const { address, name, rooms, json, commands } = plan;
    const { clock, connect, offsetMinutes, stdin, stdinIsTerminal: typed } = machine;
    const pipe = new Pipe({
      stdin,
      out,
      report,
      clock,
      json,
      colour: wantsColour(machine.stdoutIsTerminal, machine.environment),
      ascii: inAscii(machine),
      typed,
      commands,
      retryMs: plan.retryMs ?? (typed ? Infinity : RETRY_MS),
      offsetMinutes,
      room: rooms[0],
    });
    const link = new ReconnectingLink(address, {
      name,
      credentials: plan.credentials,
      rooms: () => rooms,
      roomsNeeded: true,
      received: (received) => pipe.received(received),
      changed: (state) => pipe.changed(state),
      lineChanged: (line) => pipe.lineChanged(line),
      connect,
      clock,
    });
    const end = await pipe.run(link, signal);
    await out.flush();
    status = conclude(end, formatAddress(address), machine, report);
  } catch (error) {
    await out.flush();
    report(`internal error: ${error instanceof Error ? error.stack : error}`);
    status = ExitStatus.Fault;
  }
  if (fault === undefined) return status;
  report(fault);
  return ExitStatus.Fault;
}

/** Says how a conversation ended, where that is worth a word. */
function conclude(end: PipeEnd, where: string, machine: Machine, report: Report): number {
  const { ended, gaveUp, noRoom, refused, unanswered, unsentFrom, inputError } = end;
  const lines = unanswered === 1 ? "1 line was" : `${unanswered} lines were`;
  const lost = [
    unanswered > 0 ? `${lines} not acknowledged` : "",
    unsentFrom === undefined ? "" : `nothing from line ${unsentFrom} on was sent`,
  ].filter(Boolean);
  const tell = (...parts: string[]) => report([...parts, ...lost].join("; "));
  if (inputError !== undefined) report(`cannot read the input: ${reasonOf(inputError)}`);
  if (noRoom !== undefined) {
    tell(`cannot join ${targetLabel(roomOf(noRoom))}: ${NO_ROOMS}`);
    return ExitStatus.Refused;
  }
  if (gaveUp !== undefined) {
    tell(`connection to ${where} lost: ${gaveUp}`);
    return ExitStatus.Lost;
  }
  if (ended.how !== "left") {
    tell(ended.why);
    return exitStatusOf(ended.how);
  }
  if (lost.length > 0) tell();
  if (unanswered > 0) return ExitStatus.Lost;
  if (inputError !== undefined) return ExitStatus.Fault;
  return (refused > 0 || unsentFrom !== undefined) && !machine.stdinIsTerminal
    ? ExitStatus.Refused
    : ExitStatus.Ok;
}
