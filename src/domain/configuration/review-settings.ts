/** What a `.reviewd.yml` may say, and an owner's settings in the same words. The published JSON Schema is made of it. */
import { z } from "zod";
import { severities } from "../../adapters/reviewer/reviewer.ts";
import { cleanText } from "./clean-text.ts";
import { type Configuration, defaultConfiguration } from "./configuration.ts";

const maxPatterns = 200;
const maxInstructions = 50;

const hasUnseen = (text: string) => cleanText(text) !== text || /[\n\t]/.test(text);
const word = (maxLength: number) =>
  z
    .string()
    .min(1)
    .max(maxLength)
    .refine((text) => !hasUnseen(text), "it has control or invisible characters");
const pattern = word(500).meta({
  description:
    "As in .gitignore, with braces: `docs/` is every folder of that name with all below, `*.sql` a name anywhere, " +
    "`src/*.ts` from the root; `!` takes back what an earlier pattern matched.",
});
const patterns = z.array(pattern).max(maxPatterns);
const labels = z.array(word(100)).max(50);

/** Any id: which rules there are depends on the version. */
export const ruleId = word(100);

const instruction = z.strictObject({
  paths: patterns.default([]).meta({ description: "For which files; none: for all.", default: [] }),
  text: z
    .string()
    .min(1)
    .max(5_000)
    .transform(cleanText)
    .meta({ description: "What the model is to follow. Control and invisible characters are taken out." }),
});

const shape = {
  enabled: z.boolean().meta({ description: "False: no pull request is reviewed." }),
  reviewers: z
    .array(z.enum(["rules", "model"]))
    .min(1)
    .max(2)
    .refine((names) => new Set(names).size === names.length, "each reviewer once")
    .meta({
      description:
        "Who reviews, of rules and model. Default: rules, and the model where the operator set one up.",
    }),
  model: word(200)
    .regex(/^[^/]+\/.+$/, "expected provider/model")
    .meta({
      description: "One of the models that the operator offers. Default: the operator's first.",
      examples: ["anthropic/claude-opus-5"],
    }),
  effort: z
    .enum(["low", "medium", "high"])
    .meta({ description: "How much the model is to think. Default: as the operator says." }),
  fallback_to_rules: z.boolean().meta({
    description:
      "Where the model cannot be reached, or gives no answer that can be used while the rules were asked, too, their " +
      "review alone is posted. False: the review fails.",
  }),
  include: patterns.meta({
    description: "Only these files are reviewed; none: all.",
    examples: [["src/", "db/"]],
  }),
  exclude: patterns
    .refine((list) => !list[0]?.startsWith("!"), "the first pattern takes back nothing: leave out its !")
    .meta({
      description: "These files are not reviewed, but for secrets and hidden characters.",
      examples: [["vendor/", "*.snap"]],
    }),
  disabled_rules: z
    .array(ruleId)
    .max(500)
    .meta({ description: "Rules that are left out, by id.", examples: [["javascript/debugger"]] }),
  severity_threshold: z
    .enum(severities)
    .meta({ description: "Findings less severe than this are not said." }),
  comment_budget: z
    .int()
    .min(0)
    .max(25)
    .meta({ description: "Inline comments of one review; what is over goes to the summary." }),
  gate: z
    .enum(["off", ...severities])
    .meta({ description: "The check fails when there is a finding this severe, or more." }),
  drafts: z.boolean().meta({ description: "Also drafts are reviewed." }),
  bots: z.boolean().meta({ description: "Also pull requests by bots are reviewed." }),
  required_labels: labels.meta({
    description: "Only pull requests with one of these labels are reviewed; none: all.",
  }),
  excluded_labels: labels.meta({
    description: "Pull requests with one of these labels are not reviewed.",
    examples: [["no-review"]],
  }),
  forks: z.enum(["off", "members", "all"]).meta({
    description:
      "Whose pull requests from forks are reviewed: nobody's, those of people with write access, all.",
  }),
  fork_reviews_per_day: z
    .int()
    .min(0)
    .max(1_000)
    .meta({ description: "Reviews within 24 hours of one author's pull requests from forks." }),
  fork_suggestions: z
    .boolean()
    .meta({ description: "Offer changes to be committed with one click also on pull requests from forks." }),
  instructions: z
    .array(instruction)
    .max(maxInstructions)
    .meta({
      description: "What the model is to follow, for all files or for some.",
      examples: [[{ paths: ["db/migrations/"], text: "A migration must not lock a table for long." }]],
    }),
};

/** How a value is called in a file. */
export const settingNames = {
  enabled: "enabled",
  reviewers: "reviewers",
  model: "model",
  effort: "effort",
  fallbackToRules: "fallback_to_rules",
  include: "include",
  exclude: "exclude",
  disabledRules: "disabled_rules",
  severityThreshold: "severity_threshold",
  commentBudget: "comment_budget",
  gate: "gate",
  drafts: "drafts",
  bots: "bots",
  requiredLabels: "required_labels",
  excludedLabels: "excluded_labels",
  forks: "forks",
  forkReviewsPerDay: "fork_reviews_per_day",
  forkSuggestions: "fork_suggestions",
  instructions: "instructions",
} as const satisfies Record<keyof Configuration, keyof typeof shape>;

export const configurationKeys = Object.keys(settingNames) as readonly (keyof Configuration)[];

export const reviewSettings = z.strictObject(withDefaults()).partial().meta({
  title: "reviewd configuration",
  description: "How a repository's pull requests are reviewed. Everything may be left out.",
});
export type ReviewSettings = z.output<typeof reviewSettings>;

/** The names that may stand where an unknown one stood. */
export function namesAt(path: readonly PropertyKey[]): readonly string[] {
  return Object.keys(path.length === 0 ? shape : instruction.shape);
}

/** What was stored when it was valid; of what another version of reviewd does not know, nothing is left. */
export function readStoredSettings(stored: unknown): ReviewSettings {
  const known = Object.entries(shape).flatMap(([name, schema]) => {
    const value = typeof stored === "object" && stored !== null ? Reflect.get(stored, name) : undefined;
    const parsed = schema.safeParse(value);
    return parsed.success ? [[name, parsed.data]] : [];
  });
  return Object.fromEntries(known);
}

/** Editors show them. They fill in nothing: what is left out may be said by another layer. */
function withDefaults(): typeof shape {
  const defaults = defaultConfiguration(true);
  const documented = configurationKeys.map((key) => {
    const name = settingNames[key];
    const schema = shape[name];
    const value = defaults[key];
    return [
      name,
      value === null || key === "reviewers" ? schema : schema.meta({ ...schema.meta(), default: value }),
    ];
  });
  return Object.fromEntries(documented) as typeof shape;
}
