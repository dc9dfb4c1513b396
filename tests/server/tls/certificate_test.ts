/** Reading a certificate and its key from files. */
import { readCertificate } from "../../../server/tls/certificate.ts";
import { assertEquals, assertMatch } from "../../helpers/assert.ts";
import { type CertificateOptions, makeCertificate } from "../../helpers/hubs/certificates.ts";

const DAY_MS = 86_400_000;
const NOW = Date.UTC(2026, 5, 15);

/** Reads a certificate from files that begin with `prefix`. */
async function readBack(options: CertificateOptions, prefix = "") {
  const folder = await Deno.makeTempDir();
  try {
    const { pem, key } = await makeCertificate(options);
    const files = { cert: `${folder}/cert.pem`, key: `${folder}/key.pem` };
    await Deno.writeTextFile(files.cert, prefix + pem);
    await Deno.writeTextFile(files.key, prefix + key, { mode: 0o600 });
    return await readCertificate(files, NOW);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("A certificate that is not valid yet has a warning with the date, as an expired one has", async () => {
  const early = await readBack({
    names: ["a"],
    from: new Date(NOW + DAY_MS),
    until: new Date(NOW + 90 * DAY_MS),
  });
  assertEquals(early.warnings.length, 1);
  assertMatch(
    early.warnings[0]!,
    /^the certificate is not valid before Jun 16 .*2026 GMT: clients refuse it until then, except those that know/,
  );
  const late = await readBack({ names: ["a"], until: new Date(NOW - DAY_MS) });
  assertMatch(
    late.warnings.join(),
    /^the certificate expired on Jun 14 .*, except those that know it by its fingerprint; renew it$/,
  );
  assertEquals((await readBack({ names: ["a"], from: new Date(NOW - DAY_MS) })).warnings, []);
  // Clients compare its fingerprint, whatever else it may be used for.
  assertEquals((await readBack({ names: ["a"], from: new Date(NOW - DAY_MS), ca: true })).warnings, []);
});

Deno.test("A byte order mark at the start of certificate and key is ignored", async () => {
  const { chain, key } = await readBack({ names: ["a"] }, "\ufeff");
  assertEquals([chain.indexOf("-----BEGIN CERTIFICATE-----"), key.indexOf("-----BEGIN PRIVATE KEY-----")], [
    0,
    0,
  ]);
});
