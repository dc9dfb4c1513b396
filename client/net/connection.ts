/**
 * A connection to a hub: what a client needs of one, how safe it is, and how it is opened and encrypted. Types only.
 *
 * @module
 */
import type { Address } from "./address.ts";

/** A connection, as far as a client needs one; `Deno.TcpConn` is such a thing. */
export interface Connection {
  /** Reads what is there into the buffer; resolves with the number of bytes, or `null` at the end. */
  read(buffer: Uint8Array): Promise<number | null>;
  /** Writes some of the bytes; resolves with how many. */
  write(bytes: Uint8Array): Promise<number>;
  /** Says that nothing more will be written; one may go on reading. */
  closeWrite(): Promise<void>;
  /** Frees it; what is pending fails. */
  close(): void;
  /** How safe it is, where that is known: see `guard.ts`. */
  security?: Security;
}

/** How safe a connection is. */
export interface Security {
  /** Whether nobody on the way can read or change what is said. */
  encrypted: boolean;
  /**
   * How it is known that the other side is the hub that was meant: an authority vouches for its name, or it has the key of
   * the certificate that was known, or was accepted. Not there where it is not known: then somebody may be in between,
   * and a password is nobody's but the hub's.
   */
  verified?: "authority" | "pin";
  /** The fingerprint of its certificate, where it was seen. */
  fingerprint?: string;
  /** How to be connected to the same one again. */
  tlsParameters?: TlsParameters;
}

/** Opens a connection to a hub; gives up when the signal is aborted. */
export type Connect = (address: Address, signal?: AbortSignal) => Promise<Connection>;

/** How a connection is to be encrypted. */
export interface TlsParameters {
  /** The name that the certificate must have. */
  serverName: string;
  /** Certificates, as PEM, that are believed in beside those of the authorities that this machine knows. */
  authorities: string[];
}

/** Encrypts an open connection, and owns it from then on; gives up when the signal is aborted. */
export type Encrypt = (
  connection: Connection,
  route: TlsParameters,
  signal?: AbortSignal,
) => Promise<Connection>;
