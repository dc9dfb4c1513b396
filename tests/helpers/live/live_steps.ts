/**
 * The steps of users of real hubs, each of them also a step of the reference. `who` is an index into the users online
 * without the observers.
 *
 * The file is long because it names every step that the model knows.
 *
 * @module
 */
import fc from "fast-check";
import type { Json } from "../clients/original_client.ts";
import type { ReferenceChange, ReferenceHub, ReferenceUser } from "../hubs/reference_hub.ts";
import type { LiveChat, LiveUser, Model } from "./live_chat.ts";

/** The maximum number of users beside the observers. */
const MAX_USERS = 6;

/** A step of a sequence; `who` is an index into the users online without the observer. */
class Step implements fc.AsyncCommand<Model, LiveChat> {
  readonly #description: string;
  readonly #isPossible: (model: Model) => boolean;
  readonly #perform: (hub: LiveChat, model: Model) => Promise<void>;

  constructor(
    description: string,
    isPossible: (model: Model) => boolean,
    perform: (hub: LiveChat, model: Model) => Promise<void>,
  ) {
    this.#description = description;
    this.#isPossible = isPossible;
    this.#perform = perform;
  }

  check(model: Model): boolean {
    return this.#isPossible(model);
  }

  async run(model: Model, hub: LiveChat): Promise<void> {
    await this.#perform(hub, model);
    await hub.synced();
  }

  toString(): string {
    return this.#description;
  }
}

const isThere = ({ reference, hubs }: Model) => reference.users.length > hubs;
const hasSpace = ({ reference, hubs }: Model) => reference.users.length < MAX_USERS + hubs;

/** A request of a user who reads: first to the reference, then to the hub. */
function asks(
  description: string,
  who: number,
  expects: (reference: ReferenceHub, user: ReferenceUser, text: string) => void,
  request: (text: string) => Record<string, Json>,
): Step {
  return new Step(`${who} ${description}`, isThere, async (hub, { reference }) => {
    const user = hub.user(who);
    if (user.stalled) return;
    const text = hub.nextText();
    expects(reference, user.known, text);
    await hub.asks(user, request(text));
  });
}

/** The index of a hub, modulo their number. */
const at = fc.nat(1);
const where = (at: number) => ` at hub ${at}`;
const who = fc.nat(MAX_USERS - 1);
const name = fc.constantFrom("ana", "Ana", "bo", "cy", "Cy", "server", "observer");
const reaction = fc.constantFrom("+1", "tada");
const room = fc.constantFrom("dev", "Dev", "ops", "main");

/** The request that changes a message. */
function changeRequest(change: ReferenceChange): Record<string, Json> {
  switch (change.does) {
    case "delete":
      return { code: 126 };
    case "edit":
      return { code: 127, message: change.text };
    case "react":
      return { code: 128, reaction: change.reaction };
    case "unreact":
      return { code: 128, reaction: change.reaction, remove: true };
  }
}

/** How somebody changes a message. */
interface Changes {
  /** Who does. */
  who: number;
  /** The room, or `@` and a name. */
  place: string;
  /** How many messages before the last one it is. */
  back: number;
  /** Whether a new message is sent there before. */
  isNew: boolean;
  /** What is done, one after the other. */
  does: readonly ("delete" | "edit" | "react" | "unreact")[];
  reaction: string;
  /** Whether with the id of the message. */
  proof: boolean;
}

function changesOf({ who, place, back, isNew, does, reaction, proof }: Changes): Step {
  return new Step(
    `${who}: ${does.join(" and ")} ${isNew ? "new " : ""}message -${back} in ${place}, ${
      proof ? "with" : "no"
    } id`,
    isThere,
    async (hub, { reference }) => {
      const user = hub.user(who);
      if (user.stalled) return;
      if (isNew) {
        const message = hub.nextText();
        const to = place.slice(1);
        const isDirect = place.startsWith("@");
        if (isDirect) reference.sayTo(user.known, to, message);
        else reference.say(user.known, message, place);
        const request = isDirect ? { code: 104, to, message } : { code: 103, room: place, message };
        await hub.asks(user, { ...request, id: message });
      }
      for (const one of does) {
        const { sequence, id } = reference.find(user.known, place, back);
        const change: ReferenceChange = one === "edit"
          ? { does: one, text: hub.nextText() }
          : one === "delete"
          ? { does: one }
          : { does: one, reaction };
        reference.change(user.known, place, sequence, change, proof);
        const isProved = proof && id !== undefined && (one === "delete" || one === "edit");
        await hub.asks(user, {
          ...changeRequest(change),
          room: place,
          sequence,
          ...isProved ? { id } : {},
        });
      }
    },
  );
}

