/**
 * The shared state of a cluster with some of its operations replaced by a test.
 *
 * @module
 */
import type { StatePort } from "../../../server/replica/mod.ts";

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
