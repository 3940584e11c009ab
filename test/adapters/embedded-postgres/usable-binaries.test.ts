import { afterAll, describe, expect, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Binaries, listBinaries } from "../../../src/adapters/embedded-postgres/binaries.ts";
import { usableBinaries } from "../../../src/adapters/embedded-postgres/usable-binaries.ts";

const folder = mkdtempSync(join(tmpdir(), "reviewd-binaries-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** A Postgres that knows its version only. */
function installed(name: string, version: string, mode = 0o755): Binaries {
  const bin = join(folder, name);
  mkdirSync(bin);
  const files = { initdb: join(bin, "initdb"), postgres: join(bin, "postgres") };
  for (const [program, path] of Object.entries(files)) {
    writeFileSync(path, `#!/bin/sh\necho "${program} (PostgreSQL) ${version}"\n`);
    chmodSync(path, mode);
  }
  return { ...files, package: null };
}

describe("usableBinaries", () => {
  test("takes the first that runs and is new enough", async () => {
    const old = installed("old", "14.11");
    const right = installed("right", "16.2 (Debian 16.2-1)");
    const found = await usableBinaries([old, right], null, join(folder, "copy"));
    expect(found).toEqual({ initdb: right.initdb, postgres: right.postgres, major: 16 });
  });

  test("says of each why it cannot be used, and what to set", async () => {
    const old = installed("older", "9.6.24");
    const closed = installed("closed", "17.0", 0o644);
    const refusal = usableBinaries([old, closed], null, join(folder, "copy"));
    await expect(refusal).rejects.toThrow(
      /older\/postgres: version 9 is older than 15\n.*closed\/postgres: .*DATABASE_URL/s,
    );
  });

  test("without any, says what to set", async () => {
    await expect(usableBinaries([], null, join(folder, "copy"))).rejects.toThrow(
      /no Postgres was found.*DATABASE_URL/,
    );
  });

  test("copies a package whose programs cannot be run where they lie, and makes its missing links", async () => {
    const native = join(folder, "package/native");
    for (const part of ["bin", "lib", "share"]) mkdirSync(join(native, part), { recursive: true });
    writeFileSync(join(native, "lib/libpq.so.5.18"), "");
    writeFileSync(
      join(native, "pg-symlinks.json"),
      '[{"source":"native/lib/libpq.so.5.18","target":"native/lib/libpq.so.5"}]',
    );
    for (const program of ["initdb", "postgres"]) {
      writeFileSync(join(native, "bin", program), `#!/bin/sh\necho "${program} (PostgreSQL) 18.4"\n`, {
        mode: 0o600,
      });
    }
    const packaged = {
      initdb: join(native, "bin/initdb"),
      postgres: join(native, "bin/postgres"),
      package: native,
    };
    const copy = join(folder, "copy");
    const found = await usableBinaries([packaged], null, copy);
    expect(found).toEqual({
      initdb: join(copy, "bin/initdb"),
      postgres: join(copy, "bin/postgres"),
      major: 18,
    });
    expect(existsSync(join(copy, "lib/libpq.so.5"))).toBe(true);
  });
});

describe("listBinaries", () => {
  test("prefers the package beside the program to what is on PATH", () => {
    const onPath = installed("on-path", "17.1");
    const [first, ...others] = listBinaries(join(folder, "on-path"));
    expect(first?.package).toEndWith(`@embedded-postgres/${process.platform}-${process.arch}/native`);
    expect(others).toContainEqual(onPath);
  });

  test("never looks into the working folder", () => {
    expect(listBinaries(".::relative/bin").filter(({ postgres }) => !postgres.startsWith("/"))).toEqual([]);
  });
});
