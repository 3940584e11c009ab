/** Rules for any text, whatever its language and whoever generated it. */
import type { TextRule } from "../rule.ts";

const conflictMarker: TextRule = {
  kind: "text",
  id: "text/conflict-marker",
  severity: "high",
  category: "correctness",
  title: "A merge conflict marker was committed",
  why: "The conflict was not resolved: both versions are in the file, and most languages do not parse it. Keep one version, or a merge of both, and remove the markers.",
  find: (line) => /^(<{7}|>{7}|\|{7}) \S/.test(line),
  bad: [{ path: "notes.txt", text: "a\n<<<<<<< HEAD\nb\n=======\nc\n", line: 2 }],
  good: [
    { path: "README.rst", text: "Heading\n=======\n" },
    { path: "notes.txt", text: "quoted:\n>>> a = 1\n<<<<<<<<<< arrows\n" },
  ],
};

export const textRules: readonly TextRule[] = [conflictMarker];
