/** What a hub prints when a user starts it on a terminal. */
import { DataFolder } from "../helpers/hubs/history.ts";
import { needs, NO_PTY } from "../helpers/needs.ts";
import { Pty } from "../helpers/terminal/pty.ts";

Deno.test({
  ...needs("On a terminal a hub says that it is not encrypted, what it stores, and how to join", NO_PTY),
  async fn() {
    using folder = new DataFolder();
    await using hub = await Pty.start(
      ["serve", "--port", "0", "--data", folder.path, "--log-level", "fatal"],
      {
        columns: 200,
        config: folder.path,
      },
    );
    await hub.until(/^listening on 0\.0\.0\.0:\d+$/);
    await hub.until(/^Not encrypted: others on the network can read along; --tls encrypts\. Everyone/);
    const stored = `Messages are stored for 30 days, up to 1 GiB, in ${folder.path} (--keep, --no-history).`;
    await hub.until(() => hub.window.includes(stored));
    await hub.until(/^Join with: .*join localhost:\d+ {3}From another machine: .*join \S+:\d+$/);
  },
});
