import { afterAll, describe, expect, test } from "bun:test";
import Ajv from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { sql } from "drizzle-orm";
import { scopeMeanings, scopes } from "../../../src/domain/owner/api-token.ts";
import { startApi } from "./api-client.ts";

const api = await startApi();
afterAll(() => api.close());

test("the API is described as it was: a change to it is seen here first", async () => {
  const { info, ...document } = (await (await fetch(`${api.url}/openapi.json`)).json()) as Record<
    string,
    unknown
  >;
  expect(info).toMatchObject({ title: "reviewd", license: { name: "Apache-2.0" } });
  expect(document).toMatchSnapshot();
});

test("every example in it is one of what it stands for, and feedback has some", async () => {
  const document = (await (await fetch(`${api.url}/openapi.json`)).json()) as {
    readonly components: { readonly schemas: Readonly<Record<string, { readonly example?: unknown }>> };
  };
  const ajv = new Ajv({ strict: false, allErrors: true });
  addFormats(ajv);
  ajv.addSchema(document, "api");
  const schemas = Object.entries(document.components.schemas);
  const examples = schemas.flatMap(([name, { example }]) =>
    example === undefined ? [] : [{ name, example }],
  );
  for (const { name, example } of examples) {
    const validate = ajv.getSchema(`api#/components/schemas/${name}`);
    expect([name, validate?.(example), validate?.errors]).toEqual([name, true, null]);
  }
  const names = examples.map(({ name }) => name);
  expect(names).toContain("TaskFeedback");
  expect(names).toContain("FeedbackSummary");
});

test("every problem is shown as one of its status, and every reason for a conflict", async () => {
  interface Content {
    readonly example?: object;
    readonly examples?: Readonly<Record<string, { readonly value: object }>>;
  }
  interface Operation {
    readonly responses: Readonly<Record<string, { readonly content: Readonly<Record<string, Content>> }>>;
  }
  const document = (await (await fetch(`${api.url}/openapi.json`)).json()) as {
    readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  };
  const isProblem = addFormats(new Ajv({ strict: false })).addSchema(document, "api");
  const shown = Object.values(document.paths)
    .flatMap((operations) => Object.values(operations))
    .flatMap(({ responses }) => Object.entries(responses))
    .flatMap(([status, { content }]) => {
      const problem = content["application/problem+json"];
      const all = Object.entries(problem?.examples ?? {}).map(([reason, { value }]) => ({ reason, value }));
      return (problem?.example ? [{ value: problem.example }] : all).map((one) => ({ status, ...one }));
    });
  expect([...new Set(shown.map(({ status }) => status))].sort()).toEqual([
    "400",
    "401",
    "403",
    "404",
    "409",
    "413",
    "415",
    "500",
    "503",
  ]);
  for (const { status, value, ...reason } of shown) {
    expect(isProblem.validate("api#/components/schemas/Problem", value)).toBe(true);
    expect(value).toMatchObject({ status: Number(status), ...reason });
  }
  const codes = new Map(shown.map(({ status, value }) => [status, (value as { code?: string }).code]));
  expect(codes.get("404")).toBe("not_found");
  expect(codes.get("401")).toBe("unauthenticated");
  expect(codes.get("500")).toBe("internal_error");
});

test("health and readiness are told without a token", async () => {
  for (const path of ["/healthz", "/readyz"]) {
    expect(await api.request("GET", path)).toMatchObject({ status: 200, body: { status: "ok" } });
  }
});

test("nothing else is there, in the same words", async () => {
  for (const path of ["/docs/x", "/tasks/x/y", "/admin", "/.env", "/docs/../../etc/passwd", "/%2e%2e/%00"]) {
    const { status, headers, body } = await api.request("GET", path);
    expect([status, body.code]).toEqual([404, "not_found"]);
    expect(headers.get("content-type")).toBe("application/problem+json");
  }
});

