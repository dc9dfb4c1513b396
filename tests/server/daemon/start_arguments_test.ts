import { assertEquals } from "../../helpers/assert.ts";
import {
  mergeStartArguments,
  startArguments,
  type StartArgumentSources,
} from "../../../server/daemon/start_arguments.ts";

const NO_SOURCES: StartArgumentSources = { flags: {}, config: undefined, env: () => undefined, cwd: "/srv" };

function pure(name: string, fn: () => void): void {
  Deno.test({ name, permissions: "none", fn });
}

pure("A hub is started again with the flags as typed", () => {
  const flags = { port: "0", host: "-x y", maxConnections: "" };
  assertEquals(startArguments({ ...NO_SOURCES, flags }), {
    flags: ["--host=-x y", "--port=0", "--max-connections="],
    variables: {},
  });
});

pure("Paths in flags and variables become absolute; an empty one stays empty", () => {
  const variables: Record<string, string> = {
    RIFTCHAT_CONFIG: "../hub.toml",
    RIFTCHAT_LOG_FILE: "log",
    RIFTCHAT_HOST: "relative",
  };
  assertEquals(
    startArguments({
      flags: { logFile: "a/b", motdFile: "" },
      config: "hub.toml",
      env: (name) => variables[name],
      cwd: "/srv",
    }),
    {
      flags: ["--config=/srv/hub.toml", "--motd-file=", "--log-file=/srv/a/b"],
      variables: {
        RIFTCHAT_CONFIG: "/hub.toml",
        RIFTCHAT_LOG_FILE: "/srv/log",
        RIFTCHAT_HOST: "relative",
      },
    },
  );
});

pure("Only variables of settings are recorded, and no empty ones", () => {
  const variables: Record<string, string> = { PORT: "9000", RIFTCHAT_PORT: "", PASSWORD: "secret" };
  assertEquals(startArguments({ ...NO_SOURCES, env: (name) => variables[name] }), {
    flags: [],
    variables: { PORT: "9000" },
  });
});

pure("The arguments of a restart replace earlier ones of the same name", () => {
  const last = { flags: ["--host=::1", "--port=9000"], variables: { PORT: "1", RIFTCHAT_TRUST: "::/0" } };
  const given = { flags: ["--log-level=debug", "--host=a=b"], variables: { PORT: "2" } };
  assertEquals(mergeStartArguments(last, given), {
    flags: ["--host=a=b", "--port=9000", "--log-level=debug"],
    variables: { PORT: "2", RIFTCHAT_TRUST: "::/0" },
  });
});
