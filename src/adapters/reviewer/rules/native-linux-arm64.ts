/** The parser library and its grammars for linux-arm64; imported on that platform only, so that a build embeds no other's. */
import go from "@ast-grep/lang-go/prebuilds/prebuild-Linux-ARM64/parser.so" with { type: "file" };
import java from "@ast-grep/lang-java/prebuilds/prebuild-Linux-ARM64/parser.so" with { type: "file" };
import python from "@ast-grep/lang-python/prebuilds/prebuild-Linux-ARM64/parser.so" with { type: "file" };
import sql from "@ast-grep/lang-sql/prebuilds/prebuild-Linux-ARM64/parser.so" with { type: "file" };
import yaml from "@ast-grep/lang-yaml/prebuilds/prebuild-Linux-ARM64/parser.so" with { type: "file" };

/** Bun refuses to import a .node file as a path outside a compiled binary. */
const napi = Bun.isStandaloneExecutable
  ? (
      await import("@ast-grep/napi-linux-arm64-gnu/ast-grep-napi.linux-arm64-gnu.node", {
        with: { type: "file" },
      })
    ).default
  : Bun.fileURLToPath(
      import.meta.resolve("@ast-grep/napi-linux-arm64-gnu/ast-grep-napi.linux-arm64-gnu.node"),
    );

export const nativeFiles = { napi, go, java, python, sql, yaml };
