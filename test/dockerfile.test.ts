/** The image's recipe, read as Docker reads it: there is no engine where these tests run. */
import { describe, expect, test } from "bun:test";
import { cp, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Copy, DockerfileParser, From, type Instruction, type JSONInstruction } from "dockerfile-ast";
import packageJson from "../package.json" with { type: "json" };

const root = resolve(import.meta.dir, "..");
const dockerfile = DockerfileParser.parse(await Bun.file(join(root, "Dockerfile")).text());
const ignored = await Bun.file(join(root, ".dockerignore")).text();

/** The instructions of each stage, its FROM first. */
const stages: Instruction[][] = [];
for (const instruction of dockerfile.getInstructions()) {
  if (instruction instanceof From) stages.push([]);
  stages.at(-1)?.push(instruction);
}
const [build = [], image = []] = stages;

const argumentsOf = (stage: readonly Instruction[], keyword: string) =>
  stage
    .filter((instruction) => instruction.getKeyword() === keyword)
    .map((instruction) => instruction.getArguments().map(String).join(" "));

/** Sources and target of the stage's copies, without those from another stage. */
function copiesOf(stage: readonly Instruction[]) {
  return stage
    .filter((instruction) => instruction instanceof Copy)
    .filter((copy) => !copy.getFlags().some((flag) => flag.getName() === "from"))
    .map((copy) => copy.getArguments().map((argument) => argument.getValue()))
    .map((paths) => ({ sources: paths.slice(0, -1), target: paths.at(-1) ?? "" }));
}

describe("the image", () => {
  test("is built with the Bun the product is written for, on bases that are pinned", () => {
    expect(stages).toHaveLength(2);
    expect(argumentsOf(build, "FROM")).toEqual([`oven/bun:${packageJson.engines.bun} AS build`]);
    expect(argumentsOf(image, "FROM")[0]).toMatch(/^debian:\d+-slim$/);
  });

  test("takes nothing but the binary and the license into its last stage", () => {
    const taken = argumentsOf(image, "COPY");
    expect(taken).toEqual([
      "/build/dist/reviewd /usr/local/bin/reviewd",
      "LICENSE /usr/share/doc/reviewd/LICENSE",
    ]);
    expect(argumentsOf(image, "ADD")).toEqual([]);
    expect(argumentsOf([...build, ...image], "ENV").concat(argumentsOf(build, "ARG"))).toEqual([]);
  });

  test("installs git and leaves no package lists behind", () => {
    const [run = "", ...others] = argumentsOf(image, "RUN");
    expect(others).toEqual([]);
    expect(run).toMatch(/--no-install-recommends\b.*\bgit\b/);
    expect(run).toContain("rm -rf /var/lib/apt/lists/*");
  });

  test("runs as a numbered user that is not root, set after the last command that needs root", () => {
    const users = argumentsOf(image, "USER");
    expect(users).toHaveLength(1);
    expect(users[0]).toMatch(/^[1-9]\d*:[1-9]\d*$/);
    const keywords = image.map((instruction) => instruction.getKeyword());
    expect(keywords.lastIndexOf("RUN")).toBeLessThan(keywords.indexOf("USER"));
  });

  test("starts the binary itself, without a shell between it and its signals", () => {
    const [entrypoint] = image.filter((instruction) => instruction.getKeyword() === "ENTRYPOINT");
    const words = (entrypoint as JSONInstruction | undefined)?.getJSONStrings() ?? [];
    expect(words.map((word) => word.getJSONValue())).toEqual(["/usr/local/bin/reviewd"]);
    expect(argumentsOf(image, "HEALTHCHECK")).toEqual([]);
    expect(argumentsOf(image, "STOPSIGNAL")).toEqual([]);
  });

  test("lets nothing into the build that it does not copy", () => {
    const lines = ignored.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
    expect(lines[0]).toBe("*");
    const allowed = lines.slice(1).map((line) => line.replace(/^!/, ""));
    const copied = [...copiesOf(build), ...copiesOf(image)].flatMap(({ sources }) => sources);
    expect(allowed.sort()).toEqual(copied.map((path) => path.replace(/\/$/, "")).sort());
  });
});

test("what is copied into the build is all that the build needs", async () => {
  const folder = await mkdtemp(join(tmpdir(), "reviewd-image-"));
  try {
    for (const { sources, target } of copiesOf(build)) {
      for (const source of sources) {
        const to = sources.length > 1 || target === "./" ? join(target, source) : target;
        await cp(join(root, source), join(folder, to), { recursive: true });
      }
    }
    await symlink(join(root, "node_modules"), join(folder, "node_modules"));
    expect(argumentsOf(build, "RUN")).toContain("bun run build");
    const made = Bun.spawnSync([process.execPath, "run", "build"], { cwd: folder });
    expect(made.stderr.toString()).not.toContain("error");
    const started = Bun.spawnSync([join(folder, "dist/reviewd"), "--version"], { cwd: tmpdir(), env: {} });
    expect(started.stdout.toString()).toBe(`${packageJson.version}\n`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
