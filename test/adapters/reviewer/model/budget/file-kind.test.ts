import { expect, test } from "bun:test";
import { type FileKind, fileKind } from "../../../../../src/adapters/reviewer/model/budget/file-kind.ts";

const kinds: Readonly<Record<FileKind, readonly string[]>> = {
  lock_file: [
    "bun.lock",
    "web/package-lock.json",
    "pnpm-lock.yaml",
    "go.sum",
    "Cargo.lock",
    "a/.terraform.lock.hcl",
  ],
  vendored: [
    "vendor/a/b.go",
    "web/node_modules/x/index.js",
    "third_party/zlib/a.c",
    ".yarn/releases/yarn.cjs",
    "gradlew",
  ],
  generated: [
    "api/user.pb.go",
    "api/user_pb2.py",
    "web/app.min.js",
    "src/schema.generated.ts",
    "k8s/zz_generated.deepcopy.go",
    "test/__snapshots__/a.test.ts.snap",
    "packages/a/dist/index.js",
    "Form1.Designer.cs".toLowerCase(),
  ],
  risk: [
    "src/auth/session.ts",
    "src/Authorization.java",
    "lib/AuthService.kt",
    "src/authorise.ts",
    "app/models/payment.rb",
    "db/migrate/1_add.rb",
    "drizzle/0001.sql",
    ".github/workflows/ci.yml",
    "deploy/Dockerfile",
    "infra/main.tf",
    "src/crypto.go",
  ],
  source: [
    "src/cart.ts",
    "src/author.ts",
    "src/authors/list.ts",
    "src/coverage/report.ts",
    "src/vendors/service.ts",
    "src/tokenizer.ts",
    "lib/to_string.go",
    "src/lock.ts",
    "analysis/a.ipynb",
    "a",
  ],
  test: [
    "src/cart.test.ts",
    "tests/test_cart.py",
    "pkg/cart_test.go",
    "src/CartTest.java",
    "spec/login_spec.rb",
  ],
  config: ["package.json", "helm/values.yaml", "tsconfig.json", ".env.example", "pom.xml"],
  docs: ["README.md", "docs/auth.md", "LICENSE", "docs/site/style.css"],
};

test.each(
  Object.entries(kinds).flatMap(([kind, paths]) => paths.map((path): [string, string] => [path, kind])),
)("%s is of kind %s", (path, kind) => {
  expect(fileKind(path)).toBe(kind as FileKind);
});
