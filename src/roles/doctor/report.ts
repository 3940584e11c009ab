/** doctor's results, for people and for programs. */
import packageJson from "../../../package.json" with { type: "json" };
import type { Result, Status } from "./check.ts";

const checkColumns = 20;
const statusColumns = 9;

export function formatLine({ check, status, says, todo }: Result): string {
  const head = `${status.padEnd(statusColumns)}${check.padEnd(checkColumns)}${visible(says)}`;
  return todo === null
    ? head
    : `${head}\n${" ".repeat(statusColumns)}${" ".repeat(checkColumns)}→ ${visible(todo)}`;
}

export function formatSummary(results: readonly Result[]): string {
  const statuses: readonly Status[] = ["ok", "warning", "failed", "skipped"];
  return `\n${statuses.map((status) => `${countOf(results, status)} ${status}`).join(", ")}`;
}

export function formatJson(results: readonly Result[]): string {
  const healthy = countOf(results, "failed") === 0;
  return JSON.stringify({ version: packageJson.version, healthy, checks: results }, null, 2);
}

export function countOf(results: readonly Result[], wanted: Status): number {
  return results.filter(({ status }) => status === wanted).length;
}

/** Names from elsewhere may hold anything; control characters would write on the terminal what they like. */
function visible(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]/gu, "?");
}
