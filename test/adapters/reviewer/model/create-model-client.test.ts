import { afterAll, describe, expect, test } from "bun:test";
import { createLog } from "../../../../src/log.ts";
import { eventually } from "../../../support/eventually.ts";
import { modelKey, startModelServer } from "../../../support/model-server/model-server.ts";
import {
  cutAfter,
  fail,
  garbage,
  hang,
  type Reply,
  refuse,
  say,
} from "../../../support/model-server/reply.ts";
import { answer, clientOf, modelErrorOf, models, question } from "./ask-server.ts";

const server = await startModelServer();
const client = clientOf(server);
afterAll(() => server.close());

const named = Object.entries(models);
const usage = { inputTokens: 1_000, cachedInputTokens: 400, outputTokens: 50 };

test("an answer that came is used, also where it is given up while it is accounted for", async () => {
  server.follow([say(answer, { usage })]);
  const controller = new AbortController();
  const { asked, calls } = question(models.messages, { signal: controller.signal });
  const onCall = async (call: (typeof calls)[number]) => {
    calls.push(call);
    controller.abort();
  };
  expect(await client.ask({ ...asked, onCall })).toEqual(answer);
  expect(calls).toMatchObject([{ outcome: "answered" }]);
});

test("Anthropic is told to keep what reviews begin with, and what it put there and read from there is accounted for", async () => {
  const spent = { inputTokens: 1_000, outputTokens: 50 };
  const written = { ...spent, cachedInputTokens: 0, cacheWriteTokens: 400 };
  server.follow([
    say(answer, { usage: written }),
    say(answer, { usage: { ...spent, cachedInputTokens: 400 } }),
  ]);
  const { asked, calls } = question(models.messages);
  await client.ask(asked);
  await client.ask(asked);
  for (const { cachedHead, prompt } of server.questions.slice(-2)) {
    expect([cachedHead, prompt]).toEqual(["You review changes.", "The diff."]);
  }
  expect(calls.map(({ usage }) => usage)).toEqual([written, { ...spent, cachedInputTokens: 400 }]);
  // $5 for a million, $6.25 of what is put into the cache, $0.50 of what is read from there, $25 of the answer.
  expect(calls.map(({ cost }) => cost?.microDollars)).toEqual([
    600 * 5 + 400 * 6.25 + 1_250,
    600 * 5 + 200 + 1_250,
  ]);

  server.follow(["Because."]);
  await client.write(question(models.messages, { purpose: "answer" }).asked);
  expect(server.questions.at(-1)?.cachedHead).toBeNull();
});

