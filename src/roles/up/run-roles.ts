/** Runs the roles beside each other until the signal is aborted or one of them fails. */
import type { Config } from "../../config.ts";
import { createLog } from "../../log.ts";
import { runDispatcher } from "../dispatcher/dispatcher.ts";
import { runPoller } from "../poller/poller.ts";
import { runServe } from "../serve/serve.ts";
import { runSyncer } from "../syncer/syncer.ts";
import type { App } from "./app.ts";

type AnyRole = "serve" | "dispatcher" | "poller" | "syncer";

export async function runRoles(options: {
  readonly config: Omit<
    Config<"serve"> & Config<"dispatcher"> & Config<"poller"> & Config<"syncer">,
    keyof App
  >;
  /** Null: only serve is run. */
  readonly app: App | null;
  readonly signal: AbortSignal;
  readonly onServing: (port: number) => void;
}): Promise<void> {
  const { config, app, onServing } = options;
  const failed = new AbortController();
  const signal = AbortSignal.any([options.signal, failed.signal]);
  const partsOf = (role: AnyRole) => ({ log: createLog(config.logLevel, { role }), signal });

  const roles = [runServe(config, { ...partsOf("serve"), onServing })];
  if (app) {
    const withApp = { ...config, ...app };
    roles.push(
      runDispatcher(withApp, partsOf("dispatcher")),
      runPoller(withApp, partsOf("poller")),
      runSyncer(withApp, partsOf("syncer")),
    );
  }
  const ended = await Promise.allSettled(roles.map((role) => role.finally(() => failed.abort())));
  for (const result of ended) if (result.status === "rejected") throw result.reason;
}
