/** Finds out how a pull request is to be reviewed, from its base branch and its owner's settings. */
import type { Tx } from "../../adapters/postgres/connect.ts";
import {
  type BaseBranch,
  getStoredLayers,
  keepSettings,
  type StoredLayers,
  storeSettings,
} from "../../adapters/postgres/repository-configurations.ts";
import { type ClaimedTask, setConfiguration } from "../../adapters/postgres/runs.ts";
import type { ModelClient } from "../../adapters/reviewer/model/model-client.ts";
import type { ReviewContext } from "../../context.ts";
import { ReviewdError } from "../../errors.ts";
import {
  type ConfigurationProblem,
  defaultConfiguration,
  type EffectiveConfiguration,
} from "./configuration.ts";
import { findIdleModelSettings, type IdleSetting } from "./idle-model.ts";
import { findIdleRules } from "./idle-rules.ts";
import { layerConfiguration } from "./layer-configuration.ts";
import { type BaseFiles, type ReadSettings, readGuidance, readSettings } from "./read-base.ts";
import { type ReviewSettings, readStoredSettings } from "./review-settings.ts";
import { readSnapshot } from "./snapshot.ts";

type ConfigureContext = Pick<ReviewContext, "db" | "model" | "log">;

/**
 * A task that has its configuration keeps it. What is read here is kept for whoever cannot read the file, and for when
 * it is not valid.
 * @throws ReviewdError as BaseFiles.readFile does
 */
export async function configureReview(
  ctx: ConfigureContext,
  task: ClaimedTask,
  { base, signal }: { readonly base: BaseFiles; readonly signal: AbortSignal },
): Promise<EffectiveConfiguration> {
  const snapshot = readSnapshot(task.config, ctx.model !== null);
  if (snapshot) return snapshot;
  const read = await readLayers(ctx, task, base);
  await keep(ctx, task, { base, ...read });
  return await layer(ctx, read, { base, signal });
}

/** How the next review would be done; nothing is kept. @throws ReviewdError as BaseFiles.readFile does */
export async function readConfiguration(
  ctx: ConfigureContext,
  branch: BaseBranch & { readonly ownerId: string },
  { base, signal }: { readonly base: BaseFiles; readonly signal: AbortSignal },
): Promise<EffectiveConfiguration> {
  return await layer(ctx, await readLayers(ctx, branch, base), { base, signal });
}

interface ReadLayers extends Judged {
  readonly owner: ReviewSettings;
  readonly path: string | null;
}

async function readLayers(
  { db, model }: ConfigureContext,
  branch: BaseBranch & { readonly ownerId: string },
  base: BaseFiles,
): Promise<ReadLayers> {
  const stored = await getStoredLayers(db, branch);
  const read = await readSettings(base);
  const judged = judge(read, stored.repository, model);
  return { ...judged, owner: readStoredSettings(stored.owner), path: read?.path ?? null };
}

async function layer(
  { log, model }: ConfigureContext,
  { owner, settings, problems, warnings, path }: ReadLayers,
  { base, signal }: { readonly base: BaseFiles; readonly signal: AbortSignal },
): Promise<EffectiveConfiguration> {
  const ofOwner = problemOfModel(owner, model);
  const layers = [
    { origin: "owner", settings: ofOwner === null ? owner : withoutModel(owner) },
    { origin: "repository", settings },
  ] as const;
  return {
    ...layerConfiguration(defaultConfiguration(model !== null), layers),
    path,
    commitSha: base.commitSha,
    problems: ofOwner === null ? problems : [...problems, { line: null, message: ofOwner }],
    warnings: [...warnings, ...warningsOf(owner, model)],
    guidance: await readGuidance(base, { log, signal }),
  };
}

/** Stores on the task what its review went by. In the transaction that stores what the review found. */
export async function storeConfiguration(
  tx: Tx,
  { task }: { readonly task: Pick<ClaimedTask, "taskId"> },
  effective: EffectiveConfiguration,
): Promise<void> {
  await setConfiguration(tx, task.taskId, effective);
}

function warningsOf(owner: ReviewSettings, model: ModelClient | null): readonly ConfigurationProblem[] {
  const idle = [...findIdleRules(owner.disabled_rules ?? []), ...idleWithout(model, owner)];
  return idle.map(({ message }) => ({ line: null, message }));
}

function idleWithout(model: ModelClient | null, settings: ReviewSettings): readonly IdleSetting[] {
  return model === null ? findIdleModelSettings(settings) : [];
}

interface Judged {
  readonly settings: ReviewSettings;
  readonly problems: readonly ConfigurationProblem[];
  readonly warnings: readonly ConfigurationProblem[];
}

/** What there is now where it is valid, else what was. */
function judge(
  read: ReadSettings | null,
  stored: StoredLayers["repository"],
  model: ModelClient | null,
): Judged {
  if (read === null) return { settings: {}, problems: [], warnings: [] };
  if ("settings" in read) {
    const { settings, lineOf } = read;
    const idle = idleWithout(model, settings).map(({ name, message }) => ({ line: lineOf(name), message }));
    const warnings = [...read.warnings, ...idle].toSorted((a, b) => a.line - b.line);
    const unoffered = problemOfModel(settings, model);
    if (unoffered === null) return { settings, problems: [], warnings };
    const problems = [{ line: lineOf("model"), message: unoffered }];
    return { settings: lastValid(stored, model), problems, warnings };
  }
  return { settings: lastValid(stored, model), problems: read.problems, warnings: [] };
}

/** The operator may have withdrawn the model since. */
function lastValid(stored: StoredLayers["repository"], offered: ModelClient | null): ReviewSettings {
  const settings = readStoredSettings(stored?.settings);
  if (problemOfModel(settings, offered) === null) return settings;
  return withoutModel(settings);
}

function withoutModel({ model: _withdrawn, ...rest }: ReviewSettings): ReviewSettings {
  return rest;
}

/** Where there is no model at all, none can be wrong: it is told to have no effect. */
function problemOfModel({ model: name }: ReviewSettings, model: ModelClient | null): string | null {
  if (name === undefined || model === null) return null;
  try {
    model.limits(name);
    return null;
  } catch (error) {
    if (error instanceof ReviewdError && error.code === "invalid_input") return `model: ${error.message}`;
    throw error;
  }
}

async function keep(
  { db }: ConfigureContext,
  { taskId, repositoryId, baseRef }: ClaimedTask,
  { base, settings, problems }: Omit<Judged, "warnings"> & { readonly base: BaseFiles },
): Promise<void> {
  const branch = { taskId, repositoryId, baseRef };
  if (problems.length > 0) await keepSettings(db, branch);
  else await storeSettings(db, { ...branch, commitSha: base.commitSha, settings });
}
