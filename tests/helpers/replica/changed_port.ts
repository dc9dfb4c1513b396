/**
 * The shared state of a cluster with some of its operations replaced by a test, or with a reading that stops.
 *
 * @module
 */
import type { StatePort, StateWatch } from "../../../server/replica/mod.ts";

/**
 * Replaces operations of the shared state.
 *
 * @param port the state
 * @param changed the operations in place of its own
 * @returns the state, with the others as they are
 */
export function changedPort(port: StatePort, changed: Partial<StatePort>): StatePort {
  return {
    put: (key, value, last) => port.put(key, value, last),
    get: (key) => port.get(key),
    forget: (key, upTo) => port.forget(key, upTo),
    at: (revision) => port.at(revision),
    facts: () => port.facts(),
    watch: (after, identity, reader) => port.watch(after, identity, reader),
    ...changed,
  };
}

/** A way to the shared state whose reading can stop for a while, as with a server of NATS that hangs. */
export interface PausedPort {
  /** The state. */
  readonly port: StatePort;
  /** Stops the reading; writes are still answered. */
  pause(): void;
  /** Reads on where it stopped. */
  resume(): void;
}

/**
 * Makes a way to the shared state whose reading can stop.
 *
 * @param port the state
 * @returns the way
 */
export function pausedPort(port: StatePort): PausedPort {
  let inner: StateWatch | undefined, start = (): void => {};
  const watch: StatePort["watch"] = (after, identity, reader) => {
    let cursor = after, known = identity;
    start = () => {
      inner = port.watch(cursor, known, {
        started: () => reader.started(),
        caughtUp: () => reader.caughtUp(),
        deliver(entry) {
          cursor = entry.revision;
          reader.deliver(entry);
        },
        rewound(facts) {
          [cursor, known] = [0, facts.identity];
          reader.rewound(facts);
        },
      });
    };
    start();
    return {
      get lag() {
        return inner!.lag;
      },
      get isSilent() {
        return inner!.isSilent;
      },
      close: () => inner!.close(),
    };
  };
  return { port: changedPort(port, { watch }), pause: () => inner!.close(), resume: () => start() };
}
