/** Keys in the formats of OpenSSH: what `ssh-keygen` writes is read, and it reads what is written. */
import fc from "fast-check";
import { join } from "node:path";
import {
  dearmorSignature,
  decodeSignature,
  formatPrivateKey,
  formatPublicKey,
  generatePrivateKey,
  KeyError,
  keyFingerprint,
  parsePrivateKey,
  parsePublicKey,
  publicKeyBlob,
  readPublicKeyBlob,
  signerOf,
  sshNumber,
  sshStrings,
} from "../../identity/mod.ts";
import { assert, assertEquals, assertMatch, assertThrows } from "../helpers/assert.ts";
import { cases } from "../helpers/fuzz.ts";
import { sshKey, sshTool, testWithKeygen } from "../helpers/ssh_keygen.ts";

testWithKeygen(
  "A private key of ssh-keygen is read, and its public key and fingerprint are right",
  async (folder) => {
    const path = join(folder, "key");
    await sshKey(path);
    const privateKey = parsePrivateKey(await Deno.readTextFile(path));
    const line = await Deno.readTextFile(`${path}.pub`);
    assertEquals(formatPublicKey(privateKey) + "\n", line);
    assertEquals(parsePublicKey(line), { key: privateKey.key, comment: "ana@laptop" });
    const { output } = await sshTool("ssh-keygen", ["-l", "-f", path]);
    assertEquals(output, `256 ${await keyFingerprint(privateKey.key)} ana@laptop (ED25519)\n`);
  },
);

testWithKeygen("A private key is written byte for byte as ssh-keygen writes it", async (folder) => {
  // Each length of a comment has another padding.
  for (let length = 1; length <= 9; length++) {
    const path = join(folder, `key${length}`);
    await sshKey(path, "-C", "c".repeat(length));
    const text = await Deno.readTextFile(path);
    const armor = text.split("\n").slice(1, -2).join("");
    const check = new DataView(Uint8Array.from(atob(armor), (letter) => letter.charCodeAt(0)).buffer)
      .getUint32(98);
    assertEquals(formatPrivateKey(parsePrivateKey(text), check), text);
  }
});

testWithKeygen("ssh-keygen reads a key that is made here, with any comment", async (folder) => {
  for (const [index, comment] of ["", "ana", "ana@laptop", "Zoë und ich, 2026"].entries()) {
    const path = join(folder, String(index));
    const privateKey = await generatePrivateKey(comment);
    await Deno.writeTextFile(path, formatPrivateKey(privateKey, 0xffffffff), { mode: 0o600 });
    const { output, success } = await sshTool("ssh-keygen", ["-y", "-f", path]);
    assertEquals([success, output.trim()], [true, formatPublicKey(privateKey)]);
    assertEquals(parsePrivateKey(await Deno.readTextFile(path)), privateKey);
  }
});

testWithKeygen(
  "Keys of other types, encrypted keys and other files are refused, each with its reason",
  async (folder) => {
    const made: [args: string[], why: RegExp][] = [
      [["-t", "rsa", "-b", "1024"], /^it must be an Ed25519 key: it is an RSA key; make one with ssh-keygen/],
      [["-t", "ecdsa"], /it is an ECDSA key/],
      [["-t", "rsa", "-b", "1024", "-m", "PEM"], /it is an RSA key/],
      [["-t", "ecdsa", "-m", "PEM"], /it is an ECDSA key/],
      [["-t", "rsa", "-b", "1024", "-m", "PKCS8"], /^it must have the format of OpenSSH: it has another one/],
      [["-N", "secret"], /^it must have no passphrase: it has one; add it to ssh-agent/],
    ];
    for (const [index, [args, why]] of made.entries()) {
      const path = join(folder, String(index));
      await sshKey(path, ...args);
      const error = assertThrows(() => parsePrivateKey(Deno.readTextFileSync(path)), KeyError);
      assertMatch(error.message, why);
      if (args.includes("-N")) continue;
      const { message } = assertThrows(() => parsePublicKey(Deno.readTextFileSync(`${path}.pub`)), KeyError);
      assertMatch(message, /^it must be an Ed25519 key: it is an (?:RSA|ECDSA) key/);
    }
  },
);

Deno.test("What is no private key is refused, with what it is", async () => {
  const whole = formatPrivateKey(await generatePrivateKey("ana"), 7);
  const texts: [text: string, why: RegExp][] = [
    ["", /it is empty/],
    ["\n \n", /it is empty/],
    ["hello", /^it is no private key; make one with ssh-keygen/],
    ["\ufffd\ufffd\0\0", /^it is no private key/],
    ["ssh-ed25519 AAAA ana\n", /^it must be a private key: it is a public key/],
    ["PuTTY-User-Key-File-3: ssh-ed25519\n", /a file of PuTTY/],
    ["SSH PRIVATE KEY FILE FORMAT 1.1\n", /SSH version 1/],
    ["-----BEGIN DSA PRIVATE KEY-----\n", /a DSA key/],
    [whole.slice(0, 200), /^it is cut off/],
    [whole.replace(/-----END.*/, ""), /^it is cut off/],
    [whole.split("\n").toSpliced(3, 1).join("\n"), /cut off|damaged/],
    [whole.replace("b3Bl", "????"), /cut off|no key/],
    ["-----BEGIN OPENSSH PRIVATE KEY-----\n-----END OPENSSH PRIVATE KEY-----\n", /^it is cut off/],
  ];
  for (const [text, why] of texts) {
    const { message } = assertThrows(() => parsePrivateKey(text), KeyError);
    assertMatch(message, why, JSON.stringify(text));
  }
});

