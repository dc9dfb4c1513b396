/**
 * Whatever people with keys and guests do in whatever order, a name is owned by whom the simplest model says, and
 * somebody who reads all that is announced knows who is online and in a room, as the lists of the hub say.
 *
 * @module
 */
import fc from "fast-check";
import type { Body, ClientMessage } from "../../../protocol/mod.ts";
import { assert, assertEquals } from "../../helpers/assert.ts";
import { TestKey } from "../../helpers/clients/test_key.ts";
import { cases } from "../../helpers/fuzz.ts";
import { OwnedHub } from "../../helpers/hubs/owned_hub.ts";
import type { TestUser } from "../../helpers/hubs/test_hub.ts";

const KEYS = await Promise.all([TestKey.make(), TestKey.make(), TestKey.make()]);
const SESSIONS = ["the first secret", "the second secret"];

/** A step of a user; `who` is an index into the users online. */
type Step =
  | { does: "connect"; key?: number; name?: string; quiet?: boolean; rooms?: string[]; session?: string }
  | { does: "send"; who: number; message: ClientMessage }
  | { does: "leave"; who: number }
  | { does: "wait" };

const who = fc.nat(5);
const keyIndex = fc.nat(KEYS.length - 1);
const keyText = fc.constantFrom(...KEYS.map(({ key }) => key));
const name = fc.constantFrom("lil", "Lil", "l1l", "bo", "Bo", "observer");
const message: fc.Arbitrary<ClientMessage> = fc.oneof(
  { weight: 4, arbitrary: fc.constant({ code: 100, message: "hi" } as const) },
  { weight: 3, arbitrary: fc.record({ code: fc.constant(101 as const), username: name }) },
  fc.record({ code: fc.constant(104 as const), to: name, message: fc.constant("psst") }),
  {
    weight: 2,
    arbitrary: fc.record({ code: fc.constantFrom(107 as const, 108 as const), room: fc.constant("dev") }),
  },
  { weight: 2, arbitrary: fc.constant({ code: 113 } as const) },
  { weight: 2, arbitrary: fc.record({ code: fc.constantFrom(114 as const, 115 as const), key: keyText }) },
);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      does: fc.constant("connect" as const),
      key: keyIndex,
      name,
      quiet: fc.boolean(),
      rooms: fc.constant<string[]>(["main", "dev"]),
      session: fc.constantFrom(...SESSIONS),
    }, { requiredKeys: ["does"] }),
  },
  { weight: 6, arbitrary: fc.record({ does: fc.constant("send" as const), who, message }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant("leave" as const), who }) },
  fc.constant({ does: "wait" as const }),
);

/** Who is online and in `dev`, as one user learns it from what is announced. */
class Observer {
  readonly user: TestUser;
  readonly online = new Set<string>();
  readonly inDev = new Set<string>();
  /** What was said since the last call of `read`, and by whom. */
  said: { username: string; verified: boolean }[] = [];

  constructor(user: TestUser) {
    this.user = user;
  }

  /** Reads what was announced. */
  read(): Body[] {
    const bodies = this.user.receives();
    this.said = [];
    // Two rooms are read in turns, so what is announced in `dev` may come before the name is announced in `main`.
    const ofRoom = bodies.filter(({ code }) => code === 211 || code === 212);
    for (const { code, old, new: name, username, message } of bodies) {
      if (code === 201) this.online.add(String(name));
      if (code === 203) {
        assert(this.online.delete(String(old)), `${old} was not online`);
        this.online.add(String(name));
        if (this.inDev.delete(String(old))) this.inDev.add(String(name));
      }
      if (code === 204) {
        assert(this.online.delete(String(username)), `${username} was not online`);
        this.inDev.delete(String(username));
      }
      if (code === 200) this.said.push(message as Observer["said"][number]);
    }
    for (const { code, username } of ofRoom) {
      if (code === 211) this.inDev.add(String(username));
      else this.inDev.delete(String(username));
    }
    return bodies;
  }