describe.each(named)("in the shape of %s", (shape, model) => {
  test("an answer is the schema's, asked for by key, and accounted for as the provider says", async () => {
    server.follow([say(answer, { usage })]);
    const { asked, calls } = question(model);
    expect(await client.ask(asked)).toEqual(answer);
    const seen = server.questions.at(-1);
    expect(seen).toMatchObject({ shape, isStreamed: true, prompt: "The diff.", maxOutputTokens: 1_000 });
    expect(seen?.system).toStartWith("You review changes.");
    expect(seen?.schema).toMatchObject({ type: "object", required: ["findings"] });
    expect(JSON.stringify(seen?.headers)).toContain(modelKey);
    expect(calls).toEqual([
      {
        purpose: "review",
        model,
        promptHash: "0".repeat(64),
        outcome: "answered",
        usage,
        cost:
          shape === "chat" ? null : { microDollars: expect.any(Number), priceVersion: expect.any(String) },
        durationMs: expect.any(Number),
        request: { system: seen?.system ?? "", prompt: "The diff." },
        response: JSON.stringify(answer),
      },
    ]);
  });

  test("prose is taken as it is, and no form is asked for", async () => {
    server.follow(["Because the cart is shared."]);
    const { asked, calls } = question(model, { purpose: "answer" });
    expect(await client.write(asked)).toBe("Because the cart is shared.");
    expect(server.questions.at(-1)).toMatchObject({ schema: null, system: "You review changes." });
    expect(calls).toMatchObject([{ purpose: "answer", outcome: "answered" }]);
  });

  const faults: readonly [string, Reply, object][] = [
    ["cut off", say('{"findings": [', { finish: "length" }), { outcome: "cut_off", code: "invalid_input" }],
    ["filtered", say("", { finish: "filtered" }), { outcome: "refused" }],
    ["a refusal", refuse(), { outcome: "refused" }],
    ["nothing", say(" \n"), { outcome: "empty" }],
    [
      "a limit",
      fail(429, "rate_limit_error", "slow", { headers: { "retry-after": "7" } }),
      { outcome: "rate_limited", code: "rate_limited", retryAfterMs: 7_000 },
    ],
    [
      "overload",
      fail(529, "overloaded_error", "Overloaded"),
      { outcome: "unavailable", code: "unavailable" },
    ],
    [
      "overload that says when",
      fail(503, "x", "busy", { headers: { "retry-after": "2" } }),
      { outcome: "unavailable", retryAfterMs: 2_000 },
    ],
    [
      "overload amid the answer",
      fail(529, "overloaded_error", "Overloaded", { isInStream: true }),
      { outcome: "unavailable" },
    ],
    ["a server error", fail(500, "api_error", "boom"), { outcome: "unavailable" }],
    [
      "a wrong key",
      fail(401, "authentication_error", `invalid key ${modelKey}`),
      { outcome: "unauthorized", code: "forbidden" },
    ],
    ["a model it does not have", fail(404, "not_found_error", "no such model"), { outcome: "unauthorized" }],
    [
      "a request it does not take",
      fail(400, "invalid_request_error", "unknown field"),
      { outcome: "rejected", code: "invalid_input" },
    ],
    ["a request too large", fail(413, "request_too_large", "too large"), { outcome: "context_exceeded" }],
    ["a broken stream", cutAfter('{"findings": [{"path"'), { outcome: "unavailable" }],
    ["a page that is no API's", garbage(), { outcome: "unavailable" }],
  ];
  test.each(faults)(
    "%s is told for what it is, asked once and never an answer",
    async (_name, reply, expected) => {
      server.follow([reply, say(answer)]);
      const before = server.questions.length;
      const { asked, calls } = question(model);
      const error = await modelErrorOf(client.ask(asked));
      expect(error).toMatchObject(expected);
      expect(calls).toMatchObject([{ purpose: "review", outcome: error.outcome }]);
      expect(server.questions.length - before).toBe(1);
      expect(error.message).toStartWith(model);
      const lines: string[] = [];
      createLog("info", {}, { write: (line) => lines.push(line) }).warn({ err: error }, "attempt failed");
      for (const text of [...lines, error.message, JSON.stringify(calls)])
        expect(text).not.toContain(modelKey);
      expect(lines.join()).not.toContain("The diff.");
    },
  );

  test("an answer of the wrong form is repaired once, with its problems", async () => {
    const wrong = { findings: [{ path: "src/cart.ts", line: "twelve" }] };
    server.follow([say(wrong), say(answer)]);
    const { asked, calls } = question(model);
    expect(await client.ask(asked)).toEqual(answer);
    expect(calls).toMatchObject([
      { purpose: "review", outcome: "invalid_output", response: JSON.stringify(wrong) },
      { purpose: "repair", outcome: "answered", response: JSON.stringify(answer) },
    ]);
    const repair = server.questions.at(-1)?.prompt ?? "";
    expect(repair).toStartWith("The diff.\n");
    expect(repair).toContain(JSON.stringify(wrong));
    expect(repair).toContain("findings[0].line");
    expect(calls[1]?.request.prompt).toBe(repair);
  });

  test("one that stays wrong is an error, not an answer without findings", async () => {
    server.follow(["There is nothing to complain about.", "Really.", say({ findings: [] })]);
    const { asked, calls } = question(model);
    expect(await modelErrorOf(client.ask(asked))).toMatchObject({ outcome: "invalid_output" });
    expect(calls.map(({ purpose, outcome }) => `${purpose} ${outcome}`)).toEqual([
      "review invalid_output",
      "repair invalid_output",
    ]);
  });

  test("a repair that fails is told for what it is", async () => {
    server.follow(["no", fail(429, "rate_limit_error", "slow")]);
    const { asked, calls } = question(model);
    expect(await modelErrorOf(client.ask(asked))).toMatchObject({ outcome: "rate_limited" });
    expect(calls).toHaveLength(2);
  });

  test("a call that hangs is given up after its time, before and amid the answer", async () => {
    const hasty = clientOf(server, { timeoutMs: 100 });
    for (const reply of [hang(), hang('{"find')]) {
      server.follow(() => reply);
      const before = server.questions.length;
      // Where the machine is busy, a call may be given up before it is sent.
      await eventually(async () => {
        const { asked, calls } = question(model);
        const error = await modelErrorOf(hasty.ask(asked));
        expect(error).toMatchObject({ outcome: "timed_out", code: "unavailable" });
        expect(calls).toMatchObject([{ outcome: "timed_out" }]);
        expect(server.questions.length).toBeGreaterThan(before);
      });
      await eventually(() => expect(server.questions.at(-1)?.isAbandoned).toBe(true));
    }
  });

  test("a stop ends the call at the provider, throws the stop's reason and leaves its row", async () => {
    for (const reply of [hang(), hang('{"find')]) {
      server.follow([reply]);
      const before = server.questions.length;
      const stop = new AbortController();
      const { asked, calls } = question(model, { signal: stop.signal });
      const asking = client.ask(asked);
      await eventually(() => expect(server.questions.length).toBe(before + 1));
      stop.abort("stopped");
      expect(await asking.catch((reason) => reason)).toBe("stopped");
      expect(calls).toMatchObject([{ outcome: "aborted" }]);
      await eventually(() => expect(server.questions.at(-1)?.isAbandoned).toBe(true));
    }
  });

  test("how much it thinks is said where the question or the operator does", async () => {
    server.follow(() => say(answer));
    const body = async (effort: "high" | null, ofOperator: "low" | null) => {
      await clientOf(server, { effort: ofOperator }).ask(question(model, { effort }).asked);
      return JSON.stringify(server.questions.at(-1)?.body);
    };
    const [silent, operators, own] = [
      await body(null, null),
      await body(null, "low"),
      await body("high", "low"),
    ];
    expect(silent).not.toMatch(/"reasoning(_effort)?":|"thinking|"effort"|"temperature"/);
    expect(new Set([silent, operators, own]).size).toBe(3);
  });
});

describe("where providers differ in their words", () => {
  const told: readonly [keyof typeof models, Reply, string][] = [
    [
      "chat",
      fail(400, "context_length_exceeded", "This model's maximum context length is 8192 tokens."),
      "context_exceeded",
    ],
    [
      "messages",
      fail(400, "invalid_request_error", "prompt is too long: 212000 tokens > 200000 maximum"),
      "context_exceeded",
    ],
    [
      "messages",
      fail(400, "invalid_request_error", "input length and `max_tokens` exceed context limit"),
      "context_exceeded",
    ],
    [
      "responses",
      fail(400, "context_length_exceeded", "Your input exceeds the context window of this model."),
      "context_exceeded",
    ],
    [
      "gemini",
      fail(
        400,
        "INVALID_ARGUMENT",
        "The input token count (2000000) exceeds the maximum number of tokens allowed",
      ),
      "context_exceeded",
    ],
    ["messages", fail(400, "invalid_request_error", "Your credit balance is too low"), "unauthorized"],
    ["responses", fail(429, "insufficient_quota", "You exceeded your current quota"), "unauthorized"],
    [
      "gemini",
      fail(400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key."),
      "unauthorized",
    ],
    ["chat", fail(402, "x", "Payment required"), "unauthorized"],
    ["messages", fail(403, "permission_error", "not allowed"), "unauthorized"],
    ["responses", fail(400, "invalid_prompt", "flagged"), "refused"],
    ["gemini", fail(429, "RESOURCE_EXHAUSTED", "too many tokens a minute"), "rate_limited"],
  ];
  test.each(told)("%s: %o is %s", async (shape, reply, outcome) => {
    server.follow([reply]);
    expect(await modelErrorOf(client.ask(question(models[shape]).asked))).toMatchObject({ outcome });
  });

  test("a limit's end may be a date, milliseconds, or nowhere", async () => {
    const at = new Date(Date.now() + 60_000).toUTCString();
    for (const [headers, least, most] of [
      [{ "retry-after": at }, 50_000, 61_000],
      [{ "retry-after-ms": "1500", "retry-after": "2" }, 1_500, 1_500],
    ] as const) {
      server.follow([fail(429, "rate_limit", "slow", { headers })]);
      const { retryAfterMs } = await modelErrorOf(client.ask(question(models.chat).asked));
      expect(retryAfterMs).toBeGreaterThanOrEqual(least);
      expect(retryAfterMs).toBeLessThanOrEqual(most);
    }
    server.follow([fail(429, "rate_limit", "slow", { headers: { "retry-after": "soon" } })]);
    expect((await modelErrorOf(client.ask(question(models.chat).asked))).retryAfterMs).toBeUndefined();
  });
});

describe("a compatible server", () => {
  const fenced = `\`\`\`json\n${JSON.stringify(answer)}\n\`\`\``;
  const accepted = {
    "in a code fence": fenced,
    "in a code fence among words": `Here it is:\n\n${fenced}\n\nAnything else?`,
    "with a few words around": `Here it is: ${JSON.stringify(answer)} I hope that helps.`,
    "after its thoughts": `<think>Is {"findings": []} right?</think>\n${JSON.stringify(answer)}`,
  };
  test.each(Object.entries(accepted))("may answer %s", async (_how, text) => {
    server.follow([text]);
    const { asked, calls } = question(models.chat);
    expect(await client.ask(asked)).toEqual(answer);
    expect(calls).toHaveLength(1);
  });

  const notAccepted = {
    "two answers": `${fenced}\n\n\`\`\`json\n{"findings":[]}\n\`\`\``,
    "an example within an explanation": `${"I would say a lot. ".repeat(30)} An empty one is {"findings": []}.`,
    "half an answer": '{"findings": [{"path": "src/cart.ts"',
  };
  test.each(Object.entries(notAccepted))("is asked again after %s", async (_what, text) => {
    server.follow([text, say(answer)]);
    const { asked, calls } = question(models.chat);
    expect(await client.ask(asked)).toEqual(answer);
    expect(calls.map(({ outcome }) => outcome)).toEqual(["invalid_output", "answered"]);
  });

  test("that refuses schemas is told the form in words, from then on", async () => {
    const own = clientOf(server);
    const refusal = fail(400, "invalid_request_error", "This response_format type is unavailable now");
    server.follow([refusal, say(answer), say(answer)]);
    const { asked, calls } = question(models.chat);
    expect(await own.ask(asked)).toEqual(answer);
    expect(await own.ask(asked)).toEqual(answer);
    expect(calls.map(({ outcome }) => outcome)).toEqual(["rejected", "answered", "answered"]);
    const [refused, ...others] = server.questions.slice(-3);
    expect(refused?.schema).not.toBeNull();
    for (const { schema, system } of others) {
      expect(schema).toBeNull();
      expect(system).toContain('"findings"');
    }
  });

  test("that does not count leaves the usage unknown, and the cost", async () => {
    server.follow([say(answer, { usage: null })]);
    const { asked, calls } = question(models.chat);
    await client.ask(asked);
    expect(calls).toMatchObject([{ outcome: "answered", usage: null, cost: null }]);
  });

  test("needs no key", async () => {
    const baseUrl = `${server.url}/v1`;
    const providers = { "openai-compatible": { apiKey: null, baseUrl } };
    server.follow([say(answer)]);
    await clientOf(server, { models: [models.chat], providers }).ask(question(null).asked);
    expect(server.questions.at(-1)?.headers.has("authorization")).toBe(false);
  });

  test("that is not there is unavailable", async () => {
    const closed = await startModelServer();
    await closed.close();
    const { asked, calls } = question(models.chat);
    const error = await modelErrorOf(clientOf(closed).ask(asked));
    expect(error).toMatchObject({ outcome: "unavailable", code: "unavailable" });
    expect(calls).toMatchObject([{ outcome: "unavailable", usage: null, response: null }]);
  });

  test("that sends elsewhere is not followed with the key", async () => {
    const elsewhere = Bun.serve({
      port: 0,
      fetch: () => Response.redirect(`${server.url}/v1/chat/completions`, 307),
    });
    const before = server.questions.length;
    const error = await modelErrorOf(
      clientOf({ url: elsewhere.url.origin }).ask(question(models.chat).asked),
    );
    await elsewhere.stop(true);
    expect(error).toMatchObject({ outcome: "unavailable" });
    expect(server.questions.length).toBe(before);
  });
});

describe("many questions", () => {
  test("are asked no more at once than allowed", async () => {
    await using busy = await startModelServer(async () => {
      await eventually(() => expect(busy.mostAtOnce()).toBe(2));
      return say(answer);
    });
    const two = clientOf(busy, { concurrency: 2 });
    const answers = await Promise.all(named.concat(named).map(([, model]) => two.ask(question(model).asked)));
    expect(answers).toEqual(Array.from({ length: 8 }, () => answer));
    expect(busy.mostAtOnce()).toBe(2);
  });

  test("one that is stopped while it waits leaves at once and calls nobody", async () => {
    await using slow = await startModelServer([hang()]);
    const one = clientOf(slow, { concurrency: 1 });
    const first = new AbortController();
    const running = one.ask(question(models.chat, { signal: first.signal }).asked).catch((reason) => reason);
    await eventually(() => expect(slow.questions).toHaveLength(1));
    const second = new AbortController();
    const { asked, calls } = question(models.chat, { signal: second.signal });
    const waiting = one.ask(asked).catch((reason) => reason);
    second.abort("stopped");
    expect(await waiting).toBe("stopped");
    expect(calls).toEqual([]);
    first.abort("over");
    expect(await running).toBe("over");
    expect(slow.questions).toHaveLength(1);
  });
});

describe("the operator's models", () => {
  test("the first is asked where none is named, and no other may be", async () => {
    server.follow([say(answer)]);
    const { asked, calls } = question(null);
    await client.ask(asked);
    expect(calls[0]?.model).toBe(models.chat);
    const strange = "anthropic/claude-opus-4-1";
    expect(() => client.limits(strange)).toThrow(`"${strange}" is not offered here`);
    expect(await client.ask(question(strange).asked).catch((error) => error.code)).toBe("invalid_input");
  });

  test("a ledger that cannot be written fails the question", async () => {
    server.follow([say(answer)]);
    const { asked } = question(models.chat, { onCall: () => Promise.reject(new Error("no database")) });
    expect(await client.ask(asked).catch((error) => error.message)).toBe("no database");
  });
});