test("a failure of ours tells the caller only where to look, and the log why", async () => {
  const token = await api.createToken();
  await api.db.execute(sql`alter table tasks rename to away`);
  const { status, body } = await api
    .get("/tasks", token)
    .finally(() => api.db.execute(sql`alter table away rename to tasks`));
  expect([status, body.code, body.detail]).toEqual([500, "internal_error", undefined]);
  const lines = api.lines.map((line) => JSON.parse(line));
  const [failed, request] = lines.filter(({ requestId }) => requestId === body.request_id);
  expect(JSON.stringify(failed.err)).toContain('relation \\"tasks\\" does not exist');
  expect(request).toMatchObject({ msg: "request", path: "/tasks", status: 500 });
  expect(api.lines.join("")).not.toContain(token);
});

interface SecuredOperation {
  readonly path: string;
  readonly method: string;
  readonly operation: Operation;
}
interface Operation {
  readonly security?: unknown;
  readonly parameters?: readonly { readonly in: string; readonly name: string }[];
}

/** What wants a token. */
async function listSecured(): Promise<readonly SecuredOperation[]> {
  const { paths } = (await (await fetch(`${api.url}/openapi.json`)).json()) as {
    readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  };
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).flatMap(([method, operation]) =>
      operation.security ? [{ path, method: method.toUpperCase(), operation }] : [],
    ),
  );
}

test("a scope that opens nothing is told to be for nothing yet, and no other is", async () => {
  const secured = await listSecured();
  for (const scope of scopes) {
    const token = await api.createToken([scope]);
    const statuses = await Promise.all(
      secured.map(async ({ path, method }) => {
        const { status } = await api.get(path.replace("{id}", Bun.randomUUIDv7()), token, method);
        return status;
      }),
    );
    const opensNothing = statuses.every((status) => status === 403);
    expect([scope, scopeMeanings[scope].startsWith("nothing yet")]).toEqual([scope, opensNothing]);
  }
});

