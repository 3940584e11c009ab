/** Rules for Python. */
import type { TreeRule } from "../rule.ts";

const unsafeYamlLoad: TreeRule = {
  kind: "tree",
  id: "python/unsafe-yaml-load",
  severity: "high",
  category: "security",
  title: "yaml.load without a safe loader runs code from the document",
  why: "The default loaders build any Python object a document names, which lets whoever wrote the document run code. Use `yaml.safe_load`.",
  languages: ["python"],
  find: { pattern: "yaml.load($DOCUMENT)" },
  fix: (node) => {
    const name = node.field("function")?.range();
    return name ? { start: name.start.index, end: name.end.index, text: "yaml.safe_load" } : null;
  },
  bad: [
    {
      path: "a.py",
      text: "import yaml\nx = yaml.load(text)\n",
      line: 2,
      fixed: "import yaml\nx = yaml.safe_load(text)\n",
    },
  ],
  good: [{ path: "a.py", text: "x = yaml.load(text, Loader=yaml.SafeLoader)\ny = yaml.safe_load(text)\n" }],
};

export const pythonRules: readonly TreeRule[] = [unsafeYamlLoad];
