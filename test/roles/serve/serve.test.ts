import { afterAll, describe, expect, test } from "bun:test";
import { connect } from "node:net";
import { createTestDatabase } from "../../support/database.ts";
import { eventually } from "../../support/eventually.ts";
import { runReviewd, startReviewd } from "../../support/run-reviewd.ts";
import { sign, webhookSecrets } from "./api-client.ts";

const database = await createTestDatabase();
afterAll(() => database.close());

const environment = {
  DATABASE_URL: database.url,
  GITHUB_WEBHOOK_SECRETS: webhookSecrets.join(","),
  PORT: "0",
  METRICS_PORT: "0",
};

async function startServe(env: Readonly<Record<string, string>> = {}) {
  const serve = startReviewd(["serve"], { env: { ...environment, ...env } });
  const { port: internalPort } = await serve.log("health and metrics are served");
  const { port } = await serve.log("serve ready");
  return {
    serve,
    port: Number(port),
    url: `http://127.0.0.1:${port}`,
    internal: `http://127.0.0.1:${internalPort}`,
  };
}

const ping = '{"zen":"Keep it logically awesome."}';
const pingHeaders = {
  "content-type": "application/json",
  "x-github-event": "ping",
  "x-github-delivery": "a-ping",
  "x-hub-signature-256": sign(ping),
};

describe("a running serve", () => {
  test("takes a webhook without the App's key, and counts it on its internal port", async () => {
    const { serve, url, internal } = await startServe();
    await using _ = serve;
    const answer = await fetch(`${url}/webhooks/github`, {
      method: "POST",
      headers: pingHeaders,
      body: ping,
    });
    expect(answer.status).toBe(202);
    const metrics = await (await fetch(`${internal}/metrics`)).text();
    expect(metrics).toContain('reviewd_webhook_deliveries_total{outcome="recorded",reason="ping"} 1');
    expect(metrics).toMatch(
      /reviewd_http_request_duration_seconds_count\{method="POST",route="\/webhooks\/github",status="202"\} 1/,
    );
    expect(await serve.stop("SIGTERM")).toBe(0);
  });

  test("answers what is in flight when it is stopped, and takes nothing new", async () => {
    const { serve, port, url } = await startServe();
    await using _ = serve;
    const socket = connect(port, "127.0.0.1");
    let answer = "";
    socket.on("data", (chunk) => {
      answer += chunk;
    });
    const head = ["POST /webhooks/github HTTP/1.1", "host: x", `content-length: ${ping.length}`];
    const headers = Object.entries({ ...pingHeaders, "x-github-delivery": "in-flight" }).map(
      ([name, value]) => `${name}: ${value}`,
    );
    socket.write([...head, ...headers, "", ping.slice(0, 10)].join("\r\n"));
    // A request of its own has been answered since: the first part has arrived.
    await fetch(`${url}/healthz`);
    serve.signal("SIGTERM");
    await serve.log("stopping: no more requests");
    await eventually(() => expect(fetch(`${url}/healthz`)).rejects.toThrow());
    socket.write(ping.slice(10));
    await eventually(() => expect(answer).toStartWith("HTTP/1.1 202"));
    expect(await serve.exited).toBe(0);
  });

  test("is alive but not ready while the database is away", async () => {
    const away = await createTestDatabase();
    const { serve, url, internal } = await startServe({ DATABASE_URL: away.url });
    await using _ = serve;
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    expect((await fetch(`${internal}/readyz`)).status).toBe(200);
    await away.close().catch(() => {});
    for (const base of [url, internal]) {
      expect((await fetch(`${base}/readyz`)).status).toBe(503);
      expect((await fetch(`${base}/healthz`)).status).toBe(200);
    }
    const answer = await fetch(`${url}/webhooks/github`, {
      method: "POST",
      headers: pingHeaders,
      body: ping,
    });
    expect(answer.status).toBe(500);
  });
});

describe("serve does not start", () => {
  test("on a database whose schema is older than it needs", async () => {
    const empty = await createTestDatabase({ migrated: false });
    const { exitCode, stderr } = await runReviewd(["serve"], {
      env: { ...environment, DATABASE_URL: empty.url },
    });
    await empty.close();
    expect(exitCode).toBe(1);
    expect(stderr).toContain("run `reviewd migrate`");
  });

  test("without a webhook secret", async () => {
    const { GITHUB_WEBHOOK_SECRETS: _, ...env } = environment;
    const { exitCode, stderr } = await runReviewd(["serve"], { env });
    expect(exitCode).toBe(2);
    expect(stderr).toContain("GITHUB_WEBHOOK_SECRETS is not set");
  });

  test("with arguments it does not know", async () => {
    const { exitCode, stderr } = await runReviewd(["serve", "--port", "80"], { env: environment });
    expect(exitCode).toBe(2);
    expect(stderr).toContain("serve takes no arguments");
  });
});
