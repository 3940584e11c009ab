/** How long each role takes until it is ready, and the memory it then holds: the binary against the sources. */

import { startFakehub } from "../test/fakehub/fakehub.ts";
import { builtBinary } from "../test/support/built-binary.ts";
import { createTestDatabase } from "../test/support/database.ts";
import { startReviewd } from "../test/support/run-reviewd.ts";
import { stopTestServer } from "../test/support/server.ts";
import { median, report, short } from "./support/report.ts";

const roles = ["serve", "dispatcher", "poller", "syncer"] as const;
const rounds = short ? 5 : 15;

interface Start {
  readonly readyMs: number;
  readonly residentMb: number;
}

const binary = await builtBinary();
const database = await createTestDatabase();
const hub = await startFakehub();
const starts = new Map<string, Start[]>();
const startsOf = (role: string, variant: string) => starts.get(`${role} ${variant}`) ?? [];

// Both variants of a role one after the other in every round: what else the machine does meets both.
for (let round = 0; round < rounds; round++) {
  for (const role of roles) {
    for (const variant of ["sources", "binary"]) {
      const start = await measure(role, variant === "binary" ? binary : null);
      starts.set(`${role} ${variant}`, [...startsOf(role, variant), start]);
    }
  }
}
await hub.close();
await database.close();
await stopTestServer();

const ratios: Record<string, number> = {};
for (const role of roles) {
  const typical = (variant: string, pick: (start: Start) => number) =>
    median(startsOf(role, variant).map(pick));
  const ready = { sources: typical("sources", readyOf), binary: typical("binary", readyOf) };
  const resident = { sources: typical("sources", residentOf), binary: typical("binary", residentOf) };
  console.log(
    `${role.padEnd(12)}ready ${ready.sources.toFixed(0)} ms from sources, ${ready.binary.toFixed(0)} ms as binary; ` +
      `resident ${resident.sources.toFixed(0)} MB, ${resident.binary.toFixed(0)} MB`,
  );
  ratios[`${role}.ready`] = ready.binary / ready.sources;
  ratios[`${role}.resident`] = resident.binary / resident.sources;
}
report({ bench: "startup", ratios, goals: {}, rounds });

function readyOf({ readyMs }: Start): number {
  return readyMs;
}

function residentOf({ residentMb }: Start): number {
  return residentMb;
}

async function measure(role: (typeof roles)[number], file: string | null): Promise<Start> {
  const spawnedAt = Date.now();
  await using reviewd = startReviewd([role], { env: environment(role), ...(file ? { binary: file } : {}) });
  const ready = await reviewd.log(`${role} ready`);
  // Where it settles after the first passes of its loops.
  await Bun.sleep(500);
  const { stdout } = Bun.spawnSync(["ps", "-o", "rss=", "-p", String(reviewd.pid)]);
  await reviewd.stop();
  return {
    readyMs: Date.parse(String(ready.time)) - spawnedAt,
    residentMb: Number(stdout.toString()) / 1024,
  };
}

function environment(role: string): Readonly<Record<string, string>> {
  const everyone = { DATABASE_URL: database.url, METRICS_PORT: "0", GITHUB_API_URL: hub.apiUrl };
  if (role === "serve") return { ...everyone, PORT: "0", GITHUB_WEBHOOK_SECRETS: hub.webhookSecret };
  return {
    ...everyone,
    GITHUB_APP_ID: String(hub.app.id),
    GITHUB_APP_PRIVATE_KEY: hub.app.privateKey,
    MARKER_KEYS: "a-marker-key-of-the-benchmark",
  };
}
