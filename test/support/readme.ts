/**
 * The README's tables of environment variables and of what `.reviewd.yml` may say, made from the code:
 * `bun run readme` writes them, a test compares.
 */
import { z } from "zod";
import { roleSettings } from "../../src/config.ts";
import { reviewSettings } from "../../src/domain/configuration/review-settings.ts";
import type { Setting } from "../../src/setting.ts";
import { settings } from "../../src/settings.ts";

const readmePath = new URL("../../README.md", import.meta.url).pathname;
/** What stands between a comment that begins with the name and the one that ends it. */
const tables = { configuration: variableTable, ".reviewd.yml": repositoryTable };

interface Row {
  readonly setting: Setting;
  readonly roles: readonly string[];
}

/** The README with its tables as they should be. */
export async function renderReadme(): Promise<{ readonly current: string; readonly expected: string }> {
  const current = await Bun.file(readmePath).text();
  const expected = Object.entries(tables).reduce((text, [name, table]) => {
    const section = new RegExp(
      `(<!-- ${RegExp.escape(name)}: .*? -->\n)[^]*?(<!-- /${RegExp.escape(name)} -->)`,
    );
    return text.replace(section, (_, open, close) => `${open}${table()}${close}`);
  }, current);
  return { current, expected };
}

function variableTable(): string {
  const lines = rows().map(({ setting, roles }) => {
    const name = `\`${setting.name}\`${setting.secret ? " (secret)" : ""}`;
    return `| ${name} | ${roles.join(", ")} | ${defaultOf(setting)} | ${setting.says} Expects ${setting.expects}. |`;
  });
  return ["| variable | read by | default | meaning |", "|---|---|---|---|", ...lines, ""].join("\n");
}

/** One row a variable: `up` reads some of them under a rule of its own. */
function rows(): readonly Row[] {
  const byName = new Map<string, Row>();
  for (const [key, setting] of Object.entries(settings)) {
    const readers = Object.entries(roleSettings).filter(([, keys]) =>
      (keys as readonly string[]).includes(key),
    );
    const known = byName.get(setting.name);
    const roles = [...(known?.roles ?? []), ...readers.map(([role]) => role)];
    byName.set(setting.name, { setting: known?.setting ?? setting, roles });
  }
  return [...byName.values()];
}

function defaultOf({ schema }: Setting): string {
  const given = schema.safeParse(undefined);
  if (!given.success) return "required";
  if (given.data === undefined) return "none";
  return typeof given.data === "object" ? "see meaning" : `\`${given.data}\``;
}

/** Of a setting's JSON Schema, what the table shows. */
const shown = z.object({
  description: z.string(),
  default: z.unknown().optional(),
  type: z.string(),
  enum: z.array(z.string()).optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
});

function repositoryTable(): string {
  const { properties = {} } = z.toJSONSchema(reviewSettings, { io: "input" });
  const lines = Object.entries(properties).map(([name, property]) => {
    const schema = shown.parse(property);
    return `| \`${name}\` | ${valuesOf(schema)} | ${givenValue(schema)} | ${schema.description} |`;
  });
  return ["| setting | value | default | meaning |", "|---|---|---|---|", ...lines, ""].join("\n");
}

function givenValue({ default: given, description }: z.output<typeof shown>): string {
  if (given !== undefined) return `\`${JSON.stringify(given).replaceAll('"', "")}\``;
  return description.includes("Default:") ? "see meaning" : "none";
}

function valuesOf({ type, enum: choices, minimum, maximum }: z.output<typeof shown>): string {
  if (choices) return choices.map((choice) => `\`${choice}\``).join(", ");
  if (type === "integer") return `${minimum} to ${maximum}`;
  return type === "boolean" ? "true, false" : type === "array" ? "a list" : "text";
}

if (import.meta.main) await Bun.write(readmePath, (await renderReadme()).expected);
