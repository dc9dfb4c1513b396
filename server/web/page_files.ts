/**
 * Serves the files of the page. They are stored compressed, and sent so to every browser; a client that does not take
 * gzip gets them unpacked.
 *
 * @module
 */
import { type HttpAnswer, HttpProblem, type HttpRequest } from "../http/mod.ts";
import type { PageAsset } from "../page/mod.ts";

/** A file that is ready to be sent. */
interface PageFile {
  type: string;
  etag: string;
  gzip: Uint8Array<ArrayBuffer>;
}

/** The files of the page. */
export class PageFiles {
  readonly #assets: Readonly<Record<string, PageAsset>>;
  readonly #files = new Map<string, PageFile>();

  /**
   * Serves files.
   *
   * @param assets the files by path
   */
  constructor(assets: Readonly<Record<string, PageAsset>>) {
    this.#assets = assets;
  }

  /**
   * Answers a request for a file.
   *
   * @param request the request
   * @returns the answer
   * @throws {HttpProblem} if there is no such file
   */
  async answer({ method, path, headers }: HttpRequest): Promise<HttpAnswer> {
    const file = await this.#file("/" + path.join("/"));
    if (file === undefined) {
      throw new HttpProblem(404, "There is nothing at this address: the page of the chat is at /");
    }
    if (method !== "GET" && method !== "HEAD") {
      throw new HttpProblem(405, `Cannot do ${method} there: it takes GET and HEAD`, {
        headers: { allow: "GET, HEAD" },
      });
    }
    const { type, etag, gzip } = file;
    // The browser asks each time, so that a new version of the hub is never used with an older page.
    const common = { etag, "cache-control": "no-cache", vary: "accept-encoding" };
    if (headers.get("if-none-match")?.split(",").some((tag) => tag.trim() === etag)) {
      return { status: 304, headers: common };
    }
    const takesGzip = /(?:^|[,\s])gzip(?:$|[,;\s])(?!\s*q=0(?:\.0*)?(?:$|[,\s]))/i.test(
      headers.get("accept-encoding") ?? "",
    );
    return {
      status: 200,
      headers: { "content-type": type, ...common, ...takesGzip ? { "content-encoding": "gzip" } : {} },
      body: takesGzip ? gzip : await unpacked(gzip),
    };
  }

  async #file(path: string): Promise<PageFile | undefined> {
    const known = this.#files.get(path);
    if (known !== undefined || !Object.hasOwn(this.#assets, path)) return known;
    const { type, gzip: text } = this.#assets[path]!;
    const gzip = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", gzip));
    const tag = btoa(String.fromCharCode(...hash.subarray(0, 12)));
    const file = { type, gzip, etag: `"${tag}"` };
    this.#files.set(path, file);
    return file;
  }
}

async function unpacked(gzip: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const stream = new Blob([gzip]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
