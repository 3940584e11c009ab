/** Rules for Dockerfiles, on their parsed instructions. */
import type { Dockerfile, From, ImageTemplate, Instruction } from "dockerfile-ast";
import type { DockerfileRule } from "../rule.ts";

const remoteAdd: DockerfileRule = {
  kind: "dockerfile",
  id: "dockerfile/remote-add",
  severity: "medium",
  category: "supply-chain",
  title: "A file is fetched into the image without a checksum",
  why: "What the address serves at the next build goes into the image unseen. Give `ADD` the expected content with `--checksum=sha256:…`.",
  find: (dockerfile) =>
    instructions(dockerfile, "ADD").filter((each) => {
      const content = each.getArgumentsContent() ?? "";
      return (
        /(^|\s)https?:\/\//.test(content) &&
        !/--checksum=/.test(each.getTextContent()) &&
        !/\.git(#\S*)?\s/.test(content)
      );
    }),
  bad: [{ lines: ["FROM debian:12", "ADD https://acme.com/tool.tar.gz /opt/"], line: 2 }],
  good: [
    {
      lines: [
        "FROM debian:12",
        "ADD --checksum=sha256:24454f830cdb571e2c4ad15481119c43b3cafd48dd869a9b2945d1036d1dc68d https://acme.com/tool.tar.gz /opt/",
        "ADD tool.tar.gz /opt/",
      ],
    },
  ],
};

const mutableTag: DockerfileRule = {
  kind: "dockerfile",
  id: "dockerfile/mutable-tag",
  severity: "medium",
  category: "supply-chain",
  title: "The base image has no fixed version",
  why: "Without a tag, or with `latest`, the same Dockerfile builds another image tomorrow, and a rebuild can break or bring in what nobody chose. Name a version, or pin the digest.",
  find: (dockerfile) => {
    const stages = new Set(
      dockerfile.getFROMs().flatMap((from) => from.getBuildStage()?.toLowerCase() ?? []),
    );
    return dockerfile.getFROMs().filter((from) => isMutable(from, stages));
  },
  bad: [
    { lines: ["FROM debian"], line: 1 },
    { lines: ["FROM ghcr.io/acme/base:latest AS build"], line: 1 },
  ],
  good: [
    {
      lines: [
        "ARG BASE=debian:12",
        "FROM debian:12-slim AS build",
        "FROM ${BASE}",
        "FROM build",
        "FROM scratch",
        "FROM debian@sha256:24454f830cdb571e2c4ad15481119c43b3cafd48dd869a9b2945d1036d1dc68d",
      ],
    },
  ],
};

function isMutable(from: From, stages: ReadonlySet<string>): boolean {
  const image = from.getImage() ?? "";
  if (image === "" || image === "scratch" || image.includes("$") || stages.has(image.toLowerCase()))
    return false;
  return from.getImageDigest() === null && (from.getImageTag() ?? "latest") === "latest";
}

const rootUser: DockerfileRule = {
  kind: "dockerfile",
  id: "dockerfile/root-user",
  severity: "medium",
  category: "security",
  title: "The image's process runs as root",
  why: "The last `USER` holds when the container runs, and root in a container is one kernel or mount mistake away from root on the host. Switch back to an ordinary user after the steps that need root.",
  find: (dockerfile) => {
    const last = finalStage(dockerfile)
      .filter((each) => each.getKeyword() === "USER")
      .at(-1);
    return last && /^(root|0)(:|$)/.test(last.getArgumentsContent() ?? "") ? [last] : [];
  },
  bad: [{ lines: ["FROM debian:12", "USER app", "USER root", 'CMD ["serve"]'], line: 3 }],
  good: [
    { lines: ["FROM debian:12", "USER root", "RUN make install", "USER app", 'CMD ["serve"]'] },
    { lines: ["FROM debian:12 AS build", "USER root", "FROM debian:12", "USER app"] },
  ],
};

const pipeToShell: DockerfileRule = {
  kind: "dockerfile",
  id: "dockerfile/pipe-to-shell",
  severity: "medium",
  category: "supply-chain",
  title: "A script from the network runs unseen during the build",
  why: "Whoever controls the address, or the way to it, runs code in the build and in the image; and when the download breaks off, half a script runs. Fetch a fixed version, check its checksum, then run it.",
  find: (dockerfile) =>
    instructions(dockerfile, "RUN").filter((each) =>
      /\b(curl|wget)\b[^|;&]*https?:\/\/[^|;&]*\|\s*(sudo\s+(-\w+\s+)*)?(\/\S*\/)?(ba|z|da|a)?sh\b/.test(
        each.getArgumentsContent() ?? "",
      ),
    ),
  bad: [
    { lines: ["FROM debian:12", "RUN curl -fsSL https://acme.com/install.sh | sh"], line: 2 },
    { lines: ["FROM debian:12", "RUN wget -qO- https://acme.com/setup \\", "  | bash -s -- --yes"], line: 3 },
  ],
  good: [
    {
      lines: [
        "FROM debian:12",
        "RUN curl -fsSL https://acme.com/a.tar.gz | tar xz",
        "RUN curl -o i.sh https://acme.com/i.sh && sha256sum -c i.sum && sh i.sh",
      ],
    },
  ],
};

const secretName =
  /(^|_)(PASSWORD|PASSWD|SECRET|TOKEN|API_?KEY|SECRET_?KEY|PRIVATE_?KEY|ACCESS_?KEY|CREDENTIALS?)$/i;

const bakedSecret: DockerfileRule = {
  kind: "dockerfile",
  id: "dockerfile/secret-in-image",
  severity: "high",
  category: "security",
  title: "A secret given by ARG or ENV stays in the image",
  why: "Everyone who can pull the image reads it with `docker history` or `docker inspect`. At build time use `RUN --mount=type=secret`; at run time pass the variable when the container starts.",
  find: (dockerfile) =>
    finalStage(dockerfile).filter((each) => {
      const keyword = each.getKeyword();
      if (keyword !== "ENV" && keyword !== "ARG") return false;
      const names = (each.getArgumentsContent() ?? "").split(/\s+/).map((part) => part.split("="));
      return names.some(
        ([name = "", value]) =>
          secretName.test(name) && (keyword === "ARG" || Boolean(value?.replace(/["']/g, ""))),
      );
    }),
  bad: [
    { lines: ["FROM node:22", "ARG NPM_TOKEN", "RUN npm ci"], line: 2 },
    { lines: ["FROM node:22", "ENV PORT=80 DB_PASSWORD=hunter22"], line: 2 },
  ],
  good: [
    {
      lines: [
        "FROM node:22 AS build",
        "ARG NPM_TOKEN",
        "FROM node:22",
        "RUN --mount=type=secret,id=npm npm ci",
      ],
    },
    {
      lines: [
        "FROM node:22",
        'ENV TOKEN_URL=https://acme.com API_TOKEN=""',
        "ENV DB_PASSWORD_FILE=/run/secrets/db",
      ],
    },
  ],
};

const updateAlone: DockerfileRule = {
  kind: "dockerfile",
  id: "dockerfile/package-index-alone",
  severity: "low",
  category: "correctness",
  title: "The package index is updated in a layer of its own",
  why: "The layer is cached: the next time a package is added below, it is looked up in an index of long ago and is not found, or is an old version. Update and install in one `RUN`.",
  find: (dockerfile) =>
    instructions(dockerfile, "RUN").filter((each) =>
      /^\s*apt(-get)?\s+(-\w+\s+)*update(\s+-\w+)*\s*$/.test(each.getArgumentsContent() ?? ""),
    ),
  bad: [{ lines: ["FROM debian:12", "RUN apt-get update", "RUN apt-get install -y git"], line: 2 }],
  good: [{ lines: ["FROM debian:12", "RUN apt-get update && apt-get install -y git"] }],
};

function instructions(dockerfile: Dockerfile, keyword: string): Instruction[] {
  return dockerfile.getInstructions().filter((each) => each.getKeyword() === keyword);
}

/** What is left in the image: the instructions from the last FROM on. */
function finalStage(dockerfile: ImageTemplate): Instruction[] {
  const all = dockerfile.getInstructions();
  return all.slice(all.findLastIndex((each) => each.getKeyword() === "FROM") + 1);
}

export const dockerfileRules: readonly DockerfileRule[] = [
  remoteAdd,
  mutableTag,
  rootUser,
  pipeToShell,
  bakedSecret,
  updateAlone,
];
