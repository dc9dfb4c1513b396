/**
 * A connection to a hub: its type, its security, and how it is opened and encrypted.
 *
 * @module
 */
import { isLoopback } from "../../runtime/mod.ts";
import type { Address } from "./address.ts";

/** A connection to a hub; `Deno.TcpConn` is one. */
export interface Connection {
  /** Reads into the buffer; resolves with the number of bytes, or `null` at the end. */
  read(buffer: Uint8Array): Promise<number | null>;
  /** Writes some of the bytes; resolves with their number. */
  write(bytes: Uint8Array): Promise<number>;
  /** Half-closes: nothing more is written, reading continues. */
  closeWrite(): Promise<void>;
  /** Closes the connection; pending calls fail. */
  close(): void;
  /** The IP address of the other side, if it is known. */
  readonly remoteAddr?: { readonly hostname: string } | undefined;
  /** Its security; set by `SecureConnector`. */
  security?: Security;
  /** Compares the identity of the hub with the known one; set by `SecureConnector`. */
  identityCheck?: IdentityCheck;
}

/** Compares the identity of a hub with the known one. */
export interface IdentityCheck {
  /**
   * Tells whether the hub is another one than the known one. Call it before anything is sent to the hub.
   *
   * @param shown the public key in the hub's first message; `undefined` if there is none
   * @param certificateSignature the signature of its certificate there, if there is one
   * @returns why the hub is refused and what to do, for the user; `undefined` if it is not refused
   */
  whyRefused: (
    shown: string | undefined,
    certificateSignature?: string,
  ) => Promise<string | undefined>;
  /**
   * Notes that the hub has proved its identity, so that it is known from now on.
   *
   * @param identity the public key of the hub
   */
  proven: (identity: string) => Promise<void>;
}

/** The security of a connection. */
export interface Security {
  /** Whether the connection is encrypted. */
  encrypted: boolean;
  /** Whether the other side is on this machine; see {@linkcode isLocal}. */
  local: boolean;
  /**
   * How the hub was verified: an authority vouches for its name, or it has the key of the certificate that was known or
   * accepted. `undefined` if it was not verified: then somebody may intercept it, and no password may be sent.
   */
  verified?: "authority" | "pin";
  /** The fingerprint of the certificate with which this connection is encrypted, if it was read. */
  fingerprint?: string;
  /** The TLS parameters, for another connection to the same hub. */
  tlsParameters?: TlsParameters;
}

/**
 * Tells whether the other side of a connection is on this machine. Its name alone does not: not every resolver keeps
 * the names below `localhost` here.
 *
 * @param hostname the host that the user typed
 * @param connection the connection, not encrypted yet
 * @returns whether the host is a loopback address, `localhost` or a name below it, and the connection goes to a
 * loopback address
 */
export function isLocal(hostname: string, { remoteAddr }: Connection): boolean {
  if (remoteAddr === undefined || !isLoopback(remoteAddr.hostname)) return false;
  return isLoopback(hostname) || /\.localhost\.?$/i.test(hostname);
}

/** Opens a connection to a hub; gives up when the signal is aborted. */
export type Connect = (address: Address, signal?: AbortSignal) => Promise<Connection>;

/** How to encrypt a connection. */
export interface TlsParameters {
  /** The host name that the user typed, without a final dot. */
  serverName: string;
  /**
   * Which certificate the other side may have: one for the host name that an `authority` vouches for, `any`, or the one
   * with a fingerprint. In each case it must have the private key.
   */
  certificate: "authority" | "any" | { fingerprint: string };
}

/**
 * Encrypts an open connection and takes it over; gives up when the signal is aborted. The encrypted connection has its
 * `security`, with the fingerprint unless an authority vouches for the certificate.
 */
export type Encrypt = (
  connection: Connection,
  parameters: TlsParameters,
  signal?: AbortSignal,
) => Promise<Connection>;
