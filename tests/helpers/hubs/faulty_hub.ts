/**
 * A hub with an internal error, in a process of its own: code throws an error that nothing catches.
 *
 * Usage: `faulty_hub.ts throw|reject LOGFILE`
 *
 * @module
 */
import { runHub } from "../../../server/serve/run.ts";
import { resolveConfiguration } from "../../../server/settings/configuration.ts";

const [how, logFile] = Deno.args;
const { settings } = resolveConfiguration({
  flags: { host: "127.0.0.1", port: "0", logFile: logFile ?? "", history: "off" },
  env: () => undefined,
  cwd: () => Deno.cwd(),
});
runHub({ settings, json: false });
Deno.addSignalListener("SIGUSR2", () => {
  const error = new Error("this is the error");
  if (how === "throw") throw error;
  Promise.reject(error);
});
