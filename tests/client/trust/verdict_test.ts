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
const PIN: KnownBy = { kind: "pin", fingerprint: MINE, certificate: new Uint8Array([48, 0]) };
/** A line of `known_hubs` that was written by hand, without the certificate. */
const BARE_PIN: KnownBy = { kind: "pin", fingerprint: MINE };

/** What a hub is, and so what it shows at each step. */
interface Hub {
  /** The fingerprint of its certificate; `undefined` if it does not speak TLS. */
  certificate?: string;
  /** Whether an authority vouches for it. */
  vouched?: boolean;
  /** Whether the handshake with its certificate succeeds: it has the key, and the certificate has a safe name. */
  usable?: boolean;
  /** Whether it shows its certificate in the clear; without that it sends an alert. */
  alert?: boolean;
}

const PLAIN: Hub = {};
const OWN: Hub = { certificate: MINE, usable: true };
const CHANGED: Hub = { certificate: OTHER, usable: true };
/** With a certificate of an authority, which the runtime accepts for its host name only by that authority. */
const VOUCHED: Hub = { certificate: OTHER, vouched: true };
const BROKEN: Hub = { certificate: MINE };
const HIDDEN: Hub = { certificate: MINE, alert: true };

/** Asks for verdicts until one is final, and shows after each what the hub shows. */
function run(known: KnownBy | undefined, wishes: Wishes, hub: Hub): { steps: string[]; verdict: Verdict } {
  let shown: Shown = { handshakes: {} };
  const steps: string[] = [];
  for (;;) {
    assert(steps.length < 6, `no end: ${steps}`);
    const verdict = decide(known, wishes, shown);
    const { certificate } = hub;
    switch (verdict.do) {
      case "probe":
        steps.push("probe");
        shown = { ...shown, speaks: certificate === undefined ? "plain" : "tls" };
        break;
      case "ask_certificate":
        steps.push("ask");
        if (certificate === undefined) shown = { ...shown, answer: { kind: "other" } };
        else if (hub.alert) shown = { ...shown, answer: { kind: "alert" } };
        else shown = { ...shown, answer: { kind: "certificate", fingerprint: certificate } };
        break;
      case "handshake": {
        steps.push(verdict.anchor);
        assertEquals(shown.handshakes[verdict.anchor], undefined, "a handshake is tried twice");
        const succeeds = verdict.anchor === "authority"
          ? hub.vouched === true
          : hub.usable === true && (verdict.anchor === "shown" || certificate === MINE);
        shown = { ...shown, handshakes: { ...shown.handshakes, [verdict.anchor]: succeeds } };
        break;
      }
      default:
        return { steps, verdict };
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
        ...verdict.notice === undefined ? [] : [verdict.notice],
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
const TLS = { tls: true }, NO_TLS = { tls: false };
const WANTED = { fingerprint: MINE }, WANTED_OTHER = { fingerprint: OTHER };

const TABLE: [what: string, KnownBy | undefined, Wishes, Hub, steps: string, end: string][] = [
  ["an unknown plain hub", undefined, {}, PLAIN, "probe", "plain"],
  ["an unknown plain hub", undefined, NO_TLS, PLAIN, "probe", "plain"],
  ["an unknown plain hub", undefined, INSECURE, PLAIN, "probe", "plain"],
  ["an unknown plain hub", undefined, TLS, PLAIN, "authority ask", "unreachable: no_tls"],
  ["an unknown plain hub", undefined, WANTED, PLAIN, "ask", "unreachable: no_tls"],
  ["an unknown plain hub", undefined, { ...WANTED, ...NO_TLS }, PLAIN, "probe", "plain"],

  ["an unknown hub with its own certificate", undefined, {}, OWN, "probe authority ask shown", "ask user"],
  ["an unknown hub with its own certificate", undefined, TLS, OWN, "authority ask shown", "ask user"],
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
    "probe authority ask shown",
    "ask user",
  ],
  [
    "an unknown hub with its own certificate",
    undefined,
    NEW,
    OWN,
    "probe authority ask shown",
    "accept pin, store, certificate_accepted",
  ],
  [
    "an unknown hub with its own certificate",
    undefined,
    ANY,
    OWN,
    "probe authority ask shown",
    "accept unverified",
  ],
  [
    "an unknown hub with its own certificate",
    undefined,
    WANTED,
    OWN,
    "ask shown",
    "accept pin, store, certificate_accepted",
  ],
  [
    "an unknown hub with its own certificate",
    undefined,
    { ...WANTED, ...ANY },
    OWN,
    "ask shown",
    "accept pin, certificate_accepted",
  ],
  [
    "an unknown hub with its own certificate",
    undefined,
    WANTED_OTHER,
    OWN,
    "ask",
    "untrusted: wrong_fingerprint",
  ],
  [
    "an unknown hub with its own certificate",
    undefined,
    { ...WANTED_OTHER, ...NEW, ...ANY, ...INSECURE },
    OWN,
    "ask",
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
    "ask shown authority",
    "accept authority, store",
  ],
  ["an unknown hub of an authority", undefined, WANTED, VOUCHED, "ask", "untrusted: wrong_fingerprint"],

  [
    "a hub without the key of its certificate",
    undefined,
    NEW,
    BROKEN,
    "probe authority ask shown",
    "untrusted: certificate_unusable",
  ],
  [
    "a hub without the key of its certificate",
    undefined,
    ANY,
    BROKEN,
    "probe authority ask shown",
    "untrusted: certificate_unusable",
  ],
  [
    "a hub without the key of its certificate",
    undefined,
    WANTED,
    BROKEN,
    "ask shown authority",
    "untrusted: certificate_unusable",
  ],
  [
    "a hub without the key of its certificate",
    PIN,
    {},
    BROKEN,
    "known ask shown",
    "untrusted: certificate_unusable",
  ],
  ["a hub that shows no certificate", undefined, TLS, HIDDEN, "authority ask", "unreachable: no_certificate"],
  ["a hub that shows no certificate", PIN, {}, HIDDEN, "known ask", "unreachable: no_certificate"],

  ["a pinned hub", PIN, {}, OWN, "known", "accept pin"],
  ["a pinned hub", PIN, TLS, OWN, "known", "accept pin"],
  ["a pinned hub", PIN, NO_TLS, OWN, "", "untrusted: tls_required"],
  ["a pinned hub", PIN, INSECURE, OWN, "", "plain, overridden"],
  ["a pinned hub", PIN, { ...INSECURE, ...NO_TLS }, OWN, "", "plain, overridden"],
  ["a pinned hub", PIN, { ...INSECURE, ...TLS }, OWN, "known", "accept pin"],
  ["a pinned hub", PIN, WANTED, OWN, "known", "accept pin"],
  ["a pinned hub", PIN, WANTED_OTHER, OWN, "ask", "untrusted: wrong_fingerprint"],
  ["a pinned hub without stored certificate", BARE_PIN, {}, OWN, "ask shown", "accept pin"],
  [
    "a pinned hub without stored certificate",
    BARE_PIN,
    WANTED,
    OWN,
    "ask shown",
    "accept pin, store, certificate_accepted",
  ],

  [
    "a pinned hub that has changed",
    PIN,
    {},
    CHANGED,
    "known ask authority",
    "untrusted: certificate_changed",
  ],
  [
    "a pinned hub that has changed",
    PIN,
    NEW,
    CHANGED,
    "known ask authority",
    "untrusted: certificate_changed",
  ],
  [
    "a pinned hub that has changed",
    PIN,
    ANY,
    CHANGED,
    "known ask authority",
    "untrusted: certificate_changed",
  ],
  ["a pinned hub that has changed", BARE_PIN, {}, CHANGED, "ask authority", "untrusted: certificate_changed"],
  [
    "a pinned hub that has changed",
    PIN,
    WANTED_OTHER,
    CHANGED,
    "ask shown",
    "accept pin, store, certificate_accepted",
  ],
  ["a pinned hub that has changed", PIN, WANTED, CHANGED, "known ask", "untrusted: wrong_fingerprint"],
  [
    "a pinned hub that moved to an authority",
    PIN,
    {},
    VOUCHED,
    "known ask authority",
    "accept authority, store, authority_replaces_pin",
  ],
  ["a pinned hub without TLS", PIN, {}, PLAIN, "known ask", "untrusted: tls_missing"],
  ["a pinned hub without TLS", PIN, NEW, PLAIN, "known ask", "untrusted: tls_missing"],
  ["a pinned hub without TLS", PIN, INSECURE, PLAIN, "", "plain, overridden"],

  ["a hub known by an authority", AUTHORITY, {}, VOUCHED, "authority", "accept authority"],
  ["a hub known by an authority", AUTHORITY, NO_TLS, VOUCHED, "", "untrusted: tls_required"],
  ["a hub known by an authority", AUTHORITY, INSECURE, VOUCHED, "", "plain, overridden"],
  [
    "a hub known by an authority",
    AUTHORITY,
    WANTED_OTHER,
    VOUCHED,
    "ask shown authority",
    "accept authority",
  ],
  [
    "a hub that no authority vouches for any more",
    AUTHORITY,
    {},
    OWN,
    "authority ask shown",
    "untrusted: authority_lost",
  ],
  [
    "a hub that no authority vouches for any more",
    AUTHORITY,
    NEW,
    OWN,
    "authority ask shown",
    "untrusted: authority_lost",
  ],
  [
    "a hub that no authority vouches for any more",
    AUTHORITY,
    WANTED,
    OWN,
    "ask shown",
    "accept pin, store, certificate_accepted",
  ],
  [
    "a hub known by an authority, without TLS",
    AUTHORITY,
    {},
    PLAIN,
    "authority ask",
    "untrusted: tls_missing",
  ],
];

for (const [what, known, wishes, hub, steps, end] of TABLE) {
  const options = Object.entries(wishes)
    .map(([name, value]) => `${name}: ${value === MINE ? "mine" : value === OTHER ? "other" : value}`).join(
      ", ",
    );
  test(`The verdict on ${what} with {${options}} is ${end}${known === BARE_PIN ? " (bare pin)" : ""}`, () => {
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
).map((list) => Object.assign({}, ...list));
const EVERY_KNOWN = [undefined, AUTHORITY, PIN, BARE_PIN];
const EVERY_SHOWN: Shown[] = combinations<Partial<Shown>>(
  [{}, { speaks: "plain" }, { speaks: "tls" }],
  [
    {},
    { answer: { kind: "alert" } },
    { answer: { kind: "other" } },
    { answer: { kind: "certificate", fingerprint: MINE } },
    { answer: { kind: "certificate", fingerprint: OTHER } },
  ],
  combinations([undefined, false, true], [undefined, false, true], [undefined, false, true])
    .map(([authority, known, shown]) => ({
      handshakes: {
        ...authority !== undefined && { authority },
        ...known !== undefined && { known },
        ...shown !== undefined && { shown },
      },
    })),
).map((list) => Object.assign({ handshakes: {} }, ...list));

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

test("No combination accepts a hub without a handshake that verified it", () => {
  forAll((known, _, { answer, handshakes }, verdict) => {
    if (verdict.do !== "accept") return true;
    if (verdict.by === "authority") return handshakes.authority === true;
    return handshakes.shown === true && answer?.kind === "certificate" ||
      verdict.by === "pin" && known?.kind === "pin" && handshakes.known === true;
  });
});

test("No combination accepts a certificate that is not the one of --fingerprint", () => {
  forAll((known, { fingerprint }, { answer }, verdict) => {
    if (verdict.do !== "accept" || fingerprint === undefined) return true;
    if (answer?.kind === "certificate") return answer.fingerprint === fingerprint;
    return known?.kind === "pin" && known.fingerprint === fingerprint;
  });
});

test("No combination accepts a changed certificate, except by an authority or by --fingerprint", () => {
  forAll((known, { fingerprint }, { answer }, verdict) =>
    verdict.do !== "accept" || fingerprint !== undefined || verdict.by === "authority" ||
    known === undefined ||
    known.kind === "pin" && (answer?.kind !== "certificate" || answer.fingerprint === known.fingerprint)
  );
});

test("No combination talks without TLS where TLS is wanted, or to a known hub without --insecure", () => {
  forAll((known, { tls, insecure }, { speaks }, verdict) => {
    if (verdict.do !== "plain") return true;
    return tls !== true && (known === undefined ? speaks === "plain" : insecure === true);
  });
});

test("No combination stores an unverified hub, or anything for a client that accepts any hub", () => {
  forAll((_, { acceptAny }, __, verdict) =>
    verdict.do !== "accept" || !verdict.store || (verdict.by !== undefined && !acceptAny)
  );
});

test("No combination asks the user about a hub that is known or does not have the key of its certificate", () => {
  forAll((known, _, { answer, handshakes }, verdict) =>
    verdict.do !== "ask_user" ||
    known === undefined && handshakes.shown === true && answer?.kind === "certificate"
  );
});

test("No combination asks for a fact that is already there", () => {
  forAll((_, __, shown, verdict) => {
    if (verdict.do === "probe") return shown.speaks === undefined;
    if (verdict.do === "ask_certificate") return shown.answer === undefined;
    return verdict.do !== "handshake" || shown.handshakes[verdict.anchor] === undefined;
  });
});
