/**
 * Runs `riftchat bench`: finds or starts a hub, puts a load on it, shows the progress and the result.
 *
 * @module
 */
import { type Address, AddressError, LinkError, loadFindRoute, type RouteOptions } from "../client/mod.ts";
import { startLocalHub } from "../server/mod.ts";
import { afterPrefix, errorText, writeText } from "../runtime/mod.ts";
import { LoadError, type LoadProgress, runLoad } from "./load.ts";
import { type LoadPlan } from "./load_plan.ts";
import { type LoadResult, progressRow, reportJson, reportLines } from "./load_report.ts";

/** Options of {@linkcode bench}. */
export interface BenchOptions {
  /** The load. */
  plan: LoadPlan;
  /** The address of the hub; without one, a hub is started. */
  address: Address | undefined;
  /** How to connect to that hub: certificate, password. */
  route: RouteOptions;
  /** Whether to connect through WebSockets, without TLS. */
  web: boolean;
  /** Whether to print the result as one line of JSON. */
  json: boolean;
}

/**
 * The exit statuses. `INCOMPLETE`: deliveries are missing or duplicate, or the hub disconnected clients. `UNTRUSTED`:
 * the hub has another certificate, or the password would be sent unencrypted.
 */
const OK = 0, INCOMPLETE = 1, USAGE = 2, UNREACHABLE = 3, REFUSED = 4, UNTRUSTED = 6, INTERRUPTED = 130;

/** The maximum number of workers. One hub is not faster with more of them. */
const MAX_WORKERS = 4;

/**
 * Puts a load on a hub and prints the result.
 *
 * @param options see {@linkcode BenchOptions}
 * @returns the exit status
 */
export async function bench({ plan, address, route: options, web, json }: BenchOptions): Promise<number> {
  const hub = address === undefined ? await startLocalHub() : undefined;
  const target = address ?? { hostname: "127.0.0.1", port: hub!.port };
  const ascii = !/utf-?8/i.test(
    ["LC_ALL", "LC_CTYPE", "LANG"].map((name) => Deno.env.get(name)).find(Boolean) ?? "",
  );
  const progressLine = new ProgressLine(plan, ascii);
  const abort = new AbortController();
  // After the first signal the messages that were sent are still counted; the second signal ends the process.
  const interrupt = () => (abort.signal.aborted ? Deno.exit(INTERRUPTED) : abort.abort());
  Deno.addSignalListener("SIGINT", interrupt);
  const { findRoute, PasswordFileError } = await loadFindRoute();
  let result: LoadResult;
  try {
    const route = address === undefined || web ? undefined : await findRoute(address, options, abort.signal);
    result = await runLoad({
      plan,
      address: {
        hostname: target.hostname,
        port: target.port,
        tls: route?.tls,
        web,
        password: route?.password,
      },
      // If the hub is on this machine, it needs one core.
      workers: Math.max(1, Math.min(MAX_WORKERS, navigator.hardwareConcurrency - 1)),
      progress: (progress) => progressLine.show(progress),
      throttled: () => {
        progressLine.clear();
        writeText(
          Deno.stderr,
          "riftchat: the rate limit of the hub delays the messages, and the latencies contain that delay; " +
            "to measure the hub itself, start it with --rate-limit off\n",
        );
      },
      signal: abort.signal,
    });
  } catch (error) {
    if (error instanceof AddressError || error instanceof PasswordFileError) {
      await writeText(Deno.stderr, errorText(afterPrefix(error.message)));
      return USAGE;
    }
    if (!(error instanceof LoadError || error instanceof LinkError)) throw error;
    progressLine.clear();
    await writeText(
      Deno.stderr,
      errorText(
        error instanceof LinkError && error.kind !== "left"
          ? error.message
          : `cannot put a load on ${target.hostname}:${target.port}: ${
            error instanceof LinkError ? "interrupted while connecting" : error.message
          }`,
      ),
    );
    if (abort.signal.aborted) return INTERRUPTED;
    if (error instanceof LoadError) return error.refused ? REFUSED : UNREACHABLE;
    return error.kind === "untrusted" ? UNTRUSTED : error.kind === "refused" ? REFUSED : UNREACHABLE;
  } finally {
    Deno.removeSignalListener("SIGINT", interrupt);
    await hub?.stop();
  }
  progressLine.clear();
  const lines = json ? [JSON.stringify(reportJson(result))] : reportLines(result, ascii);
  await writeText(Deno.stdout, lines.map((line) => line + "\n").join(""));
  if (abort.signal.aborted) return INTERRUPTED;
  return result.deliveries === result.expected && result.ended.length === 0 ? OK : INCOMPLETE;
}

/** The line with the progress, if stderr is a terminal. */
class ProgressLine {
  readonly #plan: LoadPlan;
  readonly #ascii: boolean;
  readonly #shown = Deno.stderr.isTerminal();
  #since: number | undefined;

  constructor(plan: LoadPlan, ascii: boolean) {
    this.#plan = plan;
    this.#ascii = ascii;
  }

  show({ phase, messages, deliveries }: LoadProgress): void {
    if (!this.#shown) return;
    const { seconds, clients } = this.#plan;
    if (phase === "sending") this.#since ??= performance.now();
    const done = phase === "connecting"
      ? 0
      : phase === "sending"
      ? (performance.now() - this.#since!) / 1000 / Math.max(seconds, 0.001)
      : deliveries / Math.max(1, messages * clients);
    const text = phase === "connecting"
      ? `connecting ${clients} clients`
      : `${
        phase === "sending" ? "sending" : "waiting for the last ones"
      }: ${messages} messages, ${deliveries} deliveries`;
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
