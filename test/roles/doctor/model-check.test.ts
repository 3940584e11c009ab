import { afterAll, describe, expect, test } from "bun:test";
import { startModelServer } from "../../support/model-server/model-server.ts";
import { fail, say } from "../../support/model-server/reply.ts";
import { runDoctor } from "./run-doctor.ts";

const server = await startModelServer();
afterAll(() => server.close());

const known = "anthropic/claude-opus-5";
const env = { ...server.environment, MODELS: `${known},openai/gpt-5` };

describe("the model", () => {
  test("that is not named is skipped", async () => {
    const { exitCode, checks } = await runDoctor({});
    expect(checks.model).toMatchObject({ status: "skipped", says: "MODELS is not set here" });
    expect(exitCode).toBe(0);
  });

  test("that is the first of its provider is asked, once", async () => {
    server.follow([say("yes"), say("yes")]);
    const before = server.questions.length;
    const { exitCode, checks } = await runDoctor({
      ...env,
      MODELS: `${env.MODELS},anthropic/claude-sonnet-5`,
    });
    expect(checks["model of anthropic"]).toEqual({ status: "ok", says: `${known} answers`, todo: null });
    expect(checks["model of openai"]).toEqual({ status: "ok", says: "openai/gpt-5 answers", todo: null });
    expect(server.questions.length - before).toBe(2);
    expect(exitCode).toBe(0);
  });

  test("that fails does not keep those of other providers from being asked", async () => {
    server.follow([fail(401, "authentication_error", "invalid x-api-key"), say("yes")]);
    const { exitCode, checks } = await runDoctor(env);
    expect(checks["model of anthropic"]).toMatchObject({ status: "failed" });
    expect(checks["model of openai"]).toMatchObject({ status: "ok" });
    expect(exitCode).toBe(1);
  });

  test("whose window is not known works, with a warning", async () => {
    server.follow([say("y", { finish: "length" })]);
    const { exitCode, checks } = await runDoctor({ ...env, MODELS: "openai-compatible/qwen3" });
    expect(checks["model of openai-compatible"]).toMatchObject({
      status: "warning",
      todo: expect.stringContaining("MODEL_CONTEXT_TOKENS"),
    });
    expect(exitCode).toBe(0);
  });

  test.each([
    [
      "a wrong key",
      fail(401, "authentication_error", "invalid x-api-key"),
      "may not be used",
      "key is right",
    ],
    [
      "a name that the provider does not know",
      fail(404, "not_found_error", "model: x"),
      "is not known there (404)",
      "name in MODELS and",
    ],
    [
      "a provider that is down",
      fail(529, "overloaded_error", "Overloaded"),
      "could not be reached",
      "base URL is right",
    ],
  ])("with %s fails, with what to do", async (_what, reply, says, todo) => {
    server.follow([reply]);
    const { exitCode, checks } = await runDoctor({ ...env, MODELS: known });
    const model = checks["model of anthropic"];
    expect(model).toMatchObject({ status: "failed", todo: expect.stringContaining(todo) });
    expect(model?.says).toStartWith(`${known} ${says}`);
    expect(exitCode).toBe(1);
  });

  test("that cannot be reached fails, with what to do", async () => {
    const { checks } = await runDoctor({
      ...env,
      MODELS: known,
      ANTHROPIC_BASE_URL: "http://127.0.0.1:1/v1",
    });
    expect(checks["model of anthropic"]).toMatchObject({
      status: "failed",
      todo: expect.stringContaining("can be reached"),
    });
  });

  test("without the key it needs fails, and the other checks go on", async () => {
    const { exitCode, checks } = await runDoctor({ MODELS: known });
    expect(checks.model).toMatchObject({
      status: "failed",
      says: expect.stringContaining(`ANTHROPIC_API_KEY is not set, which ${known} in MODELS needs`),
    });
    expect(checks.git).toMatchObject({ status: "ok" });
    expect(exitCode).toBe(1);
  });
});
