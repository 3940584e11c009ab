/** Why a check fails, as the configuration's `gate` wants it. */
import { severities } from "../../adapters/reviewer/reviewer.ts";
import type { Report } from "./report.ts";

/** True when a finding, a new one or one that is still open, is severe enough for the gate. */
export function isGated({ findings, facts }: Pick<Report, "findings" | "facts">): boolean {
  const { gate } = facts;
  if (gate === "off") return false;
  return findings.some(({ severity }) => severities.indexOf(severity) <= severities.indexOf(gate));
}

/** A gate must not open because somebody made the model answer with nothing of use. */
export function isUnguarded({ facts }: Pick<Report, "facts">): boolean {
  return facts.gate !== "off" && facts.fallback === "unusable";
}
