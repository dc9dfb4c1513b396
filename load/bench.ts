/**
 * `riftchat bench` itself: finds or starts a hub, puts a load on it, shows how far that has come and what came of it.
 *
 * @module
 */
import { type Address, AddressError, LinkError, loadFindRoute, type RouteOptions } from "../client/mod.ts";
import { startLocalHub } from "../server/mod.ts";
import { LoadError, type LoadProgress, putLoad } from "./load.ts";
import { type LoadPlan } from "./load_plan.ts";
import { type LoadResult, progressRow, reportJson, reportLines } from "./load_report.ts";

/** What `riftchat bench` was told. */
export interface BenchOptions {
  /** The load. */
  plan: LoadPlan;
  /** Where the hub is; without it one is started. */
  address: Address | undefined;
  /** What is known of that hub. */
  route: RouteOptions;
  /** Whether the result is one line of JSON. */
  json: boolean;
}

/**
 * Everything reached everyone; something did not, or twice, or the hub ended clients; the command line is wrong; a client
 * could not connect; the hub refused; it is not the one that is meant, or would be told a password in the clear; interrupted.
 */
const OK = 0, WRONG = 1, USAGE = 2, UNREACHABLE = 3, REFUSED = 4, UNTRUSTED = 6, INTERRUPTED = 130;

/** How many workers there are at most: more than a few cores do not help against one hub. */
const MAX_WORKERS = 4;

/**
 * Puts a load on a hub and says what came of it.
 *
 * @param options what was told
 * @returns the exit status
 */
export async function bench({ plan, address, route: options, json }: BenchOptions): Promise<number> {
  const hub = address === undefined ? await startLocalHub() : undefined;
  const where = address ?? { hostname: "127.0.0.1", port: hub!.port };
  const ascii = !/utf-?8/i.test(
    ["LC_ALL", "LC_CTYPE", "LANG"].map((name) => Deno.env.get(name)).find(Boolean) ?? "",
  );
  const screen = new ProgressLine(plan, ascii);
  const abort = new AbortController();
  // The first has what was said be heard, the second does not wait for that.
  const interrupt = () => (abort.signal.aborted ? Deno.exit(INTERRUPTED) : abort.abort());
  Deno.addSignalListener("SIGINT", interrupt);
  const { findRoute, PasswordFileError } = await loadFindRoute();
  let result: LoadResult;
  try {
    const route = address === undefined ? undefined : await findRoute(address, options, abort.signal);
    result = await putLoad({
      plan,
      address: { hostname: where.hostname, port: where.port, route: route?.tls, password: route?.password },
      // One core is the hub's, where it is on this machine.
      workers: Math.max(1, Math.min(MAX_WORKERS, navigator.hardwareConcurrency - 1)),
      progress: (progress) => screen.show(progress),
      signal: abort.signal,
    });
  } catch (error) {
    if (error instanceof AddressError || error instanceof PasswordFileError) {
      await write(Deno.stderr, `riftchat: ${error.message.replace(/^Cannot/, "cannot")}\n`);
      return USAGE;
    }
    if (!(error instanceof LoadError || error instanceof LinkError)) throw error;
    screen.clear();
    await write(
      Deno.stderr,
      error instanceof LinkError && error.kind !== "left"
        ? `riftchat: ${error.message}\n`
        : `riftchat: cannot put a load on ${where.hostname}:${where.port}: ${
          error instanceof LinkError ? "interrupted while connecting" : error.message
        }\n`,
    );
    if (abort.signal.aborted) return INTERRUPTED;
    if (error instanceof LoadError) return error.refused ? REFUSED : UNREACHABLE;
    return error.kind === "untrusted" ? UNTRUSTED : error.kind === "refused" ? REFUSED : UNREACHABLE;
  } finally {
    Deno.removeSignalListener("SIGINT", interrupt);
    await hub?.stop();
  }
  screen.clear();
  const lines = json ? [JSON.stringify(reportJson(result))] : reportLines(result, ascii);
  await write(Deno.stdout, lines.map((line) => line + "\n").join(""));
  if (abort.signal.aborted) return INTERRUPTED;
  return result.deliveries === result.expected && result.ended.length === 0 ? OK : WRONG;
}

/** A row that says how far it has come, where stderr is a terminal. */
class ProgressLine {
  readonly #plan: LoadPlan;
  readonly #ascii: boolean;
  readonly #shown = Deno.stderr.isTerminal();
  #since: number | undefined;

  constructor(plan: LoadPlan, ascii: boolean) {
    this.#plan = plan;
    this.#ascii = ascii;
  }

  show({ phase, lines, deliveries }: LoadProgress): void {
    if (!this.#shown) return;
    const { seconds, clients } = this.#plan;
    if (phase === "saying") this.#since ??= performance.now();
    const done = phase === "connecting"
      ? 0
      : phase === "saying"
      ? (performance.now() - this.#since!) / 1000 / Math.max(seconds, 0.001)
      : deliveries / Math.max(1, lines * clients);
    const text = phase === "connecting"
      ? `connecting ${clients} clients`
      : `${phase === "saying" ? "saying" : "the last are heard"}: ${lines} lines, ${deliveries} deliveries`;
    const { columns } = Deno.consoleSize();
    this.#write(progressRow(done, text, columns, this.#ascii));
  }

  clear(): void {
    if (this.#shown) this.#write("");
  }

  #write(row: string): void {
    Deno.stderr.writeSync(new TextEncoder().encode(`\r\x1b[K${row}`));
  }
}

async function write(to: typeof Deno.stdout, text: string): Promise<void> {
  const bytes = new TextEncoder().encode(text);
  for (let sent = 0; sent < bytes.length;) sent += await to.write(bytes.subarray(sent));
}
