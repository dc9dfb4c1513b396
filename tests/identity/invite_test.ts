/** The secret part of an invite: its text, and the key that follows from it. */
import {
  formatInviteSecret,
  identityOfInvite,
  INVITE_NAMESPACE,
  inviteSigner,
  inviteStatement,
  KeyError,
  loadSyncSigning,
  parseInviteSecret,
  sameKey,
  signMessage,
} from "../../identity/mod.ts";
import { assertEquals, assertThrows } from "../helpers/assert.ts";

const token = Uint8Array.from({ length: 16 }, (_, i) => 255 - i);
const hub = Uint8Array.from({ length: 32 }, (_, i) => 251 - i);

Deno.test("The secret part is 64 characters that URLs and shells leave alone, and is read again", () => {
  const text = formatInviteSecret({ hub, token });
  assertEquals(/^[\w-]{64}$/.test(text), true, text);
  assertEquals(parseInviteSecret(text), { hub, token });
  assertEquals(identityOfInvite(parseInviteSecret(text)), identityOfInvite({ hub, token }));
});

Deno.test("Another text is refused, and the error does not contain it", () => {
  const text = formatInviteSecret({ hub, token });
  for (
    const wrong of [
      "",
      text.slice(1),
      text + "A",
      text.slice(1) + "+",
      text.slice(1) + "é",
      "A".repeat(10_000),
    ]
  ) {
    const error = assertThrows(
      () => parseInviteSecret(wrong),
      KeyError,
      "after the # it must have 64 letters",
    );
    assertEquals(wrong.length > 2 && error.message.includes(wrong.slice(0, 12)), false, error.message);
  }
});

Deno.test("Client and hub derive the same key from a token, and another one from another token", async () => {
  const { inviteKeySync, verifyMessageSync } = await loadSyncSigning();
  const signer = await inviteSigner(token);
  assertEquals(signer.key, inviteKeySync(token));
  assertEquals(sameKey(signer.key, inviteKeySync(hub.slice(0, 16))), false);
  const message = new TextEncoder().encode(inviteStatement("identity", "nonce", "bo"));
  const signature = await signMessage(signer, { namespace: INVITE_NAMESPACE, message });
  assertEquals(verifyMessageSync(signature, { namespace: INVITE_NAMESPACE, message }), signer.key);
});
