/** The client hello that asks a server for its certificate, and its answers. */
import fc from "fast-check";
import { clientHello, readHelloAnswer } from "../../../client/net/client_hello.ts";
import { assert, assertEquals } from "../../helpers/assert.ts";

const RANDOM = new Uint8Array(32).fill(7);

const record = (
  kind: number,
  ...content: number[]
) => [kind, 3, 3, content.length >> 8, content.length & 255, ...content];
const message = (
  kind: number,
  ...content: number[]
) => [kind, 0, content.length >> 8, content.length & 255, ...content];
const listed = (...certificates: number[][]) => {
  const all = certificates.flatMap((bytes) => [0, 0, bytes.length, ...bytes]);
  return [0, 0, all.length, ...all];
};
const HELLO = message(2, 3, 3, ...RANDOM);
const CERTIFICATES = message(11, ...listed([1, 2, 3], [4, 5]));
const CHAIN = [new Uint8Array([1, 2, 3]), new Uint8Array([4, 5])];

function pure(name: string, fn: () => void): void {
  Deno.test({ name, permissions: "none", fn });
}

pure("The hello is one record of TLS, with the name of the host and never an address", () => {
  for (const [host, named] of [["hub.example", true], ["192.0.2.1", false], ["::1", false]] as const) {
    const hello = clientHello(host, RANDOM);
    assertEquals([hello[0], hello[1], (hello[3]! << 8) + hello[4]!], [22, 3, hello.length - 5]);
    assertEquals([hello[5], (hello[7]! << 8) + hello[8]!], [1, hello.length - 9]);
    assertEquals(new TextDecoder("latin1").decode(hello).includes(host), named);
  }
});

pure("The certificates are found however messages and records are cut, and only when they are whole", () => {
  const both = [...HELLO, ...CERTIFICATES];
  for (let cut = 1; cut < both.length; cut++) {
    const bytes = Uint8Array.from([
      ...record(22, ...both.slice(0, cut)),
      ...record(22, ...both.slice(cut)),
      22,
      3,
    ]);
    assertEquals(readHelloAnswer(bytes), { kind: "certificates", chain: CHAIN });
  }
  const bytes = Uint8Array.from(record(22, ...both));
  for (let length = 0; length < bytes.length; length++) {
    assertEquals(readHelloAnswer(bytes.subarray(0, length)), { kind: "more" });
  }
});

pure("An alert is TLS without a certificate, and what a plain hub says is no TLS", () => {
  assertEquals(readHelloAnswer(Uint8Array.from(record(21, 2, 70))), { kind: "alert", description: 70 });
  for (
    const bytes of [
      [0, 0, 0, 0, 0, 0, 0, 9],
      [72, 84, 84, 80],
      [22, 9],
      record(22, ...CERTIFICATES),
      record(22),
    ]
  ) {
    assertEquals(readHelloAnswer(Uint8Array.from(bytes)), { kind: "other" });
  }
});

pure("A chain that is not whole is none", () => {
  for (const list of [[0, 0, 0], [0, 0, 9, 0, 0, 1, 1], [0, 0, 4, 0, 0, 9, 1], [0, 0, 3, 0, 0, 0], [0]]) {
    const bytes = Uint8Array.from(record(22, ...HELLO, ...message(11, ...list)));
    assertEquals(readHelloAnswer(bytes), { kind: "other" });
  }
});

pure("Whatever comes is read without a fault, and never waited for without end", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
    assert(["more", "certificates", "alert", "other"].includes(readHelloAnswer(bytes).kind));
  }));
  assertEquals(readHelloAnswer(new Uint8Array(200_000).fill(22)), { kind: "other" });
});
