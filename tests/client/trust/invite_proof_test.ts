/** Whether a hub is the one of an invite: what a machine in the middle can pass on, and what it cannot. */
import {
  CERTIFICATE_NAMESPACE,
  certificateStatement,
  generatePrivateKey,
  HUB_NAMESPACE,
  identityOfInvite,
  type InviteSecret,
  signerOf,
  signMessage,
  toBase64,
} from "../../../identity/mod.ts";
import { whyNotInvited } from "../../../client/trust/invite_proof.ts";
import { assertEquals, assertMatch } from "../../helpers/assert.ts";

const [OWN, OTHERS] = ["SHA256:own", "SHA256:others"];
const hub = await generatePrivateKey("hub");
const mallory = await generatePrivateKey("mallory");
const invite: InviteSecret = { hub: hub.key, token: new Uint8Array(16) };
const identity = identityOfInvite(invite);

/** Signs that a certificate is that of a hub. */
async function signed(
  by: typeof hub,
  fingerprint: string,
  namespace = CERTIFICATE_NAMESPACE,
): Promise<string> {
  const message = new TextEncoder().encode(certificateStatement(identity, fingerprint));
  return toBase64(await signMessage(await signerOf(by), { namespace, message }));
}

Deno.test("A hub is the one of an invite if it signs the certificate of the connection", async () => {
  const shown = { identity, certificateSignature: await signed(hub, OWN), fingerprint: OWN };
  assertEquals(await whyNotInvited(invite, true, shown), undefined);
});

Deno.test("A signature for another certificate or purpose, by another key, or none, proves nothing", async () => {
  for (
    const [what, certificateSignature] of [
      ["passed on from the hub", await signed(hub, OTHERS)],
      ["of another key", await signed(mallory, OWN)],
      ["for another purpose", await signed(hub, OWN, HUB_NAMESPACE)],
      ["none", undefined],
      ["no base64", "*"],
      ["no signature", "AAAA"],
    ] as [string, string | undefined][]
  ) {
    const why = await whyNotInvited(invite, true, { identity, certificateSignature, fingerprint: OWN });
    assertMatch(
      why ?? what,
      /^its certificate is not that of the hub of the invite: someone may be intercepting/,
    );
  }
});

Deno.test("Another hub, or one without a key, is not that of an invite", async () => {
  for (const shown of [identityOfInvite({ ...invite, hub: mallory.key }), undefined]) {
    const offer = { identity: shown, certificateSignature: undefined, fingerprint: undefined };
    assertMatch(
      String(await whyNotInvited(invite, false, offer)),
      /^it is another hub than the one of the invite/,
    );
  }
});

Deno.test("An authority that vouches for the certificate is enough for the hub with the right key", async () => {
  const offer = { identity, certificateSignature: undefined, fingerprint: undefined };
  assertEquals(await whyNotInvited(invite, false, offer), undefined);
});
