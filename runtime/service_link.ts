/**
 * Recognizes the variables that Kubernetes (and Docker links) set for a service: one that is called `riftchat` gives
 * `RIFTCHAT_PORT=tcp://10.96.0.1:8000` to every other container, which is not meant as a setting.
 *
 * PURE.
 *
 * @module
 */

/**
 * Tells whether the value of a variable is the address of a service.
 *
 * @param variable the name of the variable
 * @param value its value
 * @returns whether the variable ends in `_PORT` and the value is such as `tcp://10.96.0.1:8000`
 */
export function isServiceLink(variable: string, value: string): boolean {
  return variable.endsWith("_PORT") && /^(?:tcp|udp|sctp):\/\/[^\s/]+:\d+$/.test(value);
}
