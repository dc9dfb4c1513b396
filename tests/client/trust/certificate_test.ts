/** The server name by which a certificate without an authority is verified. */
import { readCertificate } from "../../../client/trust/certificate.ts";
import { assertEquals } from "../../helpers/assert.ts";
import { makeCertificate } from "../../helpers/hubs/certificates.ts";

for (
  const [names, host, name] of [
    [["0123.riftchat.invalid"], "chat.example.org", "0123.riftchat.invalid"],
    [["chat.example.org"], "Chat.Example.org.", "chat.example.org"],
    [["other.org", "chat.example.org"], "chat.example.org", "chat.example.org"],
    [["*.acme.org"], "chat.acme.org", "chat.acme.org"],
    [["*.acme.org"], "a.chat.acme.org", undefined],
    // An authority may vouch for these names to another server.
    [["other.org"], "chat.acme.org", undefined],
    [["8.8.8.8"], "chat.acme.org", undefined],
    [["invalid.org", "local.org"], "chat.acme.org", undefined],
    [["other.org", "hub.local"], "chat.acme.org", "hub.local"],
    [["192.168.1.5"], "chat.acme.org", "192.168.1.5"],
    [["203.0.113.9"], "203.0.113.9", "203.0.113.9"],
    [["hub"], "192.0.2.1", "hub"],
    [[], "chat.acme.org", undefined],
  ] as [string[], string, string | undefined][]
) {
  const what = names.join(", ") || "no name";
  Deno.test(`A certificate for ${what} at ${host} is verified by ${name ?? "no name"}`, async () => {
    const { der } = await makeCertificate({ names });
    const facts = readCertificate(der, host);
    assertEquals([facts.serverName, facts.names], [name, names]);
  });
}

Deno.test("Bytes that are not a complete certificate have no names", async () => {
  const { der } = await makeCertificate({ names: ["hub.local"] });
  for (let length = 0; length < der.length; length++) readCertificate(der.subarray(0, length), "x");
  assertEquals(readCertificate(new Uint8Array([48, 3, 6, 3, 85, 29, 17]), "x").names, []);
});
