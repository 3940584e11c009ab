/** What differs from role to role. */
import { afterAll, describe, expect, test } from "bun:test";
import { Helm, type Manifest } from "./helm.ts";
import { containerOf, environmentOf, podOf, type Role, workloadOf } from "./workload.ts";

const helm = new Helm();
afterAll(() => helm.close());

const values = { github: { appId: 1_234_567 } };
const rendered = await helm.render(values);

const staying = ["serve", "dispatcher", "poller", "syncer"] as const satisfies readonly Role[];
const ofKind = (manifests: readonly Manifest[], kind: string) =>
  manifests.filter((manifest) => manifest.kind === kind);

for (const role of staying) {
  describe(role, () => {
    test("is watched on the port of its metrics", () => {
      const container = containerOf(rendered, role);
      expect(container.livenessProbe?.httpGet).toEqual({ path: "/healthz", port: "metrics" });
      expect(container.startupProbe?.httpGet).toEqual({ path: "/healthz", port: "metrics" });
      expect(container.readinessProbe?.httpGet).toEqual({ path: "/readyz", port: "metrics" });
      const metrics = container.ports?.find(({ name }) => name === "metrics");
      expect(String(metrics?.containerPort)).toBe(environmentOf(container).METRICS_PORT ?? "");
    });

    test("is selected by labels its pods have, and no other role's", () => {
      const { selector, template } = workloadOf(rendered, role);
      expect(template.metadata.labels).toMatchObject(selector?.matchLabels ?? {});
      expect(selector?.matchLabels["app.kubernetes.io/component"]).toBe(role);
      const policy = ofKind(rendered, "NetworkPolicy").find(({ source }) => source.startsWith(`${role}/`));
      expect(policy?.spec.podSelector).toEqual({ matchLabels: selector?.matchLabels });
    });
  });
}

test("one poller and one syncer, as many of the others as are asked for", async () => {
  const manifests = await helm.render({ ...values, serve: { replicas: 5 }, dispatcher: { replicas: 7 } });
  const replicas = staying.map((role) => workloadOf(manifests, role).replicas);
  expect(replicas).toEqual([5, 7, 1, 1]);
});

test("a dispatcher is given more time to stop than it takes for itself", async () => {
  for (const shutdownGraceSecs of [0, 25, 3_600]) {
    const manifests = await helm.render({ ...values, dispatcher: { shutdownGraceSecs } });
    const env = environmentOf(containerOf(manifests, "dispatcher"));
    expect(env.SHUTDOWN_GRACE_SECS).toBe(String(shutdownGraceSecs));
    const givenSecs = podOf(manifests, "dispatcher").terminationGracePeriodSeconds ?? 0;
    expect(givenSecs).toBeGreaterThanOrEqual(shutdownGraceSecs + 30);
  }
});

const optionalIn = (manifests: readonly Manifest[]) =>
  staying.flatMap((role) =>
    containerOf(manifests, role)
      .env.filter(({ valueFrom }) => JSON.stringify(valueFrom ?? {}).includes("optional"))
      .map(({ name }) => name),
  );

test("LISTEN_DATABASE_URL may be missing from the Secret, and nothing else", () => {
  expect(optionalIn(rendered)).toEqual(["LISTEN_DATABASE_URL"]);
});

describe("language models", () => {
  const modelEnv = (manifests: readonly Manifest[]) =>
    containerOf(manifests, "dispatcher")
      .env.map(({ name }) => name)
      .filter((name) => /MODEL|API_KEY|(OPENAI|ANTHROPIC|GOOGLE)/.test(name));

  test("are none unless offered, and then no key is asked for", () => {
    expect(modelEnv(rendered)).toEqual([]);
  });

  test("need the key of their provider and no other's", async () => {
    const offered = ["anthropic/claude-opus-5", "anthropic/claude-haiku-4-5"];
    const manifests = await helm.render({ ...values, dispatcher: { models: { offered, effort: "low" } } });
    const env = environmentOf(containerOf(manifests, "dispatcher"));
    expect(env).toMatchObject({ MODELS: offered.join(","), MODEL_EFFORT: "low" });
    expect(modelEnv(manifests).filter((name) => name.endsWith("_KEY"))).toEqual(["ANTHROPIC_API_KEY"]);
  });

  test("of a compatible server need its address, and a key only if it wants one", async () => {
    const offered = ["openai-compatible/qwen3"];
    const { exitCode, stderr } = await helm.template({ ...values, dispatcher: { models: { offered } } });
    expect(exitCode).not.toBe(0);
    expect(stderr).toContain("dispatcher.models.baseUrls.openaiCompatible is required");
    const baseUrls = { openaiCompatible: "http://ollama:11434/v1" };
    const models = { offered, baseUrls, contextTokens: 1_000_000 };
    const manifests = await helm.render({ ...values, dispatcher: { models } });
    expect(environmentOf(containerOf(manifests, "dispatcher"))).toMatchObject({
      OPENAI_COMPATIBLE_BASE_URL: "http://ollama:11434/v1",
      MODEL_CONTEXT_TOKENS: "1000000",
    });
    expect(optionalIn(manifests)).toEqual(["LISTEN_DATABASE_URL", "OPENAI_COMPATIBLE_API_KEY"]);
  });
});

