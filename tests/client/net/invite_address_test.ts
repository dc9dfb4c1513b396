/** The link of an invite as an address: what is read, and that no error shows its secret part. */
import {
  AddressError,
  chooseAddresses,
  formatAddress,
  parseAddress,
  parseAddresses,
} from "../../../client/net/mod.ts";
import { formatInviteSecret } from "../../../identity/mod.ts";
import { withoutInvites } from "../../../runtime/mod.ts";
import { assertEquals, assertThrows } from "../../helpers/assert.ts";

const secret = { hub: new Uint8Array(32).fill(7), token: new Uint8Array(16).fill(9) };
const text = formatInviteSecret(secret);

Deno.test("A link names the host, the port and TLS, and has the key of the hub and the token", () => {
  for (const [scheme, tls] of [["rifts", true], ["rift", false], ["RIFTS", true]] as const) {
    for (const slash of ["/", ""]) {
      const address = parseAddress(`${scheme}://[2001:db8::1]:8443${slash}#${text}`);
      assertEquals(address, { hostname: "2001:db8::1", port: 8443, tls, invite: secret });
      assertEquals(formatAddress(address), "[2001:db8::1]:8443");
    }
  }
});

Deno.test("The secret part counts for all addresses of a list", () => {
  for (const slash of ["/", ""]) {
    const addresses = parseAddresses(`rifts://a,b:9${slash}#${text}`);
    assertEquals(addresses, [
      { hostname: "a", port: 8000, tls: true, invite: secret },
      { hostname: "b", port: 9, tls: true, invite: secret },
    ]);
  }
});

Deno.test("No error about a link shows its secret part", () => {
  for (
    const link of [
      `rifts://host:8000/#${text.slice(1)}`,
      `rifts://host:99999/#${text}`,
      `rifts://host/path#${text}`,
      `host:8000#${text}`,
      `http://host/#${text}`,
      `rifts://ho st/#${text}`,
      `#${text}`,
      `rifts://host/#${text}#${text}`,
      `rifts://host,ho st/#${text}`,
      `host,other/#${text}`,
    ]
  ) {
    let message = "";
    try {
      parseAddresses(link);
    } catch (error) {
      if (!(error instanceof AddressError)) throw error;
      ({ message } = error);
    }
    assertEquals([message === "", message.includes(text.slice(2, 60))], [false, false], message);
  }
  const error = () => chooseAddresses(`rift://host/#${text}`, () => undefined, true);
  assertThrows(error, AddressError, 'Cannot join "rift://host/": rift:// means no encryption');
});

Deno.test("Texts that quote arguments leave out the secret parts of links", () => {
  assertEquals(
    withoutInvites(`unknown command 'rifts://host/#${text}'`),
    "unknown command 'rifts://host/#…'",
  );
  assertEquals(withoutInvites(`'rift://host:1/#${text.slice(9)}' and #${text}`), "'rift://host:1/#…' and #…");
  assertEquals(withoutInvites("cannot join #dev of rifts://host"), "cannot join #dev of rifts://host");
});
