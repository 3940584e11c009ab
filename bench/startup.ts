/** How long each role takes until it is ready, and the memory it then holds: the binary against the sources. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startFakehub } from "../test/fakehub/fakehub.ts";
import { builtBinary } from "../test/support/built-binary.ts";
import { createTestDatabase } from "../test/support/database.ts";
import { type Reviewd, startReviewd } from "../test/support/run-reviewd.ts";
import { stopTestServer } from "../test/support/server.ts";
import { median, report, short } from "./support/report.ts";

const roles = ["serve", "dispatcher", "poller", "syncer", "up", "migrate"] as const;
type Role = (typeof roles)[number];
const rounds = short ? 5 : 15;

/** The binary may take this much of what the sources take. */
const goal = { ready: 0.7, resident: 1.1 };
/** Until a role has made the first passes of its loops. */
const settleMs = 500;

interface Start {
  readonly readyMs: number;
  /** Null: the command ends by itself. */
  readonly residentMb: number | null;
}

const binary = await builtBinary();
const database = await createTestDatabase();
const hub = await startFakehub();
const folder = mkdtempSync(join(tmpdir(), "reviewd-startup-"));
const starts = new Map<string, Start[]>();

// Both variants of a role one after the other in every round: what else the machine does meets both.
for (let round = 0; round < rounds; round++) {
  for (const role of roles) {
    for (const variant of ["sources", "binary"]) {
      const start = await measure(role, variant === "binary" ? { binary } : {});
      starts.set(`${role} ${variant}`, [...startsOf(role, variant), start]);
    }
  }
}
await hub.close();
await database.close();
await stopTestServer();
rmSync(folder, { recursive: true });

const ratios: Record<string, number> = {};
for (const role of roles) {
  compare(role, "ready", "ms", ({ readyMs }) => readyMs);
  if (role !== "migrate") compare(role, "resident", "MB", ({ residentMb }) => residentMb ?? Number.NaN);
}
const goals = Object.keys(ratios).map((name) => [
  name,
  { max: name.endsWith(".ready") ? goal.ready : goal.resident },
]);
report({ bench: "startup", ratios, goals: Object.fromEntries(goals), rounds });

function startsOf(role: string, variant: string): readonly Start[] {
  return starts.get(`${role} ${variant}`) ?? [];
}

function compare(role: Role, what: keyof typeof goal, unit: string, pick: (start: Start) => number): void {
  const typical = (variant: string) => median(startsOf(role, variant).map(pick));
  const [sources, built] = [typical("sources"), typical("binary")];
  console.log(
    `${role.padEnd(12)}${what.padEnd(10)}sources ${sources.toFixed(0)} ${unit}, binary ${built.toFixed(0)} ${unit}`,
  );
  ratios[`${role}.${what}`] = built / sources;
}

async function measure(role: Role, options: { readonly binary?: string }): Promise<Start> {
  const startedAt = performance.now();
  await using reviewd = startReviewd([role], { ...options, env: environment(role) });
  await becomesReady(role, reviewd);
  const readyMs = performance.now() - startedAt;
  if (role === "migrate") return { readyMs, residentMb: null };
  await Bun.sleep(settleMs);
  const { stdout } = Bun.spawnSync(["ps", "-o", "rss=", "-p", String(reviewd.pid)]);
  await reviewd.stop();
  return { readyMs, residentMb: Number(stdout.toString()) / 1024 };
}

async function becomesReady(role: Role, reviewd: Reviewd): Promise<void> {
  if (role === "migrate") await reviewd.exited;
  else if (role === "up") await reviewd.line("reviewd is up at");
  else await reviewd.log(`${role} ready`);
}

function environment(role: Role): Readonly<Record<string, string>> {
  const everyone = { DATABASE_URL: database.url, METRICS_PORT: "0", GITHUB_API_URL: hub.apiUrl };
  const serving = { PORT: "0", GITHUB_WEBHOOK_SECRETS: hub.webhookSecret };
  if (role === "serve") return { ...everyone, ...serving };
  return {
    ...everyone,
    ...(role === "up" ? { ...serving, REVIEWD_DATA_DIR: folder } : {}),
    GITHUB_APP_ID: String(hub.app.id),
    GITHUB_APP_PRIVATE_KEY: hub.app.privateKey,
    MARKER_KEYS: "a-marker-key-of-the-benchmark",
  };
}
