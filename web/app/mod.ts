/**
 * The page: puts the state, the browser and the view together.
 *
 * May import: `browser`, `store`, `view`.
 *
 * - `app`: from the form to the chat, and back if the hub says no
 * - `main`: starts the page
 *
 * @module
 */
export { App } from "./app.ts";