Deno.test("A private key is read with any line endings, and with text around it", async () => {
  const privateKey = await generatePrivateKey("ana");
  const text = formatPrivateKey(privateKey, 7);
  assertEquals(parsePrivateKey(text.replaceAll("\n", "\r\n")), privateKey);
  assertEquals(parsePrivateKey(`\ufeffmy key\n${text}the end`), privateKey);
});

Deno.test("A private key with any other byte is refused, or is another key that is still consistent", async () => {
  const privateKey = await generatePrivateKey("ana@laptop");
  const text = formatPrivateKey(privateKey, 7);
  const bytes = Uint8Array.from(
    atob(text.split("\n").slice(1, -2).join("")),
    (letter) => letter.charCodeAt(0),
  );
  let refused = 0;
  for (let at = 0; at < bytes.length; at++) {
    const changed = bytes.with(at, bytes[at]! ^ 1);
    const base64 = btoa(String.fromCharCode(...changed));
    const armor = `-----BEGIN OPENSSH PRIVATE KEY-----\n${base64}\n-----END OPENSSH PRIVATE KEY-----\n`;
    try {
      const { key } = await signerOf(parsePrivateKey(armor));
      // Only a comment is not protected.
      assertEquals(key, privateKey.key);
    } catch (error) {
      assert(error instanceof KeyError, String(error));
      refused++;
    }
  }
  assert(refused >= bytes.length - "ana@laptop".length - "none".length, `only ${refused} were refused`);
});

Deno.test("A public key of another length, or one for which anybody can sign, is refused", () => {
  for (const length of [0, 31, 33, 64]) {
    const { message } = assertThrows(
      () => readPublicKeyBlob(sshStrings("ssh-ed25519", new Uint8Array(length))),
      KeyError,
    );
    assertEquals(message, `an Ed25519 key has 32 bytes: it has ${length}`);
  }
  for (const first of [0, 1]) {
    for (const last of [0, 0x80]) {
      const weak = new Uint8Array(32).with(0, first).with(31, last);
      assertThrows(() => readPublicKeyBlob(publicKeyBlob(weak)), KeyError, "anybody could sign");
    }
  }
  assertThrows(() => readPublicKeyBlob(sshNumber(0xffffffff)), KeyError, "cut off");
});

Deno.test("What is no public key is refused, with what it is", () => {
  const texts: [text: string, why: RegExp][] = [
    ["", /must begin with ssh-ed25519/],
    ["hello world", /must begin with ssh-ed25519/],
    ["ssh-ed25519", /must begin with ssh-ed25519/],
    ["ssh-ed25519 AAA!", /must have base64/],
    ["ssh-ed25519 AAAA", /cut off/],
    ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA== x", /cut off/],
    ["ssh-rsa AAAAB3NzaC1yc2E= x", /an RSA key/],
    ["ssh-ed25519 AAAAB3NzaC1yc2E= x", /an RSA key/],
    ["sk-ssh-ed25519@openssh.com AAAA x", /the key of a security key/],
    ["ssh-ed25519-cert-v01@openssh.com AAAA x", /a certificate/],
  ];
  for (const [text, why] of texts) {
    const { message } = assertThrows(() => parsePublicKey(text), KeyError);
    assertMatch(message, why, text);
  }
});

Deno.test("The line of a public key may have blanks and a comment of several words", async () => {
  const { key } = await generatePrivateKey("");
  const line = formatPublicKey({ key, comment: "" });
  assertEquals(parsePublicKey(`  ${line}\t ana  at home \r\nssh-rsa more`), { key, comment: "ana  at home" });
  assertEquals(formatPublicKey({ key, comment: "two\nlines" }), `${line} two lines`);
});

Deno.test("Any bytes are read as a key or a signature, or refused with a KeyError", () => {
  const parts = fc.array(
    fc.oneof(
      fc.uint8Array({ maxLength: 70 }),
      fc.constantFrom(
        "SSHSIG",
        "ssh-ed25519",
        "openssh-key-v1\0",
        "none",
        "sha512",
        "\0\0\0\x01",
        "\xff\xff\xff\xff",
      )
        .map((text) => Uint8Array.from(text, (letter) => letter.charCodeAt(0))),
      fc.uint8Array({ minLength: 32, maxLength: 32 }).map((key) => sshStrings(publicKeyBlob(key))),
    ),
    { maxLength: 8 },
  ).map((list) => Uint8Array.from(list.flatMap((part) => [...part])));
  const harmless = (action: () => unknown) => {
    try {
      action();
    } catch (error) {
      if (!(error instanceof KeyError)) throw error;
    }
  };
  fc.assert(
    fc.property(parts, fc.string(), (bytes, text) => {
      const base64 = btoa(String.fromCharCode(...bytes));
      harmless(() => decodeSignature(bytes));
      harmless(() => readPublicKeyBlob(bytes));
      harmless(() => parsePublicKey(`ssh-ed25519 ${base64}`));
      harmless(() => parsePublicKey(text));
      harmless(() => parsePrivateKey(text));
      harmless(() => dearmorSignature(text));
      harmless(() =>
        parsePrivateKey(`-----BEGIN OPENSSH PRIVATE KEY-----${base64}-----END OPENSSH PRIVATE KEY-----`)
      );
    }),
    cases(1000),
  );
});
