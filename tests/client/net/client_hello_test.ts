/** The client hello that asks a server whether it speaks TLS, and its answers. */
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
const HELLO = message(2, 3, 3, ...RANDOM);

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

pure("The hello of a server and an alert are TLS, as soon as they can be told", () => {
  for (const answer of [record(22, ...HELLO), record(21, 2, 70)]) {
    const bytes = Uint8Array.from(answer);
    for (let length = 0; length <= bytes.length; length++) {
      assertEquals(readHelloAnswer(bytes.subarray(0, length)), length < 6 ? "more" : "tls");
    }
  }
});

pure("What a plain hub says is no TLS, nor is a record that no server sends", () => {
  const plain = [[0, 0, 0, 0, 0, 0, 0, 9], [72, 84, 84, 80], [22, 9]];
  for (
    const bytes of [...plain, record(22, 11, 0, 0, 0), record(22), record(21, 2, 70, 1), [
      22,
      3,
      3,
      255,
      255,
      2,
    ]]
  ) {
    assertEquals(readHelloAnswer(Uint8Array.from(bytes)), "other");
  }
});

pure("Whatever comes is read without a fault, and after six bytes it is known what it is", () => {
  fc.assert(fc.property(fc.uint8Array({ minLength: 6, maxLength: 300 }), (bytes) => {
    assert(["tls", "other"].includes(readHelloAnswer(bytes)));
  }));
});
