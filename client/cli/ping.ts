/**
 * `riftchat ping`: measures the time from the start of a connection to the first message of the hub.
 *
 * Rules: it sends nothing and disconnects at once, before the hub announces a silent client. As it sends nothing, it
 * accepts an unknown certificate, prints its fingerprint and stores nothing.
 *
 * @module
 */
import { ProtocolError, type ServerOffer } from "../../protocol/mod.ts";
import {
  type Address,
  AddressError,
  chooseAddresses,
  connectWithTimeout,
  describeAddress,
  formatAddress,
  type HubSettings,
  isLocal,
  LinkError,
  type Security,
  Wire,
} from "../net/mod.ts";
import { ExitStatus, type Machine, Output, thisMachine, withLink } from "../machine/mod.ts";
import { Handshake, HANDSHAKE_LIMIT_MS } from "../link/mod.ts";
import { systemConnector } from "../trust/mod.ts";
import { reasonOf } from "../../runtime/mod.ts";
import { sanitize } from "../text/mod.ts";

/**
 * Measures how long each of some hubs takes to answer, and prints it. It is a success if one of them answers.
 *
 * @param text the addresses of the hubs, as they were typed; see `chooseAddresses` for the default
 * @param options `alive`: whether a hub that refuses the connection is a success; `tls`: whether TLS is required,
 * whatever the address says
 * @param machine the machine; by default this one
 * @returns the exit status, see `exit_status.ts`; errors were reported on stderr
 */
export async function ping(
  text: string | undefined,
  { alive = false, tls = false } = {},
  machine: Machine = thisMachine(),
): Promise<number> {
  const [out, err] = [new Output(machine.stdout), new Output(machine.stderr)];
  let status: number = ExitStatus.Ok;
  const report = (message: string) => err.write(`riftchat: ${sanitize(message)}\n`);
  try {
    const { signal } = new AbortController();
    const linked = await withLink({ address: text }, machine, { report, signal });
    if (linked === undefined) {
      await err.flush();
      return ExitStatus.Usage;
    }
    text = linked.options.address;
    const addresses = chooseAddresses(
      text,
      machine.environment,
      tls,
      text === undefined ? await readHubSettings(machine.environment("RIFTCHAT_CONFIG")) : undefined,
    );
    const statuses: number[] = [];
    for (const address of addresses) {
      try {
        out.write(await answerOf(address, machine));
        statuses.push(ExitStatus.Ok);
      } catch (error) {
        const failed = statusOf(error);
        statuses.push(alive && failed === ExitStatus.Refused ? ExitStatus.Ok : failed);
        await report((error as Error).message.replace(/^Cannot /, "cannot "));
      }
    }
    // One hub is enough to join; of failures the most telling counts.
    status = statuses.includes(ExitStatus.Ok) ? ExitStatus.Ok : Math.max(...statuses);
    out.failed.then((error) => {
      // Nobody reads the result; the exit status is still right.
      if (error instanceof Deno.errors.BrokenPipe) return;
      status = ExitStatus.Fault;
      err.write(`riftchat: cannot write to stdout: ${reasonOf(error)}\n`);
    });
    await out.flush();
  } catch (error) {
    status = statusOf(error);
    await report((error as Error).message.replace(/^Cannot /, "cannot "));
  }
  await err.flush();
  return status;
}

/** Measures one hub. Returns the result as a line. */
async function answerOf(address: Address, machine: Machine): Promise<string> {
  const connector = systemConnector(
    { trust: { acceptAny: true }, config: true, tellPlain: false, notify: () => {} },
    machine,
  );
  const { connect } = connector;
  let answer = await measure(address, { connect, clock: machine.clock });
  // The time to find out whether the hub speaks TLS does not count.
  if (answer.security.encrypted && !address.tls) {
    answer = await measure({ ...address, tls: true }, { connect, clock: machine.clock });
  }
  const { elapsedMs, server, security } = answer;
  const how = security.encrypted ? ` with TLS; ${whoseOf(security)}` : "";
  return `${formatAddress(address)}: ${sanitize(server)} answered in ${elapsedMs.toFixed(1)} ms${how}\n`;
}

async function measure(
  address: Address,
  { connect, clock }: Pick<Machine, "connect" | "clock">,
): Promise<{ elapsedMs: number; server: string; security: Security }> {
  const where = describeAddress(address);
  const begun = clock.elapsed();
  const connection = await connectWithTimeout(address, { connect, clock });
  const { security = { encrypted: false, local: isLocal(address.hostname, connection) } } = connection;
  const wire = new Wire(connection, () => {}, clock);
  const handshake = new Handshake();
  try {
    wire.setDeadline(HANDSHAKE_LIMIT_MS, `no answer within ${HANDSHAKE_LIMIT_MS / 1000} s`);
    for (;;) {
      const message = await wire.next();
      if (message === undefined) break;
      const step = handshake.receive(message);
      if (step.kind === "wait") continue;
      const elapsedMs = clock.elapsed() - begun;
      const { version, identity, certificate_signature: signature } = "server" in message
        ? message.server ?? {} as Partial<ServerOffer>
        : {} as Partial<ServerOffer>;
      const isUnproven = address.invite !== undefined ||
        security.encrypted && security.verified === undefined;
      const why = isUnproven ? await connection.identityCheck?.whyRefused(identity, signature) : undefined;
      if (why !== undefined) throw new LinkError("untrusted", `cannot join ${where}: ${why}`);
      const server = version === undefined ? "an original hub" : `riftchat ${version}`;
      return { elapsedMs, server, security: connection.security ?? security };
    }
  } finally {
    wire.end({ how: "left", why: "left" });
  }
  if (handshake.refusalText !== undefined) {
    throw new LinkError("refused", `${where} would not have this connection: ${handshake.refusalText}`);
  }
  const { why } = await wire.ended;
  throw new LinkError("unreachable", `cannot reach a hub at ${where}: ${why}`);
}

/**
 * Reads host and port from the config file of a hub, as `serve` would.
 *
 * @param path the path of the file; empty or `undefined` for none
 */
async function readHubSettings(path: string | undefined): Promise<HubSettings | undefined> {
  if (path === undefined || path === "") return undefined;
  const { parse, TomlError } = await import("smol-toml");
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(await Deno.readFile(path));
    const { host, port } = parse(text);
    return { path, host: settingText(host), port: settingText(port) };
  } catch (error) {
    const why = error instanceof TomlError ? `line ${error.line} must be TOML: it is not` : reasonOf(error);
    throw new AddressError(
      `Cannot read ${path}, the file of RIFTCHAT_CONFIG: ${why}; correct it, or give the address of the hub`,
    );
  }
}

function settingText(value: unknown): string | undefined {
  return typeof value === "string" || typeof value === "number" ? String(value) : undefined;
}

/** Describes the certificate of the hub. */
function whoseOf({ verified, fingerprint }: Security): string {
  if (verified === "authority") return "an authority vouches for it";
  return `certificate ${fingerprint}${verified === undefined ? ", which is not known here" : ""}`;
}

function statusOf(error: unknown): number {
  if (error instanceof AddressError) return ExitStatus.Usage;
  if (error instanceof LinkError) {
    if (error.kind === "untrusted") return ExitStatus.Untrusted;
    return error.kind === "refused" ? ExitStatus.Refused : ExitStatus.Unreachable;
  }
  if (error instanceof ProtocolError) return ExitStatus.Unreachable;
  throw error;
}
