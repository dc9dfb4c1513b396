/**
 * What the page uses of the browser: the WebSocket to its hub, the key of the user, and what makes the user look.
 *
 * May import: `client/net`, `store`.
 *
 * - `attention`: the title, the icon and notifications
 * - `deno_errors`: the classes of errors that shared code compares with
 * - `kept_values`: where values are kept between visits, if the browser allows it
 * - `own_key`: the key of the user, in IndexedDB
 * - `tab_session`: the secret by which the hub knows this tab again
 * - `web_socket`: the connection to the hub
 *
 * @module
 */
export { Attention } from "./attention.ts";
export { keptValues } from "./kept_values.ts";
export { ownSigner } from "./own_key.ts";
export { tabSession } from "./tab_session.ts";
export { connectWebSocket } from "./web_socket.ts";
import "./deno_errors.ts";
