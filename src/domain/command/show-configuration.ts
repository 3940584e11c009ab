/** The command `config`: how the head would be reviewed, as the base branch and the owner say it, and what is held back. */
import { findSuppressions } from "../../adapters/postgres/suppressions.ts";
import type { ReviewContext } from "../../context.ts";
import { describeConfiguration } from "../configuration/describe-configuration.ts";
import { saySuppressions } from "../review/render-footer.ts";
import { safeMarkdown } from "../review/safe-markdown.ts";
import type { Act } from "./act.ts";
import { type Asked, withHead } from "./with-head.ts";

const maxLength = 20_000;

export async function showConfiguration(ctx: ReviewContext, asked: Asked): Promise<Act> {
  const text = await withHead(ctx, asked, async (_, configuration) => describeConfiguration(configuration));
  const suppressed = saySuppressions(await findSuppressions(ctx.db, asked.pullRequest.id));
  const reply = [text, ...suppressed].map((part) => safeMarkdown(part, maxLength)).join("\n\n");
  return { status: "done", reason: "shown", reply };
}
