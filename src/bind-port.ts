/** Binding a port that someone else has is the most common failed start: it says which variable to change. */
import { ReviewdError } from "./errors.ts";

const problems: Readonly<Record<string, string>> = {
  EADDRINUSE: "is in use",
  EACCES: "may not be used by this user",
};

/**
 * @param variable the setting the port comes from
 * @throws ReviewdError `unavailable` when the port cannot be had
 */
export function bindPort<Server>(variable: string, port: number, bind: (port: number) => Server): Server {
  try {
    return bind(port);
  } catch (error) {
    const problem = error instanceof Error && "code" in error ? problems[String(error.code)] : undefined;
    if (problem === undefined) throw error;
    throw new ReviewdError("unavailable", `port ${port} ${problem}; set ${variable} to another`, {
      cause: error,
    });
  }
}
