/**
 * The page for browsers, as files in this program.
 *
 * May import: nothing.
 *
 * - `assets`: the files, which `deno task page` writes
 * - `page_asset`: the type of a file
 *
 * @module
 */
export type { PageAsset } from "./page_asset.ts";

/** Loads the files, which only a hub that serves HTTP needs. */
export const loadPage = (): Promise<typeof import("./assets.ts")> => import("./assets.ts");
