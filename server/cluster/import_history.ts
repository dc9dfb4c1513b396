/**
 * `riftchat cluster import`: brings the messages of a hub of its own into the log of a cluster, and what else it
 * stores. The file is long because it holds the whole way of a message.
 *
 * Messages keep their numbers, texts and times. Edits, deletions and reactions follow as changes. The database of the
 * folder is renamed at the end: the hub then copies the log.
 *
 * Rule: an import that was interrupted is begun again from the front. A batch that the log has already is not valid the
 * second time.
 *
 * @module
 */
import { join } from "node:path";
import { loadArchiveReader } from "../archive/mod.ts";
import { CHANGES, encodeBatch, type Line, lineFrames, MAX_BATCH_BYTES } from "../backplane/mod.ts";
import { openHistory } from "../history/mod.ts";
import {
  ClusterError,
  ensureStreams,
  JetStreamApi,
  NatsConnection,
  Publisher,
  type StreamNames,
  toKey,
} from "../nats/mod.ts";
import { Code, nameKey } from "../../protocol/mod.ts";
import { systemClock } from "../../runtime/mod.ts";
import { setAside } from "../sqlite/mod.ts";
import type { ClusterOptions } from "./cluster.ts";
import { importStores } from "./import_stores.ts";

/** How many batches are sent before the first of them must be stored. */
const IN_FLIGHT = 16;

/** A message of the folder. */
type Stored = ReturnType<
  InstanceType<Awaited<ReturnType<typeof loadArchiveReader>>["ArchiveReader"]>["lines"]
> extends Generator<infer One> ? One : never;

/** Options of {@linkcode importIntoCluster}. */
export interface ImportIntoClusterOptions
  extends Pick<ClusterOptions, "servers" | "name" | "credsFile" | "caFile" | "replicas" | "retention"> {
  /** The path of the data folder, which no hub uses. */
  folder: string;
  /** Whether an import that was interrupted goes on, so that the cluster may have messages. */
  isContinued: boolean;
  /** Whether messages stay in the folder, and only names, rooms, bans, operators, invites and tokens are imported. */
  withoutMessages: boolean;
  /**
   * Called while it works.
   *
   * @param messages how many messages are in the log
   */
  progress(messages: number): void;
  /**
   * Called with what the user should know meanwhile.
   *
   * @param text a sentence
   */
  note(text: string): void;
}

/** What was imported. */
export interface ImportedIntoCluster {
  /** How many messages. */
  messages: number;
  /** How many edits, deletions and reactions. */
  changes: number;
  /** The new path of the database; `undefined` if its messages were not imported. */
  renamed: string | undefined;
  /** Names that belong to the same people in the cluster. */
  merged: readonly string[];
  /** Names that belong to other people in the cluster, and were not imported. */
  refused: readonly string[];
}

/**
 * Brings the messages of a data folder into the log of a cluster.
 *
 * @param options see {@linkcode ImportIntoClusterOptions}
 * @returns what was imported
 * @throws {ClusterError} if the operator must change something
 * @throws {HistoryError} if the folder cannot be used
 */
export async function importIntoCluster(options: ImportIntoClusterOptions): Promise<ImportedIntoCluster> {
  const {
    folder,
    servers,
    name,
    credsFile,
    caFile,
    replicas,
    retention,
    isContinued,
    withoutMessages,
    note,
  } = options;
  const { ArchiveReader, DATABASE_FILE } = await loadArchiveReader();
  // First, as it says what is wrong with the folder.
  const reader = new ArchiveReader(folder);
  const history = openHistory({
    folder,
    beginsEpoch: false,
    retention: { ms: Infinity, bytes: Infinity },
    now: systemClock.wall(),
    host: Deno.hostname(),
    elapsed: systemClock.elapsed,
    report: note,
  });
  let connection: NatsConnection | undefined;
  try {
    connection = await NatsConnection.connect({
      servers,
      name: "riftchat cluster import",
      caFile,
      credsFile,
      waiting: note,
    });
    const finite = (value: number) => Number.isFinite(value) ? value : undefined;
    const settings = { name, replicas, maxAgeMs: finite(retention.ms), maxBytes: finite(retention.bytes) };
    const { names } = await ensureStreams(connection, settings, { waiting: note, changed: note });
    const cluster = { connection, names };
    if (withoutMessages) {
      const stores = await importStores(folder, cluster, note);
      reader.close();
      history.close();
      return { messages: 0, changes: 0, renamed: undefined, ...stores };
    }
    if (!isContinued && await hasMessages(connection, names)) {
      throw new ClusterError(
        `Cannot import into the cluster ${name}: it has messages already; to go on with an import that was ` +
          "interrupted, use --continue; to bring names, rooms, bans, operators, invites and tokens alone, use " +
          "--without-messages",
      );
    }
    const writer = new LogWriter(connection, names, options);
    const changed: [change: number, events: Line[]][] = [];
    for (const conversation of reader.conversations()) {
      for (const line of reader.lines(conversation.name, { upTo: conversation.last })) {
        await writer.add(conversation.name, lineOf(line), line.sequence);
        const events = changesOf(line);
        if (events.length > 0) changed.push([line.change ?? 0, events]);
      }
      await writer.flush();
    }
    const messages = writer.count;
    let number = 0;
    for (const [, events] of changed.sort(([a], [b]) => a - b)) {
      for (const event of events) await writer.add(CHANGES, event, ++number);
    }
    await writer.flush();
    await writer.stored();
    const stores = await importStores(folder, cluster, note);
    reader.close();
    history.close();
    const suffix = `.imported-${new Date(systemClock.wall()).toISOString().replaceAll(/[-:]|\.\d+/g, "")}`;
    return { messages, changes: number, renamed: setAside(join(folder, DATABASE_FILE), suffix), ...stores };
  } catch (error) {
    reader.close();
    history.close();
    throw error;
  } finally {
    await connection?.close();
  }
}

