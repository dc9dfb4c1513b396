/**
 * Where and how to connect to NATS: addresses, certificates, credentials, and what the library is told.
 *
 * @module
 */
import { reasonOf, type TimedClock } from "../../runtime/mod.ts";
import { ClusterError } from "./nats_error.ts";

/** How long an attempt to connect, and a request, may take, in milliseconds. */
export const TIMEOUT_MS = 2000;

/** The options of the library that are used; its documentation says what they mean. Times are in milliseconds. */
export interface LibraryOptions extends
  Readonly<Record<"name", string>>,
  Readonly<
    Record<"maxReconnectAttempts" | "reconnectTimeWait" | "pingInterval" | "maxPingOut" | "timeout", number>
  >,
  Readonly<Record<"reconnectJitter" | "reconnectJitterTLS", number>>,
  Readonly<Record<"ignoreAuthErrorAbort" | "noAsyncTraces", boolean>>,
  Readonly<Partial<Record<"user" | "pass" | "token", string>>> {
  /** The addresses, each `HOST:PORT`. */
  readonly servers: string[];
  /** TLS is demanded; it is used also where the server demands or offers it. `ca` is the PEM of authorities. */
  readonly tls?: { readonly ca?: string };
}

/** Where and how to connect. */
export interface NatsOptions {
  /** The addresses: `nats://HOST[:PORT]`, `tls://HOST[:PORT]` or `HOST[:PORT]`; a user may stand before the host. */
  servers: readonly string[];
  /** The name that NATS shows for the connection. */
  name: string;
  /** A PEM file with the certificates of authorities; those of the system are trusted too. */
  caFile?: string | undefined;
  /** A file with credentials, as `nsc` writes it. It is read again at each reconnect. */
  credsFile?: string | undefined;
  /** The clock; the machine's if not given. */
  clock?: TimedClock | undefined;
  /** Gives up the first connection. */
  signal?: AbortSignal | undefined;
  /** Called with a reason when the first connection must wait, once a minute with each reason. */
  waiting?: ((reason: string) => void) | undefined;
  /**
   * Called with an error that the server reports on a connection that exists, such as a missing permission; once a
   * minute with each error.
   */
  problem?: ((text: string) => void) | undefined;
}

/**
 * Makes the options of the library.
 *
 * @param options where and how to connect
 * @param ca the certificates of authorities, as PEM
 * @returns the options, without the credentials of a file
 * @throws {ClusterError} if an address is not what it must be
 */
export function libraryOptions({ servers, name }: NatsOptions, ca?: string): LibraryOptions {
  const parsed = servers.map(parseServer);
  const login = parsed.find(({ user }) => user !== "");
  return {
    name,
    servers: parsed.map(({ address }) => address),
    maxReconnectAttempts: -1,
    reconnectTimeWait: 100,
    reconnectJitter: 100,
    reconnectJitterTLS: 100,
    pingInterval: 2000,
    maxPingOut: 2,
    timeout: TIMEOUT_MS,
    ignoreAuthErrorAbort: true,
    noAsyncTraces: true,
    ...login === undefined
      ? {}
      : login.password === ""
      ? { token: login.user }
      : { user: login.user, pass: login.password },
    ...ca !== undefined ? { tls: { ca } } : parsed.some(({ secure }) => secure) ? { tls: {} } : {},
  };
}

/**
 * Reads the certificates of authorities.
 *
 * @param path the file
 * @returns its content
 * @throws {ClusterError} if it cannot be read or has no certificate
 */
export async function readCertificates(path: string): Promise<string> {
  const text = await readFile(path, "--cluster-ca");
  if (text.includes("-----BEGIN CERTIFICATE-----")) return text;
  throw new ClusterError(`The file ${path} of --cluster-ca has no certificate: it must be a PEM file`);
}

function parseServer(server: string): { address: string; user: string; password: string; secure: boolean } {
  let url: URL;
  try {
    url = new URL(/^\w+:\/\//.test(server) ? server : `nats://${server}`);
    if (url.hostname === "" || !/^(nats|tls):$/.test(url.protocol) || !/^\/?$/.test(url.pathname)) throw url;
  } catch {
    throw new ClusterError(
      `The address "${server}" of --cluster is not one of NATS: expected nats://HOST:PORT`,
    );
  }
  return {
    address: `${url.hostname}:${url.port === "" ? "4222" : url.port}`,
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    secure: url.protocol === "tls:",
  };
}

async function readFile(path: string, flag: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    throw new ClusterError(`Cannot read the file ${path} of ${flag}: ${reasonOf(error)}`, error);
  }
}

/**
 * Reads a file with credentials, and again at each login: such files are replaced before they expire.
 *
 * @param path the file
 * @returns returns the content as it is
 * @throws {ClusterError} if it cannot be read or has no credentials
 */
export async function rereadableCredentials(path: string): Promise<() => Uint8Array> {
  const read = await readFile(path, "--cluster-creds");
  if (!/BEGIN NATS USER JWT/.test(read) || !/BEGIN USER NKEY SEED/.test(read)) {
    throw new ClusterError(
      `The file ${path} of --cluster-creds has no credentials of NATS: expected a file as nsc writes it, with a JWT ` +
        "and a seed",
    );
  }
  let last = new TextEncoder().encode(read);
  return () => {
    try {
      last = Deno.readFileSync(path);
    } catch {
      // It is being replaced, or gone: the last ones may still do.
    }
    return last;
  };
}
