/** What follows after a loss, as a table. */
import type { Loss, RefusedName } from "../../../client/link/link_state.ts";
import { type NextStep, nextStep, type Situation } from "../../../client/link/retry_policy.ts";
import { assertEquals } from "../../helpers/assert.ts";

const FIRST: Situation = { wasOpen: false, isLeaving: false, canOmitRooms: false };
const RETRIED: Situation = { ...FIRST, retryFirst: true };
const LATER: Situation = { ...FIRST, wasOpen: true };
const LEAVING: Situation = { ...LATER, isLeaving: true };
const ROOMS: Situation = { ...FIRST, canOmitRooms: true };

function ends(how: "unreachable" | "refused" | "lost" | "left" | "untrusted" | "no_key"): NextStep {
  return { kind: "end", end: { how, why: "because" } };
}
function endsFor(refusedName: RefusedName): NextStep {
  return { kind: "end", end: { how: "refused", why: "because", refusedName } };
}
const RETRY: NextStep = { kind: "retry" };
const OMIT_ROOMS: NextStep = { kind: "omit_rooms" };

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
    endsFor({ isOwned: true, message: "it belongs to somebody", free: "ana-2" }),
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
];

for (const [name, loss, situation, step] of TABLE) {
  Deno.test({
    name,
    permissions: "none",
    fn: () => assertEquals(nextStep({ ...loss, why: "because" }, situation), step),
  });
}