test("numbers reach the role as they were written", async () => {
  const manifests = await helm.render({ github: { appId: 123_456_789 }, ownerMaxRunning: 1_000 });
  const env = environmentOf(containerOf(manifests, "syncer"));
  expect(env).toMatchObject({ GITHUB_APP_ID: "123456789", OWNER_MAX_RUNNING: "1000" });
});

test("the schema is brought up to date before anything is installed or upgraded", () => {
  const job = ofKind(rendered, "Job")[0];
  expect(job?.metadata.annotations).toMatchObject({ "helm.sh/hook": "pre-install,pre-upgrade" });
  expect(podOf(rendered, "migrate").restartPolicy).toBe("Never");
});

describe("serve", () => {
  test("is reached at its service's port, and from outside only where asked for", async () => {
    const service = ofKind(rendered, "Service")[0];
    expect(service?.spec).toMatchObject({
      selector: workloadOf(rendered, "serve").selector?.matchLabels,
      ports: [{ port: 80, targetPort: "http" }],
    });
    const container = containerOf(rendered, "serve");
    const http = container.ports?.find(({ name }) => name === "http");
    expect(String(http?.containerPort)).toBe(environmentOf(container).PORT ?? "");
    expect(ofKind(rendered, "Service")).toHaveLength(1);
    expect(ofKind(rendered, "Ingress")).toHaveLength(0);

    const ingress = { enabled: true, host: "reviews.example.com", className: "nginx", tlsSecretName: "tls" };
    const manifests = await helm.render({ ...values, serve: { ingress } });
    const backend = { service: { name: service?.metadata.name, port: { name: "http" } } };
    expect(ofKind(manifests, "Ingress")[0]?.spec).toEqual({
      ingressClassName: "nginx",
      tls: [{ hosts: ["reviews.example.com"], secretName: "tls" }],
      rules: [{ host: "reviews.example.com", http: { paths: [{ path: "/", pathType: "Prefix", backend }] } }],
    });
  });

  test("an Ingress without a host is refused", async () => {
    const { exitCode, stderr } = await helm.template({ ...values, serve: { ingress: { enabled: true } } });
    expect(exitCode).not.toBe(0);
    expect(stderr).toContain("serve.ingress.host is required");
  });
});

describe("network policies", () => {
  const ingressOf = (manifests: readonly Manifest[]) =>
    Object.fromEntries(
      ofKind(manifests, "NetworkPolicy").map(({ source, spec }) => [source.split("/")[0], spec.ingress]),
    );

  test("let everybody call serve, and nobody anything else", () => {
    expect(ingressOf(rendered)).toEqual({
      serve: [{ ports: [{ port: "http" }] }],
      dispatcher: undefined,
      poller: undefined,
      syncer: undefined,
    });
  });

  test("open the metrics, and close serve, to whom they are told to", async () => {
    const monitoring = { namespaceSelector: { matchLabels: { name: "monitoring" } } };
    const proxy = { podSelector: { matchLabels: { app: "proxy" } } };
    const networkPolicy = { metricsFrom: [monitoring], serveFrom: [proxy] };
    const metrics = { from: [monitoring], ports: [{ port: "metrics" }] };
    expect(ingressOf(await helm.render({ ...values, networkPolicy }))).toEqual({
      serve: [{ from: [proxy], ports: [{ port: "http" }] }, metrics],
      dispatcher: [metrics],
      poller: [metrics],
      syncer: [metrics],
    });
  });

  test("are left out on request", async () => {
    const manifests = await helm.render({ ...values, networkPolicy: { enabled: false } });
    expect(ofKind(manifests, "NetworkPolicy")).toEqual([]);
  });
});

test("a drained node takes one pod of a role at a time, and never waits for the only poller", () => {
  const budgets = ofKind(rendered, "PodDisruptionBudget");
  expect(budgets.map(({ source }) => source.split("/")[0]).sort()).toEqual(["dispatcher", "serve"]);
  for (const { spec } of budgets) expect(spec.maxUnavailable).toBe(1);
});