/** Tells whether the log has messages. */
async function hasMessages(connection: NatsConnection, { log, subjects }: StreamNames): Promise<boolean> {
  const api = new JetStreamApi(connection);
  for (const prefix of [subjects.rooms, subjects.direct]) {
    const info = await api.call<{ state: { subjects?: Record<string, number> } }>(`STREAM.INFO.${log}`, {
      subjects_filter: `${prefix}>`,
    });
    if (Object.keys(info.state.subjects ?? {}).length > 0) return true;
  }
  return false;
}

/** Writes batches to the log. */
class LogWriter {
  readonly #publisher: Publisher;
  readonly #names: StreamNames;
  readonly #progress: (messages: number) => void;
  readonly #inFlight: Promise<unknown>[] = [];
  #frames: Uint8Array[] = [];
  #bytes = 0;
  #place = "";
  #first = 0;
  #lines = 0;
  #batch = 0;
  /** How many messages and changes were added. */
  count = 0;

  constructor(connection: NatsConnection, names: StreamNames, { progress }: ImportIntoClusterOptions) {
    this.#publisher = new Publisher(connection);
    this.#names = names;
    this.#progress = progress;
  }

  /** Adds a message; those of a conversation come together, in the order of their numbers. */
  async add(place: string, line: Line, sequence: number): Promise<void> {
    const isNext = place === this.#place && sequence === this.#first + this.#lines;
    if (!isNext || this.#bytes > MAX_BATCH_BYTES) {
      await this.flush();
      this.#place = place;
      this.#first = sequence;
    }
    for (const frame of lineFrames(line)) {
      this.#frames.push(frame);
      this.#bytes += frame.length;
    }
    this.#lines++;
    this.#progress(++this.count);
  }

  /** Sends what was added. */
  async flush(): Promise<void> {
    if (this.#lines === 0) return;
    const { rooms, direct } = this.#names.subjects;
    const place = this.#place;
    const key = place.startsWith("@") ? place : nameKey(place);
    const subject = (place.startsWith("@") ? direct : rooms) + (place === CHANGES ? "-" : toKey(key));
    const head = {
      hub: "import",
      epoch: "",
      batch: ++this.#batch,
      place,
      first: this.#first,
      count: this.#lines,
      imported: true,
    };
    this.#inFlight.push(this.#publisher.publish(subject, encodeBatch(head, this.#frames)));
    this.#frames = [];
    this.#bytes = this.#lines = 0;
    if (this.#inFlight.length >= IN_FLIGHT) await this.#inFlight.shift();
  }

  /** Waits until all is stored. */
  async stored(): Promise<void> {
    await Promise.all(this.#inFlight.splice(0));
    this.#publisher.close();
  }
}

/** Makes the message that is in the log. */
function lineOf({ conversation, timestamp, username, to, verified, message, replyTo }: Stored): Line {
  const line = {
    timestamp,
    username,
    message,
    verified,
    ...replyTo === undefined ? {} : { reply_to: replyTo },
  };
  if (to === undefined) {
    const said = { code: Code.Said, message: { ...line, room: conversation } } as const;
    return { room: conversation, from: undefined, message: said };
  }
  const direct = { code: Code.SaidTo, message: { ...line, to } } as const;
  return { room: conversation, from: undefined, message: direct, to: nameKey(to) };
}

/** Makes the changes of a message that lead to what it is now. */
function changesOf(line: Stored): Line[] {
  const { conversation, sequence, username, to, message, edited, deleted, reactions = [], changedBy } = line;
  const by = changedBy ?? nameKey(username);
  const counts = reactions.map(({ reaction, by }) => ({ reaction, count: by.length }));
  const change = (kind: NonNullable<Line["change"]>, news: Record<string, unknown>): Line => ({
    room: conversation,
    from: undefined,
    message: {
      code: Code.LineChanged,
      room: conversation,
      change: 0,
      sequence,
      username,
      by: kind.by,
      ...to === undefined ? {} : { to },
      ...news,
    },
    change: kind,
    ...to === undefined ? {} : { to: nameKey(to) },
  });
  if (deleted) return [change({ kind: "delete", sequence, at: line.timestamp, by }, { deleted: true })];
  return [
    ...edited === undefined
      ? []
      : [change({ kind: "edit", sequence, at: edited, by, message }, { message, edited })],
    ...reactions.flatMap(({ reaction, by }) =>
      by.map((who) =>
        change({ kind: "react", sequence, at: line.timestamp, by: who, reaction }, {
          reaction,
          reactions: counts,
        })
      )
    ),
  ];
}