describe("what is asked with", () => {
  test("parameters that a route does not know are refused wherever a token is wanted", async () => {
    const token = await api.createToken();
    const secured = await listSecured();
    expect(secured.length).toBeGreaterThan(15);
    for (const { path, method, operation } of secured) {
      const address = path.replace("{id}", Bun.randomUUIDv7());
      const { status, body } = await api.get(`${address}?limitt=1&no_such`, token, method);
      const known = (operation.parameters ?? []).filter((one) => one.in === "query").map(({ name }) => name);
      const told = known.length === 0 ? "none is taken here" : `known: ${known.join(", ")}`;
      expect([status, body.code]).toEqual([400, "invalid_input"]);
      expect(body.detail).toBe(`there is no parameter limitt, no_such; ${told}`);
    }
  });

  test("who may not ask is told that, whatever is asked with", async () => {
    const { status } = await api.request("GET", "/tasks?limitt=1");
    expect(status).toBe(401);
    expect((await api.get("/tasks?limitt=1", await api.createToken(["admin"]))).status).toBe(403);
  });

  test("a name that nobody knows is shown without what a terminal obeys, and not at any length", async () => {
    const token = await api.createToken();
    const { body } = await api.get(`/tasks?%1b%5b31m=1&${"x".repeat(500)}=1`, token);
    expect(body.detail).toStartWith(`there is no parameter \\u{1b}[31m, ${"x".repeat(40)}…; known: owner,`);
    const many = Array.from({ length: 100 }, (_, at) => `no${at}`);
    const { body: told } = await api.get(`/tasks?${many.join("&")}`, token);
    expect(told.detail).toStartWith(
      `there is no parameter ${many.slice(0, 10).join(", ")}, …; known: owner,`,
    );
  });

  test("what a probe or a webhook has behind its address is its own affair", async () => {
    expect((await api.request("GET", "/healthz?from=balancer")).status).toBe(200);
    expect((await api.request("POST", "/webhooks/github?app=1")).body.code).toBe("unsupported_media_type");
  });

  test.each([
    ["/tasks?limit=0", "limit: expected a whole number from 1 to 100"],
    ["/tasks?limit=1.5", "limit: expected a whole number from 1 to 100"],
    ["/queue?limit=many", "limit: expected a whole number from 1 to 100"],
    ["/tasks?limit=1&limit=2", "limit: expected a whole number from 1 to 100"],
    ["/tasks?pull_request=0", "pull_request: expected a whole number from 1 to 2147483647"],
    [
      "/tasks?cursor=x&limit=0",
      "cursor: expected the next_cursor of an earlier page; limit: expected a whole",
    ],
    ["/suppressions?state=new", "state: expected one of proposed, approved, refused, expired"],
    ["/tasks?owner=%00", "owner: expected some text, without null characters"],
    [`/tasks?owner=${"x".repeat(201)}`, "owner: expected at most 200 characters"],
    ["/tasks?since=1969-12-31T23:59:59Z", "since: expected a time from 1970 to 9999"],
    ["/feedback/summary?group_by=rule,colour", "group_by: expected up to three of owner, repository,"],
    [
      "/feedback/summary?group_by=week,rule,owner,model",
      "group_by: expected up to three of owner, repository,",
    ],
  ])("%s is told what was expected", async (path, told) => {
    const { status, body } = await api.get(path, await api.createToken());
    expect([status, body.detail]).toEqual([400, expect.stringContaining(told)]);
  });

  test.each(["2026-09-01", "yesterday", "2026-09-01T02:00:00+02:00", ""])(
    "the time %j is told an example, and how a + is written",
    async (time) => {
      const { body } = await api.get(`/feedback/summary?since=${time}`, await api.createToken());
      const [, one = "", other = ""] =
        /^since: expected a time such as (\S+) or (\S+), the \+/.exec(body.detail) ?? [];
      for (const example of [one, other]) {
        const taken = await api.get(`/feedback/summary?since=${example}`, await api.createToken());
        expect([taken.status, taken.body.since]).toEqual([200, "2026-09-01T00:00:00.000Z"]);
      }
    },
  );
});

describe("every answer", () => {
  test.each(["/healthz", "/tasks", "/nothing", "/docs"])(
    "of %s forbids browsers what it does not need",
    async (path) => {
      const { headers } = await fetch(api.url + path);
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("x-frame-options")).toBe("SAMEORIGIN");
      expect(headers.get("content-security-policy")).toStartWith("default-src 'none'");
      expect(headers.get("content-security-policy")).not.toContain("unsafe");
      expect(headers.get("x-request-id")).toBeString();
    },
  );
});

describe("the page to browse the API", () => {
  test.each(["/", "/docs/"])("is found from %s, also behind a path of a proxy's", async (path) => {
    const { status, headers } = await fetch(api.url + path, { redirect: "manual" });
    expect(status).toBe(302);
    const behind = new URL(headers.get("location") ?? "", `https://proxy.test/reviewd${path}`);
    expect(behind.href).toBe("https://proxy.test/reviewd/docs");
    const page = await fetch(api.url + path);
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining("swagger-ui")]);
  });

  test("loads everything it needs from here", async () => {
    const page = await (await fetch(`${api.url}/docs`)).text();
    const loaded = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, address = ""]) => address);
    expect(loaded.filter((address) => !address.startsWith("data:"))).toHaveLength(3);
    for (const address of loaded.filter((one) => !one.startsWith("data:"))) {
      const response = await fetch(new URL(address, `${api.url}/docs`));
      expect(response.status).toBe(200);
      expect(response.headers.get("content-type")).toMatch(/^text\/(css|javascript)/);
      expect((await response.text()).length).toBeGreaterThan(100);
    }
    expect(page).not.toMatch(/<script>|style=|https?:/);
  });
});
