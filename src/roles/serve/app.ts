/** The HTTP application of serve: what every request goes through, then the routes. */
import { OpenAPIHono } from "@hono/zod-openapi";
import { secureHeaders } from "hono/secure-headers";
import { ReviewdError } from "../../errors.ts";
import type { Api, ApiEnv, ServeContext } from "./api.ts";
import { addConfigurationRoutes } from "./configuration-routes.ts";
import { addDeliveryRoutes } from "./delivery-routes.ts";
import { addDocsRoutes } from "./docs-routes.ts";
import { explainInput } from "./explain-input.ts";
import { addFeedbackRoutes } from "./feedback-routes.ts";
import { addFeedbackSummaryRoutes } from "./feedback-summary-routes.ts";
import { addFindingRoutes } from "./finding-routes.ts";
import { addHealthRoutes } from "./health-routes.ts";
import { addModelUsageRoutes } from "./model-usage-routes.ts";
import { noteUnknownParameters } from "./note-unknown-parameters.ts";
import { addOwnerRoutes } from "./owner-routes.ts";
import { answerError, answerNotFound } from "./problem.ts";
import { addQueueRoutes } from "./queue-routes.ts";
import { addRepositoryRoutes } from "./repository-routes.ts";
import { requestLog } from "./request-log.ts";
import { addRetryRoutes } from "./retry-routes.ts";
import { addSuppressionRoutes } from "./suppression-routes.ts";
import { addTaskRoutes } from "./task-routes.ts";
import { addWebhookRoutes } from "./webhook-routes.ts";

const nothing = {
  defaultSrc: ["'none'"],
  frameAncestors: ["'none'"],
  baseUri: ["'none'"],
  formAction: ["'none'"],
};
const apiHeaders = secureHeaders({ contentSecurityPolicy: nothing });
/** Swagger UI draws some of its pictures from data URLs. */
const docsHeaders = secureHeaders({
  contentSecurityPolicy: {
    ...nothing,
    scriptSrc: ["'self'"],
    styleSrc: ["'self'"],
    imgSrc: ["'self'", "data:"],
    connectSrc: ["'self'"],
  },
});

export function createApp(ctx: ServeContext): Api {
  const api: Api = new OpenAPIHono<ApiEnv>({
    defaultHook: (result) => {
      if (!result.success) throw new ReviewdError("invalid_input", explainInput(result.error));
    },
  });
  api.onError(answerError);
  api.notFound(answerNotFound);
  api.use(requestLog(ctx.log));
  api.use((c, next) => (c.req.path.startsWith("/docs") ? docsHeaders : apiHeaders)(c, next));
  api.use(noteUnknownParameters(api));
  addWebhookRoutes(api, ctx);
  addTaskRoutes(api, ctx);
  addRetryRoutes(api, ctx);
  addFindingRoutes(api, ctx);
  addModelUsageRoutes(api, ctx);
  addFeedbackRoutes(api, ctx);
  addFeedbackSummaryRoutes(api, ctx);
  addSuppressionRoutes(api, ctx);
  addDeliveryRoutes(api, ctx);
  addOwnerRoutes(api, ctx);
  addConfigurationRoutes(api, ctx);
  addRepositoryRoutes(api, ctx);
  addQueueRoutes(api, ctx);
  addHealthRoutes(api, ctx);
  addDocsRoutes(api);
  return api;
}
