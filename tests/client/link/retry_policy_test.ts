/** What follows after a loss, as a table. */
import type { Loss, RefusedName } from "../../../client/link/link_state.ts";
import { combined, type NextStep, nextStep, type Situation } from "../../../client/link/retry_policy.ts";
import { assertEquals } from "../../helpers/assert.ts";

const FIRST: Situation = { wasOpen: false, isLeaving: false, canOmitRooms: false, canMove: false };
const RETRIED: Situation = { ...FIRST, retryFirst: true };
const LATER: Situation = { ...FIRST, wasOpen: true };
const LEAVING: Situation = { ...LATER, isLeaving: true };
const SEVERAL: Situation = { ...FIRST, canMove: true };
const ROOMS: Situation = { ...FIRST, canOmitRooms: true };

function ends(how: "unreachable" | "refused" | "lost" | "left" | "untrusted" | "no_key"): NextStep {
  return { kind: "end", end: { how, why: "because" } };
}
function endsFor(refusedName: RefusedName, hubMessage?: string): NextStep {
  const said = hubMessage === undefined ? {} : { hubMessage };
  return { kind: "end", end: { how: "refused", why: "because", ...said, refusedName } };
}
const RETRY: NextStep = { kind: "retry" };
const MOVE: NextStep = { kind: "move" };
const OMIT_ROOMS: NextStep = { kind: "omit_rooms" };

/** A hub of a cluster that does not reach NATS. */
const CUT_OFF: Omit<Loss, "why"> = { how: "refused", word: "unavailable", retryAfterMs: 5000 };

