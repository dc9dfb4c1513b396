/**
 * Runs `riftchat join`: reads the options, chats on a terminal or line by line, and returns the exit status.
 *
 * The file is long because the questions at the start, both forms of the chat and their ends belong together.
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
import { ProtocolError } from "../../protocol/mod.ts";
import { AddressError, formatAddress, formatAddresses } from "../net/mod.ts";
import { type HubOptionInput, type HubOptions, readHubOptions } from "./hub_options.ts";
import {
  askTrust,
  describeSecurity,
  PasswordFileError,
  type SecureConnector,
  systemConnector,
} from "../trust/mod.ts";
import { parseUsername } from "../commands/mod.ts";
import { discardInput, type GivenUp, Pipe, type PipeEnd } from "../pipe/mod.ts";
import { NO_ROOMS, parseRoomName, roomOf, targetLabel } from "../model/mod.ts";
import { wantsColour } from "../text/mod.ts";
import { askName, defaultName } from "../identity/mod.ts";
import type { Signer } from "../../identity/mod.ts";
import { asciiLocale, identityFor, reporter, untilSignal } from "./subcommand.ts";
import { DurationError, parseDuration, reasonOf } from "../../runtime/mod.ts";
import { ReconnectingLink, type RefusedName } from "../link/mod.ts";

/** Where the chat goes with `--quiet`. */
const NOTHING = { write: (bytes: Uint8Array) => Promise.resolve(bytes.length) };

/** How often a user may choose another name: a program that answers questions must not do so forever. */
const MAX_NAME_TRIES = 10;

/** How often a user may type the password: the hub delays more attempts. */
const MAX_PASSWORD_TRIES = 3;

/**
 * How long a connection is retried in a pipe by default, in milliseconds: long enough for a restart of the hub, short
 * enough that a build does not hang for a hub that is gone.
 */
const RETRY_MS = 60_000;

/** The options of the command line. */
export interface JoinOptions extends HubOptionInput {
  /** The wanted name, as typed; by default the name that the user has on the machine, see {@linkcode defaultName}. */
  name?: string | undefined;
  /** Whether a name that is taken is an error. By default a client in a pipe gets the name with a suffix. */
  exactName?: boolean | undefined;
  /** The rooms to join beside `main`, as typed; messages go to the first of them. */
  rooms?: readonly string[] | undefined;
  /** Whether messages are printed as JSON. */
  json: boolean;
  /** Whether a piped line that begins with a colon is a command. The default is `false`: every line is text. */
  commands?: boolean | undefined;
  /** Whether each line of stdin is a message as JSON. The default is `false`. */
  jsonInput?: boolean | undefined;
  /** Whether nothing of the chat is printed, and the client is not announced. The default is `false`. */
  quiet?: boolean | undefined;
  /** How long a connection is retried, as typed; see {@linkcode parseDuration}. The default is 60 s in a pipe. */
  retry?: string | undefined;
}

/** The options, parsed, and the key. */
interface ChatPlan extends JoinPlan {
  signer: Signer | undefined;
  hasNewKey: boolean;
}

/** The options, parsed. */
interface JoinPlan extends HubOptions {
  name: string | undefined;
  defaultName: string | undefined;
  exactName: boolean;
  /** In NFC, without `#`. */
  rooms: string[];
  json: boolean;
  commands: boolean;
  jsonInput: boolean;
  quiet: boolean;
  retryMs: number | undefined;
}

/**
 * Joins a hub and chats until the input ends, the user leaves or the hub ends it.
 *
 * @param options the options
 * @param machine the machine; by default this one
 * @returns the exit status, see `exit_status.ts`; errors were reported on stderr
 */
export async function join(options: JoinOptions, machine: Machine = thisMachine()): Promise<number> {
  const err = new Output(machine.stderr);
  const report = reporter(err, machine);
  return await untilSignal(machine, async (signal) => {
    const linked = await withLink(options, machine, { report, signal });
    if (linked === undefined) {
      await err.flush();
      return ExitStatus.Usage;
    }
    ({ options, machine } = linked);
    const plan = await readPlan(options, machine, report);
    let status: number = ExitStatus.Usage;
    const found = plan && await identityFor(
      // A quiet client is a program, though somebody may type its lines.
      { ...plan, make: machine.stdinIsTerminal && !plan.quiet },
      machine,
      report,
    );
    if (plan !== undefined) {
      status = found === undefined
        ? ExitStatus.Fault
        : await chat({ ...plan, signer: found.signer, hasNewKey: found.isNew }, machine, report, signal);
    }
    if (found === undefined && !machine.stdinIsTerminal) await discardInput(machine.stdin(), signal);
    await err.flush();
    return status;
  });
}

