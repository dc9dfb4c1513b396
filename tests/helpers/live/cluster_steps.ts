/**
 * The steps of users who own names and rooms and moderate, at two hubs; see `live_cluster.ts`. `who` is an index into
 * the users online.
 *
 * @module
 */
import fc from "fast-check";
import { nameKey } from "../../../protocol/mod.ts";
import type { ClusterRequest } from "../hubs/reference_cluster.ts";
import { CLUSTER_ROOMS, type LiveCluster, USER_KEYS } from "./live_cluster.ts";

/** The maximum number of users. */
const MAX_USERS = 6;

/** Something that happens. */
export type LiveStep =
  | { does: "connect"; hub: number; key?: number | undefined; name: string; rooms: string[] }
  | { does: "ask"; who: number; request: ClusterRequest }
  | { does: "ask at once"; who: [number, number]; requests: [ClusterRequest, ClusterRequest] }
  | { does: "leave"; who: number }
  | { does: "operator"; hub: number; key: number; isOne: boolean }
  | { does: "wait"; ms: number }
  | { does: "restart"; hub: number }
  | { does: "explore"; who: number; room: string };

const NAMES = ["ana", "bo", "cy"] as const;
const hub = fc.nat(1);
const who = fc.nat(MAX_USERS - 1);
const ownName = fc.constantFrom(...NAMES);
const name = fc.oneof({ weight: 6, arbitrary: ownName }, fc.constant("dee"));
const room = fc.constantFrom(...CLUSTER_ROOMS);
const key = fc.nat(USER_KEYS.length - 1);
const keyText = key.map((index) => USER_KEYS[index]!.key);
const scope = fc.option(room, { nil: undefined, freq: 1 });
const duration = fc.constantFrom(undefined, 1000, 5000);
const preview = fc.constantFrom(false, false, false, true);

/** Makes an object without the fields that are `undefined`. */
function defined<T>(fields: T): T {
  return Object.fromEntries(
    Object.entries(fields as Record<string, unknown>).filter(([, value]) => value !== undefined),
  ) as T;
}

const requests = (requestOf: fc.Arbitrary<unknown>) =>
  requestOf.map((fields) => defined(fields) as ClusterRequest);

/** What the owner of a room does. */
const roomRequest = requests(fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      code: fc.constant(119),
      room,
      topic: fc.constantFrom("on call", "off", ""),
      mode: fc.constantFrom("private", "private", "open"),
      history: fc.constantFrom("all", "joined"),
      owner: ownName,
    }, { requiredKeys: ["code", "room"] }),
  },
  { weight: 4, arbitrary: fc.record({ code: fc.constant(120), room, username: ownName }) },
  { weight: 2, arbitrary: fc.record({ code: fc.constant(121), room, username: ownName }) },
  { weight: 1, arbitrary: fc.record({ code: fc.constant(122), room }) },
));

/** What those do who keep order. */
const moderation = requests(fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      code: fc.constant(124),
      action: fc.constantFrom("ban", "mute", "unban", "unmute"),
      target: fc.oneof({ weight: 3, arbitrary: name }, keyText),
      room: scope,
      duration_ms: duration,
      preview,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      code: fc.constant(124),
      action: fc.constant("kick"),
      target: name,
      room: scope,
      preview,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      code: fc.constant(124),
      action: fc.constantFrom("mod", "mod", "unmod"),
      target: ownName,
      room,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      code: fc.constant(124),
      action: fc.constant("slow"),
      every_ms: fc.constantFrom(0, 1000, 5000),
      room: scope,
    }),
  },
  fc.record({
    code: fc.constant(124),
    action: fc.constant("lockdown"),
    mode: fc.constantFrom("off", "off", "owned", "invited"),
  }),
)).map((request) => {
  // Only bans and mutes end by themselves.
  if (request.code !== 124 || request.action === "ban" || request.action === "mute") return request;
  const { duration_ms: _, ...rest } = request as ClusterRequest & { duration_ms?: number };
  return rest as ClusterRequest;
});

/** What users do with their names and keys. */
const nameRequest = requests(fc.oneof(
  { weight: 3, arbitrary: fc.record({ code: fc.constant(101), username: name }) },
  fc.record({ code: fc.constant(113) }),
  { weight: 2, arbitrary: fc.record({ code: fc.constantFrom(114, 114, 115), key: keyText }) },
));

/** What everybody does. */
const talk = requests(fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({
      code: fc.constant(103),
      room: fc.oneof(room, fc.constant("main")),
      message: fc.constant(""),
    }),
  },
  fc.record({ code: fc.constantFrom(107, 107, 108), room }),
));

