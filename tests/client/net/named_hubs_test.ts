/** Which of the addresses that a hub names a client uses. */
import { namedHubs, type NamedHubsOptions, WEB_SCHEMES } from "../../../client/net/named_hubs.ts";
import { formatAddress } from "../../../client/net/address.ts";
import { MAX_HUB_CHARS, MAX_HUBS } from "../../../protocol/mod.ts";
import { MAX_PEER_CHARS, MAX_PEERS } from "../../../server/limits.ts";
import { assertEquals } from "../../helpers/assert.ts";

const NAMED = [
  "rift://a",
  "rifts://b.example.org:9000/",
  "RIFTS://[2001:db8::1]",
  "https://c.example.org",
  "https://[::1]:8443/",
  "http://d:8080",
  "http://e",
  "ssh://f",
  "g:8000",
  "rifts://",
  "rifts://ana@h",
  "rifts://i:0",
  "rifts://i:99999999",
  "rifts://[1.2.3.4",
  "rifts://j/#secret",
  "rifts://rifts://k",
  `rifts://${"l".repeat(MAX_HUB_CHARS)}`,
  "",
];

const shown = (options: Partial<NamedHubsOptions>) =>
  namedHubs(NAMED, { encrypted: false, identity: undefined, ...options })
    .map((address) => (address.tls ? "+" : "-") + formatAddress(address));

Deno.test({
  name: "A client takes the addresses that it understands, and after TLS only those with TLS",
  permissions: "none",
  fn() {
    assertEquals(shown({}), ["-a:8000", "+b.example.org:9000", "+[2001:db8::1]:8000"]);
    assertEquals(shown({ encrypted: true }), ["+b.example.org:9000", "+[2001:db8::1]:8000"]);
    const schemes = WEB_SCHEMES;
    assertEquals(shown({ schemes }), ["+c.example.org:443", "+[::1]:8443", "-d:8080", "-e:80"]);
    assertEquals(shown({ schemes, encrypted: true }), ["+c.example.org:443", "+[::1]:8443"]);
  },
});

Deno.test({
  name:
    "They must have the identity of the hub that names them, and are joined with the same invite; few count",
  permissions: "none",
  fn() {
    const invite = { hub: new Uint8Array(32), token: new Uint8Array(16) };
    assertEquals(namedHubs(["rifts://a"], { encrypted: true, identity: "key", invite }), [
      { hostname: "a", port: 8000, tls: true, identity: "key", invite },
    ]);
    const many = Array.from({ length: MAX_HUBS + 1 }, (_, number) => `rift://a${number}`);
    assertEquals(namedHubs(many, { encrypted: false, identity: undefined }).length, MAX_HUBS);
    assertEquals([MAX_PEERS, MAX_PEER_CHARS], [MAX_HUBS, MAX_HUB_CHARS]);
  },
});
