import { expect, test } from "bun:test";
import {
  defaultConfiguration,
  type EffectiveConfiguration,
} from "../../../src/domain/configuration/configuration.ts";
import { describeConfiguration } from "../../../src/domain/configuration/describe-configuration.ts";
import { layerConfiguration } from "../../../src/domain/configuration/layer-configuration.ts";
import { settingNames } from "../../../src/domain/configuration/review-settings.ts";

const effective: EffectiveConfiguration = {
  ...layerConfiguration(defaultConfiguration(true), [
    { origin: "owner", settings: { bots: true } },
    {
      origin: "repository",
      settings: { exclude: ["a|b/", "`c`"], instructions: [{ paths: [], text: "one" }] },
    },
  ]),
  path: ".reviewd.yml",
  commitSha: "0123456789abcdef".padEnd(40, "0"),
  problems: [],
  warnings: [],
  guidance: null,
};

test("every setting has a row with its value and where it is from", () => {
  const text = describeConfiguration(effective);
  expect(text).toStartWith("`.reviewd.yml` at commit 0123456789ab of the base branch.\n");
  for (const name of Object.values(settingNames)) expect(text).toContain(`\n| \`${name}\` | `);
  expect(text).toContain("| `bots` | `true` | owner's settings |");
  expect(text).toContain("| `exclude` | `a\\|b/`, `'c'` | repository |");
  expect(text).toContain("| `include` | none | default |");
  expect(text).toContain("| `model` | the operator's | default |");
  expect(text).toContain("| `instructions` | 1 of them | repository |");
});

test("what is wrong is told with its line, and what is there beside the file", () => {
  const problems = [{ line: 3, message: 'there is no setting\n"`x`"' }];
  const text = describeConfiguration({ ...effective, problems, guidance: "Be kind." });
  expect(text).toContain("`REVIEW.md` is followed.");
  expect(text).toContain("- line 3: `there is no setting \"'x'\"`");
  const warnings = [
    { line: 4, message: "one" },
    { line: null, message: "two" },
  ];
  expect(describeConfiguration({ ...effective, warnings })).toContain(
    "\nThis has no effect:\n- line 4: `one`\n- the owner's settings: `two`\n",
  );
  const ofOwner = describeConfiguration({ ...effective, problems: [{ line: null, message: "model: no" }] });
  expect(ofOwner).toContain("\nThis could not be followed:\n- the owner's settings: `model: no`\n");
  expect(ofOwner).not.toContain("not valid");
  expect(describeConfiguration({ ...effective, path: null })).toStartWith(
    "There is no `.reviewd.yml` at commit",
  );
});
