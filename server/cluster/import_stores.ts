/**
 * Brings what a hub of its own stores besides messages into a cluster: names, rooms, bans, operators, invites, tokens
 * and its identity.
 *
 * @module
 */
import { nameSkeletons } from "../../protocol/mod.ts";
import { reasonOf, systemClock, systemTimers } from "../../runtime/mod.ts";
import { loadInviteParts } from "../invites/mod.ts";
import { openModeration } from "../moderation/mod.ts";
import { type NatsConnection, Publisher, type StreamNames } from "../nats/mod.ts";
import { offerHubIdentity, openRegistry } from "../registry/mod.ts";
import { type ImportResult, importRows, NatsState, shareIdentity } from "../replica/mod.ts";
import { loadOpenTokens } from "../tokens/mod.ts";

/**
 * Gives the identity of a hub to a cluster that has none, before a hub without history brings its own: clients know the
 * hub by it, and links of invites name it.
 *
 * @param folder the path of the data folder, which no hub uses
 * @param cluster the connection, and the names of the streams, which exist
 * @param note called with what the user should know if the cluster has another one
 * @throws {Error} if the folder cannot be used, or NATS cannot be asked
 */
export async function importIdentity(
  folder: string,
  { connection, names }: { connection: NatsConnection; names: StreamNames },
  note: (text: string) => void,
): Promise<void> {
  const publisher = new Publisher(connection);
  try {
    const state = new NatsState(connection, publisher, names);
    if (!await offerHubIdentity(folder, (key) => shareIdentity(state, key))) return;
    note(
      "the cluster has another identity than this hub, as another hub was there first: clients that know this hub by " +
        "its identity warn their users, and links of its invites do not work any more",
    );
  } finally {
    publisher.close();
  }
}

/**
 * Imports what a data folder has besides messages and the identity. It may be repeated.
 *
 * @param folder the path of the data folder, which no hub uses
 * @param cluster the connection, and the names of the streams, which exist
 * @param note called with what the user should know meanwhile
 * @returns which names belonged to others already
 * @throws {Error} if the folder cannot be used, or NATS cannot be asked
 */
export async function importStores(
  folder: string,
  { connection, names }: { connection: NatsConnection; names: StreamNames },
  note: (text: string) => void,
): Promise<ImportResult> {
  const now = systemClock.wall();
  const opened: { close(): void }[] = [];
  const opening = <Part extends { close(): void }>(part: Part): Part => {
    opened.push(part);
    return part;
  };
  const publisher = opening(new Publisher(connection));
  try {
    const registry = opening(
      openRegistry({ folder, nameMs: Infinity, skeletons: nameSkeletons, now, report: note }),
    );
    const moderation = opening(openModeration({ folder, names: registry.names, now, report: note }));
    const invites = opening((await loadInviteParts({ folder, now, report: note })).invites);
    const { openTokens } = await loadOpenTokens();
    const tokens = opening(await openTokens({ folder, now, report: note }));
    return await importRows({
      databases: [registry, moderation, invites, tokens].map(({ replicated }) => replicated),
      port: new NatsState(connection, publisher, names),
      timers: systemTimers,
      clock: systemClock,
      failed: (error) => note(reasonOf(error)),
    });
  } finally {
    for (const part of opened.reverse()) part.close();
  }
}
