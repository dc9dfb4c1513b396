/**
 * The examples of `docs/http.md`, run as they are written: each line of curl, the cron job, the GitHub Actions step and
 * the receiver of Alertmanager. Only the address of the hub, the token and the paths of files are those of the test.
 *
 * @module
 */
import { join } from "node:path";
import { assert, assertEquals, assertMatch } from "../../helpers/assert.ts";
import { withDeadline } from "../../helpers/deadline.ts";
import { EventStream } from "../../helpers/clients/event_stream.ts";
import { RestHub, type RestToken } from "../../helpers/hubs/rest_hub.ts";
import { missingCommand, needs, NO_POSIX } from "../../helpers/needs.ts";
import { keptPort } from "../../helpers/kept_ports.ts";

const document = await Deno.readTextFile(new URL("../../../docs/http.md", import.meta.url));

/** The blocks of code, in order: their language and content. */
const blocks = [...document.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, language, content]) => ({
  language: language!,
  content: content!,
}));

const NO_CURL = NO_POSIX ?? await missingCommand("curl", "--json", "{}", "--version") ??
  await missingCommand("jq", "--version");

/** Runs a test with a hub, a folder for files, and what runs a command with a shell. */
function test(
  name: string,
  missing: string | undefined,
  fn: (scene: { hub: RestHub; folder: string; token: string; shell: Shell }) => Promise<void>,
): void {
  Deno.test({
    ...needs(name, missing),
    fn: async () => {
      const folder = await Deno.makeTempDir();
      const children: Deno.ChildProcess[] = [];
      try {
        await using hub = await RestHub.start({ data: join(folder) });
        const { secret: token } = hub.token("deploy");
        const { secret: TOKEN } = documentedToken(hub);
        await fn({ hub, folder, token, shell: new Shell({ HUB: hub.url, TOKEN }, children) });
      } finally {
        for (const child of children) await child.status;
        await Deno.remove(folder, { recursive: true });
      }
    },
  });
}

/** Makes the token that the document makes, with the rights of its flags. */
function documentedToken(hub: RestHub): RestToken {
  const [, name, flags] = /^riftchat token add (\w+)(.*)$/m.exec(document)!;
  const [read, write] = ["--read", "--write"].map((flag) => flags!.includes(flag));
  const rooms = [...flags!.matchAll(/-r (\w+)/g)].map(([, room]) => room!);
  return hub.token(name!, { rooms, read: read || !write, write: write || !read });
}

/** Runs commands. */
class Shell {
  readonly #env: Record<string, string>;
  readonly #children: Deno.ChildProcess[];

  constructor(env: Record<string, string>, children: Deno.ChildProcess[]) {
    this.#env = env;
    this.#children = children;
  }

