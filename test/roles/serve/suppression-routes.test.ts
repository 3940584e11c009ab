import { afterAll, describe, expect, test } from "bun:test";
import { eq } from "drizzle-orm";
import { owners, repositories, suppressions } from "../../../src/adapters/postgres/schema.ts";
import { advanceClock } from "../../support/advance-clock.ts";
import { eventually } from "../../support/eventually.ts";
import { seedOwner, seedPullRequest } from "../../support/seed.ts";
import { startApi } from "./api-client.ts";

const api = await startApi();
const { db } = api;
afterAll(() => api.close());

const dayMs = 86_400_000;
const evidence = {
  ...{ since: "2026-08-23T09:00:00.000Z", until: "2026-11-21T09:00:00.000Z", comments: 31, people: 5 },
  ...{ votes: { up: 2, down: 14 }, precision: { value: 0.125, low: 0.035, high: 0.36 }, repositories: 1 },
  urls: ["https://github.test/acme/shop/pull/7#discussion_r1"],
};
type Row = typeof suppressions.$inferInsert;

/** An owner with a repository, a token that may decide, and what was proposed for it. */
async function seedPlace() {
  const ownerId = await seedOwner(db);
  const { repositoryId } = await seedPullRequest(db, ownerId);
  const [owner] = await db.select().from(owners).where(eq(owners.id, ownerId));
  const [repository] = await db.select().from(repositories).where(eq(repositories.id, repositoryId));
  if (!owner || !repository) throw new Error("both were stored");
  const propose = async (values: Partial<Row> = {}): Promise<string> => {
    const id = Bun.randomUUIDv7();
    const expiresAt = new Date(Date.now() + 90 * dayMs);
    const subject = `rule-${id}`;
    await db
      .insert(suppressions)
      .values({ id, ownerId, repositoryId, kind: "rule", subject, evidence, expiresAt, ...values });
    return id;
  };
  const token = await api.createToken(["settings:write"], ownerId);
  return { owner, repository, propose, token };
}

const get = (id: string, token: string) => api.get(`/suppressions/${id}`, token);
const refuse = (id: string, token: string) => api.get(`/suppressions/${id}/refuse`, token, "POST");

function approve(id: string, token: string, body?: unknown, type = "application/json") {
  const headers = { authorization: `Bearer ${token}` };
  const sent = { body: JSON.stringify(body), headers: { ...headers, "content-type": type } };
  return api.request("POST", `/suppressions/${id}/approve`, body === undefined ? { headers } : sent);
}

const held = (from: string, until: string) => Date.parse(until) - Date.parse(from);

