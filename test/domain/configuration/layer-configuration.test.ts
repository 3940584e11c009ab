import { expect, test } from "bun:test";
import fc from "fast-check";
import { defaultConfiguration } from "../../../src/domain/configuration/configuration.ts";
import { layerConfiguration } from "../../../src/domain/configuration/layer-configuration.ts";
import {
  configurationKeys,
  type ReviewSettings,
  settingNames,
} from "../../../src/domain/configuration/review-settings.ts";

const defaults = defaultConfiguration(true);

const settings: fc.Arbitrary<ReviewSettings> = fc.record(
  {
    drafts: fc.boolean(),
    comment_budget: fc.nat(25),
    gate: fc.constantFrom("off", "critical", "low"),
    include: fc.array(fc.constantFrom("src/", "db/")),
    forks: fc.constantFrom("off", "members", "all"),
    fork_reviews_per_day: fc.nat(100),
    instructions: fc.array(fc.record({ paths: fc.constant([]), text: fc.string() }), { maxLength: 3 }),
  },
  { requiredKeys: [] },
);

test("every value is from the layer that its origin names, and no later one said anything else that counts", () => {
  fc.assert(
    fc.property(settings, settings, (owner, repository) => {
      const { values, origins } = layerConfiguration(defaults, [
        { origin: "owner", settings: owner },
        { origin: "repository", settings: repository },
      ]);
      for (const key of configurationKeys) {
        const said = {
          default: defaults[key],
          owner: owner[settingNames[key]],
          repository: repository[settingNames[key]],
        };
        const origin = origins[key] as keyof typeof said;
        if (key === "instructions") continue;
        expect(values[key]).toEqual(said[origin] as never);
        if (origin === "default") expect([said.owner, said.repository]).toEqual([undefined, undefined]);
        const isLocked = key === "forks" || key === "forkReviewsPerDay";
        if (origin === "owner" && !isLocked) expect(said.repository).toBeUndefined();
      }
    }),
  );
});

test("instructions of owner and repository are both followed, the owner's first", () => {
  const one = { paths: [], text: "one" };
  const two = { paths: ["db/"], text: "two" };
  const { values } = layerConfiguration(defaults, [
    { origin: "owner", settings: { instructions: [one] } },
    { origin: "repository", settings: { instructions: [two] } },
  ]);
  expect(values.instructions).toEqual([one, two]);
});

test.each([
  ["off", "all", "off", "owner"],
  ["members", "off", "off", "repository"],
  ["all", "members", "members", "repository"],
  [undefined, "all", "all", "repository"],
  ["members", undefined, "members", "owner"],
] as const)("forks: the owner says %p, the repository %p: %p", (owner, repository, value, origin) => {
  const layered = layerConfiguration(defaults, [
    { origin: "owner", settings: { forks: owner } },
    { origin: "repository", settings: { forks: repository } },
  ]);
  expect([layered.values.forks, layered.origins.forks]).toEqual([value, origin]);
});

test("an owner's limit on reviews of forks can be lowered, not raised", () => {
  const limitOf = (owner: number | undefined, repository: number) =>
    layerConfiguration(defaults, [
      { origin: "owner", settings: { fork_reviews_per_day: owner } },
      { origin: "repository", settings: { fork_reviews_per_day: repository } },
    ]).values.forkReviewsPerDay;
  expect([limitOf(5, 100), limitOf(5, 2), limitOf(undefined, 100)]).toEqual([5, 2, 100]);
});
