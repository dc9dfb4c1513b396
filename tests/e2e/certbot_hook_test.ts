/**
 * The hook of certbot in docs/hosting.md, as written but for what needs root and systemd.
 *
 * @module
 */
import { join } from "node:path";
import { assertEquals } from "../helpers/assert.ts";
import { makeCertificate, type TestCertificate } from "../helpers/hubs/certificates.ts";
import { Home } from "../helpers/hubs/tls_hub.ts";
import { needs, NO_LINUX } from "../helpers/needs.ts";

const GUIDE = new URL("../../docs/hosting.md", import.meta.url);

Deno.test({
  ...needs("The hook of certbot in docs/hosting.md passes a new certificate on to a running hub", NO_LINUX),
  async fn() {
    using home = new Home();
    const path = (name: string) => join(home.path, name);
    const guide = await Deno.readTextFile(GUIDE);
    const script = /<!-- script: certbot hook -->\n\n```sh\n([^]*?)```/.exec(guide)![1]!;
    const here = script.replaceAll(" -o riftchat -g riftchat", "").replaceAll("/etc/riftchat", path("etc"));
    await Deno.writeTextFile(path("hook"), here, { mode: 0o755 });
    for (const folder of ["bin", "live"]) await Deno.mkdir(path(folder));
    await Deno.writeTextFile(path("pid"), "");
    // In place of systemd: what ExecReload of the unit does. Before the hub runs it fails, as systemd does.
    const systemctl = `#!/bin/sh\n[ "$*" = "reload riftchat" ] && kill -HUP "$(cat '${path("pid")}')"\n`;
    await Deno.writeTextFile(path("bin/systemctl"), systemctl, { mode: 0o755 });
    const renew = async (): Promise<TestCertificate> => {
      const certificate = await makeCertificate({ names: ["127.0.0.1"] });
      await Deno.writeTextFile(path("live/fullchain.pem"), certificate.pem);
      await Deno.writeTextFile(path("live/privkey.pem"), certificate.key);
      const env = { RENEWED_LINEAGE: path("live"), PATH: `${path("bin")}:${Deno.env.get("PATH")}` };
      const { code, stderr } = await new Deno.Command(path("hook"), { env }).output();
      assertEquals(code, 0, new TextDecoder().decode(stderr));
      return certificate;
    };
    const first = await renew();
    const files = ["--tls-cert", path("etc/fullchain.pem"), "--tls-key", path("etc/privkey.pem")];
    await using hub = await home.hub(["--tls", ...files]);
    await Deno.writeTextFile(path("pid"), String(hub.pid));
    const isServed = async ({ pem }: TestCertificate) => {
      const options = { hostname: "127.0.0.1", port: hub.port, caCerts: [pem] };
      const socket = await Deno.connectTls(options);
      await socket.handshake();
      socket.close();
    };
    await isServed(first);
    const second = await renew();
    await hub.waitForLog(/reloaded: certificate/);
    await isServed(second);
    assertEquals((await Deno.stat(path("etc/privkey.pem"))).mode! & 0o777, 0o600);
  },
});
