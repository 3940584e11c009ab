/** The alerts: off unless asked for, about metrics that there are, and with thresholds as they were given. */
import { afterAll, expect, test } from "bun:test";
import { Helm, type Manifest } from "./helm.ts";
// Registers the gauges that the syncer shows, and the one of every role of which one process works.
import "../../src/active-metric.ts";
import "../../src/roles/syncer/queue-watch.ts";
import { register } from "prom-client";

const helm = new Helm();
afterAll(() => helm.close());

const values = { github: { appId: 1_234_567 } };

interface Alert {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly description: string };
}

const ruleOf = (manifests: readonly Manifest[]) => manifests.filter(({ kind }) => kind === "PrometheusRule");

async function renderAlerts(alerts: object) {
  const [rule] = ruleOf(await helm.render({ ...values, alerts: { enabled: true, ...alerts } }));
  if (!rule) throw new Error("no rule was rendered");
  // What the Prometheus Operator's PrometheusRule holds.
  const [group] = rule.spec.groups as unknown as [{ readonly rules: readonly Alert[] }];
  return { rule, alerts: group.rules };
}

test("there are none unless they are asked for: without the operator their kind is unknown", async () => {
  expect(ruleOf(await helm.render(values))).toEqual([]);
});

test("they are about metrics that there are", async () => {
  const shown = new Set(register.getMetricsAsArray().map(({ name }) => name));
  const { alerts } = await renderAlerts({});
  expect(alerts.map(({ alert }) => alert)).toEqual([
    "ReviewdOldestTransaction",
    "ReviewdBrokenSeats",
    "ReviewdPendingTooOld",
    "ReviewdNoDispatcher",
    "ReviewdQueueNotRead",
    "ReviewdNobodyPolls",
  ]);
  for (const { expr } of alerts) {
    const named = expr.match(/reviewd_\w+/g) ?? [];
    expect(named).not.toEqual([]);
    expect(named.filter((name) => !shown.has(name))).toEqual([]);
  }
});

test("they say how bad it is, what is wrong and what to do, with the value where it helps", async () => {
  const { alerts } = await renderAlerts({});
  for (const { labels, annotations } of alerts) {
    expect(["warning", "critical"]).toContain(labels.severity);
    expect(annotations.summary).not.toBe("");
    expect(annotations.description).not.toMatch(/\n|\{\{ "|" \}\}/);
  }
  expect(alerts[0]?.annotations.description).toContain("{{ $value | humanizeDuration }}");
});

test("thresholds and labels are as given", async () => {
  const { rule, alerts } = await renderAlerts({
    labels: { release: "prometheus" },
    oldestTransactionSecs: 60,
    oldestPendingSecs: 1_000_000,
  });
  expect(rule.metadata).toMatchObject({ name: "reviewd", labels: { release: "prometheus" } });
  expect(alerts[0]?.expr).toEndWith(" > 60");
  expect(alerts[2]?.expr).toEndWith(" > 1000000");
});
