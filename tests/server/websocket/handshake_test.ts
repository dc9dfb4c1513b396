/** The handshake, with the example of RFC 6455 and with requests that are not one. */
import { acceptKey, checkUpgrade, upgradeHeaders } from "../../../server/websocket/mod.ts";
import { assertEquals, assertStringIncludes } from "../../helpers/assert.ts";

const VALID = {
  host: "localhost",
  upgrade: "websocket",
  connection: "keep-alive, Upgrade",
  "sec-websocket-version": "13",
  "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
};

Deno.test("The key of RFC 6455 has the answer of RFC 6455", async () => {
  assertEquals(await acceptKey("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
});

Deno.test("A valid request is accepted, without an extension or a protocol that the client offers", async () => {
  const headers = new Headers({
    ...VALID,
    upgrade: "h2c, WebSocket",
    "sec-websocket-extensions": "permessage-deflate",
    "sec-websocket-protocol": "chat",
  });
  assertEquals(checkUpgrade("GET", headers), undefined);
  assertEquals(await upgradeHeaders(headers), {
    upgrade: "websocket",
    connection: "Upgrade",
    "sec-websocket-accept": "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
  });
});

const REFUSED: [name: string, method: string, change: Record<string, string | undefined>, number, string][] =
  [
    ["POST", "POST", {}, 405, "not POST"],
    ["a plain GET", "GET", { upgrade: undefined, connection: "keep-alive" }, 426, "`Upgrade: websocket`"],
    ["an upgrade to h2c", "GET", { upgrade: "h2c" }, 426, "`Upgrade: websocket`"],
    ["no Connection: Upgrade", "GET", { connection: "close" }, 426, "`Connection: Upgrade`"],
    ["version 8", "GET", { "sec-websocket-version": "8" }, 426, "not 8"],
    ["no version", "GET", { "sec-websocket-version": undefined }, 426, "not none"],
    ["no key", "GET", { "sec-websocket-key": undefined }, 400, "16 bytes in base64"],
    ["a short key", "GET", { "sec-websocket-key": "dGhl" }, 400, "16 bytes in base64"],
    ["a key of 17 bytes", "GET", { "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZTE=" }, 400, "16 bytes"],
  ];
for (const [name, method, change, status, detail] of REFUSED) {
  Deno.test(`A request with ${name} is refused with ${status}`, () => {
    const headers = new Headers(VALID);
    for (const [header, value] of Object.entries(change)) {
      if (value === undefined) headers.delete(header);
      else headers.set(header, value);
    }
    const refusal = checkUpgrade(method, headers);
    assertEquals(refusal?.status, status as 400);
    assertStringIncludes(refusal!.detail, detail);
    // RFC 6455, section 4.4 and RFC 9110, section 15.5.22.
    if (status === 426) {
      assertEquals(refusal!.headers, {
        connection: "Upgrade",
        upgrade: "websocket",
        "sec-websocket-version": "13",
      });
    }
  });
}
