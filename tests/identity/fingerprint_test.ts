/** Fingerprints of certificates: written, parsed, and as words. */
import { FINGERPRINT_WORDS } from "../../identity/fingerprint_words.ts";
import { fingerprintOf, fingerprintWords, readFingerprint } from "../../identity/mod.ts";
import { assert, assertEquals } from "../helpers/assert.ts";

// SHA-256 of the empty input (FIPS 180-4).
const NOTHING = "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU";
const HEX = "E3:B0:C4:42:98:FC:1C:14:9A:FB:F4:C8:99:6F:B9:24:27:AE:41:E4:64:9B:93:4C:A4:95:99:1B:78:52:B8:55";

function pure(name: string, fn: () => void | Promise<void>): void {
  Deno.test({ name, permissions: "none", fn });
}

pure("A fingerprint is the SHA-256 of the certificate, as ssh writes it", async () => {
  assertEquals(await fingerprintOf(new Uint8Array()), NOTHING);
});

pure("A fingerprint is read as ssh and openssl write it, and as people paste it", () => {
  const bare = NOTHING.slice("SHA256:".length);
  for (
    const text of [
      NOTHING,
      bare,
      `${bare}=`,
      ` ${NOTHING}\n`,
      `sha256:${bare}`,
      HEX,
      HEX.toLowerCase(),
      HEX.replaceAll(":", ""),
      `SHA256 Fingerprint=${HEX}`,
      `sha256 Fingerprint=${HEX}`,
    ]
  ) assertEquals(readFingerprint(text), NOTHING, text);
});

pure("Other texts are not read as fingerprints", () => {
  for (
    const text of [
      "",
      "SHA256:",
      "SHA256:abc",
      `${NOTHING}a`,
      NOTHING.slice(0, -1),
      `${NOTHING.slice(0, -1)}V`,
      HEX.slice(3),
      "MD5:d4:1d",
      "a".repeat(43),
    ]
  ) {
    assertEquals(readFingerprint(text), undefined, text);
  }
});

pure("Each word stands for one of the first twelve bytes", () => {
  const bytes = [0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8];
  assertEquals(fingerprintWords(NOTHING), bytes.map((byte) => FINGERPRINT_WORDS[byte]).join(" "));
  // They never change: users write them down.
  assertEquals(fingerprintWords(NOTHING).split(" ").length, 12);
  assertEquals([FINGERPRINT_WORDS[0], FINGERPRINT_WORDS[255]], ["abbey", "zigzag"]);
});

pure("There are 256 words, and no two are similar", () => {
  assertEquals(FINGERPRINT_WORDS.length, 256);
  assertEquals(new Set(FINGERPRINT_WORDS.map((word) => word.slice(0, 3))).size, 256);
  for (const [i, word] of FINGERPRINT_WORDS.entries()) {
    assert(/^[a-z]{3,9}$/.test(word), word);
    for (const other of FINGERPRINT_WORDS.slice(i + 1)) {
      assert(distance(word, other) >= 3, `${word} ${other}`);
    }
  }
});

/** The edit distance of two words: changed, inserted and deleted letters. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1];
    for (const [j, other] of [...b].entries()) {
      next.push(Math.min(row[j]! + (letter === other ? 0 : 1), row[j + 1]! + 1, next[j]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
