/**
 * client/screen
 *
 * @module
 */
export { reflowOf } from "./reflow.ts";
export { Screen } from "./screen.ts";
