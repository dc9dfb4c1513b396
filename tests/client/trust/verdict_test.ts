/**
 * The decision which hub to trust, as a table: what is known, what the user wants, what the hub has shown. The file is
 * long because the table has a row for every combination that matters.
 *
 * @module
 */
import {
  decide,
  type KnownBy,
  type Shown,
  type Verdict,
  type Wishes,
} from "../../../client/trust/verdict.ts";
import { assert, assertEquals } from "../../helpers/assert.ts";

function test(name: string, fn: () => void): void {
  Deno.test({ name, permissions: "none", fn });
}

const MINE = `SHA256:${"M".repeat(43)}`, OTHER = `SHA256:${"O".repeat(43)}`;
const AUTHORITY: KnownBy = { kind: "authority" };
const PIN: KnownBy = { kind: "pin", fingerprint: MINE };

/** What a hub is, and so what it shows at each step. */
interface Hub {
  /** The fingerprint of its certificate; `undefined` if it does not speak TLS. */
  certificate?: string;
  /** Whether an authority vouches for it. */
  vouched?: boolean;
  /** Why the handshake with its certificate fails, if it does. */
  failing?: "unusable" | "old_runtime";
}

const PLAIN: Hub = {};
const OWN: Hub = { certificate: MINE };
const CHANGED: Hub = { certificate: OTHER };
const VOUCHED: Hub = { certificate: OTHER, vouched: true };
const OWN_VOUCHED: Hub = { certificate: MINE, vouched: true };
const BROKEN: Hub = { certificate: MINE, failing: "unusable" };
const UNTOLD: Hub = { certificate: MINE, failing: "old_runtime" };

/** Asks for verdicts until one is final, and shows after each what the hub shows. */
function run(known: KnownBy | undefined, wishes: Wishes, hub: Hub): { steps: string[]; verdict: Verdict } {
  let shown: Shown = {};
  const steps: string[] = [];
  for (;;) {
    assert(steps.length < 6, `no end: ${steps}`);
    const verdict = decide(known, wishes, shown);
    const { certificate, vouched = false, failing } = hub;
    if (verdict.do === "probe") {
      steps.push("probe");
      shown = { ...shown, speaks: certificate === undefined ? "plain" : "tls" };
    } else if (verdict.do !== "handshake") {
      return { steps, verdict };
    } else {
      steps.push(verdict.with);
      assertEquals(shown[verdict.with], undefined, "a handshake is tried twice");
      if (verdict.with === "authority") shown = { ...shown, authority: vouched };
      else if (certificate === undefined) shown = { ...shown, certificate: { kind: "no_tls" } };
      else if (failing !== undefined) shown = { ...shown, certificate: { kind: failing } };
      else shown = { ...shown, certificate: { kind: "certificate", fingerprint: certificate } };
    }
  }
}

/** A verdict in short: such as `accept pin, store`, `refuse no_tls`. */
function brief(verdict: Verdict): string {
  switch (verdict.do) {
    case "accept":
      return [
        `accept ${verdict.by ?? "unverified"}`,
        ...verdict.store ? ["store"] : [],
        ...verdict.isNew ? ["new"] : [],
      ].join(", ");
    case "plain":
      return verdict.overridden ? "plain, overridden" : "plain";
    case "refuse":
      return `${verdict.kind}: ${verdict.reason}`;
    case "ask_user":
      return "ask user";
    default:
      return verdict.do;
  }
}

const NEW = { acceptNew: true }, ANY = { acceptAny: true }, INSECURE = { insecure: true };
const PROVES = { identityProves: true };
const TLS = { tls: true }, NO_TLS = { tls: false };
const WANTED = { fingerprints: [MINE] }, WANTED_OTHER = { fingerprints: [OTHER] };

