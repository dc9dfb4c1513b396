/** Signatures in the format of OpenSSH (SSHSIG), here and by `ssh-keygen -Y`. */
import { join } from "node:path";
import {
  armorSignature,
  dearmorSignature,
  decodeSignature,
  formatPublicKey,
  generatePrivateKey,
  KeyError,
  loadSyncSigning,
  parsePublicKey,
  signerOf,
  signMessage,
  verifyMessage,
} from "../../identity/mod.ts";
import { assert, assertEquals, assertRejects, assertThrows } from "../helpers/assert.ts";
import { sshKey, sshTool, testWithKeygen } from "../helpers/ssh_keygen.ts";

const NAMESPACE = "riftchat-hello";

const bytesOf = (text: string) => new TextEncoder().encode(text);

/** Checks a signature with `ssh-keygen -Y verify`. */
async function keygenVerifies(
  folder: string,
  { signature, message, publicKey }: { signature: Uint8Array; message: string; publicKey: string },
): Promise<boolean> {
  const [sig, allowed] = [join(folder, "sig"), join(folder, "allowed")];
  await Deno.writeTextFile(sig, armorSignature(signature));
  await Deno.writeTextFile(allowed, `ana ${publicKey}\n`);
  const args = ["-Y", "verify", "-n", NAMESPACE, "-f", allowed, "-I", "ana", "-s", sig];
  return (await sshTool("ssh-keygen", args, { input: message })).success;
}

testWithKeygen("ssh-keygen accepts a signature that is made here, and no other message", async (folder) => {
  const privateKey = await generatePrivateKey("ana");
  const signature = await signMessage(await signerOf(privateKey), {
    namespace: NAMESPACE,
    message: bytesOf("hello"),
  });
  const publicKey = formatPublicKey(privateKey);
  assert(await keygenVerifies(folder, { signature, message: "hello", publicKey }));
  assert(!await keygenVerifies(folder, { signature, message: "hellp", publicKey }));
});

testWithKeygen(
  "A signature of ssh-keygen is accepted, and no other message, purpose or hash",
  async (folder) => {
    const [path, file] = [join(folder, "key"), join(folder, "message")];
    await sshKey(path);
    await Deno.writeTextFile(file, "hello");
    const sign = async (...args: string[]) => {
      await Deno.remove(`${file}.sig`).catch(() => {});
      await sshTool("ssh-keygen", ["-Y", "sign", "-f", path, ...args, file]);
      return dearmorSignature(await Deno.readTextFile(`${file}.sig`));
    };
    const message = bytesOf("hello");
    const { key } = parsePublicKey(await Deno.readTextFile(`${path}.pub`));
    const { verifyMessageSync } = await loadSyncSigning();
    const signature = await sign("-n", NAMESPACE);
    assertEquals(await verifyMessage(signature, { namespace: NAMESPACE, message }), key);
    assertEquals(verifyMessageSync(signature, { namespace: NAMESPACE, message }), key);
    const wrong = async (bytes: Uint8Array<ArrayBuffer>, text: string, why: string) => {
      const signed = { namespace: NAMESPACE, message: bytesOf(text) };
      await assertRejects(() => verifyMessage(bytes, signed), KeyError, why);
      assertThrows(() => verifyMessageSync(bytes, signed), KeyError, why);
    };
    await wrong(signature, "hellp", "does not fit");
    await wrong(await sign("-n", "file"), "hello", "another purpose");
    await wrong(await sign("-n", NAMESPACE, "-O", "hashalg=sha256"), "hello", "must use sha512");
  },
);

Deno.test("A signature is of no use for another key, message or purpose, nor with any other byte", async () => {
  const [ana, bob] = [
    await signerOf(await generatePrivateKey("")),
    await signerOf(await generatePrivateKey("")),
  ];
  const signed = { namespace: NAMESPACE, message: bytesOf("hello") };
  const signature = await signMessage(ana, signed);
  const { verifyMessageSync } = await loadSyncSigning();
  assertEquals(await verifyMessage(signature, signed), ana.key);
  assertEquals(verifyMessageSync(signature, signed), ana.key);
  assertEquals(decodeSignature(signature).key, ana.key);
  const refused = async (bytes: Uint8Array<ArrayBuffer>, other = signed) => {
    await assertRejects(() => verifyMessage(bytes, other), KeyError);
    assertThrows(() => verifyMessageSync(bytes, other), KeyError);
  };
  await refused(signature, { ...signed, message: bytesOf("hello ") });
  await refused(signature, { ...signed, namespace: "riftchat-hub" });
  // The key of another user in place of the own one.
  const at = signature.findIndex((_, index) =>
    ana.key.every((byte, offset) => signature[index + offset] === byte)
  );
  const swapped = signature.slice();
  swapped.set(bob.key, at);
  await refused(swapped);
  for (let at = 0; at < signature.length; at++) await refused(signature.with(at, signature[at]! ^ 1));
  await refused(signature.slice(0, -1));
  await refused(Uint8Array.of(...signature, 0));
  await refused(new Uint8Array(100_000));
});

testWithKeygen(
  "A signature of a key that is not Ed25519 is refused, and says which it is",
  async (folder) => {
    const [path, file] = [join(folder, "key"), join(folder, "message")];
    await Deno.writeTextFile(file, "hello");
    for (const [type, why] of [["rsa", "it is an RSA key"], ["ecdsa", "it is an ECDSA key"]] as const) {
      await sshKey(`${path}-${type}`, "-t", type);
      await Deno.remove(`${file}.sig`).catch(() => {});
      await sshTool("ssh-keygen", ["-Y", "sign", "-f", `${path}-${type}`, "-n", NAMESPACE, file]);
      const signature = dearmorSignature(await Deno.readTextFile(`${file}.sig`));
      const signed = { namespace: NAMESPACE, message: bytesOf("hello") };
      await assertRejects(() => verifyMessage(signature, signed), KeyError, why);
    }
  },
);