const TABLE: [what: string, loss: Omit<Loss, "why">, situation: Situation, step: NextStep][] = [
  ["The first attempt that reaches no hub is the end", { how: "unreachable" }, FIRST, ends("unreachable")],
  [
    "The first attempt that is refused is the end",
    { how: "refused", word: "server_full" },
    FIRST,
    ends("refused"),
  ],
  ["The first attempt that is lost is the end", { how: "lost" }, FIRST, ends("lost")],
  ["The first attempt at a hub that shuts down is the end", { how: "down" }, FIRST, ends("lost")],
  ["On request the first attempt that reaches no hub is repeated", { how: "unreachable" }, RETRIED, RETRY],
  ["On request the first attempt that is lost is repeated", { how: "lost" }, RETRIED, RETRY],
  [
    "On request a hub that is full is tried again",
    { how: "refused", word: "server_full" },
    RETRIED,
    RETRY,
  ],
  [
    "On request a hub that has too many clients from this address is tried again",
    { how: "refused", word: "too_many_from_address" },
    RETRIED,
    RETRY,
  ],
  [
    "On request a hub that names a time to retry is tried again",
    { how: "refused", retryAfterMs: 1000 },
    RETRIED,
    RETRY,
  ],
  [
    "A name that is taken is the end, also on request",
    { how: "refused", word: "name_taken" },
    RETRIED,
    endsFor({ isOwned: false, message: "because", free: undefined }),
  ],
  [
    "A name that belongs to somebody is the end, with the name that is free",
    { how: "refused", word: "name_owned", hubMessage: "it belongs to somebody", free: "ana-2" },
    RETRIED,
    endsFor({ isOwned: true, message: "it belongs to somebody", free: "ana-2" }, "it belongs to somebody"),
  ],
  [
    "A key that does not sign is the end, also on request",
    { how: "no_key", isPermanent: true },
    RETRIED,
    ends("no_key"),
  ],
  [
    "A key that does not sign for a later link is tried again",
    { how: "no_key", isPermanent: true },
    LATER,
    RETRY,
  ],
  [
    "A wrong password is the end, also on request",
    { how: "refused", word: "bad_password", retryAfterMs: 1000 },
    RETRIED,
    ends("refused"),
  ],
  [
    "A password that was not checked is sent again, on request",
    { how: "refused", word: "too_fast", retryAfterMs: 1000 },
    RETRIED,
    RETRY,
  ],
  [
    "A password that was not checked is sent again after a loss",
    { how: "refused", word: "too_fast", retryAfterMs: 1000 },
    LATER,
    RETRY,
  ],
  ["An untrusted hub is the end, also on request", { how: "untrusted" }, RETRIED, ends("untrusted")],
  ["A later attempt that reaches no hub is repeated", { how: "unreachable" }, LATER, RETRY],
  ["A link that was open and is lost is opened again", { how: "lost" }, LATER, RETRY],
  ["A full hub is tried again", { how: "refused", word: "server_full" }, LATER, RETRY],
  ["A ban is the end", { how: "refused", word: "banned" }, LATER, ends("refused")],
  ["A ban on an open link is the end", { how: "ended", word: "banned" }, LATER, ends("refused")],
  [
    "A ban is the end of a client that is leaving, too",
    { how: "ended", word: "banned" },
    LEAVING,
    ends("refused"),
  ],
  ["A kick is the end", { how: "ended", word: "kicked" }, LATER, ends("refused")],
  ["An invite that does not work is the end", { how: "refused", word: "bad_invite" }, LATER, ends("refused")],
  [
    "A ban is the end on request, too, however short it is",
    { how: "refused", word: "banned", retryAfterMs: 1000 },
    RETRIED,
    ends("refused"),
  ],
  ["A wrong password is the end", { how: "refused", word: "bad_password" }, LATER, ends("refused")],
  ["A loss while leaving is the end", { how: "down" }, LEAVING, ends("lost")],
  ["An untrusted hub is the end", { how: "untrusted" }, LATER, ends("untrusted")],
  ["Leaving is the end", { how: "left" }, LATER, ends("left")],
  ["A refused room is left out", { how: "refused", word: "no_such_room" }, ROOMS, OMIT_ROOMS],
  [
    "A refused room is left out later too",
    { how: "refused", word: "bad_name" },
    { ...ROOMS, wasOpen: true },
    OMIT_ROOMS,
  ],
  [
    "A refusal for another reason keeps the rooms",
    { how: "refused", word: "server_full" },
    ROOMS,
    ends("refused"),
  ],
  [
    "A refused room that is needed is the end",
    { how: "refused", word: "no_such_room" },
    FIRST,
    ends("refused"),
  ],
  ["A hub that does not answer is followed by another one", { how: "unreachable" }, SEVERAL, MOVE],
  ["A hub that may be the wrong one is followed by another one", { how: "untrusted" }, SEVERAL, MOVE],
  ["A full hub is followed by another one", { how: "refused", word: "server_full" }, SEVERAL, MOVE],
  ["A hub that is cut off from the others is followed by another one", CUT_OFF, SEVERAL, MOVE],
  ["On request a hub that is cut off from the others is tried again", CUT_OFF, RETRIED, RETRY],
  [
    "A hub that is cut off is tried again with the same rooms",
    CUT_OFF,
    { ...LATER, canOmitRooms: true },
    RETRY,
  ],
  ["A hub that is cut off is the end of the first attempt", CUT_OFF, FIRST, ends("refused")],
  [
    "A hub that has too many rooms is asked again without rooms",
    { how: "refused", word: "unavailable" },
    { ...ROOMS, canMove: true },
    OMIT_ROOMS,
  ],
  ["A hub that refuses without a word is followed by another one", { how: "refused" }, SEVERAL, MOVE],
  ["A lost link is followed by one to another hub", { how: "lost" }, { ...SEVERAL, wasOpen: true }, MOVE],
  [
    "What the hubs of a chat decide together is the same at another one: names",
    { how: "refused", word: "name_taken" },
    SEVERAL,
    endsFor({ isOwned: false, message: "because", free: undefined }),
  ],
  [
    "What the hubs of a chat decide together is the same at another one: who is put out",
    { how: "ended", word: "kicked" },
    { ...SEVERAL, wasOpen: true },
    ends("refused"),
  ],
  [
    "What the hubs of a chat decide together is the same at another one: rooms",
    { how: "refused", word: "no_such_room" },
    { ...SEVERAL, canOmitRooms: true },
    OMIT_ROOMS,
  ],
  ["A key that does not sign does so at no hub", { how: "no_key" }, SEVERAL, ends("no_key")],
  ["A client that is leaving moves nowhere", { how: "down" }, { ...LEAVING, canMove: true }, ends("lost")],
];

for (const [name, loss, situation, step] of TABLE) {
  Deno.test({
    name,
    permissions: "none",
    fn: () => assertEquals(nextStep({ ...loss, why: "because" }, situation), step),
  });
}

const DEAD: Loss = {
  how: "unreachable",
  why: "cannot reach a: refused; is it there?",
  advice: "; is it there?",
};
const FULL: Loss = { how: "refused", why: "cannot join b: full", word: "server_full", retryAfterMs: 2000 };
const WRONG: Loss = { how: "untrusted", why: "cannot join c: another certificate" };

Deno.test({
  name: "Of several hubs that cannot be joined the most telling counts, and the text has all",
  permissions: "none",
  fn() {
    assertEquals(combined([DEAD, FULL, WRONG], false), {
      how: "untrusted",
      why: "none of the 3 hubs can be joined: cannot reach a: refused; cannot join b: full; " +
        "cannot join c: another certificate",
      word: undefined,
      isPermanent: false,
    });
    // What may pass decides whether they are tried again.
    assertEquals(combined([DEAD, FULL, WRONG], true).how, "refused");
    assertEquals(combined([DEAD, WRONG], true).how, "unreachable");
    assertEquals(combined([WRONG, WRONG], true).how, "untrusted");
    assertEquals(combined([FULL, { ...FULL, retryAfterMs: 500 }], true).retryAfterMs, 500);
    assertEquals(combined([FULL, DEAD], true).retryAfterMs, undefined);
  },
});
