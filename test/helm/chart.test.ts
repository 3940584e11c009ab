/** What the chart promises of every role's pod, whatever the values. */
import { afterAll, describe, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import packageJson from "../../package.json" with { type: "json" };
import { loadConfig, roleSettings } from "../../src/config.ts";
import { settings } from "../../src/settings.ts";
import { chart, Helm } from "./helm.ts";
import { containerOf, environmentOf, podOf, roles, workloadOf } from "./workload.ts";

const helm = new Helm();
afterAll(() => helm.close());

const values = { github: { appId: 1_234_567 } };
/** A model of each provider, so that every variable is there. */
const models = {
  offered: [
    "anthropic/claude-opus-5",
    "openai/gpt-5.4",
    "google/gemini-3-pro-preview",
    "openai-compatible/qwen3",
  ],
  baseUrls: { openaiCompatible: "http://ollama:11434/v1" },
};
const everything = {
  ...values,
  serve: {
    ingress: { enabled: true, host: "reviews.example.com", className: "nginx", tlsSecretName: "tls" },
  },
  networkPolicy: { metricsFrom: [{ namespaceSelector: {} }], serveFrom: [{ podSelector: {} }] },
  alerts: { enabled: true, labels: { release: "prometheus" } },
  imagePullSecrets: [{ name: "registry" }],
  nodeSelector: { disk: "ssd" },
  tolerations: [{ key: "reviews", operator: "Exists" }],
  priorityClassName: "high",
};

const rendered = await helm.render({ ...values, dispatcher: { models } });
const renderedWhole = await helm.render(everything);

describe("the chart", () => {
  for (const [name, given] of Object.entries({ "as few": values, "as many": everything })) {
    test(`passes helm's own checks with ${name} values as there can be`, async () => {
      const { exitCode, stdout, stderr } = await helm.run(
        "lint",
        "--strict",
        chart,
        "--values",
        helm.file(given),
      );
      expect(stdout).toContain("0 chart(s) failed");
      expect(`${stderr}${stdout}`).not.toMatch(/WARN|ERROR/);
      expect(exitCode).toBe(0);
    });
  }

  test("says what is missing", async () => {
    const { exitCode, stderr } = await helm.template({});
    expect(exitCode).not.toBe(0);
    expect(stderr).toContain("github.appId is required");
  });

  const mistakes = {
    "an unknown value": { dispatcher: { concurrancy: 8 } },
    "a value of the wrong type": { poller: { intervalSecs: "often" } },
    "a value out of range": { dispatcher: { leaseSecs: 1 } },
    "a model of an unknown provider": { dispatcher: { models: { offered: ["acme/one"] } } },
    "a digest that is none": { image: { digest: "latest" } },
  };
  for (const [name, mistake] of Object.entries(mistakes)) {
    test(`refuses ${name}`, async () => {
      const { exitCode, stderr } = await helm.template({ ...values, ...mistake });
      expect(exitCode).not.toBe(0);
      expect(stderr).toContain("values don't meet the specifications");
    });
  }

  test("has the version of the product, and its image unless told otherwise", async () => {
    const { version } = packageJson;
    const metadata = await Bun.file(join(chart, "Chart.yaml")).text();
    expect(metadata).toContain(`appVersion: "${version}"`);
    expect(containerOf(rendered, "serve").image).toBe(`reviewd:${version}`);
    const digest = `sha256:${"a".repeat(64)}`;
    const pinned = await helm.render({ ...values, image: { repository: "example.com/reviewd", digest } });
    expect(containerOf(pinned, "serve").image).toBe(`example.com/reviewd@${digest}`);
  });

  test("makes everything under the release's name, also a long one, and only once", async () => {
    const long = "a-release-name-that-is-as-long-as-helm-allows-them-ok";
    for (const manifests of [renderedWhole, await helm.render(values, long)]) {
      const names = manifests.map(({ kind, metadata }) => `${kind}/${metadata.name}`);
      expect(new Set(names).size).toBe(names.length);
      for (const { metadata } of manifests) expect(metadata.name.length).toBeLessThanOrEqual(63);
    }
    const prefix = "a-release-name-that-is-as-long-as-helm-allows-them";
    for (const { metadata } of await helm.render(values, long)) expect(metadata.name).toStartWith(prefix);
  });
});

test("every role has a folder of templates, and every folder is a role", async () => {
  const folders = readdirSync(join(chart, "templates"), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
  // `up` is all of them in one process, `token`, `replay` and `doctor` are commands for people.
  const forPeople = ["up", "token", "replay", "doctor"];
  const configured = Object.keys(roleSettings).filter((role) => !forPeople.includes(role));
  expect(folders.sort()).toEqual(configured.sort());
  expect<string[]>([...roles].sort()).toEqual(configured.sort());
  const { stdout: usage } = Bun.spawnSync([process.execPath, "src/main.ts", "--help"], {
    cwd: join(chart, ".."),
  });
  for (const role of folders) expect(usage.toString()).toMatch(new RegExp(`^  ${role} `, "m"));
});

for (const role of roles) {
  describe(role, () => {
    const names = [...new Set(roleSettings[role])].map((key) => settings[key].name);
    const secrets = [...new Set(roleSettings[role])].filter((key) => settings[key].secret);

    test("is given the variables its configuration names, and no other", () => {
      const given = containerOf(rendered, role).env.map(({ name }) => name);
      expect([...given].sort()).toEqual([...names].sort());
    });

    test("has its secrets from its own Secret, and nothing else from there", () => {
      const fromSecrets = containerOf(rendered, role).env.filter(({ valueFrom }) => valueFrom !== undefined);
      expect(fromSecrets.map(({ name }) => name).sort()).toEqual(
        secrets.map((key) => settings[key].name).sort(),
      );
      for (const { name, value, valueFrom } of fromSecrets) {
        expect(value).toBeUndefined();
        expect(valueFrom?.secretKeyRef).toMatchObject({ name: `reviewd-${role}`, key: name });
      }
    });

    test("starts with what it is given, and the chart's defaults are the product's", () => {
      const whole = environmentOf(containerOf(rendered, role));
      const given = Object.entries(whole).filter(([name]) => secretsAndApp.has(name));
      expect(loadConfig(role, whole)).toEqual(loadConfig(role, Object.fromEntries(given)));
    });

    test("runs the role of its name, as nobody in particular, on a system it cannot change", () => {
      for (const manifests of [rendered, renderedWhole]) {
        const pod = podOf(manifests, role);
        const container = containerOf(manifests, role);
        expect(container.args).toEqual([role]);
        expect(container.command).toBeUndefined();
        expect(pod.automountServiceAccountToken).toBe(false);
        expect(pod.enableServiceLinks).toBe(false);
        expect(pod.securityContext).toMatchObject({
          runAsNonRoot: true,
          seccompProfile: { type: "RuntimeDefault" },
        });
        expect(container.securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ["ALL"] },
        });
        expect(container.volumeMounts).toEqual([{ name: "tmp", mountPath: "/tmp" }]);
        expect(pod.volumes).toMatchObject([{ name: "tmp", emptyDir: {} }]);
        expect(container.resources).toMatchObject({ requests: {}, limits: {} });
      }
    });

    test("runs where it is told to", () => {
      const pod = podOf(renderedWhole, role);
      expect(pod.nodeSelector).toEqual({ disk: "ssd" });
      expect(pod.tolerations).toEqual([{ key: "reviews", operator: "Exists" }]);
      expect(pod.priorityClassName).toBe("high");
      expect(pod.imagePullSecrets).toEqual([{ name: "registry" }]);
    });
  });
}

/** What has no default and must be given. */
const withoutDefault = ["GITHUB_APP_ID", "MODELS", "OPENAI_COMPATIBLE_BASE_URL"];
const secretsAndApp = new Set(
  Object.values(settings)
    .filter(({ name, secret }) => secret || withoutDefault.includes(name))
    .map(({ name }) => name),
);

test("serve is never given the App's key, nor what signs markers, nor a model's key", () => {
  const given = JSON.stringify(workloadOf(rendered, "serve"));
  for (const name of ["GITHUB_APP_PRIVATE_KEY", "GITHUB_APP_ID", "MARKER_KEYS", "MODEL", "_API_KEY"])
    expect(given).not.toContain(name);
});
