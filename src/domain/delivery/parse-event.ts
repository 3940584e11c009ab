/**
 * Turns a GitHub payload into an event. The event's name comes from a header, which is not signed: so each parser
 * demands what only its own event carries, and a payload of another event is refused.
 */
import { z } from "zod";
import { ReviewdError } from "../../errors.ts";
import type { DeliveryEvent } from "./delivery-event.ts";
import { ignored, recorded } from "./delivery-outcome.ts";
import { parseComment, parseReview, parseReviewComment, parseReviewThread } from "./parse-conversation.ts";
import {
  parseInstallation,
  parseInstallationRepositories,
  parseInstallationTarget,
} from "./parse-installation.ts";
import { parsePullRequest } from "./parse-pull-request.ts";
import { parsePush } from "./parse-push.ts";
import { parseRepository } from "./parse-repository.ts";
import { parseCheckRun, parseCheckSuite } from "./parse-rerequest.ts";

/** Throws ZodError when the payload is not one of its event. */
type Parser = (payload: object) => DeliveryEvent;

const parsers: Readonly<Record<string, Parser>> = {
  ping: () => ({ kind: "none", outcome: recorded("ping") }),
  pull_request: parsePullRequest,
  issue_comment: parseComment,
  pull_request_review: parseReview,
  pull_request_review_comment: parseReviewComment,
  pull_request_review_thread: parseReviewThread,
  check_run: parseCheckRun,
  check_suite: parseCheckSuite,
  installation: parseInstallation,
  installation_repositories: parseInstallationRepositories,
  installation_target: parseInstallationTarget,
  repository: parseRepository,
  push: parsePush,
};

/**
 * @param name of the event, as its header says it
 * @throws ReviewdError `invalid_input` when the payload is not one of such an event
 */
export function parseEvent(name: string, payload: object): DeliveryEvent {
  const parser = Object.hasOwn(parsers, name) ? parsers[name] : undefined;
  if (!parser) return { kind: "none", outcome: ignored("event_not_used") };
  try {
    return parser(payload);
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error;
    const problems = z.prettifyError(error);
    throw new ReviewdError("invalid_input", `the payload is not one of the event ${name}:\n${problems}`, {
      cause: error,
    });
  }
}
