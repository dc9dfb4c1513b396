/**
 * The connection to the hub of the page: a WebSocket whose binary messages carry the byte stream of the protocol.
 *
 * @module
 */
import { type Address, type Connection, formatAddress, LinkError } from "../../client/net/mod.ts";

/**
 * Opens the WebSocket of a hub.
 *
 * @param address the address of the page, or of another hub of the same chat, which then says whether to use TLS
 * @param signal gives up when aborted
 * @returns the connection
 * @throws {LinkError} if the hub does not answer
 */
export function connectWebSocket(address: Address, signal?: AbortSignal): Promise<Connection> {
  const { hostname, tls: isEncrypted = location.protocol === "https:" } = address;
  const socket = new WebSocket(`${isEncrypted ? "wss" : "ws"}://${formatAddress(address)}/ws`);
  socket.binaryType = "arraybuffer";
  const { promise, resolve, reject } = Promise.withResolvers<Connection>();
  const chunks: Uint8Array[] = [];
  let isClosed = false;
  let arrived = Promise.withResolvers<void>();
  const wake = () => {
    arrived.resolve();
    arrived = Promise.withResolvers();
  };
  socket.onmessage = ({ data }) => {
    if (data instanceof ArrayBuffer) chunks.push(new Uint8Array(data));
    wake();
  };
  socket.onclose = () => {
    isClosed = true;
    reject(new LinkError("unreachable", "the hub does not answer"));
    wake();
  };
  signal?.addEventListener("abort", () => socket.close());
  if (signal?.aborted) socket.close();
  socket.onopen = () =>
    resolve({
      security: {
        encrypted: isEncrypted,
        local: isLocalName(hostname),
        ...isEncrypted && { verified: "authority" },
      },
      async read(buffer) {
        while (chunks.length === 0) {
          if (isClosed) return null;
          await arrived.promise;
        }
        const [chunk] = chunks as [Uint8Array];
        const count = Math.min(chunk.length, buffer.length);
        buffer.set(chunk.subarray(0, count));
        if (count === chunk.length) chunks.shift();
        else chunks[0] = chunk.subarray(count);
        return count;
      },
      write(bytes) {
        if (isClosed) return Promise.reject(new Error("the connection is closed"));
        socket.send(bytes as Uint8Array<ArrayBuffer>);
        return Promise.resolve(bytes.length);
      },
      closeWrite() {
        socket.close(1000);
        return Promise.resolve();
      },
      close() {
        socket.close();
        isClosed = true;
        wake();
      },
    });
  return promise;
}

function isLocalName(hostname: string): boolean {
  return hostname === "localhost" || hostname === "::1" || hostname.startsWith("127.");
}
