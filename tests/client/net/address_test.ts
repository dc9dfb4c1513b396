import {
  AddressError,
  chooseAddress,
  chooseAddresses,
  describeAddress,
  formatAddress,
  parseAddress,
  parseAddresses,
} from "../../../client/net/address.ts";
import { assertEquals, assertStringIncludes, assertThrows } from "../../helpers/assert.ts";

const ADDRESSES: [typed: string, hostname: string, port: number, tls?: boolean][] = [
  ["chat.example.org", "chat.example.org", 8000],
  ["chat.example.org:9000", "chat.example.org", 9000],
  ["localhost:1", "localhost", 1],
  ["localhost:65535", "localhost", 65535],
  ["127.0.0.1:80", "127.0.0.1", 80],
  ["under_score", "under_score", 8000],
  ["[::1]:9000", "::1", 9000],
  ["[::1]", "::1", 8000],
  ["::1", "::1", 8000],
  ["fe80::1%eth0", "fe80::1%eth0", 8000],
  ["[fe80::1%eth0]:9000", "fe80::1%eth0", 9000],
  ["::ffff:192.0.2.1", "::ffff:192.0.2.1", 8000],
  ["rift://chat.example.org", "chat.example.org", 8000, false],
  ["rifts://chat.example.org", "chat.example.org", 8000, true],
  ["Rifts://[::1]:9000/", "::1", 9000, true],
  ["rift://chat.example.org:9000", "chat.example.org", 9000, false],
  ["RIFT://chat.example.org:9000/", "chat.example.org", 9000, false],
  ["rift://[2001:db8::1]:9000", "2001:db8::1", 9000, false],
  ["bücher.example:9000", "xn--bcher-kva.example", 9000],
];

const MISTAKES: [typed: string, says: string][] = [
  ["", "the host is empty"],
  [":8000", "the host is empty"],
  ["rift://", "the host is empty"],
  ["host:", 'the port must be a number from 1 to 65535: it is ""'],
  ["host:0", 'it is "0"'],
  ["host:65536", 'it is "65536"'],
  ["host:99999999999999999999", "the port must be"],
  ["host:80a", 'it is "80a"'],
  ["host:-1", 'it is "-1"'],
  ["host:8000/room", "the address of a hub has no path"],
  ["rift://host/room", "the address of a hub has no path"],
  ["host:1:2", 'it is "1:2"'],
  ["http://host", "the scheme must be rift:// or rifts://: it is http://"],
  ["[host]:80", "between [ and ] there must be an IPv6 address"],
  ["[::1", "must be closed by a ]"],
  ["[::1]80", "after ] there must be :PORT"],
  ["::1]/x[", "the host is empty"],
  ["a b", "the host must be a name or an IP address"],
  ["ana@host", "use --name for your name"],
  ["ho\nst", "the host must be a name or an IP address"],
  ["bü cher", "the host must be a name or an IP address"],
];

Deno.test({
  name: "Every form of an address is parsed",
  permissions: "none",
  fn() {
    for (const [typed, hostname, port, tls] of ADDRESSES) {
      assertEquals(parseAddress(typed), { hostname, port, ...tls !== undefined && { tls } }, typed);
    }
  },
});

Deno.test({
  name: "Text that is not an address is refused with what is expected and what was given",
  permissions: "none",
  fn() {
    for (const [typed, says] of MISTAKES) {
      const error = assertThrows(() => parseAddress(typed), AddressError, says);
      assertStringIncludes(error.message, `Cannot join "${typed}": `);
    }
  },
});

Deno.test({
  name: "Without an address HOST and PORT of the environment count, without those localhost:8000",
  permissions: "none",
  fn() {
    const choose = (argument: string | undefined, environment: Record<string, string>) =>
      formatAddress(chooseAddress(argument, (name) => environment[name]));
    assertEquals(choose(undefined, {}), "localhost:8000");
    assertEquals(choose(undefined, { HOST: "", PORT: "" }), "localhost:8000");
    assertEquals(choose(undefined, { HOST: "chat.example.org" }), "chat.example.org:8000");
    assertEquals(choose(undefined, { PORT: "9000" }), "localhost:9000");
    assertEquals(choose(undefined, { HOST: "::1", PORT: "9000" }), "[::1]:9000");
    assertEquals(choose(undefined, { HOST: "[::1]", PORT: "9000" }), "[::1]:9000");
    assertEquals(choose("other", { HOST: "chat.example.org", PORT: "9000" }), "other:8000");
    assertEquals(choose("other", { PORT: "nonsense" }), "other:8000");
    const error = assertThrows(() => choose(undefined, { PORT: "80x" }), AddressError);
    assertEquals(
      error.message,
      'Cannot join "PORT=80x": the port must be a number from 1 to 65535: it is "80x"',
    );
    assertThrows(() => choose(undefined, { HOST: "a b" }), AddressError, 'Cannot join "HOST=a b"');
  },
});

const chosen = (environment: Record<string, string>, hub?: { path: string; host?: string; port?: string }) =>
  describeAddress(chooseAddresses(undefined, (name) => environment[name], false, hub)[0]);