  /** Runs a command to its end, and returns what it prints. */
  async run(command: string, env: Record<string, string> = {}, program = "sh"): Promise<string> {
    const { stdout, stderr, code } = await withDeadline(
      new Deno.Command(program, {
        args: ["-e", "-c", command],
        env: { ...this.#env, ...env },
        stdin: "null",
      }).output(),
      () => command,
    );
    const text = new TextDecoder();
    assertEquals(code, 0, `${command}: ${text.decode(stderr)}`);
    return text.decode(stdout);
  }

  /** Runs a command until it has printed so many lines; it ends when the hub has stopped. */
  async runFor(command: string, lines: number): Promise<string> {
    const child = new Deno.Command("sh", {
      args: ["-c", command],
      env: this.#env,
      stdin: "null",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    this.#children.push(child);
    let text = "";
    const read = (async () => {
      for await (const part of child.stdout.pipeThrough(new TextDecoderStream())) {
        text += part;
        if (text.split("\n").length > lines) return;
      }
    })();
    await withDeadline(read, () => `${lines} lines of ${command}, and not: ${text}`);
    child.kill();
    return text;
  }
}

/** Makes what differs from run to run the same: times, and the epochs in ids. */
function masked(text: string): string {
  return text.replaceAll(/\b\d{13}\b/g, "1").replaceAll(/^(id: \d+\.\d+)-\S+$/gm, "$1").trimEnd();
}

test("Each line of curl in docs/http.md does what it says", NO_CURL, async ({ shell }) => {
  const shown = blocks.map((block, i) => ({ ...block, answer: blocks[i + 1] }))
    .filter(({ language, content }) => language === "sh" && !content.startsWith("HUB="));
  assert(shown.length >= 9);
  for (const { content: command, answer } of shown) {
    if (command.includes("/stream")) {
      assertEquals(answer!.language, "text");
      const lines = answer!.content.split("\n").length - 1;
      assertEquals(masked(await shell.runFor(command, lines)), masked(answer!.content), command);
      continue;
    }
    const output = await shell.run(command.replaceAll("curl ", "curl -sS "));
    if (answer?.language === "json") {
      assertEquals(JSON.parse(masked(output)), JSON.parse(masked(answer.content)), command);
    } else assert(output.includes("build 7 passed"), `${command}: ${output}`);
  }
});

test(
  "The cron job in docs/http.md sends its output once a day",
  NO_CURL,
  async ({ hub, folder, shell, token }) => {
    const [setting, line] = blocks.find(({ language }) => language === "crontab")!.content.trimEnd().split(
      "\n",
    );
    assertMatch(setting!, /^HUB=https:/);
    const [, command] = /^30 3 \* \* \* (.*)$/.exec(line!)!;
    const [backup, header] = [join(folder, "backup"), join(folder, "header")];
    await Deno.writeTextFile(backup, "#!/bin/sh\necho 3 files copied\n", { mode: 0o755 });
    await Deno.writeTextFile(header, `Authorization: Bearer ${token}\n`);
    // As cron does it: an unescaped % would end the command.
    assert(!/(?<!\\)%/.test(command!));
    const run = command!.replaceAll("\\%", "%").replace("/usr/local/bin/backup", backup)
      .replace("/etc/riftchat/header", header);
    for (let times = 0; times < 2; times++) await shell.run(run);
    const { messages } = await (await hub.fetch("/rooms/ops/messages")).json();
    assertEquals(messages.map(({ username, message }: Record<string, string>) => [username, message]), [
      ["deploy", "3 files copied\nbackup ended"],
    ]);
  },
);

test(
  "The step of GitHub Actions in docs/http.md says how a job ended",
  NO_CURL,
  async ({ hub, shell, token }) => {
    const step = blocks.find(({ content }) => content.startsWith("- name: Tell the chat"))!.content;
    const contexts: Record<string, string> = {
      "secrets.RIFTCHAT_TOKEN": token,
      "job.status": "success",
      "github.server_url": "https://github.example",
      "github.repository": "ana/app",
      "github.run_id": "7",
    };
    const [, settings, script] = /^ {2}env:\n((?: {4}\w+: .*\n)+) {2}run: \|\n([\s\S]*)$/m.exec(step)!;
    const env = Object.fromEntries(
      settings!.trimEnd().split("\n").map((line) => {
        const [, name, value] = /^ {4}(\w+): (.*)$/.exec(line)!;
        return [name!, value!.replaceAll(/\$\{\{ (.*?) \}\}/g, (_, context) => contexts[context]!)];
      }),
    );
    assert(Object.values(env).every((value) => !value.includes("undefined")));
    const github = {
      GITHUB_REPOSITORY: "ana/app",
      GITHUB_REF_NAME: "main",
      GITHUB_RUN_ID: "7",
      GITHUB_RUN_ATTEMPT: "1",
    };
    for (let times = 0; times < 2; times++) {
      await shell.run(script!.replaceAll(/^ {4}/gm, ""), { ...env, ...github, HUB: hub.url }, "bash");
    }
    const { messages } = await (await hub.fetch("/rooms/ci/messages")).json();
    assertEquals(messages.map(({ username, message }: Record<string, string>) => [username, message]), [
      ["deploy", "ana/app main: success https://github.example/ana/app/actions/runs/7"],
    ]);
  },
);

/** Reads a log to its end, as its program would not survive a closed one, and tells when the program listens. */
function logOf(
  stderr: ReadableStream<Uint8Array<ArrayBuffer>>,
): { listens: Promise<void>; end: Promise<void> } {
  const { promise: listens, resolve } = Promise.withResolvers<void>();
  const end = (async () => {
    let text = "";
    for await (const part of stderr.pipeThrough(new TextDecoderStream())) {
      text += part;
      if (text.includes("Listening on")) resolve();
    }
  })();
  return { listens, end };
}

const ALERTMANAGER = "prometheus-alertmanager";

test(
  "Alertmanager with the receiver in docs/http.md sends its alerts to a room",
  NO_POSIX ?? await missingCommand(ALERTMANAGER, "--version"),
  async ({ hub, folder, token }) => {
    const config = blocks.find(({ content }) => content.startsWith("route:"))!.content;
    const [file, tokenFile] = [join(folder, "alertmanager.yml"), join(folder, "token")];
    await Deno.writeTextFile(tokenFile, `${token}\n`);
    await Deno.writeTextFile(
      file,
      config.replace("https://chat.example.org:8000", hub.url).replace(
        "/etc/alertmanager/riftchat-token",
        tokenFile,
      ).replace("10s", "0s"),
    );
    const port = keptPort();
    await hub.post("alerts", "the room");
    await using stream = await EventStream.open(hub, "/rooms/alerts/stream");
    const child = new Deno.Command(ALERTMANAGER, {
      args: [
        `--config.file=${file}`,
        `--storage.path=${join(folder, "data")}`,
        `--web.listen-address=127.0.0.1:${port}`,
        "--cluster.listen-address=",
        "--web.external-url=http://alerts.example.org:9093",
      ],
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    const log = logOf(child.stderr);
    try {
      const alerts = ["db1: 95 % of / is used", "db2: 91 % of / is used"].map((summary) => ({
        labels: { alertname: "DiskFull", severity: "critical", instance: summary.slice(0, 3) },
        annotations: { summary },
      }));
      await withDeadline(log.listens, () => "Alertmanager to listen");
      const response = await fetch(`http://127.0.0.1:${port}/api/v2/alerts`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(alerts),
      });
      assertEquals(response.status, 200, await response.text());
      const expected = blocks.find(({ content }) => content.startsWith("[FIRING"))!.content.trimEnd();
      const [event] = await stream.take(1);
      assertEquals([event!.data.username, event!.data.message], ["deploy", expected]);
    } finally {
      child.kill();
      await Promise.all([child.status, log.end]);
    }
  },
);