/** Deletes and edits messages, and reacts to them. */
const changes: fc.Arbitrary<Step> = fc.record({
  who,
  place: fc.oneof(room, name.map((name) => `@${name}`)),
  back: fc.nat(2),
  isNew: fc.boolean(),
  does: fc.constantFrom<Changes["does"][]>(
    ["delete"],
    ["edit"],
    ["edit", "edit"],
    ["react"],
    ["unreact"],
    ["react", "unreact"],
  ),
  reaction,
  proof: fc.boolean(),
}).map(changesOf);

/** Somebody connects to a hub, and sends a hello. */
function arrives(name: string, at: number): Step {
  return new Step(
    `connect ${name}${where(at)}`,
    hasSpace,
    (hub, { hubs }) => hub.connect({ name, hub: at % hubs }),
  );
}

/** Somebody sends a message with an id again. */
function sendsAgain(who: number, back: number): Step {
  return new Step(`${who} sends its message -${back} again`, isThere, async (hub, { reference }) => {
    const user = hub.user(who);
    if (user.stalled) return;
    const again = reference.sayAgain(user.known, back);
    if (again === undefined) return;
    const { place, text: message, answers } = again;
    const target = place.startsWith("@") ? { code: 104, to: place.slice(1) } : { code: 103, room: place };
    const reply = answers === undefined ? {} : { reply_to: answers };
    await hub.asks(user, { ...target, message, id: message, ...reply });
  });
}

