/**
 * A hub with the API for scripts, in the process of the test, with everything that a hub stores.
 *
 * @module
 */
import { getLogger } from "@logtape/logtape";
import { nameSkeletons } from "../../../protocol/mod.ts";
import { systemClock } from "../../../runtime/mod.ts";
import type { Rate } from "../../../server/admission/mod.ts";
import { PasswordGate } from "../../../server/admission/password_gate.ts";
import { openHistory } from "../../../server/history/mod.ts";
import { DEFAULT_CONNECTION_LIMITS } from "../../../server/limits.ts";
import { type Moderation, openModeration } from "../../../server/moderation/mod.ts";
import { loadHubIdentity, openRegistry } from "../../../server/registry/mod.ts";
import { loadRest } from "../../../server/rest/mod.ts";
import { type RunningHub, startHub } from "../../../server/serve/serve.ts";
import { loadOpenTokens } from "../../../server/tokens/mod.ts";
import { loadWeb } from "../../../server/web/mod.ts";
import { assertEquals } from "../assert.ts";

/** What a hub is like. */
export interface RestHubOptions {
  /** The data folder; without it the hub stores nothing, and has no tokens. */
  data?: string;
  /** Its password, if it has one. */
  password?: string;
  /** The rate limit; none by default. */
  rate?: Rate;
  /** The largest lag of a reader, in bytes; by default that of every hub. */
  lagBytes?: number;
}

/** A token for {@linkcode RestHub.token}. */
export interface RestToken {
  /** The header for a request. */
  headers: { authorization: string };
  /** The secret. */
  secret: string;
  /** Its id. */
  id: string;
}

/** A hub that serves scripts over HTTP. */
export class RestHub implements AsyncDisposable {
  /** The hub. */
  readonly hub: RunningHub;
  /** Who is banned or muted, if the hub stores anything. */
  readonly moderation: Moderation | undefined;

  private constructor(hub: RunningHub, moderation?: Moderation) {
    this.hub = hub;
    this.moderation = moderation;
  }

  /**
   * Starts a hub.
   *
   * @param options see {@linkcode RestHubOptions}
   */
  static async start({ data: folder, password, rate, lagBytes }: RestHubOptions = {}): Promise<RestHub> {
    const report = (text: string) => assertEquals(text, "");
    const now = Date.now();
    const passwordGate = password === undefined ? undefined : new PasswordGate((given) => given === password);
    const options = {
      host: "127.0.0.1",
      port: 0,
      maxConnections: 0,
      rate,
      limits: lagBytes === undefined ? undefined : { ...DEFAULT_CONNECTION_LIMITS, lagBytes },
      passwordGate,
      rest: await loadRest(),
      web: {
        module: await loadWeb(),
        assets: {},
        hosts: [],
        address: { host: "127.0.0.1", port: 0 },
      },
    };
    const log = getLogger("hub in a test");
    if (folder === undefined) return new RestHub(startHub(options, log));
    const { openTokens } = await loadOpenTokens();
    const history = openHistory({
      folder,
      retention: { ms: Infinity, bytes: Infinity },
      now,
      host: "test",
      elapsed: systemClock.elapsed,
      report,
    });
    const registry = openRegistry({ folder, nameMs: 90 * 86_400_000, skeletons: nameSkeletons, now, report });
    const moderation = openModeration({ folder, names: registry.names, now, report });
    const tokens = await openTokens({ folder, now, report });
    const identity = await loadHubIdentity(folder);
    return new RestHub(
      startHub({ ...options, history, registry: { registry, identity }, moderation, tokens }, log),
      moderation,
    );
  }

  /** The beginning of all addresses. */
  get url(): string {
    return `http://127.0.0.1:${this.hub.webAddress!.port}`;
  }

  /** The port for clients of the chat. */
  get port(): number {
    return this.hub.address.port;
  }

  /** Makes a token. */
  token(name: string, more: { rooms?: string[]; read?: boolean; write?: boolean } = {}): RestToken {
    const answer = this.hub.operator({ do: "add token", name, read: true, write: true, ...more });
    if (answer === undefined || !("secret" in answer)) throw new Error("no token");
    const { secret, token: { id } } = answer;
    return { secret, id, headers: { authorization: `Bearer ${secret}` } };
  }

  /** Sends a request; the path begins with `/`. */
  fetch(path: string, init?: RequestInit): Promise<Response> {
    return fetch(this.url + path, init);
  }

  /** Sends a text to a room; returns the status and the JSON of the answer. */
  async post(
    room: string,
    body: BodyInit,
    init: RequestInit = {},
  ): Promise<[number, Record<string, unknown>]> {
    const response = await this.fetch(`/rooms/${room}`, { method: "POST", body, ...init });
    return [response.status, await response.json()];
  }

  /** Stops the hub. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.hub.stop();
  }
}

/**
 * Declares a test with a data folder for hubs.
 *
 * @param name what holds, as a sentence
 * @param fn the test; it gets the path of the folder
 */
export function dataTest(name: string, fn: (data: string) => Promise<void>): void {
  Deno.test(name, async () => {
    const data = await Deno.makeTempDir();
    try {
      await fn(data);
    } finally {
      await Deno.remove(data, { recursive: true });
    }
  });
}
