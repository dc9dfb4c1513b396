/** The address in the links of invites: what `--at` may be, and what follows from it and from where the hub listens. */
import { inviteAddress } from "../../../server/invites/mod.ts";
import { pageAddress } from "../../../server/invites/invite_address.ts";
import { readPublicAddress } from "../../../server/settings/mod.ts";
import { assertEquals } from "../../helpers/assert.ts";

/** The link that follows; empty if none does. */
function linkOf(at: string | undefined, host: string, port: number, tlsPort?: number): string {
  const address = inviteAddress(at === undefined ? undefined : readPublicAddress(at), {
    host,
    port,
    tlsPort,
  });
  return address === undefined ? "" : `${address.scheme}://${address.where}`;
}

Deno.test("An address that only this machine knows is none for a link; one of a network is", () => {
  for (const host of ["127.0.0.1", "::1", "localhost", "0.0.0.0", "::"]) {
    assertEquals(linkOf(undefined, host, 8000), "", host);
  }
  assertEquals(linkOf(undefined, "192.0.2.7", 8000), "rift://192.0.2.7:8000");
  assertEquals(linkOf(undefined, "2001:db8::7", 8000, 8000), "rifts://[2001:db8::7]:8000");
});

Deno.test("--at wins; what it does not say is that of the hub, with TLS if there is any", () => {
  assertEquals(linkOf("chat.example.org", "0.0.0.0", 8000), "rift://chat.example.org:8000");
  assertEquals(linkOf("chat.example.org", "0.0.0.0", 8000, 8443), "rifts://chat.example.org:8443");
  assertEquals(linkOf("chat.example.org:9000", "0.0.0.0", 8000, 8443), "rifts://chat.example.org:9000");
  assertEquals(linkOf("rift://chat.example.org", "0.0.0.0", 8000, 8443), "rift://chat.example.org:8000");
  assertEquals(linkOf("rifts://chat.example.org:443/", "127.0.0.1", 8000), "rifts://chat.example.org:443");
  assertEquals(linkOf("[2001:db8::1]:1", "::", 8000), "rift://[2001:db8::1]:1");
});

Deno.test("The page is an address for links if others can use it: with TLS, and not on this machine", () => {
  const addressOf = (origin: string | undefined) => {
    const { scheme, where } = pageAddress(origin) ?? {};
    return scheme && `${scheme}://${where}`;
  };
  for (const origin of ["https://chat.example.org", "https://192.0.2.7:8000", "https://[2001:db8::7]:8443"]) {
    assertEquals(addressOf(origin), origin);
  }
  for (
    const origin of [
      undefined,
      "null",
      "http://chat.example.org",
      "http://localhost:8080",
      "https://localhost:8000",
      "https://a.localhost:8000",
      "https://127.0.0.1:8000",
      "https://127.1:8000",
      "https://[::1]:8000",
    ]
  ) assertEquals(addressOf(origin), undefined, origin);
});

Deno.test("What is no address is refused", () => {
  for (
    const text of [
      "",
      "host:",
      "host:0",
      "host:65536",
      "host:80:80",
      "http://host",
      "host/path",
      "a b",
      "[::1",
      "[zz]",
      "2001:db8::1",
      "host#x",
      "@host",
    ]
  ) assertEquals(readPublicAddress(text), undefined, text);
});
