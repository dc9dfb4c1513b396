/** The header of the PROXY protocol, from any number of pieces. */
import fc from "fast-check";
import { type ProxiedAddress, ProxyHeaderError, readProxyHeader } from "../../../server/net/proxy_header.ts";
import { assert, assertEquals, assertRejects } from "../../helpers/assert.ts";
import { cases } from "../../helpers/fuzz.ts";

const PURE = { permissions: "none" } as const;

/** Bytes that arrive in pieces, and then the end. */
class Pieces {
  #bytes: Uint8Array;
  readonly #sizes: number[];

  constructor(bytes: Uint8Array, sizes: number[]) {
    this.#bytes = bytes;
    this.#sizes = sizes;
  }

  /** What nobody has read. */
  get unread(): Uint8Array {
    return this.#bytes;
  }

  read(buffer: Uint8Array): Promise<number | null> {
    assert(buffer.length > 0);
    const count = Math.min(this.#sizes.shift() ?? Infinity, buffer.length, this.#bytes.length);
    if (count === 0) return Promise.resolve(null);
    buffer.set(this.#bytes.subarray(0, count));
    this.#bytes = this.#bytes.subarray(count);
    return Promise.resolve(count);
  }
}

const ascii = (text: string) => new TextEncoder().encode(text);
const SIGNATURE = [0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a];

/** A header of version 2. */
function binary(command: number, family: number, rest: readonly number[], length = rest.length): Uint8Array {
  return Uint8Array.of(...SIGNATURE, command, family, length >> 8, length & 255, ...rest);
}

const V4 = [192, 0, 2, 1, 10, 0, 0, 5, 200, 1, 31, 64];
const V6 = [
  ...[0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
  ...Array(15).fill(0),
  ...[1, 200, 1, 31, 64],
];
const TLVS = [0x04, 0, 3, 0, 0, 0, 0x05, 0, 1, 7];
const LONG = Array(60_000).fill(4);

const VALID: [header: Uint8Array, address: ProxiedAddress | undefined][] = [
  [ascii("PROXY TCP4 192.0.2.1 10.0.0.5 51201 8000\r\n"), { hostname: "192.0.2.1", port: 51201 }],
  [ascii("PROXY TCP4 0.0.0.0 0.0.0.0 0 0\r\n"), { hostname: "0.0.0.0", port: 0 }],
  [
    ascii("PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n"),
    { hostname: "255.255.255.255", port: 65535 },
  ],
  [ascii("PROXY TCP6 :: :: 0 0\r\n"), { hostname: "::", port: 0 }],
  [ascii("PROXY TCP6 2001:DB8:0:0::1 ::1 51201 8000\r\n"), { hostname: "2001:db8::1", port: 51201 }],
  [ascii("PROXY UNKNOWN\r\n"), undefined],
  [ascii("PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n"), undefined],
  [ascii(`PROXY UNKNOWN ${"x".repeat(91)}\r\n`), undefined],
  [binary(0x21, 0x11, V4), { hostname: "192.0.2.1", port: 51201 }],
  [binary(0x21, 0x11, [...V4, ...TLVS]), { hostname: "192.0.2.1", port: 51201 }],
  [binary(0x21, 0x21, V6), { hostname: "2001:db8::1", port: 51201 }],
  [binary(0x21, 0x21, [...V6, ...LONG]), { hostname: "2001:db8::1", port: 51201 }],
  [binary(0x20, 0x00, []), undefined],
  [binary(0x20, 0x11, V4), undefined],
  [binary(0x20, 0xff, TLVS), undefined],
  [binary(0x21, 0x00, TLVS), undefined],
  [binary(0x21, 0x31, Array(216).fill(47)), undefined],
];

const INVALID: [header: Uint8Array, why: string][] = [
  [ascii("\0\0\0\0\0\0\0\x0e"), "does not begin with one"],
  [ascii("GET / HTTP/1.1\r\n"), "does not begin with one"],
  [ascii("PROXX"), "does not begin with one"],
  [ascii("proxy TCP4 192.0.2.1 10.0.0.5 51201 8000\r\n"), "does not begin with one"],
  [ascii("PROXY UDP4 192.0.2.1 10.0.0.5 51201 8000\r\n"), "its protocol must be TCP4, TCP6 or UNKNOWN"],
  [ascii("PROXY TCP5 "), "its protocol must be"],
  [ascii("PROXY UNKNOWING ME\r\n"), "its protocol must be"],
  [ascii("PROXY \r\n"), "its protocol must be"],
  [ascii("PROXY TCP4 \r\n"), "it must be"],
  [ascii("PROXY TCP4 192.0.2.1 10.0.0.5 51201\r\n"), 'it must be "PROXY TCP4 ADDRESS ADDRESS PORT PORT"'],
  [ascii("PROXY TCP4 192.0.2.1 10.0.0.5 51201 8000 \r\n"), "it must be"],
  [ascii("PROXY TCP4  192.0.2.1 10.0.0.5 51201 8000\r\n"), "it must be"],
  [ascii("PROXY TCP4 192.0.2.256 10.0.0.5 51201 8000\r\n"), "it must be"],
  [ascii("PROXY TCP4 192.0.2.1 10.0.0 51201 800000\r\n"), "it must be"],
  [ascii("PROXY TCP4 ::1 ::1 51201 8000 and more\r\n"), "it must be"],
  [ascii("PROXY TCP6 192.0.2.1 10.0.0.5 51201 8000\r\n"), "it must be"],
  [ascii("PROXY TCP6 fe80::1%eth0 ::1 51201 8000\r\n"), "it must be"],
  [ascii("PROXY TCP4 192.0.2.1 10.0.0.5 65536 8000\r\n"), "it must be"],
  [ascii("PROXY TCP4 192.0.2.1 10.0.0.5 051201 8000\r\n"), "it must be"],
  [ascii("PROXY TCP4 192.0.2.1 10.0.0.5 -1 8000\r\n"), "it must be"],
  [ascii("PROXY TCP4 192.0.2.1 10.0.0.5 51201 8000\n"), "its line must end with CR LF"],
  [ascii("PROXY UNKNOWN\n"), "its line must end with CR LF"],
  [ascii(`PROXY UNKNOWN ${"x".repeat(93)}\r\n`), "its line must be at most 107 bytes"],
  [binary(0x11, 0x11, V4), "its version must be 2: it is 1"],
  [binary(0x22, 0x11, V4), "its command must be LOCAL or PROXY"],
  [binary(0x21, 0x11, V4.slice(1)), "its addresses need 12 bytes: it has 11"],
  [binary(0x21, 0x21, V4), "its addresses need 36 bytes: it has 12"],
  [binary(0x21, 0x12, V4), "its protocol must be TCP over IPv4 or IPv6"],
  [binary(0x21, 0x22, V6), "its protocol must be TCP over IPv4 or IPv6"],
  [binary(0x21, 0x01, V4), "its protocol must be TCP over IPv4 or IPv6"],
  [binary(0x21, 0x11, V4, 13), "the connection ended before its end"],
  [ascii("PROXY TCP4 192.0.2.1"), "the connection ended before its end"],
];

Deno.test({
  name: "A header in any pieces gives its address, and not one byte behind it is read",
  ...PURE,
  fn: async () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 120 }), { maxLength: 200 });
    const bytesBehind = fc.uint8Array({ maxLength: 200 });
    for (const [header, address] of VALID) {
      for (const step of [1, Infinity]) {
        const whole = new Pieces(header, Array(header.length).fill(step));
        assertEquals([await readProxyHeader(whole), whole.unread.length], [address, 0]);
      }
    }
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...VALID),
        sizes,
        bytesBehind,
        async ([header, address], pieces, behind) => {
          const bytes = new Uint8Array(header.length + behind.length);
          bytes.set(header);
          bytes.set(behind, header.length);
          const reader = new Pieces(bytes, pieces);
          assertEquals([await readProxyHeader(reader), reader.unread], [address, behind]);
        },
      ),
      cases(300),
    );
  },
});

