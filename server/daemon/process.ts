/**
 * What a hub in the background does besides being a hub: it holds the lock of its instance, writes the pidfile, and
 * answers on the control socket.
 *
 * Rules: first the lock, then the pidfile, then the socket; at the end the files go and the process ends, and with it the
 * lock. So whoever takes connections on the socket is the process that the pidfile names.
 *
 * @module
 */
import { VERSION } from "../../protocol/mod.ts";
import { claim } from "./claim.ts";
import { ControlSocket } from "./control.ts";
import { DaemonError } from "./error.ts";
import { findInstance, type Instance, makeFolders } from "./instance.ts";
import type { FileLock } from "./lock.ts";
import { writePidFile } from "./pid_file.ts";
import type { HubRecord, StartArguments } from "./record.ts";
import { describeHolder } from "./words.ts";

/** What a hub tells of itself. */
export interface DaemonHub {
  /** Where it listens. */
  readonly address: Deno.NetAddr;
  /** Where it speaks TLS, if it does. */
  readonly tlsAddress: Deno.NetAddr | undefined;
  /** The certificate that it shows then. */
  readonly certificate: { readonly fingerprint: string } | undefined;
  /** What can be counted of it: of that, how many are connected. */
  readonly measures: { readonly connections: number };
}

/** A hub that has its instance to itself. */
export class DaemonProcess {
  readonly #instance: Instance;
  readonly #origin: StartArguments;
  readonly #lock: FileLock;
  #control: ControlSocket | undefined;

  private constructor(instance: Instance, origin: StartArguments, lock: FileLock) {
    this.#instance = instance;
    this.#origin = origin;
    this.#lock = lock;
  }

  /**
   * Takes an instance.
   *
   * @param name its name
   * @param origin how this process was started
   * @returns its resident
   * @throws {DaemonError} where another one has it, or its folders cannot be used
   */
  static async take(name: string, origin: StartArguments): Promise<DaemonProcess> {
    const instance = await findInstance(name);
    await makeFolders(instance);
    const { lock, holder } = await claim(instance);
    if (lock === undefined) {
      throw new DaemonError(`Cannot start instance ${name}: ${await describeHolder(instance, holder)}`);
    }
    try {
      lock.inscribe(`${Deno.pid}\n`);
    } catch (error) {
      lock[Symbol.dispose]();
      throw error;
    }
    return new DaemonProcess(instance, origin, lock);
  }

  /** The folder in which what is said is kept, unless another one is named. */
  get dataFolder(): string {
    return this.#instance.dataFolder;
  }

  /** The file to log to unless another one is named. */
  get logFile(): string {
    return this.#instance.logFile;
  }

  /**
   * Makes itself known.
   *
   * @param hub the hub, which listens
   * @param log the path of its log
   * @param now the time of day, in milliseconds since 1970
   * @returns who it is, for the one who started it
   * @throws {DaemonError} where its files cannot be made
   */
  async settle(hub: DaemonHub, log: string, now: number): Promise<HubRecord> {
    const { name, pidFile, socket } = this.#instance;
    const { hostname: host, port } = hub.address;
    const { tlsAddress, certificate } = hub;
    const record: HubRecord = {
      instance: name,
      pid: Deno.pid,
      host,
      port,
      ...tlsAddress && certificate &&
        { tls: { port: tlsAddress.port, fingerprint: certificate.fingerprint } },
      since: now,
      version: VERSION,
      log,
      origin: this.#origin,
    };
    await writePidFile(pidFile, record);
    this.#control = await ControlSocket.open(
      socket,
      () => ({
        ...record,
        // It may be another one since SIGHUP.
        ...record.tls && hub.certificate &&
          { tls: { ...record.tls, fingerprint: hub.certificate.fingerprint } },
        connections: hub.measures.connections,
      }),
    );
    return record;
  }

  /** Takes away what it made. It is the last thing that a process does. */
  leave(): void {
    this.#control?.close();
    if (this.#control !== undefined) {
      for (const path of [this.#instance.socket, this.#instance.pidFile]) removeIfThere(path);
    }
    this.#lock[Symbol.dispose]();
  }
}

function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // What stays is a hint at somebody who is gone, and is read as that.
  }
}
