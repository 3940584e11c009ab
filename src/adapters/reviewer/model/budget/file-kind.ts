/** What a file is, by its path alone: which files are left out, and which are read first. The lists follow linguist's. */

/** The order in which what remains is read. */
const readKinds = ["risk", "source", "test", "config", "docs"] as const;
export type ReadKind = (typeof readKinds)[number];
export type LeftOutKind = "generated" | "vendored" | "lock_file";
export type FileKind = ReadKind | LeftOutKind;

/** Lower is read sooner. */
export function rankOf(kind: ReadKind): number {
  return readKinds.indexOf(kind);
}

export function isLeftOut(kind: FileKind): kind is LeftOutKind {
  return kind === "generated" || kind === "vendored" || kind === "lock_file";
}

export function fileKind(path: string): FileKind {
  return kinds.find(({ matches }) => matches(path))?.kind ?? "source";
}

const lockFiles = [
  "{composer,packages,flake}.lock",
  "{package-lock,npm-shrinkwrap,packages.lock,project.assets}.json",
  "{yarn,Gemfile,Cargo,poetry,uv,pdm,Pipfile,mix,pubspec,Podfile,Chart,bun,deno,gradle,conan,Berksfile,buf}.lock",
  "{pnpm-lock,pixi,conda-lock}.{yaml,yml,lock}",
  "{bun.lockb,go.sum,go.work.sum,Package.resolved,Cartfile.resolved,rebar.lock,.terraform.lock.hcl,MODULE.bazel.lock}",
  "{cabal.project.freeze,stack.yaml.lock,gradle.lockfile,buildscript-gradle.lockfile,renv.lock,Manifest.toml}",
];

const vendored = [
  "{node_modules,bower_components,jspm_packages,Godeps,Pods,Carthage,third_party,third-party,3rdparty}/**",
  "{vendor,_vendor}/**",
  ".yarn/{releases,plugins,sdks,versions,unplugged,cache}/**",
  "{site-packages,.venv,venv}/**",
  "{gradlew,gradlew.bat,mvnw,mvnw.cmd,gradle-wrapper.jar}",
  ".pnp.{js,cjs,loader.mjs}",
  "jquery{,-[0-9]*,.ui,-ui}.js",
];

const generated = [
  "*.{min,bundle,chunk}.{js,mjs,cjs,css}",
  "*.{js,mjs,cjs,css,ts}.map",
  "*.{pb,pb.gw,pb.validate,connect}.go",
  "*_grpc.pb.go",
  "*{_pb2,_pb2_grpc}.{py,pyi}",
  "*{_pb,_grpc_pb,_connect}.{js,ts,d.ts}",
  "*.pb.{cc,h,swift,dart,rb}",
  "*_pb.rb",
  "*.{g,freezed,gr,mocks,config}.dart",
  "*.{designer,g,g.i,generated}.{cs,vb}",
  "*.{generated,gen,autogen}.{ts,tsx,js,jsx,go,py,rb,java,kt,swift,rs,cs,php,graphql}",
  "{zz_generated.*.go,*_gen.go,*_generated.{go,rs,ts,py},bindata.go,wire_gen.go}",
  "*.{snap,ambr}",
  "__snapshots__/**",
  "{__generated__,.generated,generated-sources}/**",
  "*.{tsbuildinfo,xcworkspacedata,pbxproj,nib,xib,storyboard}",
  "{dist,.next,.nuxt,.svelte-kit,.output,storybook-static}/**",
  "{npm-debug,yarn-error}.log",
  "*.{csproj,vcxproj}.user",
];

/** A mistake there costs most: who gets in, money, keys, data that is rewritten, and what runs with rights of its own. */
const risk = [
  ".github/{workflows,actions}/**",
  "{.gitlab-ci.yml,azure-pipelines.yml,Jenkinsfile,bitbucket-pipelines.yml,.circleci/**,.drone.yml,.woodpecker.yml}",
  "{Dockerfile,Containerfile,*.Dockerfile,Dockerfile.*}",
  "*.{sql,tf,rego,bicep}",
  "{migrations,migrate,db/migrate,drizzle,alembic,flyway,liquibase}/**",
];
const riskWords =
  /auth(?!or(?!i[sz]))|login|logout|sign_?in|session|passw|credential|crypt|secret|token(?!i[zs])|permission|privilege|access_?control|acl(?=[/._-])|(?<=[/_-])rbac|payment|billing|checkout|payout|refund|migrat|security|saml|jwt|webhook|sanitiz|deserial/i;

const tests = [
  "{test,tests,spec,specs,__tests__,__mocks__,testdata,fixtures,e2e,cypress}/**",
  "*{.,_,-}{test,tests,spec,e2e,cy,stories,bench}.*",
  "test_*.py",
  "*{Test,Tests,TestCase,Spec,IT}.{java,kt,scala,cs,swift,php,groovy}",
  "{conftest.py,*.feature}",
];

const docs = [
  "*.{md,mdx,rst,adoc,asciidoc,txt,org,tex,pod,rdoc}",
  "{docs,doc}/**/*.{html,css,svg,json,yaml,yml}",
  "{LICENSE,LICENCE,NOTICE,AUTHORS,CONTRIBUTORS,CHANGELOG,CODEOWNERS,README}{,.*}",
];

const config = [
  "*.{json,jsonc,json5,yaml,yml,toml,ini,cfg,conf,properties,env,xml,plist,csv,tsv,svg,po,xlf,editorconfig}",
  "{.gitignore,.gitattributes,.dockerignore,.npmrc,.nvmrc,.prettierrc,.eslintrc,.env.*}",
];

interface Kind {
  readonly kind: FileKind;
  readonly matches: (path: string) => boolean;
}

/** The first that matches. */
const kinds: readonly Kind[] = [
  { kind: "lock_file", matches: anyOf(lockFiles) },
  { kind: "vendored", matches: anyOf(vendored) },
  { kind: "generated", matches: anyOf(generated) },
  { kind: "test", matches: anyOf(tests) },
  { kind: "docs", matches: anyOf(docs) },
  { kind: "risk", matches: anyOf(risk) },
  { kind: "risk", matches: (path) => riskWords.test(path) },
  { kind: "config", matches: anyOf(config) },
];

/** Names and folders wherever they are. */
function anyOf(patterns: readonly string[]): (path: string) => boolean {
  const globs = patterns.map((pattern) => new Bun.Glob(`**/${pattern}`));
  return (path) => globs.some((glob) => glob.match(path));
}
