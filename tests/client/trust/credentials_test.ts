import { Credentials } from "../../../client/trust/credentials.ts";
import { PasswordInput } from "../../../client/machine/ask_secret.ts";
import { Link } from "../../../client/link/mod.ts";
import { LinkError } from "../../../client/net/mod.ts";
import { connectFar } from "../../helpers/hubs/far.ts";
import { readPasswordFile } from "../../../client/trust/password_file.ts";
import { assertEquals, assertMatch, assertRejects } from "../../helpers/assert.ts";
import { FakeHub } from "../../helpers/hubs/fake_hub.ts";
import { needs, NO_POSIX } from "../../helpers/needs.ts";

const OFFER = { version: "1.0.0", protocol: 1, nonce: "00", password: true };

Deno.test("A password is sent over TLS to a verified hub and on this machine; elsewhere only with --insecure", () => {
  const remote = { local: false };
  const credentials = new Credentials("sesame");
  assertEquals(credentials.whyWithheld({ ...remote, encrypted: true, verified: "pin" }), undefined);
  assertEquals(credentials.whyWithheld({ ...remote, encrypted: true, verified: "authority" }), undefined);
  assertEquals(credentials.whyWithheld({ encrypted: false, local: true }), undefined);
  assertMatch(
    credentials.whyWithheld({ ...remote, encrypted: false })!,
    /others could read it.*serve --tls.*--insecure/,
  );
  assertMatch(
    credentials.whyWithheld({ ...remote, encrypted: true })!,
    /not known whether this is the right hub.*--fingerprint.*--insecure/,
  );
  assertEquals(new Credentials("sesame", true).whyWithheld({ ...remote, encrypted: false }), undefined);
});

/** Opens a link to a hub that seems to be on another machine; gives the error and what the hub received. */
async function openFar(credentials: Credentials, hostname = "chat.example.org") {
  await using hub = new FakeHub();
  const handshake = Link.open({ hostname, port: 8000 }, {
    received: () => {},
    credentials,
    connect: connectFar(() => hub.port),
  });
  const failed = handshake.then(() => new LinkError("left", "it opened"), (error) => error as LinkError);
  const guest = await hub.accept();
  await guest.send({ code: 202, new: "x7f3", server: OFFER });
  const told = await guest.receive().catch(() => undefined);
  guest.close();
  return { error: await failed, told };
}

Deno.test("A password is not sent to a remote hub without TLS, nor is the fact that there is one", async () => {
  const { error, told } = await openFar(new Credentials("sesame"));
  assertEquals([error.kind, told], ["untrusted", undefined]);
  assertMatch(error.message, /did not join chat\.example\.org:8000: it wants a password/);
});

Deno.test("A password is not sent to a name below localhost that is elsewhere", async () => {
  const { error, told } = await openFar(new Credentials("sesame"), "hub.localhost");
  assertEquals([error.kind, told], ["untrusted", undefined]);
});

Deno.test("If no password may be sent, the user is not asked for one", async () => {
  const credentials = new Credentials();
  const { error } = await openFar(credentials);
  assertEquals([error.kind, credentials.required], ["untrusted", false]);
});

for (
  const [what, password, offer, wanted] of [
    ["A hub that requires a password gets it", "sesame", OFFER, "sesame"],
    ["A hub that requires none gets none", "sesame", { ...OFFER, password: false }, undefined],
  ] as const
) {
  Deno.test(what, async () => {
    await using hub = new FakeHub();
    const handshake = Link.open({ hostname: "127.0.0.1", port: hub.port }, {
      received: () => {},
      credentials: new Credentials(password),
    });
    handshake.catch(() => {});
    const guest = await hub.accept();
    await guest.send({ code: 202, new: "x7f3", server: offer });
    assertEquals((await guest.receive()).password, wanted);
    guest.close();
    await handshake.catch(() => {});
  });
}

Deno.test("A password ends with Enter; editing keys edit it, other control keys do nothing", () => {
  const typed = (...parts: string[]) => {
    const secret = new PasswordInput();
    let end: string | null | undefined;
    for (const part of parts) end = secret.push(new TextEncoder().encode(part));
    return end;
  };
  assertEquals(typed("sesame\r"), "sesame");
  assertEquals(typed("se", "sam", "e\n"), "sesame");
  assertEquals(typed("sesamo\x7fe\r"), "sesame");
  assertEquals(typed("wrong\x15sesame\r"), "sesame");
  assertEquals(typed("s\x01es\x0bame\r"), "sesame");
  assertEquals(typed("höß\x7f\r"), "hö");
  assertEquals(typed("\x04"), null);
  assertEquals(typed("a\x04"), undefined);
  assertEquals(typed("\r"), "");
});

Deno.test({
  ...needs("A password file that others may read is refused, and so is a missing one", NO_POSIX),
  fn: async () => {
    const path = await Deno.makeTempFile();
    try {
      await Deno.writeTextFile(path, "sesame\nand more\n");
      await Deno.chmod(path, 0o644);
      const { message } = await assertRejects(() => readPasswordFile(path), Error);
      assertMatch(message, /chmod 600/);
      assertEquals(message.includes("sesame"), false);
      await Deno.chmod(path, 0o600);
      assertEquals(await readPasswordFile(path), "sesame");
    } finally {
      await Deno.remove(path);
    }
    assertMatch(
      (await assertRejects(() => readPasswordFile(path), Error)).message,
      /must be a file that can be read/,
    );
  },
});
