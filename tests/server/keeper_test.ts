/**
 * What stands between a hub and its history.
 *
 * @module
 */
import { getLogger } from "@logtape/logtape";
import { systemClock, systemTimers } from "../../server/clock.ts";
import { StorageError } from "../../server/history/mod.ts";
import { Keeper } from "../../server/keeper.ts";
import { DataFolder } from "../helpers/history.ts";

Deno.test("Damage that cannot be written down ends no hub", () => {
  using folder = new DataFolder();
  const history = folder.open();
  history.mark = () => {
    throw new Error("Input/output error (os error 5)");
  };
  const keeper = new Keeper(history, {
    clock: systemClock,
    timers: systemTimers,
    log: getLogger("silent"),
  });
  keeper.failed(new StorageError(new Error("database disk image is malformed")));
  keeper.end();
});
