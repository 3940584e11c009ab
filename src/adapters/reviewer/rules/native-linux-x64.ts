/** The parser library and its grammars for linux-x64; imported on that platform only, so that a build embeds no other's. */
import bash from "@ast-grep/lang-bash/prebuilds/prebuild-Linux-X64/parser.so" with { type: "file" };
import c from "@ast-grep/lang-c/prebuilds/prebuild-Linux-X64/parser.so" with { type: "file" };
import cpp from "@ast-grep/lang-cpp/prebuilds/prebuild-Linux-X64/parser.so" with { type: "file" };
import csharp from "@ast-grep/lang-csharp/prebuilds/prebuild-Linux-X64/parser.so" with { type: "file" };
import elixir from "@ast-grep/lang-elixir/prebuilds/prebuild-Linux-X64/parser.so" with { type: "file" };
import go from "@ast-grep/lang-go/prebuilds/prebuild-Linux-X64/parser.so" with { type: "file" };
import java from "@ast-grep/lang-java/prebuilds/prebuild-Linux-X64/parser.so" with { type: "file" };
import kotlin from "@ast-grep/lang-kotlin/prebuilds/prebuild-Linux-X64/parser.so" with { type: "file" };
import lua from "@ast-grep/lang-lua/prebuilds/prebuild-Linux-X64/parser.so" with { type: "file" };
import php from "@ast-grep/lang-php/prebuilds/prebuild-Linux-X64/parser.so" with { type: "file" };
import python from "@ast-grep/lang-python/prebuilds/prebuild-Linux-X64/parser.so" with { type: "file" };
import ruby from "@ast-grep/lang-ruby/prebuilds/prebuild-Linux-X64/parser.so" with { type: "file" };
import rust from "@ast-grep/lang-rust/prebuilds/prebuild-Linux-X64/parser.so" with { type: "file" };
import scala from "@ast-grep/lang-scala/prebuilds/prebuild-Linux-X64/parser.so" with { type: "file" };
import sql from "@ast-grep/lang-sql/prebuilds/prebuild-Linux-X64/parser.so" with { type: "file" };
import swift from "@ast-grep/lang-swift/prebuilds/prebuild-Linux-X64/parser.so" with { type: "file" };
import yaml from "@ast-grep/lang-yaml/prebuilds/prebuild-Linux-X64/parser.so" with { type: "file" };

/** Bun refuses to import a .node file as a path outside a compiled binary. */
const napi = Bun.isStandaloneExecutable
  ? (
      await import("@ast-grep/napi-linux-x64-gnu/ast-grep-napi.linux-x64-gnu.node", {
        with: { type: "file" },
      })
    ).default
  : Bun.fileURLToPath(import.meta.resolve("@ast-grep/napi-linux-x64-gnu/ast-grep-napi.linux-x64-gnu.node"));

export const nativeFiles = {
  napi,
  bash,
  c,
  cpp,
  csharp,
  elixir,
  go,
  java,
  kotlin,
  lua,
  php,
  python,
  ruby,
  rust,
  scala,
  sql,
  swift,
  yaml,
};