/** What users of any number of hubs do. */
export const steps: fc.Arbitrary<Step>[] = [
  at.map((at) =>
    new Step(`connect${where(at)}`, hasSpace, (hub, { hubs }) => hub.connect({ hub: at % hubs }))
  ),
  fc.tuple(name, at).map(([name, at]) => arrives(name, at)),
  fc.tuple(name, fc.constantFrom("dev", "ops"), at).map(([name, quiet, at]) =>
    new Step(
      `connect ${name}, quietly in ${quiet}${where(at)}`,
      hasSpace,
      (hub, { hubs }) => hub.connect({ name, quiet, hub: at % hubs }),
    )
  ),
  fc.tuple(name, fc.constantFrom("the first secret", "the second secret"), at).map(([name, session, at]) =>
    new Step(
      `connect ${name} with ${session}${where(at)}`,
      hasSpace,
      (hub, { hubs }) => hub.connect({ name, session, hub: at % hubs }),
    )
  ),
  who.map((who) =>
    asks(
      "sends",
      who,
      (reference, user, text) => reference.say(user, text),
      (message) => ({ code: 100, message }),
    )
  ),
  fc.tuple(who, room).map(([who, room]) =>
    asks(
      `sends to ${room}`,
      who,
      (reference, user, text) => reference.say(user, text, room),
      (message) => ({ code: 103, room, message, id: message }),
    )
  ),
  fc.tuple(who, room, fc.nat(4)).map(([who, room, back]) =>
    new Step(`${who} replies in ${room} to message -${back}`, isThere, async (hub, { reference }) => {
      const user = hub.user(who);
      if (user.stalled) return;
      const { sequence } = reference.find(user.known, room, back);
      const message = hub.nextText();
      reference.say(user.known, message, room, sequence);
      await hub.asks(user, { code: 103, room, message, id: message, reply_to: sequence });
    })
  ),
  // Several times, since a change shows something only if another one came before.
  ...Array<fc.Arbitrary<Step>>(4).fill(changes),
  who.map((who) =>
    asks(
      "asks for all changes",
      who,
      (reference, user) => reference.askChanges(user),
      () => ({ code: 129, after: 0 }),
    )
  ),
  who.map((who) =>
    asks("asks who named it", who, (reference, user) => reference.mentions(user), () => ({ code: 130 }))
  ),
  fc.tuple(who, name).map(([who, to]) =>
    asks(
      `sends to ${to}`,
      who,
      (reference, user, text) => reference.sayTo(user, to, text),
      (message) => ({ code: 104, to, message, id: message }),
    )
  ),
  fc.tuple(who, name).map(([who, username]) =>
    new Step(`${who} takes the name ${username}`, isThere, async (hub, { reference }) => {
      const user = hub.user(who);
      if (user.stalled) return;
      reference.rename(user.known, username);
      await hub.asks(user, { code: 101, username });
      await hub.removeReplaced();
    })
  ),
  fc.tuple(who, room).map(([who, room]) =>
    asks(
      `joins ${room}`,
      who,
      (reference, user) => reference.join(user, room),
      () => ({ code: 107, room }),
    )
  ),
  fc.tuple(who, room).map(([who, room]) =>
    asks(
      `leaves ${room}`,
      who,
      (reference, user) => reference.leave(user, room),
      () => ({ code: 108, room }),
    )
  ),
  fc.tuple(who, room, fc.integer({ min: 1, max: 3 })).map(([who, room, times]) =>
    new Step(
      `${who} joins and leaves ${room} ${times} times in one write, without ref`,
      isThere,
      async (hub, model) => {
        const user = hub.user(who);
        const { known } = user;
        // Without a hello each of the requests is refused; nobody may leave `main`.
        if (user.stalled || !known.extended || room === "main") return;
        for (let i = 0; i < times; i++) {
          model.reference.join(known, room, false);
          model.reference.leave(known, room, false);
        }
        const pair = [{ code: 107, room }, { code: 108, room }];
        await hub.asksSilently(user, room, Array(times).fill(pair).flat());
      },
    )
  ),
  fc.tuple(who, room).map(([who, room]) =>
    asks(
      `asks for the history of ${room}`,
      who,
      (reference, user) => reference.history(user, room),
      () => ({ code: 105, room, limit: 500 }),
    )
  ),
  fc.tuple(who, room, fc.integer({ min: 1, max: 3 }), fc.integer({ min: 2, max: 5 })).map((
    [who, room, limit, before],
  ) =>
    asks(
      `asks for ${limit} messages of ${room} before ${before}`,
      who,
      (reference, user) => reference.history(user, room, { limit, before }),
      () => ({ code: 105, room, limit, before }),
    )
  ),
  fc.tuple(who, room, fc.constantFrom("ANA", "bo", "line")).map(([who, room, match]) =>
    asks(
      `searches ${room} for ${match}`,
      who,
      (reference, user) => reference.history(user, room, { word: match }),
      () => ({ code: 105, room, limit: 500, match }),
    )
  ),
  fc.tuple(who, fc.nat(2)).map(([who, back]) => sendsAgain(who, back)),
  who.map((who) =>
    asks(
      "asks for its conversations",
      who,
      (reference, user) => reference.conversations(user),
      () => ({ code: 111 }),
    )
  ),
  who.map((who) =>
    asks("asks for the users", who, (reference, user) => reference.who(user), () => ({ code: 106 }))
  ),
  who.map((who) =>
    asks("asks for rooms", who, (reference, user) => reference.list(user), () => ({ code: 109 }))
  ),
  fc.tuple(who, fc.boolean()).map(([who, stalled]) =>
    new Step(`${who} ${stalled ? "stops reading" : "resumes reading"}`, isThere, (hub) => {
      const user = hub.user(who);
      user.stalled = stalled;
      if (stalled) user.client.pause();
      else user.client.resume();
      return Promise.resolve();
    })
  ),
  who.map((who) => new Step(`${who} disconnects`, isThere, (hub) => hub.vanishes(hub.user(who)))),
  fc.constantFrom(1, -1).map((hours) =>
    new Step(`the clock jumps ${hours} h`, () => true, (hub) => {
      hub.jump(hours);
      return Promise.resolve();
    })
  ),
  at.map((at) =>
    new Step(`hub ${at} restarts`, () => true, async (hub, { hubs }) => {
      await hub.stopHub(at % hubs);
      await hub.startHub(at % hubs);
    })
  ),
];

/** Sequences in which a hub has failed. */
export const FAILED: Record<string, readonly Step[]> = {
  "an edited message is sent again as it was": [
    arrives("ana", 0),
    changesOf({ who: 0, place: "@ana", back: 0, isNew: true, does: ["edit"], reaction: "+1", proof: true }),
    sendsAgain(0, 0),
  ],
};

/** Two different users who read and are announced: otherwise they would be so before what they do is in any order. */
function twoOf(hub: LiveChat, who: number, other: number): LiveUser[] {
  const users = [hub.user(who), hub.user(other)].filter(({ stalled, known }) =>
    !stalled && known.extended && known.announced
  );
  return new Set(users).size === 2 ? users : [];
}

/**
 * What users do at the same moment, at two hubs as a rule. Each outcome is legal that is that of one order of the
 * requests; the log decides which. So the reference does them in the order that the answers show.
 */
