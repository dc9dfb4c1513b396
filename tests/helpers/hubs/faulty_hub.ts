/**
 * A hub with a fault of ours, as a process of its own: something throws where nobody catches it.
 *
 * Usage: `faulty_hub.ts throw|reject LOGFILE`
 *
 * @module
 */
import { runHub } from "../../../server/serve/run.ts";
import { configure } from "../../../server/settings/configuration.ts";

const [how, logFile] = Deno.args;
const { settings } = configure({
  flags: { host: "127.0.0.1", port: "0", logFile: logFile ?? "", history: "off" },
  env: () => undefined,
  cwd: () => Deno.cwd(),
});
runHub({ settings, json: false });
Deno.addSignalListener("SIGUSR2", () => {
  const error = new Error("this is the fault");
  if (how === "throw") throw error;
  Promise.reject(error);
});
