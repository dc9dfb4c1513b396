/**
 * talk
 *
 * @module
 */
export { Talk } from "./talk.ts";
