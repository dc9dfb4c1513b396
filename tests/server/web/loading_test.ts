/**
 * What a hub loads: nothing of the web for a hub that has no port for browsers.
 *
 * @module
 */
import { assert, assertEquals } from "../../helpers/assert.ts";
import { withDeadline } from "../../helpers/deadline.ts";
import { Home } from "../../helpers/hubs/tls_hub.ts";
import { TextLineStream } from "../../helpers/text_line_stream.ts";
import { SOURCE } from "../../helpers/program.ts";

const ROOT = SOURCE.slice(0, -"main.ts".length);

/** The rooms that only a hub with a port for browsers needs. Their `mod.ts` has the loaders. */
const WEB_ROOMS = /^server\/(?:http|web|page|websocket|rest|tokens)\/(?!mod\.ts$)/;

/** Starts a hub from source; returns the scripts that it has loaded once it listens, as its debugger lists them. */
async function scriptsOf(home: Home, ...flags: string[]): Promise<string[]> {
  await using hub = new Deno.Command(Deno.execPath(), {
    args: ["run", "--inspect=127.0.0.1:0", "-A", SOURCE, "serve", "-p", "0", "--host", "127.0.0.1", ...flags],
    env: { ...home.env, RIFTCHAT_WARM_UP: "off", NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const log = hub.stderr.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream()).getReader();
  let debuggerUrl: string | undefined;
  let text = "";
  while (debuggerUrl === undefined) {
    const { value, done } = await withDeadline(log.read(), () => `waiting for the debugger: ${text}`);
    if (done) throw new Error(`the hub has ended: ${text}`);
    text += value + "\n";
    debuggerUrl = /ws:\/\/\S+/.exec(value)?.[0];
  }
  const out = hub.stdout.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream()).getReader();
  await withDeadline(out.read(), () => "waiting for the hub to listen");
  const scripts: string[] = [];
  const listed = Promise.withResolvers<void>();
  const socket = new WebSocket(debuggerUrl);
  const closed = new Promise((resolve) => socket.onclose = resolve);
  socket.onopen = () => socket.send(JSON.stringify({ id: 1, method: "Debugger.enable" }));
  socket.onmessage = ({ data }) => {
    const { id, method, params } = JSON.parse(data);
    if (method === "Debugger.scriptParsed") scripts.push(params.url);
    if (id === 1) listed.resolve();
  };
  await withDeadline(listed.promise, () => "waiting for the scripts");
  socket.close();
  await closed;
  hub.kill("SIGKILL");
  await hub.status;
  await Promise.all([log.cancel(), out.cancel()]);
  return scripts.filter((url) => url.startsWith(ROOT)).map((url) => url.slice(ROOT.length)).sort();
}

Deno.test("A hub without --web and TLS loads nothing of the web, nor of TLS", async () => {
  using home = new Home();
  const scripts = await scriptsOf(home);
  assert(scripts.includes("server/net/connection.ts"), "the scripts are listed");
  assertEquals(scripts.filter((path) => WEB_ROOMS.test(path)), []);
  assert(!scripts.includes("server/ports/tls_socket.ts"));
});

Deno.test("A hub with --web or TLS loads the rooms of the web", async () => {
  using home = new Home();
  for (const flags of [["--web", "127.0.0.1:0"], ["--tls"]]) {
    const scripts = await scriptsOf(home, ...flags);
    for (const room of ["http", "web", "websocket", "rest"]) {
      const loaded = scripts.filter((path) => path.startsWith(`server/${room}/`) && WEB_ROOMS.test(path));
      assert(loaded.length > 0, `${flags[0]} loads ${room}`);
    }
  }
});
