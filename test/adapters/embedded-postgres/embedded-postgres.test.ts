import { afterEach, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import postgres from "postgres";
import {
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from "../../../src/adapters/embedded-postgres/embedded-postgres.ts";
import { ReviewdError } from "../../../src/errors.ts";
import { removeServerFolder } from "../../support/server.ts";

const started: EmbeddedPostgres[] = [];
const folders: string[] = [];

afterEach(async () => {
  for (const server of started.splice(0)) await server.stop();
  for (const folder of folders.splice(0)) removeServerFolder(folder);
});

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "reviewd-postgres-"));
  folders.push(folder);
  return folder;
}

async function start(folder: string, port?: number): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({
    folder,
    searchPath: process.env.PATH ?? "",
    durable: false,
    ...(port === undefined ? {} : { port }),
  });
  started.push(server);
  return server;
}

async function query(url: string, statement: string): Promise<readonly Record<string, unknown>[]> {
  const client = postgres(url, { max: 1, connect_timeout: 5 });
  try {
    return await client.unsafe(statement);
  } finally {
    await client.end();
  }
}

test("it is a real server, and what is written is there after a stop and a start", async () => {
  const folder = makeFolder();
  const first = await start(folder);
  await query(first.url, "create table kept (n int); insert into kept values (42)");
  await first.stop();
  const second = await start(folder);
  expect(await query(second.url, "select n from kept")).toEqual([{ n: 42 }]);
});

test("nobody gets in without the password", async () => {
  const { url } = await start(makeFolder());
  const stranger = new URL(url);
  stranger.password = "guess";
  await expect(query(stranger.href, "select 1")).rejects.toThrow("password authentication failed");
  stranger.username = "postgres";
  await expect(query(stranger.href, "select 1")).rejects.toThrow("password authentication failed");
});

test("it listens on the loopback interface only", async () => {
  const { url, port } = await start(makeFolder());
  expect(await query(url, "show listen_addresses")).toEqual([{ listen_addresses: "127.0.0.1" }]);
  expect(await query(url, "show unix_socket_directories")).toEqual([{ unix_socket_directories: "" }]);
  const outside = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .find(({ family, internal }) => family === "IPv4" && !internal);
  if (!outside) return;
  const fromOutside = new URL(url);
  fromOutside.hostname = outside.address;
  expect(port).toBe(Number(fromOutside.port));
  await expect(query(fromOutside.href, "select 1")).rejects.toThrow("ECONNREFUSED");
});

test("two at once, each on a port of its own", async () => {
  const [one, two] = await Promise.all([start(makeFolder()), start(makeFolder())]);
  expect(one.port).not.toBe(two.port);
  await query(one.url, "create table mine (n int)");
  await expect(query(two.url, "select from mine")).rejects.toThrow('relation "mine" does not exist');
});

test("a folder in use is refused, and its owner goes on", async () => {
  const folder = makeFolder();
  const owner = await start(folder);
  const refusal = await start(folder).catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(ReviewdError);
  expect(String(refusal)).toContain("REVIEWD_DATA_DIR");
  expect(await query(owner.url, "select 1 as one")).toEqual([{ one: 1 }]);
});

test("a port asked for is the port used, also after a stop and a start", async () => {
  const folder = makeFolder();
  const { port, stop } = await start(folder);
  await stop();
  expect((await start(folder, port)).port).toBe(port);
});

test("a port that is taken is an error with the server's own words", async () => {
  const { port } = await start(makeFolder());
  await expect(start(makeFolder(), port)).rejects.toThrow("could not bind IPv4 address");
});

test("a lock file whose process id is another program's by now does not keep it from starting", async () => {
  const folder = makeFolder();
  const first = await start(folder);
  await first.stop();
  writeFileSync(join(first.folder, "data/postmaster.pid"), `${process.pid}\n`);
  const second = await start(folder);
  expect(await query(second.url, "select 1 as one")).toEqual([{ one: 1 }]);
});

test("a set-up that was interrupted is begun anew", async () => {
  const folder = makeFolder();
  const first = await start(folder);
  await first.stop();
  const other = makeFolder();
  // What is left when initdb is killed: files, but no database under its final name.
  await Bun.write(
    join(other, "data.unfinished/PG_VERSION"),
    readFileSync(join(first.folder, "data/PG_VERSION")),
  );
  const second = await start(other);
  expect(await query(second.url, "select 1 as one")).toEqual([{ one: 1 }]);
});

test("data of another major version is refused with what to do", async () => {
  const folder = makeFolder();
  const first = await start(folder);
  await first.stop();
  writeFileSync(join(first.folder, "data/PG_VERSION"), "12\n");
  await expect(start(folder)).rejects.toThrow(/made by Postgres 12, .*DATABASE_URL/s);
});

test("the server's environment holds nothing of ours", async () => {
  const { folder } = await start(makeFolder());
  const [pid] = readFileSync(join(folder, "data/postmaster.pid"), "utf8").split("\n");
  if (process.platform !== "linux") return;
  const names = readFileSync(`/proc/${pid}/environ`, "utf8")
    .split("\0")
    .map((entry) => entry.split("=")[0] ?? "");
  expect(names.filter((name) => !/^(LC_ALL|TZ|PATH|PWD|OLDPWD|SHLVL|_|PG[A-Z_]+|)$/.test(name))).toEqual([]);
});
