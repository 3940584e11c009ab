/** What a language model answered is kept: a review is paid for once, and can be told and made again. */
import { expect, test } from "bun:test";
import { modelCalls } from "../../src/adapters/postgres/schema.ts";
import { type ModelServer, startModelServer } from "../support/model-server/model-server.ts";
import { runReviewd } from "../support/run-reviewd.ts";
import { expectOnce, problems, startSystem, taskOf } from "./system.ts";

const cart = { author: "eve", title: "Add cart", branch: "cart", files: problems };

const reported = {
  ...{ path: "src/cart.ts", start_line: 1, line: 2, quote: "  return eval(code);", severity: "high" },
  ...{ category: "correctness", title: "The total is whatever the text says", body: "Add up the prices." },
  ...{ suggestion: null, confidence: "high" },
} as const;
const answer = JSON.stringify({ findings: [reported] });

const configured = ({ environment }: ModelServer) => ({
  ...environment,
  MODELS: "openai-compatible/scripted",
});

/** Where a dispatcher is killed: at the door of a call, so that it is done after the kill, or right after its work. */
const killPoints = [
  ["while the review is on its way", "POST /repos/{owner}/{repo}/pulls/{pull_number}/reviews", false],
  ["after the review was posted", "POST /repos/{owner}/{repo}/pulls/{pull_number}/reviews", true],
  ["while the summary is on its way", "POST /repos/{owner}/{repo}/issues/{issue_number}/comments", false],
  ["while the check is completed", "PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}", false],
] as const;

test.each(killPoints)(
  "kill -9 %s: the next run posts what the model said and does not ask again",
  async (_, route, afterCommit) => {
    await using server = await startModelServer(() => answer);
    await using system = await startSystem({ roles: ["serve"] });
    const killed = await system.start("dispatcher", configured(server));
    const call = system.hub.hold(route, { afterCommit });
    const pull = await system.repository.openPullRequest(cart);
    await call.reached;
    await killed.stop("SIGKILL");
    call.release();
    const asked = server.questions.length;
    await system.start("dispatcher", configured(server));
    const task = await taskOf(system, pull, "completed");

    expect(asked).toBe(1);
    expect(server.questions).toHaveLength(asked);
    expect(await system.db.$count(modelCalls)).toBe(asked);
    await expectOnce(system, pull, { reviews: 1 });
    expect(
      pull
        .inlineComments()
        .map(({ body }) => body)
        .join(),
    ).toContain(reported.title);

    const replay = await runReviewd(["replay", task.id, "--json"], {
      env: { DATABASE_URL: system.databaseUrl },
    });
    expect([replay.exitCode, replay.stderr]).toEqual([0, ""]);
    const { outcome, calls } = JSON.parse(replay.stdout);
    expect(calls.map(({ answer: { response } }: { answer: { response: string } }) => response)).toEqual([
      answer,
    ]);
    const titles = outcome.findings.map(({ finding }: { finding: { title: string } }) => finding.title);
    expect(titles).toContain(reported.title);
    expect(server.questions).toHaveLength(asked);
  },
);
