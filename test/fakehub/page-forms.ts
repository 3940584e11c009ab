/** What people may do on the page of a pull request, where somebody lets them: the tests do not, the demo does. */
import type { html } from "hono/html";
import type { PullRequestHandle } from "./scenario/pull-request.ts";
import type { CommentView } from "./scenario/views.ts";

export type Html = ReturnType<typeof html>;

/** Each form is sent with POST to the page it stands on. */
export interface PageForms {
  readonly underPull: (pull: PullRequestHandle) => Html;
  readonly underComment: (comment: CommentView) => Html;
  /** Does what was asked for; answers the address to go on at, null where it is no form of these. */
  readonly send: (pull: PullRequestHandle, fields: URLSearchParams) => Promise<string | null>;
}
