/** Completion with Tab: the answers of the program, and its scripts in the shells that are installed. */
import { assert, assertEquals, assertStringIncludes } from "../helpers/assert.ts";
import { DEADLINE_MS } from "../helpers/deadline.ts";
import { DENO_DIR } from "../helpers/deno_dir.ts";
import { programCommand, run } from "../helpers/program.ts";
import { missingCommand, needs } from "../helpers/needs.ts";

/** Returns the values that are offered after some words, without descriptions. */
async function offered(...words: string[]): Promise<string[]> {
  const { stdout, stderr, status } = await run(["complete", "--", ...words]);
  assertEquals([stderr, status], ["", 0]);
  const lines = stdout.trimEnd().split("\n");
  // No file names beside these values.
  assertEquals(lines.pop(), ":4");
  return lines.map((line) => line.split("\t")[0]!);
}

Deno.test("Tab offers subcommands, options and the values of an option", async () => {
  assertEquals(await offered(""), [
    "serve",
    "join",
    "say",
    "tail",
    "identity",
    "log",
    "export",
    "import",
    "name",
    "invite",
    "invites",
    "revoke",
    "token",
    "cluster",
    "op",
    "audit",
    "ping",
    "bench",
    "completions",
    "help",
  ]);
  assertEquals(await offered("help", ""), [
    "serve",
    "join",
    "say",
    "tail",
    "identity",
    "log",
    "export",
    "import",
    "name",
    "invite",
    "invites",
    "revoke",
    "token",
    "cluster",
    "op",
    "audit",
    "ping",
    "bench",
    "completions",
  ]);
  assertEquals(await offered("se"), ["serve"]);
  const flags = await offered("serve", "--");
  for (const flag of ["--host", "--port", "--log-level", "--json", "--help"]) {
    assert(flags.includes(flag), flag);
  }
  assertEquals(await offered("serve", "--log-level", ""), [
    "trace",
    "debug",
    "info",
    "warning",
    "error",
    "fatal",
  ]);
  assertEquals(await offered("serve", "--log-format", "j"), ["json"]);
  assertEquals((await offered("completions", "")).sort(), ["bash", "fish", "powershell", "zsh"]);
});

Deno.test("Tab offers file names where an option or an argument is a file", async () => {
  for (
    const words of [
      ["identity", "import", ""],
      ["identity", "export", "ke"],
      ["identity", "--replace", "import", ""],
      ["identity", "--identity", ""],
      ["identity", "--identity=ke"],
    ]
  ) {
    const { stdout, status } = await run(["complete", "--", ...words]);
    assertEquals([stdout, status], [":0\n", 0], words.join(" "));
  }
  assertEquals((await offered("identity", "")).sort(), ["export", "import", "show"]);
  assert((await offered("identity", "import", "--")).includes("--replace"));
});

Deno.test("completions of an unknown shell lists the four known ones", async () => {
  const { stdout, stderr, status } = await run(["completions", "ksh"]);
  assertEquals([stdout, status], ["", 2]);
  assertEquals(stderr, "riftchat: the shell must be zsh, bash, fish or powershell: it is 'ksh'\n");
});

Deno.test("completions powershell prints a script that registers itself", async () => {
  const { stdout, status } = await run(["completions", "powershell"]);
  assertStringIncludes(stdout, "Register-ArgumentCompleter -Native -CommandName 'riftchat'");
  assertEquals(status, 0);
});

/** The code for each shell that completes `$LINE` and prints the result; `$SCRIPT` is its completion script. */
const SHELLS: [shell: string, code: string, needs?: string][] = [
  [
    "bash",
    `source /usr/share/bash-completion/bash_completion
     source "$SCRIPT"
     read -ra COMP_WORDS <<<"$LINE"
     [[ $LINE == *" " ]] && COMP_WORDS+=("")
     COMP_LINE=$LINE COMP_POINT=\${#LINE} COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
     [[ $(complete -p riftchat) =~ -F\\ ([^ ]+) ]] && "\${BASH_REMATCH[1]}" 2>/dev/null
     echo "\${COMPREPLY[@]}"`,
    "/usr/share/bash-completion/bash_completion",
  ],
  ["fish", `source $SCRIPT; complete -C "$LINE" | cut -f 1`],
  [
    "zsh",
    // A shell on a pseudo-terminal: completion works only there.
    `zmodload zsh/zpty
     zpty z 'zsh -f -i'
     zpty -w z 'PS1=""; autoload -U compinit; compinit -u -D; source "$SCRIPT"; print RE''ADY'
     zpty -r -m z out '*READY*'
     zpty -n -w z "$LINE"$'\\t'
     zpty -r -m z out "*$EXPECTED*" && print -r -- "$EXPECTED"
     zpty -d z`,
  ],
];

