/**
 * `riftchat cluster import`: brings the messages of a hub of its own into the log of a cluster, and what else it
 * stores.
 *
 * Messages keep their numbers, texts, times and the ids under which they were sent. Edits, deletions and reactions
 * follow as changes. The database of the folder is renamed at the end: the hub then copies the log.
 *
 * Rules: an import that was interrupted goes on after the last message of each conversation that the log has of this
 * folder, which may have got more since. All changes are written again; who has them already ignores them. At the end
 * the log is looked at: a message that somebody has written to a cluster meanwhile may have taken a number.
 *
 * @module
 */
import { join } from "node:path";
import { loadArchiveReader } from "../archive/mod.ts";
import { CHANGES, type Line } from "../backplane/mod.ts";
import { openHistory } from "../history/mod.ts";
import { ClusterError, ensureStreams, JetStreamApi, NatsConnection, type StreamNames } from "../nats/mod.ts";
import { Code, nameKey } from "../../protocol/mod.ts";
import { systemClock } from "../../runtime/mod.ts";
import { setAside } from "../sqlite/mod.ts";
import type { ClusterOptions } from "./cluster.ts";
import { loadHubId } from "./hub_id.ts";
import { importIdentity, importStores } from "./import_stores.ts";
import { ImportedLog } from "./imported_log.ts";
import { LogWriter, type LogWriterEvents } from "./log_writer.ts";

type ArchiveReader = InstanceType<Awaited<ReturnType<typeof loadArchiveReader>>["ArchiveReader"]>;

/** A message of the folder. */
type Stored = ReturnType<ArchiveReader["lines"]> extends Generator<infer One> ? One : never;

/** That a message was sent under an id. */
type Receipt = ReturnType<ArchiveReader["receipts"]> extends Generator<infer One> ? One : never;

/** Options of {@linkcode importIntoCluster}. */
export interface ImportIntoClusterOptions
  extends
    LogWriterEvents,
    Pick<ClusterOptions, "servers" | "name" | "credsFile" | "caFile" | "replicas" | "retention"> {
  /** The path of the data folder, which no hub uses. */
  folder: string;
  /** Whether an import that was interrupted goes on, so that the cluster may have messages. */
  isContinued: boolean;
  /** Whether messages stay in the folder, and only names, rooms, bans, operators, invites and tokens are imported. */
  withoutMessages: boolean;
}

/** What was imported. */
export interface ImportedIntoCluster {
  /** How many messages. */
  messages: number;
  /** How many edits, deletions and reactions. */
  changes: number;
  /** Whether messages are left in the folder, which were not imported. */
  hasMessages: boolean;
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
  let connection: NatsConnection | undefined, log: ImportedLog | undefined, writer: LogWriter | undefined;
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
    const { names } = await ensureStreams(connection, { ...settings, isFixed: true }, { waiting: note });
    const cluster = { connection, names };
    if (withoutMessages) {
      await importIdentity(folder, cluster, note);
      const stores = await importStores(folder, cluster, note);
      const hasMessages = reader.conversations().some(({ last }) => last > 0);
      reader.close();
      history.close();
      return { messages: 0, changes: 0, hasMessages, renamed: undefined, ...stores };
    }
    if (!isContinued && await hasMessages(connection, names)) {
      throw new ClusterError(
        `Cannot import into the cluster ${name}: it has messages already; to go on with an import that was ` +
          "interrupted, use --continue; to bring names, rooms, bans, operators, invites and tokens alone, use " +
          "--without-messages",
      );
    }
    await importIdentity(folder, cluster, note);
    log = new ImportedLog(connection, names, await loadHubId(folder));
    await log.start();
    writer = new LogWriter(connection, names, log, options);
    const changed: [change: number, events: Line[]][] = [];
    const sentIds = new SentIds(reader);
    let messages = 0;
    for (const conversation of reader.conversations()) {
      const { lastOwn, isForeign } = log.find(conversation.name);
      for (const line of reader.lines(conversation.name, { upTo: conversation.last })) {
        messages++;
        const messageId = sentIds.take(line.sequence, line.timestamp);
        const events = changesOf(line, sentIds);
        if (events.length > 0) changed.push([line.change ?? 0, events]);
        if (line.sequence <= lastOwn) continue;
        if (isForeign) throw taken(name, [conversation.name]);
        await writer.add(conversation.name, { ...lineOf(line), messageId }, line.sequence);
      }
      await writer.flush();
    }
    const { last } = log.find(CHANGES);
    let changes = 0;
    for (const [, events] of changed.sort(([a], [b]) => a - b)) {
      for (const event of events) await writer.add(CHANGES, event, last + ++changes);
    }
    await writer.flush();
    await writer.stored();
    const refused = await log.settled();
    if (refused.length > 0) throw taken(name, refused);
    const stores = await importStores(folder, cluster, note);
    reader.close();
    history.close();
    const suffix = `.imported-${new Date(systemClock.wall()).toISOString().replaceAll(/[-:]|\.\d+/g, "")}`;
    const renamed = setAside(join(folder, DATABASE_FILE), suffix);
    return { messages, changes, hasMessages: false, renamed, ...stores };
  } catch (error) {
    reader.close();
    history.close();
    throw error;
  } finally {
    log?.close();
    writer?.close();
    await connection?.close();
  }
}

/** Says that the numbers of messages of the folder belong to other messages in the cluster. */
function taken(cluster: string, conversations: readonly string[]): ClusterError {
  const names = conversations.map((name) => {
    return name === CHANGES ? "edits and reactions" : name.startsWith("@") ? "direct messages" : `#${name}`;
  });
  return new ClusterError(
    `Cannot import all messages into the cluster ${cluster}: ${
      [...new Set(names)].join(", ")
    }: somebody else has ` +
      "written there, and has taken their numbers; import into a cluster with another --cluster-name, in which " +
      "nobody writes before all is imported",
  );
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

/** Under which ids clients have sent messages and edits lately, which they may send again. */
class SentIds {
  readonly #receipts: ReadonlyMap<string, Receipt[]>;

  constructor(reader: ArchiveReader) {
    this.#receipts = Map.groupBy(
      reader.receipts(),
      ({ sequence, timestamp }) => keyOf(sequence, timestamp),
    );
  }

  /**
   * Takes the id of a message or an edit of this number and time. Those of several conversations may have both in
   * common: it does not matter whose id each gets, as what is known of an id is the number.
   */
  take(sequence: number, at: number): Line["messageId"] {
    const { author, id, digest } = this.#receipts.get(keyOf(sequence, at))?.pop() ?? {};
    return author === undefined || id === undefined || digest === undefined
      ? undefined
      : { author, id, digest };
  }
}

function keyOf(sequence: number, at: number): string {
  return `${sequence} ${at}`;
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
function changesOf(line: Stored, sentIds: SentIds): Line[] {
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
    ...edited === undefined ? [] : [{
      ...change({ kind: "edit", sequence, at: edited, by, message }, { message, edited }),
      messageId: sentIds.take(sequence, edited),
    }],
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
