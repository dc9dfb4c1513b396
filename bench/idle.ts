/**
 * `deno task idle [CLIENTS [ROUNDS]]`: how a hub carries many idle clients. CLIENTS clients connect (default 15,000),
 * then one of them sends 20 messages to all. This runs on the hub and on the C program that does the least possible
 * work, in turns. It prints the time until every client has every message, and the ratio to the C program.
 *
 * Rules: everything stays on 127.0.0.1. A message that is not delivered ends it with status 1. It needs Linux, a C
 * compiler and the two programs of `compare`, in `../shared/tools/load` or in the folder `LOAD_TOOLS`.
 *
 * @module
 */
const MESSAGES = 20;
const LISTEN_MS = 20_000;
const ROOT = new URL("../", import.meta.url).pathname;
const TOOLS = Deno.env.get("LOAD_TOOLS") ?? `${ROOT}../shared/tools/load`;

/** The times of one run, in seconds. */
interface Run {
  connect: number;
  deliver: number;
}

/** The measurement is not possible; the message says what to do. */
class MeasureError extends Error {
  override readonly name = "MeasureError";
}

function fail(why: string): never {
  throw new MeasureError(why);
}

function print(stream: typeof Deno.stdout, line: string): void {
  stream.writeSync(new TextEncoder().encode(line + "\n"));
}

/** Parses a positive number from the command line. */
function count(text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  if (!/^[1-9]\d{0,5}$/.test(text)) fail(`Cannot use ${JSON.stringify(text)}: it must be a number above 0`);
  return Number(text);
}

async function build(folder: string, name: string): Promise<string> {
  const program = `${folder}/${name}`;
  const args = ["-O2", "-w", "-o", program, `${TOOLS}/${name}.c`];
  const { success, stderr } = await new Deno.Command("cc", { args }).output();
  if (!success) fail(`Cannot build ${name}: ${new TextDecoder().decode(stderr).trim()}`);
  return program;
}

/** Each client takes a file descriptor of the load generator and one of the hub; both need some more. */
async function checkDescriptors(clients: number): Promise<void> {
  const { stdout } = await new Deno.Command("sh", { args: ["-c", "ulimit -n"] }).output();
  const most = new TextDecoder().decode(stdout).trim();
  if (most === "unlimited" || Number(most) >= clients + 200) return;
  fail(
    `Cannot connect ${clients} clients: a process may have ${most} file descriptors; raise the limit with ulimit -n`,
  );
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
      if (performance.now() > end) fail(`The server does not listen on port ${port}: ${error}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** Starts a server, runs the load generator on it, and stops it. */
async function run(load: string, clients: number, serve: (port: number) => string[]): Promise<Run> {
  const port = freePort();
  const [program, ...args] = serve(port) as [string, ...string[]];
  const server = new Deno.Command(program, { args, cwd: ROOT, stdout: "null", stderr: "null" }).spawn();
  try {
    await listening(port);
    const { success, stdout, stderr } = await new Deno.Command(load, {
      args: ["rift", "127.0.0.1", `${port}`, `${clients}`, "1", `${MESSAGES}`, "64", `${MESSAGES}`],
    }).output();
    const output = new TextDecoder().decode(stdout);
    if (!success) fail(`Not all messages were delivered: ${output}${new TextDecoder().decode(stderr)}`);
    const [, connect, deliver] = /connect_s=([\d.]+).* in ([\d.]+) s/.exec(output)!;
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
    print(Deno.stdout, `${clients} clients connected and were announced in ${connect} s`);
    print(
      Deno.stdout,
      `${MESSAGES} messages to all: hub ${mine.toFixed(3)} s, C program ${other.toFixed(3)} s, ` +
        `${(mine / other).toFixed(2)} times as long (medians of ${rounds} rounds); all were delivered`,
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
