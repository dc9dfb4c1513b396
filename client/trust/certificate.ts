/**
 * Reads the names of a certificate that no authority vouches for, and chooses the one to verify it by.
 *
 * The runtime verifies certificates. It adds the given certificate to the authorities that it knows; it cannot trust
 * that one alone. So the server name decides which other certificates the runtime would accept: it must be a name that
 * no authority vouches for, or the host that the user typed, for which an authority may. The runtime rejects a
 * certificate for any other name.
 *
 * PURE.
 *
 * @module
 */

/** The facts of a certificate that are needed to verify it. */
export interface CertificateFacts {
  /** The certificate as PEM. */
  pem: string;
  /** The server name for the TLS handshake; `undefined` if none of its names is safe. */
  serverName: string | undefined;
  /** All its names, for the user. */
  names: string[];
}

/** Top-level domains that authorities must not vouch for: RFC 2606, 6762, 8375, 9476, and those that ICANN reserves. */
const PRIVATE = /(^|\.)(invalid|test|example|localhost|local|internal|lan|home|corp|mail|alt|home\.arpa)$/i;

/** Private, link-local and loopback addresses, which nobody owns: RFC 1918, 3927, 4193 and 4291. */
const PRIVATE_ADDRESS =
  /^(10\.|127\.|192\.168\.|169\.254\.|172\.(1[6-9]|2\d|3[01])\.|f[cd][0-9a-f]{2}:|fe[89ab][0-9a-f]:|::1$)/i;

/** The DER bytes before the names of a certificate: the object id of the extension subjectAltName (RFC 5280). */
const ALTERNATIVE_NAMES = [0x06, 0x03, 0x55, 0x1d, 0x11];
/** DER tags. */
const BOOLEAN = 0x01, OCTETS = 0x04, SEQUENCE = 0x30, DNS_NAME = 0x82, IP_ADDRESS = 0x87;

/**
 * Reads a certificate.
 *
 * The names are searched for, not parsed from the beginning. That is safe with a certificate from an attacker: if the
 * search finds a name that the runtime does not find, the runtime rejects the certificate for that name.
 *
 * @param der its bytes
 * @param hostname the host that the user typed
 * @returns its facts
 */
export function readCertificate(der: Uint8Array, hostname: string): CertificateFacts {
  const names = namesIn(der);
  const host = hostname.replace(/\.$/, "").toLowerCase();
  const own = names.find(({ text }) => covers(text.toLowerCase(), host));
  const unowned = names.find(isUnowned)?.text;
  return {
    pem: pemOf(der),
    serverName: own === undefined ? unowned : host,
    names: names.map(({ text }) => text),
  };
}

/** A name of a certificate. */
interface AlternativeName {
  kind: "name" | "address";
  text: string;
}

function namesIn(der: Uint8Array): AlternativeName[] {
  const at = der.findIndex((_, i) => ALTERNATIVE_NAMES.every((byte, j) => der[i + j] === byte));
  if (at < 0) return [];
  let [value] = valuesIn(der.subarray(at + ALTERNATIVE_NAMES.length));
  // The flag "critical" may come first.
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

/** Reads consecutive values, up to the first that is incomplete. */
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
  // The spelling of RFC 5952.
  return URL.parse(`http://[${words.join(":")}]`)?.hostname.slice(1, -1);
}

function covers(name: string, host: string): boolean {
  if (name === host) return true;
  return name.startsWith("*.") && host.includes(".") && host.slice(host.indexOf(".")) === name.slice(1);
}

function isUnowned({ kind, text }: AlternativeName): boolean {
  if (kind === "address") return PRIVATE_ADDRESS.test(text);
  return !text.includes("*") && (!text.includes(".") || PRIVATE.test(text));
}

/**
 * Encodes a certificate as PEM.
 *
 * @param der its bytes
 * @returns PEM
 */
export function pemOf(der: Uint8Array): string {
  const text = btoa(String.fromCharCode(...der)).replace(/.{1,64}/g, "$&\n");
  return `-----BEGIN CERTIFICATE-----\n${text}-----END CERTIFICATE-----\n`;
}
