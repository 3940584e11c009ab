/** What somebody has to do before reviews can go on: the failures that no further attempt mends, and their words. */
import { InstallationUnavailableError, notGranted } from "../../adapters/forge/forge.ts";
import { ModelError } from "../../adapters/reviewer/model/model-client.ts";
import { ReviewdError } from "../../errors.ts";

/** Null: the failure is not of that kind. An App that was uninstalled has nobody left to act. */
export function requiredAction(error: unknown): string | null {
  if (error instanceof ModelError) return error.outcome === "unauthorized" ? texts.modelKey : null;
  if (error instanceof InstallationUnavailableError)
    return error.state === "suspended" ? texts.suspended : null;
  return error instanceof ReviewdError && error.reason === notGranted ? texts.permission : null;
}

const texts = {
  modelKey:
    "The language model's provider does not accept the key, or does not know the model. Whoever runs reviewd has to set both right and restart its dispatchers; `reviewd doctor` tells which it is.",
  suspended: "The App is suspended. Whoever administers the account has to lift that in its settings.",
  permission:
    "The App lacks a permission that reviews need. Whoever administers the account has to accept the App's permissions in the settings of its installation.",
} as const;
