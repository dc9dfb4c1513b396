/**
 * The API for scripts of the real program, with curl: over TLS with the hub's own certificate, over kills of the hub,
 * and where tokens are.
 *
 * @module
 */
import { join } from "node:path";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../helpers/assert.ts";
import { keptPort } from "../helpers/kept_ports.ts";
import { Home, TlsHub } from "../helpers/hubs/tls_hub.ts";
import { missingCommand, needs, NO_POSIX, OLD_RUNTIME } from "../helpers/needs.ts";
import { run } from "../helpers/program.ts";

const NO_CURL = NO_POSIX ?? OLD_RUNTIME ?? await missingCommand("curl", "--version") ??
  await missingCommand("openssl", "version");

/** A hub with TLS and a password, its data, and curl. */
class Scene implements Disposable {
  readonly home = new Home();
  readonly data = join(this.home.path, "hub");
  readonly #flags = [
    ...["--tls", "--history", "on", "--data", this.data, "--log-level", "trace"],
    ...["--password-file", this.home.write("password", "open sesame\n")],
  ];

  hub(port = 0): Promise<TlsHub> {
    return TlsHub.start(["--port", String(port), ...this.#flags], { env: this.home.env });
  }

  /** Makes a token. */
  async token(...args: string[]): Promise<string> {
    const { stdout, stderr, status } = await run(["token", "add", ...args, "--data", this.data], {
      env: this.home.env,
    });
    assertEquals(status, 0, stderr);
    return stdout.trimEnd();
  }

  /** Runs curl, which knows the hub by its key, as `docs/http.md` says. */
  async curl(...args: string[]): Promise<{ status: number; text: string }> {
    const script =
      `openssl pkey -in "${this.data}/hub.pem" -pubout -outform der | openssl dgst -sha256 -binary | base64`;
    const key = new TextDecoder().decode(
      (await new Deno.Command("sh", { args: ["-c", script], stdin: "null", stderr: "null" }).output()).stdout,
    ).trim();
    const { code, stdout } = await new Deno.Command("curl", {
      args: ["-sS", "-k", "--pinnedpubkey", `sha256//${key}`, ...args],
      stdin: "null",
    }).output();
    return { status: code, text: new TextDecoder().decode(stdout) };
  }

  [Symbol.dispose](): void {
    this.home[Symbol.dispose]();
  }
}

Deno.test({
  ...needs("curl sends and reads over TLS with a token, also after the hub was killed", NO_CURL),
  fn: async () => {
    using scene = new Scene();
    const port = keptPort();
    let token: string;
    {
      await using hub = await scene.hub(port);
      token = await scene.token("deploy", "-r", "ci");
      const url = `https://127.0.0.1:${port}/rooms/ci`;
      const authorization = `Authorization: Bearer ${token}`;
      const refused = await scene.curl("-d", "deployed", url);
      assertEquals(JSON.parse(refused.text).word, "bad_token");
      const sent = await scene.curl("-H", authorization, "-d", "deployed", url);
      assertEquals(JSON.parse(sent.text).sequence, 1, sent.text);
      hub.kill("SIGKILL");
      await hub.status;
    }
    await using hub = await scene.hub(port);
    const url = `https://127.0.0.1:${hub.port}/rooms/ci`;
    const authorization = `Authorization: Bearer ${token}`;
    const again = await scene.curl("-H", authorization, "-d", "again", url);
    assertEquals(JSON.parse(again.text).sequence, 2, again.text);
    const page = await scene.curl("-H", authorization, `${url}/messages`);
    assertEquals(JSON.parse(page.text).messages.map(({ message }: { message: string }) => message), [
      "deployed",
      "again",
    ]);
    const log = await run(["log", "--room", "ci", "--data", scene.data], { env: scene.home.env });
    assertMatch(log.stdout, /deploy.*deployed\n.*deploy.*again\n/);
    // Another key than that of the hub is refused before anything is sent.
    const other = await scene.curl("--pinnedpubkey", `sha256//${"A".repeat(43)}=`, url);
    assertEquals([other.status, other.text], [90, ""]);
  },
});

Deno.test({
  ...needs("A token is in no file and no log of the hub", NO_CURL),
  fn: async () => {
    using scene = new Scene();
    await using hub = await scene.hub();
    const token = await scene.token("deploy");
    const url = `https://127.0.0.1:${hub.port}/rooms/ci`;
    for (const given of [token, token.slice(0, -1)]) {
      await scene.curl("-H", `Authorization: Bearer ${given}`, "-d", "x", url);
    }
    for (const command of [["token", "list"], ["audit"], ["export"], ["name", "list"]]) {
      const { stdout, stderr } = await run([...command, "--data", scene.data], { env: scene.home.env });
      assertEquals((stdout + stderr).includes(token.slice(5)), false, command.join(" "));
    }
    hub.kill("SIGTERM");
    await hub.status;
    const secret = token.slice(5, -1);
    assertStringIncludes(hub.stderr, "POST /rooms/{room}: 201");
    assertEquals((hub.stderr + hub.stdoutText).includes(secret), false);
    let files = 0;
    for (const path of filesIn(scene.data)) {
      files++;
      assertEquals(new TextDecoder("latin1").decode(await Deno.readFile(path)).includes(secret), false, path);
    }
    assert(files > 4);
  },
});

function* filesIn(folder: string): Generator<string> {
  for (const { name, isDirectory, isFile } of Deno.readDirSync(folder)) {
    const path = join(folder, name);
    if (isDirectory) yield* filesIn(path);
    else if (isFile) yield path;
  }
}
