/** Every REST operation with what answers it. */
import type { Handler } from "../call.ts";
import type { Operation } from "../contract/operations.ts";
import { appRoutes } from "./app.ts";
import { checkRoutes } from "./checks.ts";
import { deliveryRoutes } from "./deliveries.ts";
import { issueCommentRoutes } from "./issue-comments.ts";
import { pullRoutes } from "./pulls.ts";
import { reactionRoutes } from "./reactions.ts";
import { repositoryRoutes } from "./repositories.ts";
import { reviewCommentRoutes } from "./review-comments.ts";
import { reviewRoutes } from "./reviews.ts";

export const routes: Readonly<Record<Operation, Handler>> = {
  ...appRoutes,
  ...checkRoutes,
  ...deliveryRoutes,
  ...issueCommentRoutes,
  ...pullRoutes,
  ...reactionRoutes,
  ...repositoryRoutes,
  ...reviewCommentRoutes,
  ...reviewRoutes,
};
