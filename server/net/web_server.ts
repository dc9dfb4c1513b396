/**
 * What a listener needs of a server for HTTP.
 *
 * @module
 */
import type { Socket } from "./connection.ts";
import type { Refusal } from "./refusals.ts";

/** A client of HTTP: a connection, and what the listener knows of it. */
export interface WebClient {
  /** Its address, or that of the proxy in front of the hub. */
  readonly address: string;
  /** Whether it uses TLS. */
  readonly secure: boolean;
  /** Whether it is a proxy that the operator trusts, whose requests name their clients. */
  readonly isProxy: boolean;
  /**
   * Says whether an address is that of such a proxy.
   *
   * @param address the address
   */
  isProxyAt(address: string): boolean;
  /**
   * Counts the client of a proxy, whose address only the request tells.
   *
   * @param address the address of the client
   * @returns why it may not open a WebSocket; then it is not counted
   */
  admit(address: string): Refusal | undefined;
  /**
   * Opens a connection of the chat on a WebSocket.
   *
   * @param socket the WebSocket, which the listener closes
   * @param address the address of the client
   * @param page the origin of the page that has opened it, which was checked; `undefined` without a page
   */
  open(socket: Socket, address: string, page: string | undefined): void;
}

/** Serves HTTP. */
export interface WebServer {
  /**
   * Serves a connection. Never rejects.
   *
   * @param socket the connection, which the server closes unless it becomes a WebSocket
   * @param client see {@linkcode WebClient}
   * @returns whether it has become a WebSocket
   */
  serve(socket: Socket, client: WebClient): Promise<boolean>;
}
