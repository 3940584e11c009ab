/** The command `config`: how the head would be reviewed, as the base branch and the owner say it now. */
import type { ReviewContext } from "../../context.ts";
import { describeConfiguration } from "../configuration/describe-configuration.ts";
import { safeMarkdown } from "../review/safe-markdown.ts";
import type { Act } from "./act.ts";
import { type Asked, withHead } from "./with-head.ts";

const maxLength = 20_000;

export async function showConfiguration(ctx: ReviewContext, asked: Asked): Promise<Act> {
  const text = await withHead(ctx, asked, async (_, configuration) => describeConfiguration(configuration));
  return { status: "done", reason: "shown", reply: safeMarkdown(text, maxLength) };
}