export const atOnce: fc.Arbitrary<Step>[] = [
  fc.tuple(who, who, room, fc.integer({ min: 1, max: 3 })).map(([who, other, room, times]) =>
    new Step(
      `${who} and ${other} send to ${room} at once, ${times} times each`,
      isThere,
      async (hub, { reference }) => {
        const users = twoOf(hub, who, other);
        const said = users.flatMap((user) =>
          Array.from({ length: times }, () => ({ user, text: hub.nextText() }))
        );
        const answers = await Promise.all(users.map((user) =>
          hub.asksAtOnce(
            user,
            said.filter((one) => one.user === user)
              .map(({ text }) => ({ code: 103, room, message: text, id: text })),
          )
        ));
        // Who is refused gets no number: its requests change nothing, so they may come first.
        const numbers = answers.flat().map(({ sequence }) => Number(sequence ?? 0));
        const ordered = said.map((one, index) => ({ ...one, number: numbers[index]! }))
          .sort((a, b) => a.number - b.number);
        for (const { user, text } of ordered) reference.say(user.known, text, room);
      },
    )
  ),
  fc.tuple(who, who, name).map(([who, other, username]) =>
    new Step(`${who} and ${other} take the name ${username} at once`, isThere, async (hub, { reference }) => {
      const users = twoOf(hub, who, other);
      // One of them may end the other: then there is no answer.
      if (users[0]?.known.session !== undefined && users[0].known.session === users[1]!.known.session) return;
      const answers = await Promise.all(users.map((user) => hub.asksAtOnce(user, [{ code: 101, username }])));
      const hasName = (index: number) => answers[index]![0]!.code === 202;
      const order = users.map((_, index) => index).sort((a, b) => Number(hasName(b)) - Number(hasName(a)));
      for (const index of order) reference.rename(users[index]!.known, username);
      await hub.removeReplaced();
    })
  ),
  fc.tuple(who, who, room).map(([who, other, room]) =>
    new Step(`${who} edits and ${other} deletes in ${room} at once`, isThere, async (hub, { reference }) => {
      const [editor, deleter] = twoOf(hub, who, other);
      if (editor === undefined || deleter === undefined) return;
      const { sequence, id } = reference.find(editor.known, room, 0);
      if (id === undefined) return;
      const text = hub.nextText();
      const [[edited], [deleted]] = await Promise.all([
        hub.asksAtOnce(editor, [{ code: 127, room, sequence, id, message: text }]),
        hub.asksAtOnce(deleter, [{ code: 126, room, sequence, id }]),
      ]);
      // What is deleted is not found by an edit; other refusals of it are the same before.
      const edit = () => reference.change(editor.known, room, sequence, { does: "edit", text }, true);
      const remove = () => reference.change(deleter.known, room, sequence, { does: "delete" }, true);
      const wasDeleted = edited!.error === "no_such_message" && deleted!.code === 207;
      const order = wasDeleted ? [remove, edit] : [edit, remove];
      for (const change of order) change();
      if (!wasDeleted) return;
      // The edit may have a number in the log although it changes nothing: the next change shows it.
      const message = hub.nextText();
      reference.say(editor.known, message, room);
      await hub.asks(editor, { code: 103, room, message, id: message });
      const next = reference.find(editor.known, room, 0).sequence;
      await hub.asks(editor, { code: 128, room, sequence: next, reaction: "+1" });
      const { client } = editor;
      const told = () =>
        client.received.find((body) => body.code === 226 && Number(body.change) > reference.changes);
      while (told() === undefined) await client.next();
      reference.changes = Number(told()!.change) - 1;
      reference.change(editor.known, room, next, { does: "react", reaction: "+1" }, false);
    })
  ),
  fc.tuple(who, who, room, fc.tuple(reaction, reaction)).map(([who, other, room, reactions]) =>
    new Step(
      `${who} and ${other} react in ${room} with ${reactions.join(" and ")} at once`,
      isThere,
      async (hub, { reference }) => {
        const users = twoOf(hub, who, other);
        if (users.length < 2) return;
        const { sequence } = reference.find(users[0]!.known, room, 0);
        const all = users.map((user, index) => ({ user, reaction: reactions[index]! }));
        const answers = await Promise.all(
          all.map(({ user, reaction }) => hub.asksAtOnce(user, [{ code: 128, room, sequence, reaction }])),
        );
        // Others see which one was first, if both have changed anything.
        const changing = all.filter(({ user, reaction }, index) =>
          answers[index]![0]!.code === 207 && !reference.hasReacted(user.known, room, sequence, reaction)
        );
        const { client } = users[0]!;
        // It may have been told before it was answered.
        const first = () =>
          client.received.find(({ code, change }) => code === 226 && change === reference.changes + 1);
        if (changing.length === 2) { while (first() === undefined) await client.next(); }
        const order = first()?.by === users[1]!.known.name ? all.reverse() : all;
        for (const { user, reaction } of order) {
          reference.change(user.known, room, sequence, { does: "react", reaction }, false);
        }
      },
    )
  ),
];
