/**
 * Writes the transcripts in the documents by running the program. `deno task transcripts` writes them; a test checks
 * that they are up to date.
 *
 * A transcript is the code block after a line such as `<!-- transcript: pipe -->`. What differs from run to run (times,
 * ports, names that the hub chooses, fingerprints) is replaced by fixed values.
 *
 * @module
 */
import { ClientProgram, HubProgram, Program, run } from "../tests/helpers/program.ts";

/** The documents with transcripts. */
export const DOCUMENTS: readonly URL[] = ["README.md", "docs/guide.md", "docs/hosting.md"]
  .map((path) => new URL(`../${path}`, import.meta.url));

const MARKED = /<!-- transcript: ([a-z-]+) -->\n+```(console|text)\n([\s\S]*?)```\n/g;

/** Fixed values for what differs from run to run: first match first. */
const FIXED: readonly [differs: RegExp, fixed: string][] = [
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, "2026-11-27T14:03:00.000Z"],
  [/^\d\d:\d\d (?=\S)/gm, "14:03 "],
  [/"timestamp":\d+/g, '"timestamp":1795788180000'],
  [/"nonce":"[^"]+"/g, '"nonce":"haNq3h7NezET/AC82AshTQ=="'],
  [/("code":202,"new":")[a-z0-9]{10}"/g, '$1an1p78oz9s"'],
  [/SHA256:[\w+/]{43}/g, "SHA256:t3AdYCyrHQh0xllNU/2ujRdAMYSKT9b3RbM+AiYGpKk"],
  [
    /in words: [a-z ]+/g,
    "in words: parrot guitar bucket feast circus ocean bucket apron helium quilt equator dwarf",
  ],
  [/(connected from 127\.0\.0\.1):\d+/g, "$1:50000"],
  [/(?:127\.0\.0\.1|localhost):(?!50000)\d+/g, "localhost:8000"],
  [/after \d+ s/g, "after 60 s"],
  [/answered in [\d.]+ ms/g, "answered in 1.9 ms"],
  [/\/\S+\/riftchat\/default/g, "~/.local/share/riftchat/default"],
];

/** Makes each transcript; the keys are the names in the documents. */
const TRANSCRIPTS: Readonly<Record<string, () => Promise<string>>> = {
  hub: async () =>
    await withFolder(async (XDG_DATA_HOME) => {
      await using hub = await HubProgram.start(["--history", "on"], { env: { XDG_DATA_HOME } });
      await using ana = new ClientProgram(hub.port, ["-n", "ana"]);
      await ana.waitForArrival("ana");
      await hub.waitForLog(/c1 connected/);
      await ana.typeAndFinish("good morning\n");
      await hub.waitForLog(/c1 [^\n]*left/);
      await hub.stop();
      return `$ riftchat serve --host localhost\n${hub.stdout.join("\n")}\n${withoutWarmUp(hub.stderr)}`;
    }),
  pipe: async () => {
    await using hub = await HubProgram.start(["--no-history"]);
    await using build = new ClientProgram(hub.port, ["-n", "ci"]);
    await sayAndSee(build, "deployed", / ci {2}deployed$/);
    return `$ echo deployed | riftchat join localhost -n ci\n${lines(build.stdout)}`;
  },
  json: async () => {
    await using hub = await HubProgram.start(["--no-history"]);
    await using build = new ClientProgram(hub.port, ["-n", "ci", "--json"]);
    await sayAndSee(build, "deployed", /^\{"code":200,/);
    return `$ echo deployed | riftchat join localhost -n ci --json\n${lines(build.stdout)}`;
  },
  ping: async () => {
    await using hub = await HubProgram.start(["--no-history"]);
    const { stdout } = await run(["ping", `localhost:${hub.port}`]);
    return `$ riftchat ping\n${stdout}`;
  },
  tls: async () =>
    await withFolder(async (data) => {
      await using hub = new Program(["serve", "--host", "127.0.0.1", "--port", "0", "--tls", "--data", data]);
      const line = await hub.line();
      return `$ riftchat serve --host localhost --tls\n${line}\n`;
    }),
};

/**
 * Runs the transcripts of a document again.
 *
 * @param text the document
 * @returns the document with new transcripts
 * @throws {Error} for an unknown name of a transcript, or for a document without transcripts
 */
export async function withTranscripts(text: string): Promise<string> {
  const printed = new Map<string, string>();
  for (const [, name] of text.matchAll(MARKED)) {
    const transcript = Object.hasOwn(TRANSCRIPTS, name!) ? TRANSCRIPTS[name!]! : undefined;
    if (transcript === undefined) throw new Error(`there is no transcript named ${name}`);
    printed.set(name!, fixed(await transcript()));
  }
  if (printed.size === 0) throw new Error("the document has no transcript");
  return text.replace(
    MARKED,
    (_, name, kind) => `<!-- transcript: ${name} -->\n\n\`\`\`${kind}\n${printed.get(name)}\`\`\`\n`,
  );
}

/** Ends the input only when the message was printed: a client does not wait for its own last message. */
async function sayAndSee(client: ClientProgram, message: string, printed: RegExp): Promise<void> {
  await client.type(`${message}\n`);
  await client.lineWhere((line) => printed.test(line));
  await client.endInput();
  await client.finish();
}

function fixed(text: string): string {
  return FIXED.reduce((result, [differs, value]) => result.replace(differs, value), text);
}

function lines(list: readonly string[]): string {
  return list.map((line) => line + "\n").join("");
}

/** The log without what depends on how fast the machine is. */
function withoutWarmUp(log: string): string {
  return lines(log.trimEnd().split("\n").filter((line) => !line.includes("warm-up")));
}

async function withFolder(use: (folder: string) => Promise<string>): Promise<string> {
  const folder = await Deno.makeTempDir();
  try {
    return await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

if (import.meta.main) {
  for (const document of DOCUMENTS) {
    await Deno.writeTextFile(document, await withTranscripts(await Deno.readTextFile(document)));
  }
}
