import { readKeyOperand } from "../../../client/names/key_operand.ts";
import { KeyError } from "../../../identity/mod.ts";
import { assertEquals, assertThrows } from "../../helpers/assert.ts";

const BASE64 = "AAAAC3NzaC1lZDI1NTE5AAAAIHUe1Y0d3lmvvDGbmJzMVr9wIpNCtAXBmNIQS3gYf2cX";
const FINGERPRINT = "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

Deno.test({
  name: "A key, a code, a fingerprint and a file are told apart",
  permissions: "none",
  fn() {
    for (
      const [text, operand] of [
        [`ssh-ed25519 ${BASE64} ana@laptop`, { kind: "key", key: BASE64 }],
        [BASE64, { kind: "key", key: BASE64 }],
        ["abbey Bacon cabin  dairy eagle fable", {
          kind: "code",
          code: "abbey bacon cabin dairy eagle fable",
        }],
        [FINGERPRINT, { kind: "fingerprint", fingerprint: FINGERPRINT }],
        [FINGERPRINT.slice(7), { kind: "fingerprint", fingerprint: FINGERPRINT }],
        ["SHA256:abc", { kind: "fingerprint", fingerprint: "SHA256:abc" }],
        ["phone.pub", { kind: "file", path: "phone.pub" }],
        ["my keys/phone.pub", { kind: "file", path: "my keys/phone.pub" }],
        ["abbey", { kind: "file", path: "abbey" }],
      ] as const
    ) assertEquals<unknown>(readKeyOperand(text), operand, text);
    assertThrows(() => readKeyOperand("abbey bacon cabin"), KeyError, "a code has 6 words: this has 3");
    assertThrows(() => readKeyOperand("ssh-rsa AAAAB3NzaC1yc2E="), KeyError, "it is an RSA key");
  },
});
