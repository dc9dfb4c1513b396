/**
 * The client of the npm package `ws`, which is JavaScript without types: the part of it that tests use.
 *
 * @module
 */
import * as ws from "ws";

/** A WebSocket of the package `ws`. */
export interface WsClient {
  on(event: "open", listener: () => void): this;
  on(event: "message", listener: (data: Uint8Array, isBinary: boolean) => void): this;
  on(event: "pong", listener: (data: Uint8Array) => void): this;
  on(event: "close", listener: (code: number, reason: Uint8Array) => void): this;
  on(event: "error", listener: (error: Error) => void): this;
  send(data: Uint8Array | string, options?: { fin?: boolean; binary?: boolean }): void;
  ping(data?: Uint8Array): void;
  pause(): void;
  resume(): void;
  close(code?: number, reason?: string): void;
  terminate(): void;
}

/**
 * Connects.
 *
 * @param url the address, `ws://…`
 * @returns the client, before its handshake
 */
export const connectWs: (url: string) => WsClient = (url) =>
  new (ws as unknown as { WebSocket: new (url: string, options: object) => WsClient }).WebSocket(url, {
    perMessageDeflate: true,
  });