const request = fc.oneof(
  { weight: 3, arbitrary: talk },
  { weight: 3, arbitrary: roomRequest },
  { weight: 4, arbitrary: moderation },
  { weight: 2, arbitrary: nameRequest },
);

/** Somebody with the own name, mostly, or a guest. */
const visitor = fc.oneof(
  { weight: 6, arbitrary: key.map((key) => ({ key, name: NAMES[key]! as string })) },
  fc.record({ key, name }),
  name.map((name) => ({ name, key: undefined })),
);

/** A step. */
export const clusterStep: fc.Arbitrary<LiveStep> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.tuple(visitor, fc.record({ hub, rooms: fc.subarray([...CLUSTER_ROOMS]) })).map((
      [user, more],
    ) => ({ does: "connect" as const, ...user, ...more })),
  },
  { weight: 24, arbitrary: fc.record({ does: fc.constant("ask" as const), who, request }) },
  {
    weight: 4,
    arbitrary: fc.record({
      does: fc.constant("ask at once" as const),
      who: fc.tuple(who, who),
      requests: fc.oneof(fc.tuple(roomRequest, roomRequest), fc.tuple(moderation, moderation)),
    }),
  },
  { weight: 4, arbitrary: fc.record({ does: fc.constant("explore" as const), who, room }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant("leave" as const), who }) },
  {
    weight: 1,
    arbitrary: fc.record({
      does: fc.constant("operator" as const),
      hub,
      key,
      isOne: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ does: fc.constant("wait" as const), ms: fc.constantFrom(1000, 5000) }),
  },
  { weight: 1, arbitrary: fc.record({ does: fc.constant("restart" as const), hub }) },
);

/** What happens first: people own names, one of them is an operator, and two are in a private room. */
export const CLUSTER_PROLOGUE: readonly LiveStep[] = [
  { does: "connect", hub: 0, key: 0, name: "ana", rooms: ["den"] },
  { does: "connect", hub: 1, key: 1, name: "bo", rooms: [] },
  { does: "connect", hub: 0, key: 2, name: "cy", rooms: ["ops"] },
  { does: "ask", who: 1, request: { code: 103, room: "main", message: "" } },
  { does: "ask", who: 0, request: { code: 119, room: "den", mode: "private" } },
  { does: "ask", who: 0, request: { code: 120, room: "den", username: "bo" } },
  { does: "operator", hub: 1, key: 1, isOne: true },
];

/** Sequences, after {@linkcode CLUSTER_PROLOGUE}, in which the hubs have failed, or the reference. */
export const CLUSTER_FAILED: Record<string, readonly LiveStep[]> = {
  "a device at the other hub comes to a name that its person has freed": [
    { does: "ask", who: 0, request: { code: 113 } },
    { does: "connect", hub: 1, key: 0, name: "ana", rooms: [] },
    { does: "ask", who: 0, request: { code: 103, room: "main", message: "" } },
  ],
};

/**
 * Carries out a step.
 *
 * @param chat the hubs and the reference
 * @param step the step
 */
export async function takeStep(chat: LiveCluster, step: LiveStep): Promise<void> {
  switch (step.does) {
    case "connect":
      if (chat.model.users.length < MAX_USERS) await chat.connects(step.hub, step.key, step.name, step.rooms);
      return;
    case "operator":
      return await chat.operator(step.hub, step.key, step.isOne);
    case "wait":
      return await chat.waits(step.ms);
    case "restart":
      return await chat.restarts(step.hub);
    case "ask at once": {
      const [one, other] = step.who.map((who, hub) => chat.userAt(who, hub));
      if (one === undefined || other === undefined) return;
      const [first, second] = step.requests;
      if (isAgainst(chat, first, other) || isAgainst(chat, second, one)) return;
      return await chat.ask([one, first], [other, second]);
    }
  }
  const id = chat.userAt(step.who);
  if (id === undefined) return;
  if (step.does === "leave") return await chat.leaves(id);
  if (step.does === "explore") return await chat.explores(id, step.room);
  const { request } = step;
  await chat.asks(id, request.code === 103 ? { ...request, message: chat.nextText() } : request);
}

/** Tells whether a request could end somebody who asks for something in the same moment: both may come too late. */
function isAgainst({ model }: LiveCluster, request: ClusterRequest, id: number): boolean {
  if (request.code !== 124 || request.action !== "ban" && request.action !== "kick") return false;
  const { target } = request;
  const { name, owner, identity } = model.user(id);
  const { names, keys } = model.names.personOf({ name, owner, identity });
  return names.has(nameKey(target)) || keys.has(target) ||
    [...names.values()].some((one) => one !== undefined && one === model.names.ownerOf(target));
}
