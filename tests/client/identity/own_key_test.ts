/** The user's own key in the config folder. */
import { join } from "node:path";
import { DiskFolder } from "../../../client/config/config_folder.ts";
import { ConfigError } from "../../../client/config/mod.ts";
import {
  ensureOwnKey,
  IdentityError,
  importOwnKey,
  type OwnKey,
  readOwnKey,
} from "../../../client/identity/mod.ts";
import { formatPrivateKey, formatPublicKey, generatePrivateKey } from "../../../identity/mod.ts";
import { assert, assertEquals, assertMatch, assertRejects } from "../../helpers/assert.ts";
import { NO_POSIX, NOT_ROOT } from "../../helpers/needs.ts";
import { modeOf, testInFolder } from "../../helpers/ssh_keygen.ts";

const namesIn = (path: string) => Array.from(Deno.readDirSync(path), ({ name }) => name).sort();

testInFolder("The own key is made once, and only its owner may read it", NO_POSIX, async (above) => {
  const path = join(above, "config");
  const folder = new DiskFolder(path);
  assertEquals(await readOwnKey(folder), undefined);
  assertEquals(namesIn(above), []);
  const { privateKey, isNew, path: file } = await ensureOwnKey(folder);
  assertEquals([isNew, file], [true, join(path, "identity")]);
  assertEquals(namesIn(path), ["identity", "identity.pub"]);
  for (const name of namesIn(path)) assertEquals(await modeOf(join(path, name)), 0o600);
  assertEquals(await Deno.readTextFile(join(path, "identity.pub")), `${formatPublicKey(privateKey)}\n`);
  const text = await Deno.readTextFile(file);
  assertEquals(await ensureOwnKey(folder), { privateKey, path: file, isNew: false });
  assertEquals(await Deno.readTextFile(file), text);
});

testInFolder("If two clients make the key at once, both have the same one", undefined, async (path) => {
  for (let round = 0; round < 20; round++) {
    const where = join(path, String(round));
    const made = await Promise.all(
      Array.from({ length: 5 }, (): Promise<OwnKey> => ensureOwnKey(new DiskFolder(where))),
    );
    assertEquals(made.filter(({ isNew }) => isNew).length, 1);
    for (const { privateKey } of made) assertEquals(privateKey, made[0]!.privateKey);
    assertEquals(namesIn(where), ["identity", "identity.pub"]);
    const publicKey = await Deno.readTextFile(join(where, "identity.pub"));
    assertEquals(publicKey, `${formatPublicKey(made[0]!.privateKey)}\n`);
  }
});

testInFolder(
  "A key that others may read, or that is damaged, is refused and stays",
  NO_POSIX,
  async (path) => {
    const folder = new DiskFolder(path);
    const { privateKey, path: file } = await ensureOwnKey(folder);
    for (const mode of [0o640, 0o604, 0o660, 0o777]) {
      await Deno.chmod(file, mode);
      const { message } = await assertRejects(() => ensureOwnKey(folder), IdentityError);
      assertMatch(message, new RegExp(`its mode is 0${mode.toString(8)}; run chmod 600 ${file}$`));
    }
    await Deno.chmod(file, 0o400);
    assertEquals((await ensureOwnKey(folder)).privateKey, privateKey);
    await Deno.chmod(file, 0o600);
    await Deno.writeTextFile(file, "");
    const { message } = await assertRejects(() => ensureOwnKey(folder), IdentityError);
    assertEquals(message, `Cannot use the key ${file}: it must be a private key: it is empty`);
    assertEquals(await Deno.readTextFile(file), "");
  },
);

testInFolder(
  "Another key is imported only if it may replace the own one, which stays",
  undefined,
  async (path) => {
    const folder = new DiskFolder(path);
    const file = join(path, "identity");
    const [first, second, third] = await Promise.all(["1", "2", "3"].map(generatePrivateKey));
    assertEquals(await importOwnKey(folder, first!, { replace: false }), { path: file, isSame: false });
    assertEquals(await importOwnKey(folder, first!, { replace: false }), { path: file, isSame: true });
    const { message } = await assertRejects(
      () => importOwnKey(folder, second!, { replace: false }),
      IdentityError,
    );
    assertMatch(message, /has another one, and whoever loses a key loses its names; give --replace to keep/);
    assertEquals(await readOwnKey(folder), first);
    const replacedAt = `${file}.replaced`;
    assertEquals(await importOwnKey(folder, second!, { replace: true }), {
      path: file,
      isSame: false,
      replacedAt,
    });
    assertEquals(await importOwnKey(folder, second!, { replace: true }), { path: file, isSame: true });
    assertEquals((await importOwnKey(folder, third!, { replace: true })).replacedAt, `${file}.replaced-2`);
    assertEquals(await readOwnKey(folder), third);
    assertEquals(await Deno.readTextFile(`${file}.pub`), `${formatPublicKey(third!)}\n`);
    assertEquals(namesIn(path), ["identity", "identity.pub", "identity.replaced", "identity.replaced-2"]);
  },
);

testInFolder(
  "A file that is no key is not replaced by an import, unless it may be",
  undefined,
  async (path) => {
    const folder = new DiskFolder(path);
    await Deno.writeTextFile(join(path, "identity"), "precious", { mode: 0o600 });
    const key = await generatePrivateKey("");
    await assertRejects(
      () => importOwnKey(folder, key, { replace: false }),
      IdentityError,
      "it is no private key",
    );
    assertEquals(await Deno.readTextFile(join(path, "identity")), "precious");
    await importOwnKey(folder, key, { replace: true });
    assertEquals(await Deno.readTextFile(join(path, "identity.replaced")), "precious");
  },
);

testInFolder("The own key may be a symbolic link to another file", NO_POSIX, async (path) => {
  const [key, elsewhere] = [await generatePrivateKey("mine"), join(path, "elsewhere")];
  await Deno.writeTextFile(elsewhere, formatPrivateKey(key, 1), { mode: 0o600 });
  const folder = new DiskFolder(join(path, "config"));
  await Deno.mkdir(join(path, "config"));
  await Deno.symlink(elsewhere, join(path, "config", "identity"));
  assertEquals((await ensureOwnKey(folder)).privateKey, key);
  await Deno.remove(elsewhere);
  await assertRejects(() => ensureOwnKey(folder), IdentityError, "it cannot be created");
  assert((await Deno.lstat(join(path, "config", "identity"))).isSymlink);
});

testInFolder("A key of another user is neither used nor replaced", NOT_ROOT, async (above) => {
  const path = join(above, "config");
  const folder = new DiskFolder(path);
  const { privateKey, path: file } = await ensureOwnKey(folder);
  const text = await Deno.readTextFile(file);
  for (const theirs of [file, path]) {
    await Deno.chown(theirs, 12_345, 12_345);
    for (const use of [readOwnKey, ensureOwnKey]) {
      const { message } = await assertRejects(() => use(folder), IdentityError);
      assertMatch(
        message,
        new RegExp(`^Cannot use ${theirs}: it must belong to user 0: it belongs to user 12345; `),
      );
    }
    const made = await generatePrivateKey("other");
    await assertRejects(() => importOwnKey(folder, made, { replace: true }), ConfigError);
    await Deno.chown(theirs, 0, 0);
  }
  assertEquals(await Deno.readTextFile(file), text);
  assertEquals((await ensureOwnKey(folder)).privateKey, privateKey);
});
