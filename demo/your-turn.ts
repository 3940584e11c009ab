/** What can be tried while the demo stays up: the requests, and the forms on the simulated GitHub's pages. */
import type { PullRequestHandle } from "../test/fakehub/scenario/pull-request.ts";
import type { RepositoryHandle } from "../test/fakehub/scenario/repository.ts";
import { createForms } from "./forms.ts";
import type { Stage } from "./stage.ts";
import { bold, step, tell } from "./tell.ts";

export interface Scene {
  readonly repository: RepositoryHandle;
  readonly pull: PullRequestHandle;
  readonly taskId: string;
}

export function beginYourTurn(stage: Stage, { repository, pull, taskId }: Scene): void {
  const { url, token, hub, postgres, binary, countVotes } = stage;
  hub.offerForms(createForms({ hub, repository, countVotes, tell }));
  step("Your turn");
  tell(`the pull request   ${pull.url}   (there you react, comment, push and open others)`);
  tell(`the API            ${url}/docs`);
  tell(`the simulated GitHub   ${hub.origin}`);

  tell(bold("requests worth trying"));
  tell(`TOKEN=${token}`);
  const curl = `curl -sH "Authorization: Bearer $TOKEN"`;
  for (const path of [
    "/tasks",
    `/tasks/${taskId}/findings`,
    `/tasks/${taskId}/feedback`,
    "/feedback/summary?group_by=rule",
    "/suppressions",
    "/deliveries",
  ]) {
    tell(`${curl} "${url}${path}"`);
  }

  tell(bold("to have a rule suppressed"));
  tell("1. Open another pull request, with the button at the end of the page.");
  tell(
    "2. When it is reviewed, 👎 by ada, bob and cleo on its three comments: 8 votes by three people are enough.",
  );
  tell(
    "3. Some seconds later, when the reactions have been read, have the votes counted, with the button at the end",
  );
  tell("   of the page: then there is a proposal at");
  tell(`   ${curl} "${url}/suppressions?state=proposed"`);
  tell(`4. Approve it: ${curl} -X POST ${url}/suppressions/ID/approve`);
  tell("5. Push another change there: the summary's footer names what is suppressed.");

  tell(bold("a token of your own"));
  tell(`DATABASE_URL='${postgres.url}' ${binary} token create --name me --scopes review:read`);
  console.log(`
To connect a real GitHub App instead, see "Run it for real" in README.md: create the App, set GITHUB_APP_ID,
GITHUB_APP_PRIVATE_KEY and GITHUB_WEBHOOK_SECRETS, and run dist/reviewd up.

Ctrl-C stops everything. What happens on the pull requests:`);
}