  /** Asks the hub who is online, without those who are quiet. */
  listed(room?: string): string[] {
    this.user.sends({ code: 106, ref: "list", ...(room === undefined ? {} : { room }) });
    const { users } = this.read().find(({ ref }) => ref === "list")!;
    return (users as { username: string; quiet?: boolean }[]).filter(({ quiet }) => !quiet)
      .map(({ username }) => username);
  }
}

Deno.test({
  name:
    "Names belong to whom the simplest model says, and what is announced is what the lists of the hub say",
  permissions: { env: ["RIFTCHAT_FUZZ", "RIFTCHAT_SEED"] },
  fn: () =>
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40, size: "max" }), (steps) => {
        const chat = new OwnedHub();
        const observer = new Observer(chat.join("observer"));
        observer.online.add("observer");
        observer.user.sends({ code: 107, room: "dev" });
        observer.read();
        const users: TestUser[] = [];
        /** The keys that own a name. */
        const owners = new Map<string, Set<string>>();
        const owns = ({ session }: TestUser) =>
          session.identity !== undefined && owners.get(session.key)?.has(session.identity) === true;

        const connect = ({ key, name, ...more }: Step & { does: "connect" }) => {
          const { does: _, ...fields } = more;
          users.push(
            key === undefined
              ? chat.connect()
              : chat.comes(KEYS[key]!, name ?? "", name === undefined ? { username: "", ...fields } : fields),
          );
        };
        const send = (user: TestUser, message: ClientMessage) => {
          const { key, identity, choseName } = user.session;
          const owned = owns(user);
          user.receives();
          user.sends({ ...message, ref: "r" });
          const accepted = user.receives().every(({ code, ref }) => code !== 206 || ref !== "r");
          // A client of the base has no key.
          if (!accepted || !user.session.extended) return;
          const keys = owners.get(key);
          switch (message.code) {
            case 100:
            case 104: {
              const mine = [...owners].filter(([, keys]) => keys.has(identity ?? ""));
              const free = keys === undefined && ![...owners.keys()].some((other) => looksLike(other, key)) ||
                mine.some(([other]) => looksLike(other, key));
              if (identity !== undefined && choseName && keys === undefined && free && mine.length < 3) {
                owners.set(key, new Set([identity]));
              }
              break;
            }
            case 113:
              assert(owned, "only an owner releases a name");
              owners.delete(key);
              break;
            case 114:
              keys!.add(message.key!);
              break;
            case 115:
              keys!.delete(message.key);
              break;
          }
        };
        for (const step of steps) {
          const user = step.does === "send" || step.does === "leave"
            ? users[step.who % users.length]
            : undefined;
          if (step.does === "connect") connect(step);
          else if (step.does === "wait") chat.advance(3000);
          else if (user !== undefined && step.does === "leave") {
            users.splice(users.indexOf(user), 1);
            user.disconnects();
          } else if (user !== undefined && step.does === "send") send(user, step.message);
          for (const ended of users.filter(({ session }) => session.closed)) {
            users.splice(users.indexOf(ended), 1);
          }
          observer.read();
          for (const { username, verified } of observer.said) {
            assertEquals(verified, owners.has(username.toLowerCase()), `${username} is verified`);
          }
          for (const other of users) {
            assertEquals(other.session.verified, owns(other), `${other.name} is owned`);
            assert(owns(other) || !owners.has(other.session.key), `${other.name} belongs to another key`);
          }
          assertEquals([...observer.online].sort(), observer.listed().sort());
          assertEquals([...observer.inDev].sort(), observer.listed("dev").sort());
        }
        for (const [name, keys] of owners) {
          assertEquals(
            chat.registry.names.ownerOf(name)?.keys.map(({ key }) => key).sort(),
            [...keys].sort(),
            name,
          );
        }
      }),
      cases(300),
    ),
});

/** Whether two of the names above look alike: `lil` and `l1l` do. */
function looksLike(one: string, other: string): boolean {
  return one !== other && one.replaceAll("1", "i") === other.replaceAll("1", "i");
}
