/** The process of pipeline-world-process.ts, as pipeline.ts speaks with it. */
import { join } from "node:path";
import type { FromWorld, ToWorld, Verdict } from "./pipeline-world-process.ts";

type Environment = Readonly<Record<string, string>>;

export interface PipelineWorld {
  /** For every role; for those that hold the App's key; for a dispatcher that asks the model. */
  readonly everyone: Environment;
  readonly app: Environment;
  readonly model: Environment;
  readonly webhookSecret: string;
  /** Until the webhooks of all are delivered. */
  readonly open: (wanted: Omit<Extract<ToWorld, { kind: "open" }>, "kind">) => Promise<void>;
  readonly judge: () => Promise<Verdict>;
  readonly stop: () => Promise<void>;
}

const script = join(import.meta.dir, "pipeline-world-process.ts");

export async function startPipelineWorld(): Promise<PipelineWorld> {
  let answer = Promise.withResolvers<FromWorld>();
  const child = Bun.spawn([process.execPath, script], {
    stdio: ["ignore", "inherit", "inherit"],
    ipc: (message: FromWorld) => answer.resolve(message),
    onExit: () => answer.reject(new Error("the simulated world ended")),
  });
  const next = async <Kind extends FromWorld["kind"]>(kind: Kind) => {
    const message = await answer.promise;
    answer = Promise.withResolvers();
    // Nobody waits for the one that only its end would answer.
    answer.promise.catch(() => {});
    if (message.kind !== kind) throw new Error(`the simulated world said ${message.kind}, not ${kind}`);
    return message as Extract<FromWorld, { kind: Kind }>;
  };
  const ask = async <Kind extends FromWorld["kind"]>(message: ToWorld, kind: Kind) => {
    child.send(message);
    return await next(kind);
  };
  const { apiUrl, app, webhookSecret, modelEnvironment } = await next("ready");
  return {
    everyone: { GITHUB_API_URL: apiUrl },
    app: {
      GITHUB_APP_ID: String(app.id),
      GITHUB_APP_PRIVATE_KEY: app.privateKey,
      MARKER_KEYS: "a-marker-key-of-the-benchmark",
    },
    model: modelEnvironment,
    webhookSecret,
    open: async (wanted) => void (await ask({ kind: "open", ...wanted }, "opened")),
    judge: () => ask({ kind: "judge" }, "verdict"),
    stop: async () => {
      child.disconnect();
      await child.exited;
    },
  };
}
