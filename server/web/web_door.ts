/**
 * The routes of the hub over HTTP, and its connections.
 *
 * Rules:
 * - The name that a request is for must be one that the hub is known by.
 * - A WebSocket is opened for pages of this hub and of the other hubs of the same chat only, and for programs, which
 *   send no `Origin`.
 * - Every answer has the headers that protect the page, also an error.
 *
 * @module
 */
import type { Timers } from "../../runtime/mod.ts";
import { type HttpAnswer, HttpConnection, HttpProblem, type HttpRequest, type Socket } from "../http/mod.ts";
import type { WebClient, WebServer } from "../net/mod.ts";
import type { PageAsset } from "../page/mod.ts";
import { checkUpgrade, FramedCopies, upgradeHeaders, WebSocketSocket } from "../websocket/mod.ts";
import type { CertificateNames } from "./certificate_names.ts";
import { type Forwarded, forwardedClient } from "./forwarded.ts";
import { KnownHosts } from "./known_hosts.ts";
import { PageFiles } from "./page_files.ts";
import { type RequestCount, RequestCounts, type Route, routeOf } from "./request_counts.ts";
import { securityHeaders } from "./security_headers.ts";

/** Answers the requests of scripts. */
export interface ScriptApi {
  /** Answers a request whose path begins with `rooms`, or is `openapi.json`. */
  handle(request: HttpRequest): Promise<HttpAnswer>;
}

/** A request that was answered. */
export interface AnsweredRequest {
  /** The address of the client. */
  readonly address: string;
  /** The method. */
  readonly method: string;
  /** The route. */
  readonly route: Route;
  /** The status of the answer. */
  readonly status: number;
}

/** Dependencies of {@linkcode WebDoor}. */
export interface WebDoorDependencies {
  /** For the time limits. */
  timers: Timers;
  /** The time of day, in milliseconds since 1970. */
  wall(): number;
  /** The files of the page by path. */
  assets: Readonly<Record<string, PageAsset>>;
  /** The API for scripts. */
  api?: ScriptApi | undefined;
  /** The names that the operator has told; one may begin with `*.`. */
  hosts: readonly string[];
  /** The addresses of other hubs of the same chat: those with `http://` or `https://` count. */
  peers(): readonly string[];
  /** The certificate of the hub in force, as PEM, if it uses TLS. */
  certificate(): string | undefined;
  /** How often memory of the logs was used again; see `FramedCopies`. */
  reuses(): number;
  /** Called for each request, when its answer begins. */
  answered(request: AnsweredRequest): void;
  /** Reports an error that no client causes, and the address of the client whose request has shown it. */
  internalError(error: unknown, address: string): void;
}

/** How much of a method, which a client makes up, is reported. */
const MAX_METHOD_CHARACTERS = 20;

/** What a hub without TLS says of its certificate. */
const NO_CERTIFICATE: CertificateNames = { names: [], isFromAuthority: false };

