/** Parsing HOST:PORT. */
import { splitHostPort } from "../../runtime/host_port.ts";
import { assertEquals } from "../helpers/assert.ts";

Deno.test({
  name: "HOST:PORT is split into host and port; any other text is refused",
  permissions: "none",
  fn() {
    assertEquals(splitHostPort("127.0.0.1:9100"), { host: "127.0.0.1", port: 9100 });
    assertEquals(splitHostPort("localhost:0"), { host: "localhost", port: 0 });
    assertEquals(splitHostPort("[::1]:65535"), { host: "::1", port: 65535 });
    for (
      const text of [
        "",
        "9100",
        ":9100",
        "host",
        "host:",
        "host:65536",
        "::1:9100",
        "[::1]",
        "a b:1",
        "http://a:1",
      ]
    ) {
      assertEquals(splitHostPort(text), undefined, text);
    }
  },
});
