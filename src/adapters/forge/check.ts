/** A check run on a commit, as it is written and as the forge lists it. */

export interface CheckState {
  readonly status: "in_progress" | "completed";
  /** Set exactly when completed. */
  readonly conclusion: "success" | "neutral" | "skipped" | "failure" | "cancelled" | "action_required" | null;
  readonly title: string;
  readonly summary: string;
  /** Said at lines of the commit. */
  readonly annotations: readonly CheckAnnotation[];
}

/** Plain text at lines of a commit. */
export interface CheckAnnotation {
  readonly path: string;
  readonly startLine: number;
  readonly line: number;
  readonly level: "notice" | "warning" | "failure";
  readonly title: string;
  readonly message: string;
}

/** What one request to create or update a check takes. */
export const maxAnnotations = 50;

export interface PostedCheck {
  readonly id: number;
  readonly externalId: string;
  readonly appId: number | null;
  readonly annotationCount: number;
}
