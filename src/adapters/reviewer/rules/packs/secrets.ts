/** Credentials in added lines. Nothing here ever quotes what it found. */
import type { TextRule } from "../rule.ts";

const rotate =
  "Whoever can read the repository, its forks or its caches has it from now on, also after the line is removed: revoke it and issue a new one, then read it from the environment or a secret store.";

const awsAccessKey: TextRule = {
  kind: "text",
  id: "secrets/aws-access-key",
  severity: "critical",
  category: "security",
  title: "An AWS access key id is in the code",
  why: rotate,
  find: (line) => /\b(AKIA|ASIA)(?![A-Z0-9]*EXAMPLE)[A-Z2-7]{16}\b/.test(line),
  bad: [{ path: "a.env", text: `KEY=${"AKIA"}Q3EGRLTX5OPN7VKZ\n`, line: 1 }],
  good: [{ path: "a.env", text: "KEY=AKIAIOSFODNN7EXAMPLE\nKEY=$AWS_ACCESS_KEY_ID\n" }],
};

export const secretRules: readonly TextRule[] = [awsAccessKey];