Deno.test({
  name: "What is no valid header is refused with the reason, whole and byte by byte",
  ...PURE,
  fn: async () => {
    for (const [header, why] of INVALID) {
      for (const step of [1, Infinity]) {
        const reader = new Pieces(header, Array(header.length).fill(step));
        const error = await assertRejects(() => readProxyHeader(reader), ProxyHeaderError, why);
        assertEquals(error.empty, false);
      }
    }
    const nothing = new Pieces(new Uint8Array(), []);
    assertEquals((await assertRejects(() => readProxyHeader(nothing), ProxyHeaderError)).empty, true);
  },
});

Deno.test({
  name: "Any bytes, and any damage to a valid header, give an address or the reason",
  ...PURE,
  fn: async () => {
    const damaged = fc.tuple(fc.constantFrom(...VALID), fc.nat(), fc.integer({ min: 0, max: 255 })).map(
      ([[header], at, byte]) => header.with(at % header.length, byte),
    );
    const starts = fc.constantFrom(ascii("PROXY "), ascii("PROXY TCP4 "), Uint8Array.from(SIGNATURE));
    const begun = fc.tuple(starts, fc.uint8Array({ maxLength: 120 })).map(
      ([start, rest]) => Uint8Array.of(...start, ...rest),
    );
    await fc.assert(
      fc.asyncProperty(fc.oneof(damaged, begun, fc.uint8Array()), async (bytes) => {
        try {
          await readProxyHeader(new Pieces(bytes, []));
        } catch (error) {
          assert(error instanceof ProxyHeaderError, String(error));
        }
      }),
      cases(300),
    );
  },
});
