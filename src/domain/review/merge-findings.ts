/**
 * Makes one finding of those in which several reviewers, or two parts of one review, report the same problem. A wrong
 * merge loses a problem and a missing one says it twice, so in doubt both stay.
 */
import { type Finding, type ReviewerName, severities } from "../../adapters/reviewer/reviewer.ts";
import { likeness, sharesWord } from "./likeness.ts";
import { compareText } from "./rank-findings.ts";

export interface MergedFinding {
  /** The words of the first of `members`; the severity, lines and suggestion that serve best. */
  readonly finding: Finding;
  /** Each once, the one whose words are kept first. */
  readonly reportedBy: readonly [ReviewerName, ...ReviewerName[]];
  /** Indexes of what was found, the one whose words are kept first. */
  readonly members: readonly [number, ...number[]];
}

/** A rule says the same thing in the same words each time, and its place is exact. */
const wordOrder: readonly ReviewerName[] = ["rules", "agent", "model"];

/** What comes out does not depend on the order findings come in, but for wholly equal ones. */
export function mergeFindings(found: readonly Finding[]): readonly MergedFinding[] {
  const byPath = new Map<string, Groups>();
  for (const [index, finding] of [...found.entries()].sort(([, a], [, b]) => compareWords(a, b))) {
    const groups = byPath.get(finding.path) ?? { exact: new Map(), all: [] };
    byPath.set(finding.path, groups);
    const group = findGroup(groups, finding);
    if (group) group.push({ index, finding });
    else addGroup(groups, { index, finding });
  }
  return [...byPath.values()].flatMap(({ all }) => all.map(merge));
}

interface Member {
  readonly index: number;
  readonly finding: Finding;
}
/** The member whose words are kept comes first. */
type Group = [Member, ...Member[]];

interface Groups {
  /** Rules may report thousands in a file: they are looked up, not compared. */
  readonly exact: Map<string, Group>;
  readonly all: Group[];
}

function compareWords(a: Finding, b: Finding): number {
  return (
    wordOrder.indexOf(a.reviewer) - wordOrder.indexOf(b.reviewer) ||
    severities.indexOf(a.severity) - severities.indexOf(b.severity) ||
    compareText(a.path, b.path) ||
    a.startLine - b.startLine ||
    a.line - b.line ||
    compareText(a.title, b.title) ||
    compareText(a.body, b.body) ||
    compareText(a.category, b.category) ||
    compareText(a.ruleId ?? "", b.ruleId ?? "") ||
    compareText(a.suggestion ?? "", b.suggestion ?? "")
  );
}

function findGroup({ exact, all }: Groups, finding: Finding): Group | undefined {
  const same = exact.get(exactKey(finding));
  if (same || finding.reviewer === "rules") return same;
  return all.find(([kept]) => isSameProblem(kept.finding, finding));
}

function addGroup({ exact, all }: Groups, member: Member): void {
  const group: Group = [member];
  exact.set(exactKey(member.finding), group);
  all.push(group);
}

function exactKey({ ruleId, startLine, line, title }: Finding): string {
  return JSON.stringify([ruleId, startLine, line, title]);
}

/** The second is never of a rule: two rules on one line are two problems. */
function isSameProblem(kept: Finding, other: Finding): boolean {
  const shared = sharedLines(kept, other);
  if (shared <= 0) return false;
  const alike = likeness(kept.title, other.title);
  if (alike >= 0.5) return true;
  const all = Math.max(kept.line, other.line) - Math.min(kept.startLine, other.startLine) + 1;
  if (kept.category !== other.category || shared / all < 0.5) return false;
  if (kept.reviewer === other.reviewer) return alike >= 0.25;
  return sharesWord(other.title, `${kept.ruleId ?? ""} ${kept.title} ${kept.body}`);
}

function sharedLines(a: Finding, b: Finding): number {
  return Math.min(a.line, b.line) - Math.max(a.startLine, b.startLine) + 1;
}

function merge(group: Group): MergedFinding {
  const [kept, ...others] = group;
  const reviewers = new Set(others.map(({ finding }) => finding.reviewer));
  reviewers.delete(kept.finding.reviewer);
  const worst = severities.find((severity) => group.some(({ finding }) => finding.severity === severity));
  const { startLine, line, suggestion } = mostPrecise(group);
  return {
    finding: { ...kept.finding, severity: worst ?? kept.finding.severity, startLine, line, suggestion },
    reportedBy: [kept.finding.reviewer, ...reviewers],
    members: [kept.index, ...others.map(({ index }) => index)],
  };
}

/** A suggestion replaces its own lines, so both come from one and the same member. */
function mostPrecise(group: Group): Finding {
  const findings = group.map(({ finding }) => finding);
  const fixes = findings.filter(({ suggestion }) => suggestion !== null);
  const choice = fixes.length > 0 ? fixes : findings;
  return choice.reduce((best, one) => (one.line - one.startLine < best.line - best.startLine ? one : best));
}
