/** Which pull requests are reviewed by what is stored of a configuration: for whoever cannot read the file. */
import type { StoredLayers } from "../../adapters/postgres/repository-configurations.ts";
import type { GateRules } from "../task/review-gate.ts";
import { effectiveByStored } from "./effective-by-stored.ts";

/** Null: the file may have changed since it was read. One that was never read is taken for one that says nothing. */
export function gateRulesOf(stored: StoredLayers): GateRules | null {
  const isStale = stored.repository !== null && stored.repository.staleAt !== null;
  return isStale ? null : effectiveByStored(stored).values;
}
