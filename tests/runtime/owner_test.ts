/** Files and folders of other users. The tests make them as root. */
import { checkFileOwner, checkFolderOwner, deniedByOwner, OwnerError } from "../../runtime/mod.ts";
import { assert, assertEquals, assertThrows } from "../helpers/assert.ts";
import { needs, NOT_ROOT } from "../helpers/needs.ts";

const OTHER = 12_345;

/** Runs a test as root in a folder that is removed afterwards. */
function test(name: string, fn: (folder: string) => void): void {
  Deno.test({
    ...needs(name, NOT_ROOT),
    fn() {
      const folder = Deno.makeTempDirSync();
      try {
        fn(folder);
      } finally {
        Deno.removeSync(folder, { recursive: true });
      }
    },
  });
}

/** Gives a file, folder or link itself to another user. */
function giveAway(path: string): void {
  const { success } = new Deno.Command("chown", { args: ["-h", String(OTHER), path] }).outputSync();
  assert(success);
}

test("What belongs to oneself may be used, and what does not exist", (folder) => {
  const file = `${folder}/file`;
  Deno.writeTextFileSync(file, "text");
  assertEquals(checkFolderOwner(folder)?.isDirectory, true);
  assertEquals(checkFileOwner(file)?.size, 4);
  assertEquals(checkFolderOwner(`${folder}/none`), undefined);
  assertEquals(checkFileOwner(`${folder}/none`), undefined);
});

test("A folder of another user is refused, also behind a link, with what to do", (folder) => {
  const path = `${folder}/theirs`;
  Deno.mkdirSync(path);
  giveAway(path);
  Deno.symlinkSync(path, `${folder}/link`);
  for (const [at, advised] of [[path, path], [`${folder}/link`, `${folder}/link`]] as const) {
    const { message } = assertThrows(() => checkFolderOwner(at), OwnerError);
    assertEquals(
      message,
      `Cannot use ${at}: it must belong to user 0: it belongs to user ${OTHER}; run this program as that user (in a ` +
        `container: --user ${OTHER}), or, if you trust what is in it, run chown -R 0 ${advised}`,
    );
  }
});

test("A link of another user to a folder or file of one's own is refused", (folder) => {
  Deno.mkdirSync(`${folder}/mine`);
  Deno.writeTextFileSync(`${folder}/file`, "mine");
  Deno.symlinkSync(`${folder}/mine`, `${folder}/to-folder`);
  Deno.symlinkSync(`${folder}/file`, `${folder}/to-file`);
  checkFolderOwner(`${folder}/to-folder`);
  checkFileOwner(`${folder}/to-file`);
  giveAway(`${folder}/to-folder`);
  giveAway(`${folder}/to-file`);
  assertThrows(() => checkFolderOwner(`${folder}/to-folder`), OwnerError);
  const { message } = assertThrows(() => checkFileOwner(`${folder}/to-file`), OwnerError);
  assertEquals(
    message,
    `Cannot use ${folder}/to-file: it must belong to user 0: it belongs to user ${OTHER}; if you trust it, run ` +
      `chown -h 0 ${folder}/to-file, else remove it`,
  );
});

test("A folder that may not be written to names its owner and what to do", (folder) => {
  const denied = new Deno.errors.PermissionDenied("Permission denied (os error 13)");
  assertEquals(deniedByOwner(folder, denied), undefined);
  giveAway(folder);
  const what =
    `${folder} belongs to user ${OTHER}, and user 0, as whom this program runs, may not write to it; run `;
  const or = ` as root, or run this program as user ${OTHER} (in a container: --user ${OTHER})`;
  assertEquals(deniedByOwner(folder, denied), `${what}chown -R 0 ${folder}${or}`);
  const below = `${folder}/share/riftchat`;
  assertEquals(deniedByOwner(below, denied), `${what}mkdir -p ${below} && chown -R 0 ${below}${or}`);
  assertEquals(deniedByOwner(folder, new Error("the disk is full")), undefined);
});
