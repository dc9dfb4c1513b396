/**
 * A certificate that no authority vouches for, and by which name it can be held to.
 *
 * The runtime verifies certificates, and adds ours to the authorities that it knows; it can not be told to believe in one
 * alone. So the name decides which others would do: it has to be one for which no authority vouches, or the very host
 * that was typed, for which an authority may. Any other certificate is refused by the runtime.
 *
 * PURE.
 *
 * @module
 */
/** What is to be known of a certificate before it is relied on. */
export interface CertificateFacts {
  /** The certificate as PEM. */
  pem: string;
  /** The name under which it is to be asked for; nothing where no name is safe. */
  serverName: string | undefined;
  /** The names that it has, for people. */
  names: string[];
}

/** Ends of names that authorities must not vouch for: RFC 2606, 6762, 8375 and 9476, and those that ICANN keeps free. */
const PRIVATE = /(^|\.)(invalid|test|example|localhost|local|internal|lan|home|corp|mail|alt|home\.arpa)$/i;

/** Addresses that are nobody's in particular: RFC 1918, 3927, 4193 and 4291, and loopback. */
const PRIVATE_ADDRESS =
  /^(10\.|127\.|192\.168\.|169\.254\.|172\.(1[6-9]|2\d|3[01])\.|f[cd][0-9a-f]{2}:|fe[89ab][0-9a-f]:|::1$)/i;

/** What stands before the names that a certificate has, by RFC 5280: the number of the extension subjectAltName. */
const ALTERNATIVE_NAMES = [0x06, 0x03, 0x55, 0x1d, 0x11];
/** Kinds of values in DER. */
const BOOLEAN = 0x01, OCTETS = 0x04, SEQUENCE = 0x30, DNS_NAME = 0x82, IP_ADDRESS = 0x87;

/**
 * Reads a certificate.
 *
 * It is searched, and not read from its beginning: where a search finds what the runtime does not, the runtime refuses
 * the certificate under that name. So nothing depends on who wrote it.
 *
 * @param der its bytes
 * @param hostname the host that was typed
 * @returns what is to be known of it
 */
export function readCertificate(der: Uint8Array, hostname: string): CertificateFacts {
  const names = namesIn(der);
  const host = hostname.replace(/\.$/, "").toLowerCase();
  const own = names.find(({ text }) => covers(text.toLowerCase(), host));
  const nobodys = names.find(isNobodys)?.text;
  return {
    pem: pemOf(der),
    serverName: own === undefined ? nobodys : host,
    names: names.map(({ text }) => text),
  };
}

/** A name that a certificate has. */
interface AlternativeName {
  kind: "name" | "address";
  text: string;
}

function namesIn(der: Uint8Array): AlternativeName[] {
  const at = der.findIndex((_, i) => ALTERNATIVE_NAMES.every((byte, j) => der[i + j] === byte));
  if (at < 0) return [];
  let [value] = valuesIn(der.subarray(at + ALTERNATIVE_NAMES.length));
  // Where it says that it must be understood, that stands before.
  if (value?.kind === BOOLEAN) value = valuesIn(der.subarray(at + ALTERNATIVE_NAMES.length))[1];
  if (value?.kind !== OCTETS) return [];
  const [list] = valuesIn(value.content);
  if (list?.kind !== SEQUENCE) return [];
  return valuesIn(list.content).flatMap(({ kind, content }): AlternativeName[] => {
    const text = kind === IP_ADDRESS ? addressOf(content) : new TextDecoder("latin1").decode(content);
    if (kind === IP_ADDRESS && text !== undefined) return [{ kind: "address", text }];
    return kind === DNS_NAME && /^[\w.*\-]+$/.test(text!) ? [{ kind: "name", text: text! }] : [];
  });
}

/** The values that stand one after the other, as far as they are whole. */
function valuesIn(der: Uint8Array): { kind: number; content: Uint8Array }[] {
  const values: { kind: number; content: Uint8Array }[] = [];
  for (let at = 0; at + 2 <= der.length;) {
    const kind = der[at]!;
    let length = der[at + 1]!;
    at += 2;
    if (length >= 0x80) {
      const size = length - 0x80;
      if (size < 1 || size > 2 || at + size > der.length) break;
      length = size === 1 ? der[at]! : der[at]! * 256 + der[at + 1]!;
      at += size;
    }
    if (at + length > der.length) break;
    values.push({ kind, content: der.subarray(at, at + length) });
    at += length;
  }
  return values;
}

function addressOf(bytes: Uint8Array): string | undefined {
  if (bytes.length === 4) return bytes.join(".");
  if (bytes.length !== 16) return undefined;
  const words = Array.from({ length: 8 }, (_, i) => (bytes[2 * i]! * 256 + bytes[2 * i + 1]!).toString(16));
  // As people write it, by RFC 5952.
  return URL.parse(`http://[${words.join(":")}]`)?.hostname.slice(1, -1);
}

function covers(name: string, host: string): boolean {
  if (name === host) return true;
  return name.startsWith("*.") && host.includes(".") && host.slice(host.indexOf(".")) === name.slice(1);
}

function isNobodys({ kind, text }: AlternativeName): boolean {
  if (kind === "address") return PRIVATE_ADDRESS.test(text);
  return !text.includes("*") && (!text.includes(".") || PRIVATE.test(text));
}

/**
 * Writes a certificate as text.
 *
 * @param der its bytes
 * @returns PEM
 */
export function pemOf(der: Uint8Array): string {
  const text = btoa(String.fromCharCode(...der)).replace(/.{1,64}/g, "$&\n");
  return `-----BEGIN CERTIFICATE-----\n${text}-----END CERTIFICATE-----\n`;
}
