/**
 * The stored invites, compared with the simplest possible ones, over restarts; and what becomes of old ones.
 *
 * @module
 */
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { MAX_INVITES } from "../../../server/limits.ts";
import { type Invites, INVITES_FILE, openInvites } from "../../../server/invites/mod.ts";
import { replicaIds } from "../../../server/sqlite/mod.ts";
import { assertEquals, assertMatch } from "../../helpers/assert.ts";

const DAY_MS = 86_400_000;

/** Runs a test with an empty folder, and a function that opens the invites in it. */
function test(name: string, run: (open: (now?: number) => Invites, folder: string) => Promise<void> | void) {
  Deno.test(name, async () => {
    const folder = await Deno.makeTempDir();
    try {
      const report = (text: string) => assertEquals(text, "");
      await run((now = 0) => openInvites({ folder, now, report }), folder);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}

const content = (uses = 1, expires = DAY_MS) =>
  ({ by: "", expires, uses, room: undefined, roomOwner: undefined, name: undefined }) as const;
const ANA = { identity: "ana's key", person: undefined, name: "ana" };
const BO = { identity: undefined, person: "bo's session", name: "bo" };

/** What can be done with the invites `0` to `2`, by the users `0` to `2`. */
const step = fc.oneof(
  {
    weight: 1,
    arbitrary: fc.record({ does: fc.constant("make" as const), uses: fc.integer({ min: 1, max: 3 }) }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ does: fc.constant("use" as const), invite: fc.nat(2), user: fc.nat(2) }),
  },
  { weight: 1, arbitrary: fc.record({ does: fc.constant("revoke" as const), invite: fc.nat(2) }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant("wait" as const), ms: fc.nat(DAY_MS) }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant("restart" as const) }) },
);

test("Random uses, ends and restarts leave what the simplest possible invites have", (open, folder) => {
  const users = [ANA, BO, { identity: "cy's key", person: "cy's session", name: "cy" }];
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      for (const suffix of ["", "-wal", "-shm"]) {
        try {
          Deno.removeSync(join(folder, INVITES_FILE + suffix));
        } catch {
          // There is none.
        }
      }
      let invites = open();
      const model: { id: string; expires: number; left: number; usedBy: Set<number>; revoked: boolean }[] =
        [];
      let now = 0;
      try {
        for (const action of steps) {
          if (action.does === "make" && model.length < 3) {
            const expires = now + DAY_MS;
            const { id } = invites.make(`hash ${model.length}`, content(action.uses, expires), now)!;
            model.push({ id, expires, left: action.uses, usedBy: new Set(), revoked: false });
          } else if (action.does === "wait") now += action.ms;
          else if (action.does === "restart") {
            invites.close();
            invites = open();
          } else if (action.does === "use" || action.does === "revoke") {
            const expected = model[action.invite];
            if (expected === undefined) continue;
            const invite = invites.find(expected.id)!;
            if (action.does === "revoke") {
              invites.revoke(invite, now);
              expected.revoked = true;
            } else if (!invites.hasUsed(invite, users[action.user]!)) {
              const problem = invites.use(invite, users[action.user]!, now);
              const why = expected.revoked
                ? "revoked"
                : expected.left === 0
                ? "used_up"
                : expected.expires <= now
                ? "expired"
                : undefined;
              assertEquals(problem, why);
              if (problem === undefined) {
                expected.left--;
                expected.usedBy.add(action.user);
              }
            }
          }
          for (const { id, left, usedBy, revoked } of model) {
            const invite = invites.find(id)!;
            assertEquals(invite.usesLeft, left);
            assertEquals(invites.usesOf(invite).length, usedBy.size);
            users.forEach((user, i) =>
              assertEquals(invites.hasUsed(invite, user), !revoked && usedBy.has(i))
            );
          }
          users.forEach((user, i) =>
            assertEquals(
              invites.isInvited(user),
              model.some(({ usedBy, revoked }) => !revoked && usedBy.has(i)),
            )
          );
        }
      } finally {
        invites.close();
      }
    }),
    { numRuns: 60 },
  );
});

test("An ended invite is forgotten after 30 days, unless a key is still let in by it", (open) => {
  const invites = open();
  const unused = invites.make("unused", content(), 0)!;
  const byKey = invites.make("by key", content(), 0)!;
  invites.use(byKey, ANA, 1);
  const revoked = invites.make("revoked", content(), 0)!;
  invites.use(revoked, ANA, 1);
  invites.revoke(revoked, 2);
  const ids = () => invites.all.map(({ id }) => id).sort();
  const later = invites.make("later", content(1, 99 * DAY_MS), 30 * DAY_MS)!;
  assertEquals(ids(), [unused, byKey, revoked, later].map(({ id }) => id).sort());
  const last = invites.make("last", content(1, 99 * DAY_MS), 32 * DAY_MS)!;
  assertEquals(ids(), [byKey, later, last].map(({ id }) => id).sort());
  assertEquals(invites.isInvited(ANA), true);
  invites.close();
});

test("An invite that several hubs have used more often than it says is numbered once", (open, folder) => {
  const invites = open();
  const { id } = invites.make("hash", content(), 0)!;
  invites.close();
  const db = new DatabaseSync(join(folder, INVITES_FILE));
  const add = db.prepare("INSERT INTO uses (rowid, invite, at, name, waiting) VALUES (?, ?, 1, 'ana', 0)");
  for (const number of [1, 2, 3]) add.run(number, id);
  const numbers = () => db.prepare("SELECT rowid AS number FROM uses").all().map(({ number }) => number);
  for (let start = 0; start < 2; start++) {
    const shared = open();
    shared.replicated.useIds(replicaIds);
    assertEquals(shared.usesOf(shared.find(id)!).length, 3);
    assertEquals(shared.problemOf(shared.find(id)!, 0), "used_up");
    shared.close();
    const first = parseInt(id, 36) * 16_384;
    assertEquals(numbers(), [first + 1, first + 2, first + 3]);
  }
  db.close();
});

test("There are 10,000 invites at most", (open) => {
  const invites = open();
  for (let i = 0; i < MAX_INVITES; i++) invites.make(`${i}`, content(), 0);
  assertEquals(invites.make("one more", content(), 0), undefined);
  invites.close();
});

Deno.test("A damaged database is renamed and reported, and there are no invites then", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(
      join(folder, INVITES_FILE),
      "no database at all, however long it may be".repeat(99),
    );
    const reports: string[] = [];
    const invites = openInvites({ folder, now: 0, report: (text) => reports.push(text) });
    assertEquals(invites.all, []);
    invites.close();
    assertMatch(
      reports.join(),
      /^the invites were damaged \(.*\) and are now .*invites\.db\.damaged-19700101T000000Z: /,
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
