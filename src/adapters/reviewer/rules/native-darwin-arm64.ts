/** The parser library and its grammars for darwin-arm64; imported on that platform only, so that a build embeds no other's. */
import go from "@ast-grep/lang-go/prebuilds/prebuild-macOS-ARM64/parser.so" with { type: "file" };
import java from "@ast-grep/lang-java/prebuilds/prebuild-macOS-ARM64/parser.so" with { type: "file" };
import python from "@ast-grep/lang-python/prebuilds/prebuild-macOS-ARM64/parser.so" with { type: "file" };
import sql from "@ast-grep/lang-sql/prebuilds/prebuild-macOS-ARM64/parser.so" with { type: "file" };
import yaml from "@ast-grep/lang-yaml/prebuilds/prebuild-macOS-ARM64/parser.so" with { type: "file" };

/** Bun refuses to import a .node file as a path outside a compiled binary. */
const napi = Bun.isStandaloneExecutable
  ? (await import("@ast-grep/napi-darwin-arm64/ast-grep-napi.darwin-arm64.node", { with: { type: "file" } }))
      .default
  : Bun.fileURLToPath(import.meta.resolve("@ast-grep/napi-darwin-arm64/ast-grep-napi.darwin-arm64.node"));

export const nativeFiles = { napi, go, java, python, sql, yaml };
