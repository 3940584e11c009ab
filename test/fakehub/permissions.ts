/** Who may call what: the fine-grained permission GitHub asks of an App for each operation. */
import type { Operation } from "./contract/operations.ts";

type Level = "read" | "write";
type Name = "checks" | "contents" | "issues" | "metadata" | "pull_requests";

export type Access =
  /** The App itself, by a JWT signed with its key. */
  | "app"
  /** Any installation token, whatever its permissions. */
  | "installation"
  | "anyone"
  /** No kind of App credential; GitHub's description says it is not enabled for Apps. */
  | "nobody"
  /** An installation token holding any one of these. */
  | readonly `${Name}:${Level}`[];

const conversationRead: Access = ["issues:read", "pull_requests:read"];
const conversationWrite: Access = ["issues:write", "pull_requests:write"];

export const permissions: Readonly<Record<Operation, Access>> = {
  "GET /app": "app",
  "GET /app/hook/deliveries": "app",
  "GET /app/hook/deliveries/{delivery_id}": "app",
  "POST /app/hook/deliveries/{delivery_id}/attempts": "app",
  "GET /app/installations": "app",
  "GET /app/installations/{installation_id}": "app",
  "POST /app/installations/{installation_id}/access_tokens": "app",
  "GET /repos/{owner}/{repo}/installation": "app",
  "DELETE /installation/token": "installation",
  "GET /installation/repositories": "installation",
  "GET /rate_limit": "anyone",
  "GET /users/{username}": "anyone",
  "GET /repos/{owner}/{repo}": ["metadata:read"],
  "GET /repos/{owner}/{repo}/collaborators/{username}/permission": ["metadata:read"],
  "GET /repos/{owner}/{repo}/branches/{branch}": ["contents:read"],
  "GET /repos/{owner}/{repo}/commits/{ref}": ["contents:read"],
  "GET /repos/{owner}/{repo}/compare/{basehead}": ["contents:read"],
  "GET /repos/{owner}/{repo}/contents/{path}": ["contents:read"],
  "GET /repos/{owner}/{repo}/commits/{ref}/check-runs": ["checks:read"],
  "GET /repos/{owner}/{repo}/check-runs/{check_run_id}": ["checks:read"],
  "GET /repos/{owner}/{repo}/check-runs/{check_run_id}/annotations": ["checks:read"],
  "POST /repos/{owner}/{repo}/check-runs": ["checks:write"],
  "PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}": ["checks:write"],
  "GET /repos/{owner}/{repo}/issues/comments": conversationRead,
  "GET /repos/{owner}/{repo}/issues/comments/{comment_id}": conversationRead,
  "GET /repos/{owner}/{repo}/issues/comments/{comment_id}/reactions": conversationRead,
  "GET /repos/{owner}/{repo}/issues/{issue_number}/comments": conversationRead,
  "POST /repos/{owner}/{repo}/issues/{issue_number}/comments": conversationWrite,
  "PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}": conversationWrite,
  "DELETE /repos/{owner}/{repo}/issues/comments/{comment_id}": conversationWrite,
  "POST /repos/{owner}/{repo}/issues/comments/{comment_id}/reactions": conversationWrite,
  "DELETE /repos/{owner}/{repo}/issues/comments/{comment_id}/reactions/{reaction_id}": conversationWrite,
  "GET /repos/{owner}/{repo}/pulls": ["pull_requests:read"],
  "GET /repos/{owner}/{repo}/pulls/comments": ["pull_requests:read"],
  "GET /repos/{owner}/{repo}/pulls/comments/{comment_id}": ["pull_requests:read"],
  "GET /repos/{owner}/{repo}/pulls/comments/{comment_id}/reactions": ["pull_requests:read"],
  "GET /repos/{owner}/{repo}/pulls/{pull_number}": ["pull_requests:read"],
  "GET /repos/{owner}/{repo}/pulls/{pull_number}/comments": ["pull_requests:read"],
  "GET /repos/{owner}/{repo}/pulls/{pull_number}/commits": ["pull_requests:read"],
  "GET /repos/{owner}/{repo}/pulls/{pull_number}/files": ["pull_requests:read"],
  "GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews": ["pull_requests:read"],
  "GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}": ["pull_requests:read"],
  "GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}/comments": ["pull_requests:read"],
  "PATCH /repos/{owner}/{repo}/pulls/comments/{comment_id}": ["pull_requests:write"],
  "DELETE /repos/{owner}/{repo}/pulls/comments/{comment_id}": ["pull_requests:write"],
  "POST /repos/{owner}/{repo}/pulls/comments/{comment_id}/reactions": ["pull_requests:write"],
  "DELETE /repos/{owner}/{repo}/pulls/comments/{comment_id}/reactions/{reaction_id}": ["pull_requests:write"],
  "POST /repos/{owner}/{repo}/pulls/{pull_number}/comments": ["pull_requests:write"],
  "POST /repos/{owner}/{repo}/pulls/{pull_number}/comments/{comment_id}/replies": "nobody",
  "POST /repos/{owner}/{repo}/pulls/{pull_number}/reviews": ["pull_requests:write"],
  "PUT /repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}": ["pull_requests:write"],
  "DELETE /repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}": ["pull_requests:write"],
  "PUT /repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}/dismissals": ["pull_requests:write"],
  "POST /repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}/events": ["pull_requests:write"],
};
