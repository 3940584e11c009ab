/** Answers GitHub gives instead of what was asked for. Routes throw them; the server sends them. */
export class GitHubError extends Error {
  override readonly name = "GitHubError";
  readonly status: number;
  readonly details: ErrorDetails;

  constructor(status: number, message: string, details: ErrorDetails = {}) {
    super(message, { cause: details.cause });
    this.status = status;
    this.details = details;
  }

  get body(): Record<string, unknown> {
    return {
      message: this.message,
      ...(this.details.errors && { errors: this.details.errors }),
      ...this.details.fields,
      documentation_url: "https://docs.github.com/rest",
      status: String(this.status),
    };
  }
}

export function notFound(): GitHubError {
  return new GitHubError(404, "Not Found");
}

/** A permission the App lacks; told from a limit by the headers it does not carry. */
export function notAccessible(): GitHubError {
  return new GitHubError(403, "Resource not accessible by integration");
}

/** 422 whose errors are plain sentences, as reviews answer. */
export function unprocessable(...errors: string[]): GitHubError {
  return new GitHubError(422, "Unprocessable Entity", { errors });
}

/** 422 whose errors name the field, as most other endpoints answer. */
export function invalidField(resource: string, field: string, code: string, message: string): GitHubError {
  return new GitHubError(422, "Validation Failed", { errors: [{ resource, field, code, message }] });
}

interface ErrorDetails {
  /** What went wrong inside, for whoever reads the stack; not sent. */
  readonly cause?: unknown;
  readonly errors?: readonly unknown[];
  readonly headers?: Readonly<Record<string, string>>;
  /** Further fields of the body. */
  readonly fields?: Readonly<Record<string, unknown>>;
}
