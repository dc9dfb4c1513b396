/**
 * `deno task idle [CLIENTS [ROUNDS]]`: how a hub carries a great many who say nothing. So many people connect (15,000
 * without a number), then one says 20 lines to all of them; once on this hub and once on the C program that does the least
 * work possible, in turns. What is printed is the time until everyone has every line, and how many times the C program's
 * that is.
 *
 * Rules: everything stays on 127.0.0.1; whatever is not delivered ends it with status 1. It needs Linux, a C compiler and
 * the two programs of `compare`, in `../shared/tools/load` or where `LOAD_TOOLS` says.
 *
 * @module
 */
const LINES = 20;
const LISTEN_MS = 20_000;
const ROOT = new URL("../", import.meta.url).pathname;
const TOOLS = Deno.env.get("LOAD_TOOLS") ?? `${ROOT}../shared/tools/load`;

/** What one run took, in seconds. */
interface Run {
  connect: number;
  deliver: number;
}

/** It cannot be measured, for a reason that people can do something about. */
class MeasureError extends Error {
  override readonly name = "MeasureError";
}

function fail(why: string): never {
  throw new MeasureError(why);
}

function print(stream: typeof Deno.stdout, line: string): void {
  stream.writeSync(new TextEncoder().encode(line + "\n"));
}

/** Reads a number above 0 from the command line. */
function count(text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  if (!/^[1-9]\d{0,5}$/.test(text)) fail(`Cannot take ${JSON.stringify(text)}: it must be a number above 0`);
  return Number(text);
}

async function build(folder: string, name: string): Promise<string> {
  const program = `${folder}/${name}`;
  const args = ["-O2", "-w", "-o", program, `${TOOLS}/${name}.c`];
  const { success, stderr } = await new Deno.Command("cc", { args }).output();
  if (!success) fail(`Cannot build ${name}: ${new TextDecoder().decode(stderr).trim()}`);
  return program;
}

/** Each client takes a descriptor of the load and one of the hub, and both some more. */
async function checkDescriptors(clients: number): Promise<void> {
  const { stdout } = await new Deno.Command("sh", { args: ["-c", "ulimit -n"] }).output();
  const most = new TextDecoder().decode(stdout).trim();
  if (most === "unlimited" || Number(most) >= clients + 200) return;
  fail(`Cannot connect ${clients}: a process may have ${most} descriptors here; raise that with ulimit -n`);
}

function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  listener.close();
  return listener.addr.port;
}

async function listening(port: number): Promise<void> {
  const end = performance.now() + LISTEN_MS;
  for (;;) {
    try {
      return (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    } catch (error) {
      if (performance.now() > end) fail(`Nobody listens on ${port}: ${error}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** Starts a server, puts the load on it, and stops it. */
async function run(load: string, clients: number, serve: (port: number) => string[]): Promise<Run> {
  const port = freePort();
  const [program, ...args] = serve(port) as [string, ...string[]];
  const server = new Deno.Command(program, { args, cwd: ROOT, stdout: "null", stderr: "null" }).spawn();
  try {
    await listening(port);
    const { success, stdout, stderr } = await new Deno.Command(load, {
      args: ["rift", "127.0.0.1", `${port}`, `${clients}`, "1", `${LINES}`, "64", `${LINES}`],
    }).output();
    const said = new TextDecoder().decode(stdout);
    if (!success) fail(`Not all was delivered: ${said}${new TextDecoder().decode(stderr)}`);
    const [, connect, deliver] = /connect_s=([\d.]+).* in ([\d.]+) s/.exec(said)!;
    return { connect: Number(connect), deliver: Number(deliver) };
  } finally {
    server.kill("SIGTERM");
    await server.status;
  }
}

function median(numbers: number[]): number {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1]!;
}

async function measure(clients: number, rounds: number): Promise<void> {
  await checkDescriptors(clients);
  const folder = await Deno.makeTempDir({ prefix: "idle." });
  try {
    const load = await build(folder, "chatload");
    const floor = await build(folder, "floor");
    const flags = "--no-history --rate-limit off --max-connections 0 --log-level warning".split(" ");
    const hub = (port: number) =>
      [Deno.execPath(), "task", "serve", "--host", "127.0.0.1", "--port", `${port}`].concat(flags);
    const ours: Run[] = [], theirs: Run[] = [];
    for (let round = 0; round < rounds; round++) {
      ours.push(await run(load, clients, hub));
      theirs.push(await run(load, clients, (port) => [floor, `${port}`]));
    }
    const mine = median(ours.map(({ deliver }) => deliver));
    const other = median(theirs.map(({ deliver }) => deliver));
    const connect = median(ours.map((run) => run.connect)).toFixed(1);
    print(Deno.stdout, `${clients} connected in ${connect} s, everyone told of everyone`);
    print(
      Deno.stdout,
      `${LINES} lines to all: hub ${mine.toFixed(3)} s, C program ${other.toFixed(3)} s, ` +
        `${(mine / other).toFixed(2)} times as long (medians of ${rounds}); all was delivered`,
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

try {
  await measure(count(Deno.args[0], 15_000), count(Deno.args[1], 3));
} catch (error) {
  if (!(error instanceof MeasureError)) throw error;
  print(Deno.stderr, `idle: ${error.message}`);
  Deno.exitCode = 1;
}