describe("a proposal", () => {
  test("is shown with what it rests on", async () => {
    const { owner, repository, propose, token } = await seedPlace();
    const counted = { ...evidence, precision: { value: 0.125, low: 0.0349999, high: 0.36000001 } };
    const id = await propose({ subject: "javascript/debugger", evidence: counted });
    expect(await get(id, token)).toMatchObject({
      status: 200,
      body: {
        ...{ id, kind: "rule", subject: "javascript/debugger", state: "proposed", evidence },
        owner: { id: owner.id, login: owner.login },
        repository: { id: repository.id, full_name: repository.fullName },
        ...{ decided_at: null, decided_by: null },
      },
    });
    const wide = await propose({ repositoryId: null });
    expect((await get(wide, token)).body.repository).toBeNull();
  });

  test("is approved once, for 90 days or as many as are said, by the token that did it", async () => {
    const { propose, token } = await seedPlace();
    const id = await propose();
    const { status, body } = await approve(id, token);
    expect([status, body.state, body.decided_by]).toEqual([200, "approved", "test"]);
    expect(held(body.decided_at, body.expires_at)).toBe(90 * dayMs);
    expect((await get(id, token)).body).toEqual(body);
    expect(await approve(id, token)).toMatchObject({
      status: 409,
      body: {
        ...{ code: "conflict", reason: "already_approved" },
        detail: "it was approved already; for another number of days refuse it, then approve it again",
      },
    });
    for (const days of [1, 365]) {
      const { body } = await approve(await propose(), token, { days });
      expect(held(body.decided_at, body.expires_at)).toBe(days * dayMs);
    }
    const usual = await approve(await propose(), token, {});
    expect(held(usual.body.decided_at, usual.body.expires_at)).toBe(90 * dayMs);
  });

  test("is refused once, also when it was approved before", async () => {
    const { propose, token } = await seedPlace();
    const [refused, ended] = [await propose(), await propose()];
    await approve(ended, token);
    for (const id of [refused, ended]) {
      const { status, body } = await refuse(id, token);
      expect([status, body.state, body.decided_by]).toEqual([200, "refused", "test"]);
      expect(held(body.decided_at, body.expires_at)).toBe(90 * dayMs);
      const again = await refuse(id, token);
      expect([again.status, again.body.reason]).toEqual([409, "already_refused"]);
      expect(again.body.detail).toContain("approving it takes that back");
      expect((await get(id, token)).body).toEqual(body);
    }
  });

  test("is approved though it was refused, for as many days as are said then", async () => {
    const { propose, token } = await seedPlace();
    const [mistaken, lengthened] = [await propose(), await propose()];
    await approve(lengthened, token, { days: 1 });
    for (const id of [mistaken, lengthened]) {
      await refuse(id, token);
      const { status, body } = await approve(id, token, { days: 365 });
      expect([status, body.state]).toEqual([200, "approved"]);
      expect(held(body.decided_at, body.expires_at)).toBe(365 * dayMs);
      expect((await approve(id, token)).body.reason).toBe("already_approved");
    }
  });

  test("that was refused so long ago that the same may be proposed anew stays refused", async () => {
    const { propose, token } = await seedPlace();
    const id = await propose();
    const { body: refused } = await refuse(id, token);
    await using _clock = await advanceClock(db, 90 * dayMs + 1_000);
    const { status, body } = await approve(id, token);
    expect([status, body.reason]).toEqual([409, "expired"]);
    expect((await get(id, token)).body).toEqual(refused);
  });

  test("whose time is up can be decided no more, though nobody has come by yet to say so", async () => {
    const { propose, token } = await seedPlace();
    const [late, approved] = [await propose(), await propose()];
    await approve(approved, token);
    await using _clock = await advanceClock(db, 91 * dayMs);
    for (const id of [late, approved]) {
      expect((await get(id, token)).body.state).toBe("expired");
      for (const { status, body } of [await approve(id, token), await refuse(id, token)]) {
        expect([status, body.reason]).toEqual([409, "expired"]);
      }
    }
  });

  test("that two decide at once is decided by one", async () => {
    const { propose, token } = await seedPlace();
    const id = await propose();
    const approvals = await Promise.all([1, 2, 3, 4].map((days) => approve(id, token, { days })));
    const won = approvals.filter(({ status }) => status === 200);
    expect(won).toHaveLength(1);
    expect(approvals.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409]);
    expect((await get(id, token)).body.expires_at).toBe(won[0]?.body.expires_at);
    const refusals = await Promise.all([refuse(id, token), refuse(id, token)]);
    expect(refusals.map(({ status }) => status).sort()).toEqual([200, 409]);
    const again = await Promise.all([1, 2, 3, 4].map((days) => approve(id, token, { days })));
    expect(again.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409]);
  });

  test("that one approves and another refuses at once is what the first of them said, and the other is told", async () => {
    const { propose, token } = await seedPlace();
    const id = await propose();
    let decisions: readonly ReturnType<typeof approve>[] = [];
    await db.transaction(async (tx) => {
      await tx.select().from(suppressions).where(eq(suppressions.id, id)).for("update");
      decisions = [approve(id, token), refuse(id, token)];
      await eventually(async () => {
        const [waiting] = await db.execute<{ count: number }>(
          "select count(*)::int from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
        );
        expect(waiting?.count).toBe(2);
      });
    });
    const answers = await Promise.all(decisions);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
    const [won, lost] = answers.toSorted((a, b) => a.status - b.status);
    expect((await get(id, token)).body).toEqual(won?.body);
    expect(lost?.body.reason).toBe(`already_${won?.body.state}`);
  });

  test("that is decided leaves a line of who decided what", async () => {
    const { owner, repository, propose, token } = await seedPlace();
    const id = await propose({ subject: "go/defer-in-loop" });
    await approve(id, token, { days: 7 });
    const lines = api.lines.map((line) => JSON.parse(line)).filter((line) => line.suppressionId === id);
    expect(lines).toMatchObject([
      {
        ...{ msg: "suppression decided", state: "approved", days: 7, by: "test", kind: "rule" },
        ...{ owner: owner.login, repository: repository.fullName, subject: "go/defer-in-loop" },
        ...{ tokenId: expect.any(String), requestId: expect.any(String) },
      },
    ]);
  });
});

describe("an approval", () => {
  test.each([
    ["no days", { days: 0 }],
    ["more than a year", { days: 366 }],
    ["half a day", { days: 0.5 }],
    ["days in words", { days: "30" }],
    ["something else", { weeks: 2 }],
    ["a list", []],
    ["null", null],
  ])("of %s is refused, and nothing is decided", async (_, body) => {
    const { propose, token } = await seedPlace();
    const id = await propose();
    const answer = await approve(id, token, body);
    expect([answer.status, answer.body.code]).toEqual([400, "invalid_input"]);
    expect((await get(id, token)).body.state).toBe("proposed");
  });

  test("whose body would be passed over is refused", async () => {
    const { propose, token } = await seedPlace();
    const id = await propose();
    for (const type of ["application/x-www-form-urlencoded", "text/plain", ""]) {
      const { status, body } = await approve(id, token, { days: 7 }, type);
      expect([status, body.code]).toEqual([415, "unsupported_media_type"]);
      expect(body.detail).toBe("send the body as JSON, with the header Content-Type: application/json");
    }
    expect((await get(id, token)).body.state).toBe("proposed");
  });
});

