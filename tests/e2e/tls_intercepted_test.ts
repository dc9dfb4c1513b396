/** A machine in the middle, with a certificate of an authority that the client trusts, gets no password and no line. */
import { fingerprintOf } from "../../identity/mod.ts";
import { assertEquals, assertStringIncludes } from "../helpers/assert.ts";
import { makeCertificate } from "../helpers/hubs/certificates.ts";
import { Interceptor } from "../helpers/hubs/interceptor.ts";
import { Home, pinTest } from "../helpers/hubs/tls_hub.ts";
import { run } from "../helpers/program.ts";

/** A hub with a password, and a machine in the middle whose certificate is from an authority that its client trusts. */
async function intercepted(home: Home, passed: number) {
  const authority = await makeCertificate({ ca: true });
  const certificate = await makeCertificate({ names: ["localhost", "riftchat.invalid"], by: authority });
  const password = home.write("password", "open sesame\n");
  const hub = await home.hub(["--tls-port", "0", "--password-file", password]);
  const middle = new Interceptor({ tlsPort: hub.tlsPort, plainPort: hub.port, certificate, passed });
  return {
    hub,
    middle,
    address: `localhost:${middle.port}`,
    args: ["--password-file", password],
    env: { DENO_CERT: home.write("ca.pem", authority.pem) },
    fingerprint: await fingerprintOf(certificate.der),
    [Symbol.asyncDispose]: async () => {
      await middle[Symbol.asyncDispose]();
      await hub[Symbol.asyncDispose]();
    },
  };
}

for (const passed of [0, 1]) {
  const when = passed === 0 ? "at once" : "after it has passed a connection on to the hub";
  pinTest(`An interceptor whom an authority vouches for gets nothing by --fingerprint, ${when}`, async () => {
    using home = new Home();
    await using scene = await intercepted(home, passed);
    const { hub, middle, address, args, env, fingerprint } = scene;
    const wanted = ["--fingerprint", hub.fingerprint];
    const { status, stderr } = await home.says(`rifts://${address}`, [...args, ...wanted], env);
    assertEquals(middle.said, "");
    // The first connection that is passed on is the one that the client uses.
    if (passed > 0) return assertEquals(status, 0, stderr);
    assertEquals(status, 6);
    assertStringIncludes(
      stderr,
      `its certificate is ${fingerprint}, but --fingerprint requires ${hub.fingerprint}`,
    );
  });

  pinTest(`An interceptor whom an authority vouches for gets nothing of a pinned hub, ${when}`, async () => {
    using home = new Home();
    await using scene = await intercepted(home, passed);
    const { hub, middle, address, args, env, fingerprint } = scene;
    await Deno.mkdir(`${home.env.XDG_CONFIG_HOME}/riftchat`, { recursive: true });
    await Deno.writeTextFile(home.knownHubs, `${address} ${hub.fingerprint}\n`);
    const { status, stderr } = await home.says(address, args, env);
    assertEquals(middle.said, "");
    assertEquals(home.known, [`${address} ${hub.fingerprint}`]);
    if (passed > 0) return assertEquals(status, 0, stderr);
    assertEquals(status, 6);
    assertStringIncludes(stderr, `${hub.fingerprint} is known, but it shows ${fingerprint}`);
  });
}

pinTest("bench --fingerprint sends the password on no connection to another hub", async () => {
  using home = new Home();
  await using scene = await intercepted(home, 1);
  const { hub, middle, address, args, env } = scene;
  const flags = ["--clients", "2", "--senders", "1", "--seconds", "1", "--fingerprint", hub.fingerprint];
  const { status } = await run(["bench", `rifts://${address}`, ...args, ...flags], {
    env: { ...home.env, ...env },
  });
  assertEquals([status === 0, middle.said], [false, ""]);
});