async function readPlan(
  options: JoinOptions,
  machine: Machine,
  report: Report,
): Promise<JoinPlan | undefined> {
  const { name, exactName = false, rooms = [], json, commands = false, retry } = options;
  const { jsonInput = false, quiet = false } = options;
  try {
    return {
      ...await readHubOptions(options, machine.environment),
      name: name === undefined ? undefined : parseUsername(name),
      defaultName: defaultName(machine.environment),
      exactName,
      rooms: rooms.map(parseRoomName),
      json,
      commands,
      jsonInput,
      quiet,
      retryMs: retry === undefined ? undefined : parseDuration(retry, "--retry"),
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

/** Chats. Asks a user on a terminal whether to trust an unknown hub, and for a password, and then tries again. */
async function chat(
  plan: ChatPlan,
  machine: Machine,
  report: Report,
  signal: AbortSignal,
): Promise<number> {
  const { ask } = machine;
  const { trust, config, credentials } = plan;
  let passwordTries = 0, nameTries = 0;
  const connector = systemConnector({
    trust,
    config,
    // On a terminal the first line says how the connection is protected.
    tellPlain: !onTerminal(plan, machine),
    notify: (notice) => void report(notice),
  }, machine);
  const secured: Machine = { ...machine, connect: connector.connect };
  const canAskPassword = () =>
    credentials.required && onTerminal(plan, machine) && machine.askSecret !== undefined &&
    passwordTries < MAX_PASSWORD_TRIES;
  // A question says the same as the error before it.
  const reportUnlessAsked = (message: string) =>
    (ask !== undefined && connector.question !== undefined) || canAskPassword()
      ? Promise.resolve()
      : report(message);
  for (;;) {
    const { status, refusedName } = onTerminal(plan, machine)
      ? await chatOnTerminal(plan, secured, reportUnlessAsked, { signal, connector })
      : { status: await chatInPipe(plan, secured, reportUnlessAsked, signal) };
    if (refusedName !== undefined && ask !== undefined && nameTries++ < MAX_NAME_TRIES) {
      const name = await askName(refusedName, ask);
      if (name === undefined || signal.aborted) return status;
      plan = { ...plan, name };
      continue;
    }
    if (status === ExitStatus.Refused && canAskPassword()) {
      const question = `${passwordTries++ > 0 ? "That is not the password. " : ""}Password of ${
        formatAddresses(plan.addresses)
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

/** Whether a user is at a terminal that can do more than print lines. */
function onTerminal(plan: JoinPlan, machine: Machine): boolean {
  return machine.stdinIsTerminal && machine.stdoutIsTerminal && !plan.json && !plan.jsonInput &&
    !plan.quiet &&
    machine.environment("TERM") !== "dumb";
}

/** Chats on a terminal. */
async function chatOnTerminal(
  plan: ChatPlan,
  machine: Machine,
  report: Report,
  { signal, connector }: { signal: AbortSignal; connector: SecureConnector },
): Promise<{ status: number; refusedName?: RefusedName | undefined }> {
  const { Talk } = await import("../talk/mod.ts");
  const security = () => describeSecurity(connector.security);
  const asksForName = machine.ask !== undefined;
  const conversation = await Talk.prepare({ ...plan, asksForName, security, signal }, machine);
  const { status, why, refusedName } = await conversation.run();
  if (why !== undefined) report(why);
  return { status, refusedName };
}

/** Chats line by line. */
async function chatInPipe(
  plan: ChatPlan,
  machine: Machine,
  report: Report,
  signal: AbortSignal,
): Promise<number> {
  const { addresses, name = plan.defaultName, rooms, json, commands, jsonInput, quiet } = plan;
  const { clock, connect, offsetMinutes, stdin, stdinIsTerminal: typed } = machine;
  const retryMs = plan.retryMs ?? (typed ? Infinity : RETRY_MS);
  const out = new Output(quiet ? NOTHING : machine.stdout);
  let couldNotWrite = false;
  out.failed.then((error) => {
    // A reader that closes the pipe early, such as `head`, has read enough.
    if (error instanceof Deno.errors.BrokenPipe) return;
    couldNotWrite = true;
    report(`cannot write to stdout: ${reasonOf(error)}`);
  });
  const pipe = new Pipe({
    stdin,
    out,
    report,
    clock,
    json,
    isTerminal: machine.stdoutIsTerminal,
    columns: machine.stdoutColumns,
    colour: wantsColour(machine.stdoutIsTerminal, machine.environment),
    locale: asciiLocale(machine),
    typed,
    hasInvite: addresses[0].invite !== undefined,
    commands,
    jsonInput,
    retryMs,
    offsetMinutes,
    name,
    room: rooms[0],
    // A quiet client prints nothing.
    rooms: quiet ? [] : ["main", ...rooms],
  });
  const statuses: number[] = [];
  try {
    const link = new ReconnectingLink(addresses, {
      name,
      suffixName: !plan.exactName && (!typed || plan.name === undefined),
      // A user who types sees the error and may start the program again.
      retryFirst: retryMs > 0 && (!typed || plan.retryMs !== undefined),
      credentials: plan.credentials,
      identity: plan.signer,
      // A quiet client that names other rooms is in `main` only if it names that, too.
      rooms: () => quiet && jsonInput && rooms.length > 0 ? ["main", ...rooms] : rooms,
      quiet,
      roomsNeeded: true,
      waitsItsTurn: !typed,
      waitsForHubMs: typed ? 0 : retryMs,
      known: () => pipe.known(),
      received: (received) => pipe.received(received),
      changed: (state) => pipe.changed(state),
      distrusted: (why) => void report(why),
      lineChanged: (line) => pipe.lineChanged(line),
      connect,
      resolve: machine.resolve,
      random: machine.random,
      clock,
    });
    const end = await pipe.run(link, signal);
    await out.flush();
    statuses.push(reportEnd(end, formatAddress(link.address), report));
    if (end.refused > 0 && !typed) statuses.push(ExitStatus.Refused);
  } catch (error) {
    await out.flush();
    report(`internal error: ${error instanceof Error ? error.stack : error}`);
    statuses.push(ExitStatus.Fault);
  }
  await pipe.finishInput(signal);
  reportUnsent(pipe, report);
  if (pipe.inputError !== undefined || couldNotWrite) statuses.push(ExitStatus.Fault);
  if (pipe.unsent.count > 0 && !typed) statuses.push(ExitStatus.Lost);
  return statuses.find((status) => status !== ExitStatus.Ok) ?? ExitStatus.Ok;
}

/** Reports how a chat ended, if something went wrong; returns the exit status. */
function reportEnd({ ended, gaveUp, noRoom, unanswered }: PipeEnd, where: string, report: Report): number {
  let status: number = exitStatusOf(ended.how);
  let why = ended.how === "left" ? undefined : ended.why;
  if (noRoom !== undefined) {
    status = ExitStatus.Refused;
    why = `cannot join ${targetLabel(roomOf(noRoom))}: ${NO_ROOMS}`;
  } else if (gaveUp !== undefined) {
    status = statusOf(gaveUp);
    why = gaveUp.wasOpen ? `connection to ${where} lost: ${gaveUp.why}` : `${gaveUp.why}; gave up`;
  }
  const lost = unanswered === 0
    ? undefined
    : `${unanswered === 1 ? "1 line was" : `${unanswered} lines were`} not acknowledged`;
  const parts = [why, lost].filter((part) => part !== undefined);
  if (parts.length > 0) report(parts.join("; "));
  return status === ExitStatus.Ok && unanswered > 0 ? ExitStatus.Lost : status;
}

function statusOf({ wasOpen, how }: GivenUp): number {
  return !wasOpen && (how === "unreachable" || how === "refused") ? exitStatusOf(how) : ExitStatus.Lost;
}

/** Reports which part of the input was not read or not sent. */
function reportUnsent({ inputError, unsent: { first, count }, isInputRead }: Pipe, report: Report): void {
  if (inputError !== undefined) report(`cannot read the input: ${reasonOf(inputError)}`);
  if (first === undefined) return;
  if (!isInputRead) report(`nothing from line ${first} on was sent`);
  else if (count === 1) report(`line ${first} was not sent`);
  else report(`${count} lines were not sent, from line ${first} on`);
}
