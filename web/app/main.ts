/**
 * Starts the page. `deno task page` bundles this file.
 *
 * @module
 */
import { App } from "./app.ts";

new App(document.getElementById("app")!).start();