for (const [shell, code, file] of SHELLS) {
  Deno.test({
    ...needs(`In ${shell} Tab completes a subcommand, an option and its value`, await missing(shell, file)),
    async fn() {
      const dir = await Deno.makeTempDir();
      try {
        const quoted = programCommand().map((word) => `'${word}'`).join(" ");
        await Deno.writeTextFile(`${dir}/riftchat`, `#!/bin/sh\nexec ${quoted} "$@"\n`, { mode: 0o755 });
        await Deno.writeTextFile(`${dir}/script`, (await run(["completions", shell])).stdout);
        for (
          const [line, expected] of [
            ["riftchat se", "serve"],
            ["riftchat serve --log-l", "--log-level"],
            ["riftchat serve --log-level w", "warning"],
          ] as const
        ) {
          const { stdout, stderr } = await new Deno.Command(shell, {
            args: ["-c", code],
            env: {
              PATH: `${dir}:${Deno.env.get("PATH")}`,
              HOME: dir,
              DENO_DIR,
              SCRIPT: `${dir}/script`,
              LINE: line,
              EXPECTED: expected,
              TERM: "xterm",
            },
            signal: AbortSignal.timeout(DEADLINE_MS),
          }).output();
          const output = new TextDecoder().decode(stdout).trim();
          assertEquals(output, expected, `${line}: ${output}\n${new TextDecoder().decode(stderr)}`);
        }
      } finally {
        await Deno.remove(dir, { recursive: true });
      }
    },
  });
}

Deno.test({
  ...needs(
    "In bash Tab runs no command and overwrites no file, and the script may be sourced twice",
    await missing("bash"),
  ),
  async fn() {
    const dir = await Deno.makeTempDir();
    try {
      const quoted = programCommand().map((word) => `'${word}'`).join(" ");
      await Deno.writeTextFile(`${dir}/riftchat`, `#!/bin/sh\nexec ${quoted} "$@"\n`, { mode: 0o755 });
      await Deno.writeTextFile(`${dir}/script`, (await run(["completions", "bash"])).stdout);
      await Deno.writeTextFile(`${dir}/precious.txt`, "precious");
      const shell = new Deno.Command("bash", {
        args: ["--norc", "--noprofile"],
        cwd: dir,
        env: { PATH: `${dir}:${Deno.env.get("PATH")}`, HOME: dir, DENO_DIR },
        stdin: "piped",
        stdout: "piped",
        stderr: "piped",
        signal: AbortSignal.timeout(DEADLINE_MS),
      }).spawn();
      const stdin = new Blob([
        "source ./script 2>noise; source ./script 2>>noise\n",
        'press() { COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)); _riftchat 2>/dev/null; }\n',
        "press riftchat completions '>' precious.txt ''\n",
        "press riftchat join '$(touch injected)' ''\n",
        'press riftchat serve --log-level = w; echo "${COMPREPLY[*]}"; complete -p riftchat; exit\n',
      ]).stream();
      const [{ stdout }] = await Promise.all([shell.output(), stdin.pipeTo(shell.stdin)]);
      assertEquals(
        new TextDecoder().decode(stdout),
        "warning\ncomplete -o default -F _riftchat riftchat\n",
      );
      assertEquals(await Deno.readTextFile(`${dir}/noise`), "");
      assertEquals(await Deno.readTextFile(`${dir}/precious.txt`), "precious");
      const names = Array.from(Deno.readDirSync(dir), ({ name }) => name);
      assert(!names.includes("injected"));
    } finally {
      await Deno.remove(dir, { recursive: true });
    }
  },
});

Deno.test("File names are expected after an option that takes a file, and after no other", async () => {
  for (const words of [["--config", ""], ["--config=a"], ["--motd-file", ""], ["--log-file", "a"]]) {
    assertEquals((await run(["complete", "--", "serve", ...words])).stdout, ":0\n");
  }
  assertEquals(await offered("serve", "--port", ""), []);
});

/** Returns what is missing to test the completion of a shell; `undefined` if nothing is. */
async function missing(shell: string, file?: string): Promise<string | undefined> {
  const command = await missingCommand(shell, "-c", "exit");
  if (command !== undefined || file === undefined) return command;
  return await Deno.stat(file).then(() => undefined, () => `${file} is missing`);
}