describe("the list", () => {
  async function ids(query: string, token: string): Promise<readonly string[]> {
    const { status, body } = await api.get(`/suppressions?${query}`, token);
    expect(status).toBe(200);
    return body.suppressions.map(({ id }: { readonly id: string }) => id);
  }

  test("goes from the newest to the oldest, by pages", async () => {
    const { propose, token } = await seedPlace();
    const all = [await propose(), await propose(), await propose()].reverse();
    expect(await ids("", token)).toEqual(all);
    const first = await api.get("/suppressions?limit=2", token);
    expect(first.body.next_cursor).toBeString();
    const second = await api.get(`/suppressions?limit=2&cursor=${first.body.next_cursor}`, token);
    expect(second.body.next_cursor).toBeNull();
    const both = [...first.body.suppressions, ...second.body.suppressions];
    expect(both.map(({ id }) => id)).toEqual(all);
  });

  test("holds what is asked for", async () => {
    const { owner, repository, propose, token } = await seedPlace();
    const other = await seedPlace();
    const proposed = await propose();
    const refused = await propose();
    const wide = await propose({ repositoryId: null });
    const foreign = await other.propose();
    const over = await propose({ expiresAt: new Date(Date.now() - dayMs) });
    await refuse(refused, token);
    const everybody = await api.createToken(["review:read"]);
    expect(await ids("state=refused", token)).toEqual([refused]);
    expect(await ids("state=expired", token)).toEqual([over]);
    expect(await ids("state=proposed", token)).toEqual([wide, proposed]);
    expect(await ids(`owner=${owner.login.toUpperCase()}`, everybody)).toEqual([
      over,
      wide,
      refused,
      proposed,
    ]);
    expect(await ids(`owner=${other.owner.login}`, everybody)).toEqual([foreign]);
    expect(await ids(`repository=${repository.fullName.toUpperCase()}`, everybody)).toEqual([
      over,
      refused,
      proposed,
    ]);
    expect(await ids(`repository=${other.repository.fullName}`, token)).toEqual([]);
    expect(await ids("repository=no/where", everybody)).toEqual([]);
  });

  test.each(["state=new", "limit=0", "limit=101", "cursor=x", "owner=%00"])("refuses %s", async (query) => {
    const { token } = await seedPlace();
    const { status, body } = await api.get(`/suppressions?${query}`, token);
    expect([status, body.code]).toEqual([400, "invalid_input"]);
  });
});

describe("who may", () => {
  test("what is another owner's, unknown or no id is not found, and stays as it is", async () => {
    const [{ token }, other] = [await seedPlace(), await seedPlace()];
    const foreign = await other.propose();
    for (const id of [foreign, Bun.randomUUIDv7(), "1", "%00", "x'--"]) {
      for (const answer of [await get(id, token), await approve(id, token), await refuse(id, token)]) {
        expect([answer.status, answer.body.code]).toEqual([404, "not_found"]);
      }
    }
    expect((await get(foreign, other.token)).body.state).toBe("proposed");
    expect((await get(foreign.toUpperCase(), other.token)).status).toBe(200);
  });

  test("one of a repository that went to another owner is nobody's, and its new name stays the new owner's", async () => {
    const { owner, repository, propose, token } = await seedPlace();
    const [wide, gone] = [await propose({ repositoryId: null }), await propose()];
    const everybody = await api.createToken(["review:read", "settings:write"]);
    const newcomer = await seedPlace();
    const values = { ownerId: newcomer.owner.id, fullName: `secret-${repository.fullName}` };
    await db.update(repositories).set(values).where(eq(repositories.id, repository.id));
    for (const one of [token, newcomer.token, everybody]) {
      for (const answer of [await get(gone, one), await approve(gone, one), await refuse(gone, one)])
        expect(answer.status).toBe(404);
    }
    const listed = await api.get(`/suppressions?owner=${owner.login}`, everybody);
    expect(listed.body.suppressions).toMatchObject([{ id: wide, repository: null }]);
  });

  test.each([
    [["review:read"], 200, 403],
    [["settings:write"], 200, 200],
    [["review:write", "admin", "catalog:write"], 403, 403],
  ] as const)("with the scopes %j: reading %d, deciding %d", async (scopes, reads, decides) => {
    const { propose } = await seedPlace();
    const token = await api.createToken(scopes);
    const [first, second] = [await propose(), await propose()];
    expect((await api.get("/suppressions", token)).status).toBe(reads);
    expect((await get(first, token)).status).toBe(reads);
    expect((await approve(first, token)).status).toBe(decides);
    expect((await refuse(second, token)).status).toBe(decides);
  });

  test("nobody without a token", async () => {
    const { propose } = await seedPlace();
    const id = await propose();
    for (const [method, path] of [
      ["GET", ""],
      ["GET", `/${id}`],
      ["POST", `/${id}/approve`],
      ["POST", `/${id}/refuse`],
    ] as const) {
      expect((await api.request(method, `/suppressions${path}`)).status).toBe(401);
    }
  });
});
