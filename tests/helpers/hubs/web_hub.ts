/**
 * A hub in this process with a port for HTTP.
 *
 * @module
 */
import { loadPage } from "../../../server/page/mod.ts";
import { loadRest } from "../../../server/rest/mod.ts";
import { type RunningHub, type ServeOptions, startHub } from "../../../server/serve/serve.ts";
import { loadWeb } from "../../../server/web/mod.ts";
import { getLogger } from "@logtape/logtape";

/** Options of a {@linkcode WebHub}: those of a hub, and the names that it is known by. */
export type WebHubOptions = Partial<ServeOptions> & { hosts?: string[] };

/** A hub with a port for HTTP on 127.0.0.1. */
export class WebHub implements AsyncDisposable {
  /** The hub. */
  readonly hub: RunningHub;

  private constructor(hub: RunningHub) {
    this.hub = hub;
  }

  /** Starts a hub. */
  static async start({ hosts = [], ...options }: WebHubOptions = {}): Promise<WebHub> {
    const host = "127.0.0.1";
    const [module, { PAGE_ASSETS: assets }, rest] = await Promise.all([loadWeb(), loadPage(), loadRest()]);
    const web = { module, assets, hosts, address: { host, port: 0 } };
    return new WebHub(
      startHub({ host, port: 0, maxConnections: 0, rest, web, ...options }, getLogger("silent")),
    );
  }

  /** The port for HTTP. */
  get port(): number {
    return this.hub.webAddress!.port;
  }

  /** The address of the page, without the slash at its end. */
  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Sends bytes as they are, and returns all that comes back until the hub closes. */
  async exchange(request: string): Promise<string> {
    const conn = await Deno.connect({ hostname: "127.0.0.1", port: this.port });
    await conn.write(new TextEncoder().encode(request));
    return await new Response(conn.readable).text();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.hub.stop();
  }
}