Deno.test("RIFTCHAT_HOST and RIFTCHAT_PORT go before HOST and PORT, and an error names the variable used", () => {
  const environment = { RIFTCHAT_HOST: "hub", HOST: "build", RIFTCHAT_PORT: "9000", PORT: "80" };
  assertEquals(chosen(environment), "hub:9000 (host from RIFTCHAT_HOST, port from RIFTCHAT_PORT)");
  assertEquals(chosen({ HOST: "x86_64-conda-linux-gnu" }), "x86_64-conda-linux-gnu:8000 (host from HOST)");
  assertEquals(chosen({ RIFTCHAT_HOST: "", PORT: "80" }), "localhost:80 (port from PORT)");
  assertEquals(chosen({}), "localhost:8000");
  assertThrows(
    () => chosen({ RIFTCHAT_PORT: "80x", PORT: "80" }),
    AddressError,
    'Cannot join "RIFTCHAT_PORT=80x"',
  );
});

Deno.test("A hub that listens on every address is reached on the loopback address", () => {
  assertEquals(chosen({ RIFTCHAT_HOST: "0.0.0.0" }), "127.0.0.1:8000 (host from RIFTCHAT_HOST)");
  assertEquals(
    chosen({ RIFTCHAT_HOST: "::", PORT: "1" }),
    "[::1]:1 (host from RIFTCHAT_HOST, port from PORT)",
  );
});

Deno.test("A RIFTCHAT_PORT that Kubernetes has set for a service is ignored, and an error says so", () => {
  const RIFTCHAT_PORT = "tcp://10.96.0.1:8000";
  const note = "RIFTCHAT_PORT=tcp://10.96.0.1:8000 is ignored: it is no port";
  assertEquals(chosen({ RIFTCHAT_PORT }), `localhost:8000 (${note})`);
  assertEquals(chosen({ RIFTCHAT_PORT, PORT: "81" }), `localhost:81 (port from PORT, ${note})`);
  assertThrows(() => chosen({ RIFTCHAT_PORT: "tcp://x" }), AddressError, "the port must be a number");
});

Deno.test("The config file of a hub counts as it does for the hub", () => {
  const hub = { path: "/etc/hub.toml", host: "192.0.2.1", port: "9000" };
  assertEquals(
    chosen({ HOST: "build" }, hub),
    "192.0.2.1:9000 (host from /etc/hub.toml, port from /etc/hub.toml)",
  );
  assertEquals(
    chosen({ RIFTCHAT_HOST: "::1", PORT: "1" }, hub),
    "[::1]:1 (host from RIFTCHAT_HOST, port from PORT)",
  );
  assertThrows(
    () => chosen({}, { ...hub, port: "0" }),
    AddressError,
    'Cannot join "port = 0 of /etc/hub.toml"',
  );
});

const LISTS: [typed: string, addresses: string][] = [
  ["a,b", "a:8000 b:8000"],
  [" a:1 , b:2 ", "a:1 b:2"],
  ["rifts://a,b:9,[::1]", "+a:8000 +b:9 +[::1]:8000"],
  ["rift://a,b,rifts://c,d", "-a:8000 -b:8000 +c:8000 +d:8000"],
  ["a,rifts://b", "a:8000 +b:8000"],
  ["RIFTS://a/,b/", "+a:8000 +b:8000"],
  ["::1,fe80::1%eth0", "[::1]:8000 [fe80::1%eth0]:8000"],
  ["a,A:8000,a:8001", "a:8000 a:8001"],
  ["a", "a:8000"],
];

const INVALID_LISTS: [typed: string, says: string][] = [
  ["a,,b", 'Cannot join "a,,b": between two commas there must be an address: it is empty'],
  ["a,", "between two commas there must be an address: it is empty"],
  [",", "between two commas there must be an address: it is empty"],
  ["a,b:0", 'Cannot join "b:0": the port must be a number'],
  ["rifts://a,b/room", "the address of a hub has no path"],
  ["a,b#secret", "the link of an invite begins with rifts:// or rift://"],
  [Array(33).fill("a").join(","), "there may be at most 32 addresses: there are 33"],
];

Deno.test({
  name: "Several addresses are separated by commas; a scheme counts also for those after it",
  permissions: "none",
  fn() {
    for (const [typed, addresses] of LISTS) {
      const shown = parseAddresses(typed).map((address) =>
        (address.tls === undefined ? "" : address.tls ? "+" : "-") + formatAddress(address)
      );
      assertEquals(shown.join(" "), addresses, typed);
    }
    for (const [typed, says] of INVALID_LISTS) {
      assertThrows(() => parseAddresses(typed), AddressError, says);
    }
    assertThrows(() => chooseAddress("a,b", () => undefined), AddressError, "this command takes one address");
    const withTls = chooseAddresses("a,b", () => undefined, true);
    assertEquals(withTls.map(({ tls }) => tls), [true, true]);
    assertThrows(() => chooseAddresses("a,rift://b", () => undefined, true), AddressError, "use rifts://");
  },
});
