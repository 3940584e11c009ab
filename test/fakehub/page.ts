/** Plain pages for people who look at a scenario in a browser: what is there, and a pull request's conversation. */
import { html, raw } from "hono/html";
import type { Html } from "./page-forms.ts";
import { pullHtmlUrl } from "./render/pull.ts";
import { fullName } from "./render/repository.ts";
import { PullRequestHandle } from "./scenario/pull-request.ts";
import { viewInlineComment, viewIssueComment } from "./scenario/views.ts";
import type {
  Account,
  IssueComment,
  PullRequest,
  Reaction,
  ReactionContent,
  Review,
  ReviewComment,
} from "./state.ts";
import type { World } from "./world.ts";

const style = `body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1f2328}
article{border:1px solid #d1d9e0;border-radius:6px;margin:1rem 0;padding:.5rem 1rem}article article{margin-left:1rem}
pre{white-space:pre-wrap;overflow-wrap:anywhere;font:13px/1.45 ui-monospace,monospace}pre.hunk{background:#f6f8fa;padding:.5rem}
header,footer,small{color:#59636e}.state{border:1px solid;border-radius:1rem;padding:0 .6rem}
form{margin:.5rem 0}textarea{display:block;box-sizing:border-box;width:100%;margin:.5rem 0;font:inherit}button,select{font:inherit}`;

const emoji: Readonly<Record<ReactionContent, string>> = {
  "+1": "👍",
  "-1": "👎",
  laugh: "😄",
  confused: "😕",
  heart: "❤️",
  hooray: "🎉",
  rocket: "🚀",
  eyes: "👀",
};

export function indexPage(world: World): Html {
  const pulls = world.pulls.map(
    (pull) =>
      html`<li><a href="${pullHtmlUrl(world, pull)}">${fullName(pull.repository)}#${pull.number}</a> ${pull.title} <small>${pull.state}</small></li>`,
  );
  return page(
    "fakehub",
    html`<h1>fakehub</h1><p>A simulated GitHub. Its pull requests:</p><ul>${pulls}</ul>`,
  );
}

export function pullPage(world: World, pull: PullRequest): Html {
  const comments = [...world.issueComments.values()].filter((comment) => comment.pull === pull);
  const reviews = [...world.reviews.values()].filter(
    (review) => review.pull === pull && review.state !== "PENDING",
  );
  const entries = [
    ...comments.map((comment) => ({ at: comment.createdAt, shown: showComment(world, comment) })),
    ...reviews.map((review) => ({ at: review.submittedAt ?? "", shown: showReview(world, review) })),
  ].toSorted((a, b) => a.at.localeCompare(b.at));
  const title = `${pull.title} #${pull.number}`;
  return page(
    title,
    html`<nav><a href="/">All pull requests</a></nav><h1>${title}</h1>
<header><span class="state">${pull.draft ? "draft" : pull.mergedAt ? "merged" : pull.state}</span>
${pull.author.login} wants to merge <code>${pull.headRef}</code> into <code>${pull.baseRef}</code> of ${fullName(pull.repository)},
head <code>${pull.headSha.slice(0, 10)}</code></header>
${pull.body === null ? "" : showBody(pull.body)}
${showChecks(world, pull)}
${entries.map((entry) => entry.shown)}
${world.pageForms?.underPull(new PullRequestHandle(world, pull)) ?? ""}`,
  );
}

function showComment(world: World, comment: IssueComment): Html {
  return html`<article id="issuecomment-${comment.id}">${showByline(comment.author, "commented", comment.createdAt)}
${showBody(comment.body)}${showReactions(comment.reactions)}
${world.pageForms?.underComment(viewIssueComment(comment)) ?? ""}</article>`;
}

function showReview(world: World, review: Review): Html {
  const comments = [...world.reviewComments.values()].filter((comment) => comment.review === review);
  const did = review.state.toLowerCase().replaceAll("_", " ");
  return html`<article id="pullrequestreview-${review.id}">${showByline(review.author, did, review.submittedAt ?? "")}
${showBody(review.body)}${comments.map((comment) => showInlineComment(world, comment))}</article>`;
}

function showInlineComment(world: World, comment: ReviewComment): Html {
  const place = comment.line === null ? `${comment.path} (outdated)` : `${comment.path}:${comment.line}`;
  const settled = comment.thread.resolvedBy ? html` <span class="state">resolved</span>` : "";
  const lastLines = comment.diffHunk.split("\n").slice(-4).join("\n");
  return html`<article id="discussion_r${comment.id}"><b>${place}</b>${settled}
<pre class="hunk">${lastLines}</pre>${showByline(comment.author, "commented", comment.createdAt)}
${showBody(comment.body)}${showReactions(comment.reactions)}
${world.pageForms?.underComment(viewInlineComment(comment)) ?? ""}</article>`;
}

function showChecks(world: World, pull: PullRequest): Html {
  const runs = [...world.checkRuns.values()].filter((run) => run.headSha === pull.headSha);
  return html`${runs.map(
    (run) => html`<article><b>${run.name}</b> <span class="state">${run.conclusion ?? run.status}</span>
${run.title ?? ""}${showBody(run.summary ?? "")}</article>`,
  )}`;
}

function showByline(author: Account, did: string, at: string): Html {
  return html`<small><b>${author.deleted ? "ghost" : author.login}</b> ${did} ${at}</small>`;
}

/** Markdown as it was written; hidden comments stay hidden, as they do on GitHub. */
function showBody(body: string): Html {
  const visible = body.replace(/<!--[\s\S]*?-->/g, "").trim();
  return visible === "" ? html`` : html`<pre>${visible}</pre>`;
}

function showReactions(reactions: readonly Reaction[]): Html {
  const shown = reactions.map((reaction) => `${emoji[reaction.content]} ${reaction.author.login}`);
  return shown.length === 0 ? html`` : html`<footer>${shown.join(" · ")}</footer>`;
}

function page(title: string, content: Html): Html {
  return html`<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${title}</title>
<style>${raw(style)}</style></head><body>${content}</body></html>`;
}
