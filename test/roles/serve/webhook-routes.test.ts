import { afterAll, describe, expect, test } from "bun:test";
import { connect } from "node:net";
import examples from "@octokit/webhooks-examples" with { type: "json" };
import { webhookDeliveries } from "../../../src/adapters/postgres/schema.ts";
import { newPlace, pullRequestPayload } from "../../domain/delivery/payloads.ts";
import { eventually } from "../../support/eventually.ts";
import { sign, startApi, webhookSecrets } from "./api-client.ts";

const api = await startApi();
const { webhook } = api;
afterAll(() => api.close());

const opened = () => JSON.stringify(pullRequestPayload(newPlace(), { action: "opened" }));
const pullRequest = { "x-github-event": "pull_request" };

test("a signed webhook is taken and says what became of it", async () => {
  const { status, body } = await webhook(opened(), { ...pullRequest, "x-github-delivery": "d-1" });
  expect(status).toBe(202);
  expect(body).toMatchObject({ delivery_id: "d-1", outcome: "queued", reason: "new_task" });
  expect(body.task_id).toBeString();
});

test("every one of GitHub's own examples is taken, and its outcome recorded", async () => {
  const sent: string[] = [];
  for (const { name, examples: payloads } of examples) {
    for (const payload of payloads) {
      const id = crypto.randomUUID();
      sent.push(id);
      const headers = { "x-github-event": name, "x-github-delivery": id };
      const { status, body } = await webhook(JSON.stringify(payload), headers);
      expect([name, status]).toEqual([name, 202]);
      expect(body.delivery_id).toBe(id);
    }
  }
  const rows = await api.db.select().from(webhookDeliveries);
  const outcomes = new Map(rows.map(({ deliveryId, outcome }) => [deliveryId, outcome]));
  expect(sent.length).toBeGreaterThan(250);
  expect(sent.filter((id) => [undefined, "failed"].includes(outcomes.get(id)))).toEqual([]);
});

describe("the signature", () => {
  test("may be made with any of the secrets, so that they can be changed", async () => {
    for (const secret of webhookSecrets) {
      const body = opened();
      const { status } = await webhook(body, { ...pullRequest, "x-hub-signature-256": sign(body, secret) });
      expect(status).toBe(202);
    }
  });

  const body = opened();
  test.each([
    ["is missing", ""],
    ["is made with another secret", sign(body, "some-other-secret-entirely")],
    ["is of another body", sign(`${body} `)],
    ["is cut off", sign(body).slice(0, -1)],
    ["is of the old kind", sign(body).replace("sha256", "sha1")],
    ["is not hexadecimal", `sha256=${"x".repeat(64)}`],
  ])("is refused when it %s, and nothing is stored", async (_, signature) => {
    const headers = { ...pullRequest, "x-github-delivery": "forged", "x-hub-signature-256": signature };
    const answer = await webhook(body, headers);
    expect(answer.status).toBe(401);
    expect(answer.body.code).toBe("unauthenticated");
    const rows = await api.db.select().from(webhookDeliveries);
    expect(rows.filter(({ deliveryId }) => deliveryId === "forged")).toEqual([]);
  });

  test("is over the bytes: a byte order mark and emoji are no problem", async () => {
    const bytes = Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from('{"zen":"🦀 é"}')]);
    expect((await webhook(bytes)).status).toBe(202);
  });
});

describe("what is refused", () => {
  test.each([
    ["malformed JSON", "{", {}, 400, "invalid_input"],
    ["a body that is no object", "[1]", {}, 400, "invalid_input"],
    ["an empty body", "", {}, 400, "invalid_input"],
    ["truncated UTF-8", Buffer.from('{"zen":"é"}').subarray(0, 9), {}, 400, "invalid_input"],
    ["an event its payload does not fit", '{"action":"opened"}', pullRequest, 400, "invalid_input"],
    [
      "another content type",
      "payload=%7B%7D",
      { "content-type": "application/x-www-form-urlencoded" },
      415,
      "unsupported_media_type",
    ],
    ["no content type", "{}", { "content-type": "" }, 415, "unsupported_media_type"],
    ["no event", "{}", { "x-github-event": "" }, 400, "invalid_input"],
    ["no delivery id", "{}", { "x-github-delivery": "" }, 400, "invalid_input"],
    ["a delivery id without end", "{}", { "x-github-delivery": "x".repeat(129) }, 400, "invalid_input"],
  ])("%s", async (_, body, headers, status, code) => {
    const answer = await webhook(body, headers);
    expect(answer.status).toBe(status);
    expect(answer.body).toMatchObject({ status, code });
  });

  test("a body of 26 MB, before it is read", async () => {
    const answer = await webhook(Buffer.alloc(26 * 1024 * 1024, " "));
    expect(answer.status).toBe(413);
    expect(answer.body.code).toBe("payload_too_large");
  });

  test("a body of 26 MB that does not say how long it is", async () => {
    const chunk = Buffer.alloc(1024 * 1024, " ");
    let sent = 0;
    const body = new ReadableStream({
      pull(controller) {
        if (sent++ < 26) controller.enqueue(chunk);
        else controller.close();
      },
    });
    const headers = {
      "content-type": "application/json",
      "x-github-event": "ping",
      "x-github-delivery": "d",
    };
    const answer = await api.request("POST", "/webhooks/github", { body, headers });
    expect(answer.status).toBe(413);
  });

  test("not a body of 25 MB", async () => {
    const body = Buffer.alloc(25 * 1024 * 1024, " ");
    body.write("{}");
    expect((await webhook(body)).status).toBe(202);
  });

  test("a body that ends before its announced length disturbs nobody", async () => {
    const socket = connect(Number(new URL(api.url).port), "127.0.0.1");
    const head = ["POST /webhooks/github HTTP/1.1", "host: x", "content-type: application/json"];
    const headers = [
      "x-github-event: ping",
      "x-github-delivery: cut-off",
      "content-length: 1000",
      "",
      '{"zen"',
    ];
    socket.write([...head, ...headers].join("\r\n"), () => socket.destroy());
    const logged = await eventually(() => {
      const lines = api.lines.map((line) => JSON.parse(line));
      const line = lines.find(({ deliveryId, msg }) => deliveryId === "cut-off" && msg === "request");
      if (!line) throw new Error("the request has not ended");
      return line;
    });
    expect(logged.status).toBe(400);
  });
});

test("the same delivery twenty times at once is answered 202 each time and done once", async () => {
  const body = opened();
  const headers = { ...pullRequest, "x-github-delivery": "at-once" };
  const answers = await Promise.all(Array.from({ length: 20 }, () => webhook(body, headers)));
  expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(202));
  expect(answers.filter(({ body: { outcome } }) => outcome === "queued")).toHaveLength(1);
});

test("an unknown event is taken and ignored", async () => {
  const { status, body } = await webhook("{}", { "x-github-event": "made_up" });
  expect(status).toBe(202);
  expect(body).toMatchObject({ outcome: "ignored", reason: "event_not_used" });
});

test("log lines carry the delivery's id and no secret", async () => {
  await webhook(opened(), { ...pullRequest, "x-github-delivery": "logged" });
  const lines = api.lines.map((line) => JSON.parse(line)).filter(({ deliveryId }) => deliveryId === "logged");
  expect(lines.map(({ msg }) => msg)).toEqual(["delivery received", "request"]);
  expect(lines[0]).toMatchObject({ event: "pull_request", outcome: "queued", role: "serve" });
  expect(lines[1]).toMatchObject({ method: "POST", path: "/webhooks/github", status: 202 });
  expect(api.lines.join("")).not.toContain(webhookSecrets[0]);
});
