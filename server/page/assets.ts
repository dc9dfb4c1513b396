/**
 * The files of the page. `deno task page` writes this file.
 *
 * @module
 */
import type { PageAsset } from "./page_asset.ts";

/** The files by path. */
export const PAGE_ASSETS: Readonly<Record<string, PageAsset>> = {};
