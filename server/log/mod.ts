/**
 * server/log
 *
 * @module
 */
export { type Log, openLog } from "./log.ts";