const TABLE: [what: string, KnownBy | undefined, Wishes, Hub, steps: string, end: string][] = [
  ["an unknown plain hub", undefined, {}, PLAIN, "probe", "plain"],
  ["an unknown plain hub", undefined, NO_TLS, PLAIN, "probe", "plain"],
  ["an unknown plain hub", undefined, INSECURE, PLAIN, "probe", "plain"],
  ["an unknown plain hub", undefined, NEW, PLAIN, "probe", "untrusted: plain_new"],
  ["an unknown plain hub", undefined, { ...NEW, ...NO_TLS }, PLAIN, "probe", "plain"],
  ["an unknown plain hub", undefined, TLS, PLAIN, "authority certificate", "unreachable: no_tls"],
  ["an unknown plain hub", undefined, WANTED, PLAIN, "certificate", "unreachable: no_tls"],
  ["an unknown plain hub", undefined, { ...WANTED, ...NO_TLS }, PLAIN, "probe", "plain"],

  ["an unknown hub with its own certificate", undefined, {}, OWN, "probe authority certificate", "ask user"],
  ["an unknown hub with its own certificate", undefined, TLS, OWN, "authority certificate", "ask user"],
  [
    "an unknown hub with its own certificate",
    undefined,
    NO_TLS,
    OWN,
    "probe",
    "unreachable: port_speaks_tls",
  ],
  [
    "an unknown hub with its own certificate",
    undefined,
    INSECURE,
    OWN,
    "probe authority certificate",
    "ask user",
  ],
  [
    "an unknown hub with its own certificate",
    undefined,
    NEW,
    OWN,
    "probe authority certificate",
    "accept pin, store, new",
  ],
  [
    "an unknown hub with its own certificate",
    undefined,
    ANY,
    OWN,
    "probe authority certificate",
    "accept unverified",
  ],
  [
    "an unknown hub with its own certificate",
    undefined,
    WANTED,
    OWN,
    "certificate",
    "accept pin, store, new",
  ],
  [
    "an unknown hub with its own certificate",
    undefined,
    { ...WANTED, ...ANY },
    OWN,
    "certificate",
    "accept pin, new",
  ],
  [
    "an unknown hub with its own certificate",
    undefined,
    WANTED_OTHER,
    OWN,
    "certificate",
    "untrusted: wrong_fingerprint",
  ],
  [
    "an unknown hub with its own certificate",
    undefined,
    { ...WANTED_OTHER, ...NEW, ...ANY, ...INSECURE },
    OWN,
    "certificate",
    "untrusted: wrong_fingerprint",
  ],

  ["an unknown hub of an authority", undefined, {}, VOUCHED, "probe authority", "accept authority, store"],
  ["an unknown hub of an authority", undefined, TLS, VOUCHED, "authority", "accept authority, store"],
  ["an unknown hub of an authority", undefined, ANY, VOUCHED, "probe authority", "accept authority"],
  [
    "an unknown hub of an authority",
    undefined,
    WANTED_OTHER,
    VOUCHED,
    "certificate",
    "accept pin, store, new",
  ],
  [
    "an unknown hub of an authority",
    undefined,
    WANTED,
    VOUCHED,
    "certificate",
    "untrusted: wrong_fingerprint",
  ],

  [
    "a hub without the key of its certificate",
    undefined,
    NEW,
    BROKEN,
    "probe authority certificate",
    "untrusted: certificate_unusable",
  ],
  [
    "a hub without the key of its certificate",
    undefined,
    ANY,
    BROKEN,
    "probe authority certificate",
    "untrusted: certificate_unusable",
  ],
  [
    "a hub without the key of its certificate",
    undefined,
    WANTED,
    BROKEN,
    "certificate",
    "untrusted: certificate_unusable",
  ],
  [
    "a hub without the key of its certificate",
    PIN,
    {},
    BROKEN,
    "certificate",
    "untrusted: certificate_unusable",
  ],

  [
    "a hub whose certificate the runtime cannot tell",
    undefined,
    NEW,
    UNTOLD,
    "probe authority certificate",
    "untrusted: old_runtime",
  ],
  [
    "a hub whose certificate the runtime cannot tell",
    undefined,
    WANTED,
    UNTOLD,
    "certificate",
    "untrusted: old_runtime",
  ],
  [
    "a hub whose certificate the runtime cannot tell",
    PIN,
    {},
    UNTOLD,
    "certificate",
    "untrusted: old_runtime",
  ],

  ["a pinned hub", PIN, {}, OWN, "certificate", "accept pin"],
  ["a pinned hub", PIN, TLS, OWN, "certificate", "accept pin"],
  ["a pinned hub", PIN, NO_TLS, OWN, "", "untrusted: tls_required"],
  ["a pinned hub", PIN, INSECURE, OWN, "", "plain, overridden"],
  ["a pinned hub", PIN, { ...INSECURE, ...NO_TLS }, OWN, "", "plain, overridden"],
  ["a pinned hub", PIN, { ...INSECURE, ...TLS }, OWN, "certificate", "accept pin"],
  ["a pinned hub", PIN, WANTED, OWN, "certificate", "accept pin"],
  ["a pinned hub", PIN, WANTED_OTHER, OWN, "certificate", "untrusted: wrong_fingerprint"],

  ["a pinned hub that has changed", PIN, {}, CHANGED, "certificate", "untrusted: certificate_changed"],
  ["a pinned hub that has changed", PIN, NEW, CHANGED, "certificate", "untrusted: certificate_changed"],
  ["a pinned hub that has changed", PIN, ANY, CHANGED, "certificate", "untrusted: certificate_changed"],
  ["a pinned hub that has changed", PIN, PROVES, CHANGED, "certificate", "accept unverified"],
  [
    "a pinned hub that has changed",
    PIN,
    { ...PROVES, ...WANTED },
    CHANGED,
    "certificate",
    "untrusted: wrong_fingerprint",
  ],
  ["a pinned hub that has changed", PIN, WANTED_OTHER, CHANGED, "certificate", "accept pin, store, new"],
  ["a pinned hub that has changed", PIN, WANTED, CHANGED, "certificate", "untrusted: wrong_fingerprint"],
  [
    "a pinned hub with another certificate that an authority vouches for",
    PIN,
    {},
    VOUCHED,
    "certificate",
    "untrusted: certificate_changed",
  ],
  [
    "a pinned hub with another certificate that an authority vouches for",
    PIN,
    NEW,
    VOUCHED,
    "certificate",
    "untrusted: certificate_changed",
  ],
  [
    "a pinned hub with another certificate that an authority vouches for",
    PIN,
    ANY,
    VOUCHED,
    "certificate",
    "untrusted: certificate_changed",
  ],
  [
    "a pinned hub with another certificate that an authority vouches for",
    PIN,
    WANTED,
    VOUCHED,
    "certificate",
    "untrusted: wrong_fingerprint",
  ],
  [
    "a pinned hub with another certificate that an authority vouches for",
    PIN,
    WANTED_OTHER,
    VOUCHED,
    "certificate",
    "accept pin, store, new",
  ],
  ["a pinned hub without TLS", PIN, {}, PLAIN, "certificate", "untrusted: tls_missing"],
  ["a pinned hub without TLS", PIN, NEW, PLAIN, "certificate", "untrusted: tls_missing"],
  ["a pinned hub without TLS", PIN, INSECURE, PLAIN, "", "plain, overridden"],

  ["a hub known by an authority", AUTHORITY, {}, VOUCHED, "authority", "accept authority"],
  ["a hub known by an authority", AUTHORITY, NO_TLS, VOUCHED, "", "untrusted: tls_required"],
  ["a hub known by an authority", AUTHORITY, INSECURE, VOUCHED, "", "plain, overridden"],
  ["a hub known by an authority", AUTHORITY, WANTED, OWN_VOUCHED, "authority certificate", "accept pin"],
  [
    "a hub known by an authority",
    AUTHORITY,
    WANTED,
    VOUCHED,
    "authority certificate",
    "untrusted: wrong_fingerprint",
  ],
  [
    "a hub that no authority vouches for any more",
    AUTHORITY,
    {},
    OWN,
    "authority certificate",
    "untrusted: authority_lost",
  ],
  [
    "a hub that no authority vouches for any more",
    AUTHORITY,
    NEW,
    OWN,
    "authority certificate",
    "untrusted: authority_lost",
  ],
  [
    "a hub that no authority vouches for any more",
    AUTHORITY,
    WANTED,
    OWN,
    "authority certificate",
    "accept pin, store, new",
  ],
  [
    "a hub known by an authority, without TLS",
    AUTHORITY,
    {},
    PLAIN,
    "authority certificate",
    "untrusted: tls_missing",
  ],
];

