/**
 * What whoever watches the demo can do on a pull request's page in the simulated GitHub, as one of a few named people:
 * react, comment, push, open another pull request. Plain HTML without scripts.
 */
import { html } from "hono/html";
import { z } from "zod";
import type { Fakehub } from "../test/fakehub/fakehub.ts";
import type { Html, PageForms } from "../test/fakehub/page-forms.ts";
import type { PullRequestHandle } from "../test/fakehub/scenario/pull-request.ts";
import type { RepositoryHandle } from "../test/fakehub/scenario/repository.ts";
import type { CommentView } from "../test/fakehub/scenario/views.ts";
import { changed, repeated } from "./planted.ts";

/** People with write access, whose votes count in full. */
export const members = ["ada", "bob", "cleo"] as const;
/** Whoever comes by a public repository: a quarter of a vote, and no commands. */
const passerby = "dan";
const everybody = "ada, bob and cleo";
const author = "eve";

export interface FormsOptions {
  readonly hub: Fakehub;
  readonly repository: RepositoryHandle;
  /** Has the syncer count votes; answers what came of it. */
  readonly countVotes: () => Promise<string>;
  /** Hears of everything that is done. */
  readonly tell: (text: string) => void;
}

const person = z.enum([...members, author, passerby]);
const words = z.string().trim().min(1).max(10_000);
const sent = z.discriminatedUnion("do", [
  z.object({
    do: z.literal("react"),
    as: z.enum([...person.options, everybody]),
    comment: z.string(),
    content: z.enum(["+1", "-1"]),
  }),
  z.object({ do: z.literal("reply"), as: person, comment: z.string(), body: words }),
  z.object({ do: z.literal("comment"), as: person, body: words }),
  z.object({ do: z.literal("push") }),
  z.object({ do: z.literal("open") }),
  z.object({ do: z.literal("count") }),
]);
type Sent = z.infer<typeof sent>;

export function createForms(options: FormsOptions): PageForms {
  const state: State = { ...options, changes: 0, counted: null };
  return {
    underPull: () => pullForms(state),
    underComment: commentForms,
    send: async (pull, fields) => {
      const parsed = sent.safeParse(Object.fromEntries(fields));
      return parsed.success ? await act(state, pull, parsed.data) : null;
    },
  };
}

interface State extends FormsOptions {
  /** Pushes and pull requests so far: each gets names of its own. */
  changes: number;
  /** What came of the last count. */
  counted: string | null;
}

/** Answers where to go on. Null: there is no such comment. */
async function act(state: State, pull: PullRequestHandle, asked: Sent): Promise<string | null> {
  const { hub, repository, tell } = state;
  switch (asked.do) {
    case "react":
    case "reply":
      return await answer(state, pull, asked);
    case "comment": {
      const comment = await hub.user(asked.as).comment(pull, asked.body);
      tell(`${asked.as} on #${pull.number}: ${inOneLine(asked.body)}`);
      return `${pull.url}#${anchorOf(comment)}`;
    }
    case "push":
      state.changes++;
      await pull.push({ files: changed(state.changes) });
      tell(`${author} pushed to #${pull.number}: ${Object.keys(changed(state.changes)).join(", ")}`);
      return pull.url;
    case "open": {
      state.changes++;
      const title = "Build an image for each service";
      const branch = `images-${state.changes}`;
      const opened = await repository.openPullRequest({ author, title, branch, files: repeated });
      tell(`${author} opened ${opened.url}`);
      return opened.url;
    }
    case "count":
      state.counted = await state.countVotes();
      tell(`the syncer counted the votes: ${state.counted}`);
      return `${pull.url}#votes`;
  }
}

async function answer(
  state: State,
  pull: PullRequestHandle,
  asked: Extract<Sent, { readonly comment: string }>,
): Promise<string | null> {
  const comments: readonly CommentView[] = [...pull.inlineComments(), ...pull.issueComments()];
  const comment = comments.find((one) => anchorOf(one) === asked.comment);
  if (!comment) return null;
  if (asked.do === "react") await react(state, comment, asked);
  else {
    if (comment.kind !== "inline") return null;
    await state.hub.user(asked.as).reply(comment, asked.body);
    state.tell(`${asked.as} on ${placeOf(comment)}: ${inOneLine(asked.body)}`);
  }
  return `${pull.url}#${anchorOf(comment)}`;
}

/** A second time takes a person's reaction back, as on GitHub. */
async function react(
  { hub, tell }: State,
  comment: CommentView,
  { as, content }: Extract<Sent, { do: "react" }>,
): Promise<void> {
  const people = as === everybody ? members : [as];
  const reacted = (login: string) =>
    comment.reactions.some((one) => one.author === login && one.content === content);
  const takeBack = people.every(reacted);
  for (const login of people)
    await (takeBack ? hub.user(login).unreact(comment, content) : hub.user(login).react(comment, content));
  const shown = content === "+1" ? "👍" : "👎";
  tell(`${as} ${takeBack ? "took back" : "reacted"} ${shown} on ${placeOf(comment)}`);
}

/** Where it is on the page; comments of the two kinds may have the same number. */
function anchorOf({ kind, id }: CommentView): string {
  return kind === "inline" ? `discussion_r${id}` : `issuecomment-${id}`;
}

function placeOf(comment: CommentView): string {
  return comment.kind === "inline"
    ? `${comment.path}:${comment.originalLine}`
    : "a comment of the conversation";
}

function inOneLine(text: string): string {
  return text.replace(/\s+/g, " ");
}

function commentForms(comment: CommentView): Html {
  const name = html`<input type="hidden" name="comment" value="${anchorOf(comment)}">`;
  return html`<form method="post"><input type="hidden" name="do" value="react">${name}
${personSelect([everybody, ...person.options])}
<button name="content" value="+1">👍 like</button> <button name="content" value="-1">👎 dislike</button></form>
${comment.kind === "inline" ? textForm("reply", "Reply", "/reviewd ask Why is that a problem?", name) : ""}`;
}

function pullForms({ counted }: State): Html {
  return html`<article>${textForm("comment", "Comment", "/reviewd help", html``)}</article>
<article>${buttonForm("push", "Push another change")}${buttonForm("open", "Open another pull request")}
<small>By ${author}, with problems planted.</small></article>
<article id="votes"><b>Not GitHub, but the demo</b>${buttonForm("count", "Have the votes counted now")}
${counted === null ? "" : html`<p>Counted: ${counted}.</p>`}
<small>The syncer counts at its start, which this brings about, and then every hour. It proposes to suppress a rule with
8 votes and more, hardly any in favour, and three people against: ${everybody} dislike three comments of one rule.
${members.join(", ")} and ${author} have write access; ${passerby} has none: a quarter of a vote, and no commands.
reviewd answers within seconds, and reads reactions every two: reload the page.</small></article>`;
}

function textForm(does: "comment" | "reply", label: string, example: string, hidden: Html): Html {
  return html`<details><summary>${label}</summary><form method="post"><input type="hidden" name="do" value="${does}">${hidden}
${personSelect(person.options)}<textarea name="body" rows="3" required placeholder="${example}"></textarea>
<button>${label}</button></form></details>`;
}

function buttonForm(does: "push" | "open" | "count", label: string): Html {
  return html`<form method="post"><button name="do" value="${does}">${label}</button></form>`;
}

function personSelect(names: readonly string[]): Html {
  return html`<select name="as" aria-label="as">${names.map((name) => html`<option>${name}</option>`)}</select>`;
}
