/** Nagle's algorithm: a hub sends without it on every port. `native_tls_test.ts` checks the port with TLS. */
import { WebConnection } from "../../../load/web_connection.ts";
import { openLibc } from "../../../runtime/mod.ts";
import { hasNoDelay } from "../../../server/ports/system_sockets.ts";
import { assert, assertEquals } from "../../helpers/assert.ts";
import { WebHub } from "../../helpers/hubs/web_hub.ts";
import { needs, NO_LINUX } from "../../helpers/needs.ts";

openLibc();

for (const isWeb of [false, true]) {
  Deno.test({
    ...needs(`A hub sends to its ${isWeb ? "WebSockets" : "chat clients"} without Nagle's delay`, NO_LINUX),
    fn: async () => {
      await using hub = await WebHub.start();
      const port = isWeb ? hub.port : hub.hub.address.port;
      const tcp = await Deno.connect({ hostname: "127.0.0.1", port });
      const client = isWeb ? await WebConnection.open(tcp, `127.0.0.1:${port}`) : tcp;
      // The hub greets its clients, so it has accepted this one.
      assert(await client.read(new Uint8Array(1)) === 1);
      assertEquals(hasNoDelay({ localAddr: tcp.remoteAddr, remoteAddr: tcp.localAddr }), true);
      client.close();
    },
  });
}