/** The server of one hub for HTTP. */
export class WebDoor implements WebServer {
  readonly #dependencies: WebDoorDependencies;
  readonly #page: PageFiles;
  readonly #hosts: KnownHosts;
  readonly #copies: FramedCopies;
  readonly #counts = new RequestCounts();
  readonly #open = new Map<HttpConnection, Promise<boolean>>();
  #certificate: { pem: string | undefined; names: Promise<CertificateNames> } = {
    pem: undefined,
    names: Promise.resolve(NO_CERTIFICATE),
  };

  /**
   * Serves nobody yet.
   *
   * @param dependencies see {@linkcode WebDoorDependencies}
   */
  constructor(dependencies: WebDoorDependencies) {
    const { assets, hosts, timers, reuses } = dependencies;
    this.#dependencies = dependencies;
    this.#page = new PageFiles(assets);
    this.#hosts = new KnownHosts(hosts);
    this.#copies = new FramedCopies({ timers, reuses });
  }

  /** The requests since the start, by route and class of status. */
  get requests(): RequestCount[] {
    return this.#counts.all;
  }

  /** As {@linkcode WebServer.serve}. */
  async serve(socket: Socket, client: WebClient): Promise<boolean> {
    const { timers, wall, internalError } = this.#dependencies;
    const connection = new HttpConnection(socket, {
      handler: (request) => this.#answer(request, socket, client),
      address: client.address,
      secure: client.secure,
      timers,
      wall,
      internalError: (error) => internalError(error, client.address),
    });
    const served = connection.serve();
    this.#open.set(connection, served);
    try {
      return await served;
    } finally {
      this.#open.delete(connection);
    }
  }

  /**
   * Ends all connections after the answers that are being written. For a hub that stops.
   *
   * @returns resolves when they have ended
   */
  async drain(): Promise<void> {
    for (const connection of this.#open.keys()) connection.finish();
    await Promise.all(this.#open.values());
    this.#copies.forget();
  }

  /** Closes all connections at once. */
  closeAll(): void {
    for (const connection of this.#open.keys()) connection.close();
  }

  /** Reads the certificate in force, once. The package for that takes a tenth of a second to load. */
  #certificateNames(): Promise<CertificateNames> {
    const pem = this.#dependencies.certificate();
    if (pem !== this.#certificate.pem) {
      const names = pem === undefined
        ? Promise.resolve(NO_CERTIFICATE)
        : import("./certificate_names.ts").then(({ certificateNames }) => certificateNames(pem));
      this.#certificate = { pem, names };
    }
    return this.#certificate.names;
  }

  /** Answers a request, and counts it. An error that this throws becomes the status 500. */
  async #answer(request: HttpRequest, socket: Socket, client: WebClient): Promise<HttpAnswer> {
    const from = client.isProxy
      ? forwardedClient(request.headers, request, (address) => client.isProxyAt(address))
      : request;
    let status = 500;
    try {
      const answer = await this.#answerTo(request, from, socket, client);
      status = answer.status;
      return answer;
    } finally {
      const { assets, answered } = this.#dependencies;
      const { method, path } = request;
      const route = routeOf(path, (file) => Object.hasOwn(assets, file));
      this.#counts.add(route, status);
      answered({ address: from.address, method: method.slice(0, MAX_METHOD_CHARACTERS), route, status });
    }
  }

  async #answerTo(
    request: HttpRequest,
    from: Forwarded,
    socket: Socket,
    client: WebClient,
  ): Promise<HttpAnswer> {
    const { headers, path: [first = ""] } = request;
    const host = headers.get("host") ?? "";
    const isScript = first === "rooms" || first === "openapi.json";
    const { api } = this.#dependencies;
    let answer: HttpAnswer;
    try {
      await this.#checkHost(host);
      answer = first === "ws"
        ? await this.#openWebSocket(request, from, socket, client)
        : isScript && api !== undefined
        ? await api.handle(client.isProxy ? seenFrom(request, from) : request)
        : await this.#page.answer(request);
    } catch (error) {
      if (!(error instanceof HttpProblem)) throw error;
      answer = error.answer;
    }
    if (answer.takeOver !== undefined) return answer;
    const isTrusted = from.secure && (client.isProxy || (await this.#certificateNames()).isFromAuthority);
    const safe = securityHeaders({ host, peers: this.#dependencies.peers(), isPage: !isScript, isTrusted });
    return { ...answer, headers: { ...safe, ...answer.headers } };
  }

  async #checkHost(host: string): Promise<void> {
    if (this.#hosts.knows(host, (await this.#certificateNames()).names)) return;
    throw new HttpProblem(
      421,
      `This hub does not know that it is called ${
        JSON.stringify(host)
      }: use its address, or ask its operator to ` +
        "start it with --web-hosts NAME",
    );
  }

  async #openWebSocket(
    { method, headers }: HttpRequest,
    { address, secure }: Forwarded,
    socket: Socket,
    client: WebClient,
  ): Promise<HttpAnswer> {
    const refusal = checkUpgrade(method, headers);
    if (refusal !== undefined) {
      throw new HttpProblem(refusal.status, `Cannot open a WebSocket: ${refusal.detail}`, {
        headers: refusal.headers,
      });
    }
    const origin = headers.get("origin");
    const { peers } = this.#dependencies;
    if (origin !== null && !isOwnOrigin(origin, headers, secure) && !isPeerOrigin(origin, peers())) {
      throw new HttpProblem(403, "Cannot open a WebSocket for a page of another host", {
        word: "not_allowed",
      });
    }
    const full = client.admit(address);
    if (full !== undefined) throw refused(full);
    const { timers } = this.#dependencies;
    return {
      status: 101,
      headers: await upgradeHeaders(headers),
      takeOver: (early) => {
        const webSocket = new WebSocketSocket(socket, { copies: this.#copies, timers }, early);
        client.open(webSocket, address, origin ?? undefined);
      },
    };
  }
}

/**
 * Whether an origin is that of this hub. With HTTPS it must have HTTPS as well, since somebody in the middle can make
 * pages of `http://`. Without, it may have either, as a proxy that `--proxy` does not name may have ended TLS.
 */
function isOwnOrigin(origin: string, headers: Headers, secure: boolean): boolean {
  const url = URL.parse(origin);
  if (url === null || url.host === "" || secure && url.protocol !== "https:") return false;
  // As a URL, since a `Host` may have the default port of the scheme, and an `Origin` does not.
  return url.host === URL.parse(`${url.protocol}//${headers.get("host")}`)?.host;
}

/** Whether an origin is that of another hub of the same chat, whose page may move here. */
function isPeerOrigin(origin: string, peers: readonly string[]): boolean {
  const url = URL.parse(origin);
  return url !== null && /^https?:$/.test(url.protocol) &&
    peers.some((peer) => URL.parse(peer)?.origin === url.origin);
}

function refused({ word, reason, retryAfterMs }: NonNullable<ReturnType<WebClient["admit"]>>): HttpProblem {
  const headers = { "retry-after": String(Math.ceil(retryAfterMs / 1000)) };
  return new HttpProblem(word === "server_full" ? 503 : 429, `Cannot serve you: ${reason}`, {
    word,
    headers,
  });
}

/** The same request, with the address that the proxy names. */
function seenFrom(request: HttpRequest, { address, secure }: Forwarded): HttpRequest {
  const { method, path, query, headers, signal } = request;
  return { method, path, query, headers, signal, address, secure, body: (limit) => request.body(limit) };
}
