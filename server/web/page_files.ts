/**
 * Serves the files of the page. They are stored compressed, and sent so to every browser: with Brotli, which browsers
 * take over TLS, or with gzip. A client that takes neither gets them unpacked.
 *
 * @module
 */
import { type HttpAnswer, HttpProblem, type HttpRequest } from "../http/mod.ts";
import type { PageAsset } from "../page/mod.ts";

/** A file that is ready to be sent. */
interface PageFile {
  type: string;
  /** What the entity tags of all its forms begin with. */
  tag: string;
  br: Uint8Array<ArrayBuffer>;
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
    const { type, tag, gzip } = file;
    const encoding = encodingFor(headers.get("accept-encoding") ?? "");
    // Each form has its own tag: they differ in their bytes.
    const etag = `"${tag}${encoding === undefined ? "" : `-${encoding}`}"`;
    // The browser asks each time, so that a new version of the hub is never used with an older page.
    const common = { etag, "cache-control": "no-cache", vary: "accept-encoding" };
    if (headers.get("if-none-match")?.split(",").some((known) => known.trim().replace(/^W\//, "") === etag)) {
      return { status: 304, headers: common };
    }
    return {
      status: 200,
      headers: {
        "content-type": type,
        ...common,
        ...encoding === undefined ? {} : { "content-encoding": encoding },
      },
      body: encoding === undefined ? await unpacked(gzip) : file[encoding],
    };
  }

  async #file(path: string): Promise<PageFile | undefined> {
    const known = this.#files.get(path);
    if (known !== undefined || !Object.hasOwn(this.#assets, path)) return known;
    const { type, brotli, gzip: gzipped } = this.#assets[path]!;
    const [br, gzip] = [bytesOf(brotli), bytesOf(gzipped)];
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", gzip));
    const file = { type, tag: btoa(String.fromCharCode(...hash.subarray(0, 12))), br, gzip };
    this.#files.set(path, file);
    return file;
  }
}

/**
 * Chooses the form of a file that a client likes best; of two that it likes as much, the smaller one.
 *
 * @param accepted the header `Accept-Encoding` (RFC 9110, section 12.5.3)
 */
function encodingFor(accepted: string): "br" | "gzip" | undefined {
  const weights = new Map(
    accepted.toLowerCase().split(",").map((part) => {
      const [name = "", ...parameters] = part.split(";").map((text) => text.trim());
      const weight = parameters.find((parameter) => parameter.startsWith("q="));
      return [name, weight === undefined ? 1 : Number(weight.slice("q=".length))];
    }),
  );
  const [br, gzip] = ["br", "gzip"].map((name) => weights.get(name) ?? weights.get("*") ?? 0) as [
    number,
    number,
  ];
  if (br > 0 && !(gzip > br)) return "br";
  return gzip > 0 ? "gzip" : undefined;
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

async function unpacked(gzip: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const stream = new Blob([gzip]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