for (const [what, known, wishes, hub, steps, end] of TABLE) {
  const options = Object.entries(wishes)
    .map(([name, value]) => `${name}: ${value === MINE ? "mine" : value === OTHER ? "other" : value}`).join(
      ", ",
    );
  test(`The verdict on ${what} with {${options}} is ${end}`, () => {
    const result = run(known, wishes, hub);
    assertEquals([result.steps.join(" "), brief(result.verdict)], [steps, end]);
  });
}

/** Every list with one item of each of the lists. */
function combinations<T>(...lists: T[][]): T[][] {
  return lists.reduce<T[][]>((all, list) => all.flatMap((items) => list.map((item) => [...items, item])), [
    [],
  ]);
}

const EVERY_WISH: Wishes[] = combinations<Wishes>(
  [{}, TLS, NO_TLS],
  [{}, WANTED, WANTED_OTHER],
  [{}, NEW],
  [{}, ANY],
  [{}, INSECURE],
  [{}, PROVES],
).map((list) => Object.assign({}, ...list));
const EVERY_KNOWN = [undefined, AUTHORITY, PIN];
const EVERY_SHOWN: Shown[] = combinations<Shown>(
  [{}, { speaks: "plain" }, { speaks: "tls" }],
  [{}, { authority: false }, { authority: true }],
  [
    {},
    { certificate: { kind: "unusable" } },
    { certificate: { kind: "old_runtime" } },
    { certificate: { kind: "no_tls" } },
    { certificate: { kind: "certificate", fingerprint: MINE } },
    { certificate: { kind: "certificate", fingerprint: OTHER } },
  ],
).map((list) => Object.assign({}, ...list));

