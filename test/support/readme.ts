/** The README's configuration table, made from the settings: `bun test/support/readme.ts` writes it, a test compares. */
import { roleSettings } from "../../src/config.ts";
import type { Setting } from "../../src/setting.ts";
import { settings } from "../../src/settings.ts";

const readmePath = new URL("../../README.md", import.meta.url).pathname;
const section = /(<!-- configuration: .*? -->\n)([\s\S]*?)(<!-- \/configuration -->)/;

interface Row {
  readonly setting: Setting;
  readonly roles: readonly string[];
}

/** The README with its configuration table as it should be. */
export async function renderReadme(): Promise<{ readonly current: string; readonly expected: string }> {
  const current = await Bun.file(readmePath).text();
  return {
    current,
    expected: current.replace(section, (_, open, _table, close) => `${open}${table()}${close}`),
  };
}

function table(): string {
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

if (import.meta.main) await Bun.write(readmePath, (await renderReadme()).expected);
