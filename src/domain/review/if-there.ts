/** For requests about something that a person may have deleted meanwhile. */
import { ReviewdError } from "../../errors.ts";

/** Null when the forge says that it is not there. */
export async function ifThere<Result>(request: Promise<Result>): Promise<Result | null> {
  try {
    return await request;
  } catch (error) {
    if (error instanceof ReviewdError && error.code === "not_found") return null;
    throw error;
  }
}