/** Calls back with every combination, also those that no hub can show. */
function forAll(
  check: (known: KnownBy | undefined, wishes: Wishes, shown: Shown, verdict: Verdict) => boolean,
) {
  for (const known of EVERY_KNOWN) {
    for (const wishes of EVERY_WISH) {
      for (const shown of EVERY_SHOWN) {
        const verdict = decide(known, wishes, shown);
        assert(check(known, wishes, shown, verdict), JSON.stringify({ known, wishes, shown, verdict }));
      }
    }
  }
}

test("No combination accepts a hub without the handshake that verified it", () => {
  forAll((_, __, { authority, certificate }, verdict) => {
    if (verdict.do !== "accept") return true;
    if (verdict.by === "authority") return authority === true && certificate === undefined;
    return certificate?.kind === "certificate";
  });
});

test("No combination accepts a certificate that is not the one of --fingerprint", () => {
  forAll((_, { fingerprints }, { certificate }, verdict) =>
    verdict.do !== "accept" || fingerprints === undefined ||
    certificate?.kind === "certificate" && fingerprints.includes(certificate.fingerprint)
  );
});

test("No combination accepts a certificate that is not the pinned one, except by --fingerprint", () => {
  forAll((known, { fingerprints, identityProves }, { certificate }, verdict) =>
    verdict.do !== "accept" || fingerprints !== undefined || known?.kind !== "pin" ||
    // It is not verified then: the caller has to do that.
    (identityProves && verdict.by === undefined && !verdict.store) ||
    certificate?.kind === "certificate" && certificate.fingerprint === known.fingerprint
  );
});

test("No combination talks without TLS where TLS is wanted, or to a known hub without --insecure", () => {
  forAll((known, { tls, insecure, acceptNew }, { speaks }, verdict) => {
    if (verdict.do !== "plain") return true;
    if (acceptNew && tls === undefined && !insecure) return false;
    return tls !== true && (known === undefined ? speaks === "plain" : insecure === true);
  });
});

test("No combination stores an unverified hub, or anything for a client that accepts any hub", () => {
  forAll((_, { acceptAny }, __, verdict) =>
    verdict.do !== "accept" || !verdict.store || (verdict.by !== undefined && !acceptAny)
  );
});

test("No combination asks the user about a hub that is known or does not have the key of its certificate", () => {
  forAll((known, _, { certificate }, verdict) =>
    verdict.do !== "ask_user" || known === undefined && certificate?.kind === "certificate"
  );
});

test("No combination asks for a fact that is already there", () => {
  forAll((_, __, shown, verdict) => {
    if (verdict.do === "probe") return shown.speaks === undefined;
    return verdict.do !== "handshake" || shown[verdict.with] === undefined;
  });
});
