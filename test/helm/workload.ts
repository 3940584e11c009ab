/** Finds a role's pod in what the chart renders. */
import type { Manifest } from "./helm.ts";

export const roles = ["serve", "dispatcher", "poller", "syncer", "migrate"] as const;
export type Role = (typeof roles)[number];

interface Variable {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: { readonly secretKeyRef: { readonly name: string; readonly key: string } };
}

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string };
}

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly args: readonly string[];
  readonly env: readonly Variable[];
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[];
  readonly livenessProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly startupProbe?: Probe;
  readonly resources: object;
  readonly securityContext: object;
  readonly volumeMounts: readonly object[];
}

export interface Pod {
  readonly containers: readonly Container[];
  readonly terminationGracePeriodSeconds?: number;
  readonly restartPolicy?: string;
  readonly [field: string]: unknown;
}

interface Workload {
  readonly replicas?: number;
  readonly selector?: { readonly matchLabels: Readonly<Record<string, string>> };
  readonly template: {
    readonly metadata: { readonly labels: Readonly<Record<string, string>> };
    readonly spec: Pod;
  };
}

/** The Deployment or Job of a role. */
export function workloadOf(manifests: readonly Manifest[], role: Role): Workload {
  const found = manifests.filter(
    ({ kind, source }) => (kind === "Deployment" || kind === "Job") && source.startsWith(`${role}/`),
  );
  if (found.length !== 1) throw new Error(`${role} has ${found.length} workloads`);
  // helm's output is of the kind it says, which is checked by the tests that read these fields.
  return found[0]?.spec as unknown as Workload;
}

export function podOf(manifests: readonly Manifest[], role: Role): Pod {
  return workloadOf(manifests, role).template.spec;
}

export function containerOf(manifests: readonly Manifest[], role: Role): Container {
  const [container, ...others] = podOf(manifests, role).containers;
  if (!container || others.length > 0) throw new Error(`${role} should have one container`);
  return container;
}

/** The environment Kubernetes would make, with a fitting text for every secret. */
export function environmentOf(container: Container): Record<string, string> {
  return Object.fromEntries(container.env.map(({ name, value }) => [name, value ?? secretFor(name)]));
}

function secretFor(name: string): string {
  if (name.endsWith("DATABASE_URL")) return "postgres://user:password@host:5432/database";
  if (name.endsWith("PRIVATE_KEY")) return "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----";
  if (name.endsWith("API_KEY")) return "sk-of-a-provider";
  return "a secret of enough characters";
}
