/**
 * The world of pipeline.ts in a process of its own: the simulated GitHub over real git, and a language model that
 * answers at once. Opens pull requests of realistic size, each with problems planted on known lines, and says in the end
 * whether each was told of once, where it is.
 */
import { join } from "node:path";
import { startFakehub } from "../../test/fakehub/fakehub.ts";
import type { PullRequestHandle } from "../../test/fakehub/scenario/pull-request.ts";
import { startModelServer } from "../../test/support/model-server/model-server.ts";

export type ToWorld =
  | { readonly kind: "open"; readonly count: number; readonly url: string; readonly hasModel: boolean }
  | { readonly kind: "judge" };

export type FromWorld =
  | {
      readonly kind: "ready";
      readonly apiUrl: string;
      readonly app: { readonly id: number; readonly privateKey: string };
      readonly webhookSecret: string;
      readonly modelEnvironment: Readonly<Record<string, string>>;
    }
  | { readonly kind: "opened" }
  | ({ readonly kind: "verdict" } & Verdict);

export interface Verdict {
  /** Pull requests on which other lines have a comment than those planted, or the same line several. */
  readonly misreviewed: number;
  /** Of one pull request, that the model was not asked once. */
  readonly misasked: number;
  readonly modelCalls: number;
  readonly forgeCalls: number;
}

/** The code that is changed: reviewd's own. */
const sources = join(import.meta.dir, "../../src/domain");
const changedFiles = 8;
const functionsPerFile = 6;

const base: Readonly<Record<string, string>> = Object.fromEntries(
  await Promise.all(
    [...new Bun.Glob("{task,delivery}/*.ts").scanSync({ cwd: sources })]
      .sort()
      .map(async (path) => [`src/${path}`, await Bun.file(join(sources, path)).text()]),
  ),
);

interface Opened {
  readonly title: string;
  readonly pull: PullRequestHandle;
  /** `path:line` */
  readonly planted: readonly string[];
}

// What GitHub allows an App in a minute is lifted: how much reviewd can do is asked, not how long it has to wait.
const hub = await startFakehub({ limits: { restPointsPerMinute: Number.POSITIVE_INFINITY } });
const model = await startModelServer(({ prompt }) => JSON.stringify({ findings: reportPlanted(prompt) }));
const opened: Opened[] = [];
let repositories = 0;
let hasModel = false;

process.on("message", (message: ToWorld) => void obey(message));
// Whoever measures is gone.
process.on("disconnect", () => process.exit(0));
const { id, privateKey } = hub.app;
tell({
  ...{ kind: "ready", apiUrl: hub.apiUrl, app: { id, privateKey }, webhookSecret: hub.webhookSecret },
  modelEnvironment: {
    ...model.environment,
    MODELS: "openai-compatible/scripted",
    MODEL_CONTEXT_TOKENS: "128000",
  },
});

function tell(message: FromWorld): void {
  process.send?.(message);
}

async function obey(message: ToWorld): Promise<void> {
  if (message.kind === "judge") {
    tell({ kind: "verdict", ...judge() });
    opened.length = 0;
    return;
  }
  hub.deliverTo(message.url);
  hasModel = message.hasModel;
  for (let i = 0; i < message.count; i++) opened.push(await open());
  await hub.webhooks.settled();
  tell({ kind: "opened" });
}

/** Of an owner of its own: GitHub lets an installation write only so much in a minute. */
async function open(): Promise<Opened> {
  repositories++;
  const title = `Change number ${repositories}`;
  const repository = await hub.createRepository({
    owner: `owner-${repositories}`,
    name: "shop",
    files: base,
  });
  const paths = Object.keys(base)
    .filter((_, at) => (at + repositories) % 5 === 0)
    .slice(0, changedFiles);
  const changes = paths.map((path, at) => [path, change(base[path] ?? "", at)] as const);
  const pull = await repository.openPullRequest({
    ...{ author: "eve", title, branch: "change" },
    files: Object.fromEntries(changes),
  });
  return { title, pull, planted: changes.flatMap(([path, text]) => plantedLines(path, text)) };
}

/** Adds functions at the end. One for the rules is in the first file, one for the model in each. */
function change(text: string, at: number): string {
  const functions = Array.from({ length: functionsPerFile }, (_, i) => {
    const said = at === 0 && i === 0 ? "return eval(given); // PLANTED rules" : "return given.trim();";
    return `\nexport function added${i}(given: string): string {\n  ${said}\n}\n`;
  });
  return `${text}${functions.join("")}\nexport const addedCount = ${functions.length + 1}; // PLANTED model\n`;
}

function plantedLines(path: string, text: string): readonly string[] {
  const mark = hasModel ? /PLANTED (rules|model)/ : /PLANTED rules/;
  return text.split("\n").flatMap((line, at) => (mark.test(line) ? [`${path}:${at + 1}`] : []));
}

/** What a model that reads well would report, from the prompt alone. */
function reportPlanted(prompt: string) {
  const findings: object[] = [];
  let path = "";
  for (const row of prompt.split("\n")) {
    path = /^path: (".*")$/.exec(row)?.[1] ?? path;
    const [, line, quote] = /^(\d+) \+ (.*PLANTED model.*)$/.exec(row) ?? [];
    if (line === undefined) continue;
    findings.push({
      ...{ path: JSON.parse(path), start_line: Number(line), line: Number(line), quote, severity: "medium" },
      ...{ category: "correctness", title: "The count is wrong", body: "One function fewer was added." },
      ...{ suggestion: null, confidence: "high" },
    });
  }
  return findings;
}

function judge(): Verdict {
  const asked = (title: string) =>
    model.questions.filter(({ prompt }) => prompt.includes(`title: ${title}\n`)).length;
  return {
    misreviewed: opened.filter(({ pull, planted }) => {
      const said = pull.inlineComments().map(({ path, line }) => `${path}:${line}`);
      return !Bun.deepEquals(said.toSorted(), planted.toSorted());
    }).length,
    misasked: opened.filter(({ title }) => asked(title) !== (hasModel ? 1 : 0)).length,
    modelCalls: model.questions.length,
    forgeCalls: hub.ledger.calls.length,
  };
}
