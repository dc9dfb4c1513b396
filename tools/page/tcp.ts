/**
 * In place of `client/net/tcp.ts`: a browser opens no TCP connections.
 *
 * @module
 */

/** Opens nothing. */
export const connectTcp = (): Promise<never> => Promise.reject(new Error("there is no TCP"));
