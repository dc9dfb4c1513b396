/**
 * The side of the hub: a hub in the background holds the lock of its instance, writes the pidfile, and answers on the
 * control socket.
 *
 * Rules: first the lock, then the pidfile, then the socket. At the end the files are removed, the process ends, and the
 * system releases the lock. So the process that accepts connections on the socket is the one in the pidfile.
 *
 * @module
 */
import { VERSION } from "../../protocol/mod.ts";
import { lockInstance } from "./instance_lock.ts";
import { ControlSocket } from "./control.ts";
import { DaemonError } from "./error.ts";
import { findInstance, type Instance, makeFolders } from "./instance.ts";
import type { FileLock } from "./file_lock.ts";
import { writePidFile } from "./pid_file.ts";
import type { HubRecord, StartArguments } from "./record.ts";
import { describeHolder } from "./status_text.ts";

/** The hub that this process runs. */
export interface DaemonHub {
  /** The address it listens on. */
  readonly address: Deno.NetAddr;
  /** The address for TLS, if there is one. */
  readonly tlsAddress: Deno.NetAddr | undefined;
  /** The TLS certificate. */
  readonly certificate: { readonly fingerprint: string } | undefined;
  /** Its measures: the number of connections. */
  readonly measures: { readonly connections: number };
}

/** A process that runs an instance. */
export class DaemonProcess {
  readonly #instance: Instance;
  readonly #startArguments: StartArguments;
  readonly #lock: FileLock;
  #control: ControlSocket | undefined;

  private constructor(instance: Instance, startArguments: StartArguments, lock: FileLock) {
    this.#instance = instance;
    this.#startArguments = startArguments;
    this.#lock = lock;
  }

  /**
   * Takes the lock of an instance.
   *
   * @param name the name of the instance
   * @param startArguments how this process was started
   * @returns the process
   * @throws {DaemonError} if another process runs it, or its folders cannot be used
   */
  static async acquire(name: string, startArguments: StartArguments): Promise<DaemonProcess> {
    const instance = await findInstance(name);
    await makeFolders(instance);
    const { lock, holder } = await lockInstance(instance);
    if (lock === undefined) {
      throw new DaemonError(`Cannot start instance ${name}: ${await describeHolder(instance, holder)}`);
    }
    try {
      lock.write(`${Deno.pid}\n`);
    } catch (error) {
      lock[Symbol.dispose]();
      throw error;
    }
    return new DaemonProcess(instance, startArguments, lock);
  }

  /** The default data folder. */
  get dataFolder(): string {
    return this.#instance.dataFolder;
  }

  /** The default log file. */
  get logFile(): string {
    return this.#instance.logFile;
  }

  /**
   * Writes the pidfile and opens the control socket.
   *
   * @param hub the hub, which listens
   * @param log the path of its log
   * @param now the time of day, in milliseconds since 1970
   * @returns the record, for the command that started the hub
   * @throws {DaemonError} if the files cannot be created
   */
  async publish(hub: DaemonHub, log: string, now: number): Promise<HubRecord> {
    const { name, pidFile, startFile, socket } = this.#instance;
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
      origin: this.#startArguments,
    };
    await writePidFile(pidFile, record);
    await writeStartFile(startFile, record);
    this.#control = await ControlSocket.open(
      socket,
      () => ({
        ...record,
        // SIGHUP may have replaced the certificate.
        ...record.tls && hub.certificate &&
          { tls: { ...record.tls, fingerprint: hub.certificate.fingerprint } },
        connections: hub.measures.connections,
      }),
    );
    return record;
  }

  /** Removes its files and releases the lock. To be called just before the process ends. */
  release(): void {
    this.#control?.close();
    if (this.#control !== undefined) {
      for (const path of [this.#instance.socket, this.#instance.pidFile]) removeIfThere(path);
    }
    this.#lock[Symbol.dispose]();
  }
}

/** Writes the copy of the pidfile. Without space for it the hub runs, and no outdated copy stays. */
async function writeStartFile(path: string, record: HubRecord): Promise<void> {
  try {
    await writePidFile(path, record);
  } catch (error) {
    if (!(error instanceof DaemonError)) throw error;
    removeIfThere(path);
    removeIfThere(`${path}.new`);
  }
}

function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // Without the lock, a leftover file counts as outdated.
  }
}
