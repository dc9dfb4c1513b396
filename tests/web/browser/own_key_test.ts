/** The key of the user, in the IndexedDB of a real browser. */
import { verifyRaw } from "../../../identity/mod.ts";
import { assert, assertEquals } from "../../helpers/assert.ts";
import { browserTest } from "../../helpers/browser/chromium.ts";
import { ModuleSite, openModules } from "../../helpers/browser/module_site.ts";

/** The public key, in base64. */
const KEY = "browser.ownSigner().then((signer) => signer && btoa(String.fromCharCode(...signer.key)))";

/** The pair of keys, as IndexedDB keeps it, and what becomes of trying to read its private half. */
const KEPT = `new Promise((resolve, reject) => {
  const opened = indexedDB.open("riftchat", 1);
  opened.onerror = () => reject(opened.error);
  opened.onsuccess = () => {
    const read = opened.result.transaction("keys").objectStore("keys").get("own");
    read.onsuccess = async () => {
      const { privateKey } = read.result;
      const error = await crypto.subtle.exportKey("pkcs8", privateKey).then(() => "none", ({ name }) => name);
      resolve([privateKey.extractable, privateKey.algorithm.name, error]);
    };
  };
})`;

browserTest("A browser makes one key, keeps it, and signs with it", async (browser) => {
  await using site = await ModuleSite.start();
  const page = await openModules(browser, site);
  const key = await page.evaluate(KEY);
  assertEquals(Uint8Array.fromBase64(key).length, 32);
  await page.reload();
  await page.until("the modules", () => page.evaluate("typeof browser === 'object'"));
  assertEquals(await page.evaluate(KEY), key);
  const signature = await page.evaluate(
    `browser.ownSigner().then(({ sign }) => sign(new TextEncoder().encode("hello")))
      .then((bytes) => btoa(String.fromCharCode(...bytes)))`,
  );
  const signed = [Uint8Array.fromBase64(key), Uint8Array.fromBase64(signature)] as const;
  assert(await verifyRaw(signed[0], signed[1], new TextEncoder().encode("hello")));
  assertEquals(await verifyRaw(signed[0], signed[1], new TextEncoder().encode("hallo")), false);
  // Another person has another key.
  assert(await (await openModules(browser, site)).evaluate(KEY) !== key);
});

browserTest("No script can read the private half of the key", async (browser) => {
  await using site = await ModuleSite.start();
  const page = await openModules(browser, site);
  await page.evaluate(KEY);
  assertEquals(await page.evaluate(KEPT), [false, "Ed25519", "InvalidAccessError"]);
});

browserTest("Tabs that make a key at the same time use one key", async (browser) => {
  await using site = await ModuleSite.start();
  const page = await openModules(browser, site);
  const keys = await page.evaluate(`Promise.all([${KEY}, ${KEY}, ${KEY}, ${KEY}])`);
  assertEquals(new Set(keys).size, 1);
  assertEquals(await page.evaluate(KEY), keys[0]);
});

browserTest("A browser that keeps nothing, or has no Ed25519, has no key", async (browser) => {
  await using site = await ModuleSite.start();
  for (
    const before of [
      `Object.defineProperty(globalThis, "indexedDB", { value: undefined })`,
      `indexedDB.open = () => { throw new DOMException("no", "SecurityError"); }`,
      `IDBObjectStore.prototype.add = () => { throw new DOMException("full", "QuotaExceededError"); }`,
      `crypto.subtle.generateKey = () => Promise.reject(new DOMException("no Ed25519", "NotSupportedError"))`,
      `Object.defineProperty(crypto, "subtle", { value: undefined })`,
    ]
  ) {
    const page = await openModules(browser, site, before);
    assertEquals(
      await page.evaluate("browser.ownSigner().then((signer) => signer === undefined)"),
      true,
      before,
    );
    assertEquals(page.problems, []);
  }
});
